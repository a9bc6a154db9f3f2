"""Whatever an origin does, it costs that source its turn and a line in words, and nobody else."""

import asyncio
import gzip
import socket
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from publisher.app import App
from publisher.collect import safety
from publisher.collect.fetch import FetchError, FetchReason, HttpFetcher, open_fetcher
from publisher.collect.round import Turn
from publisher.collect.safety import is_public
from publisher.inlets import Page
from publisher.model.names import SourceId
from publisher.model.sources import Source
from tests.support.build import make_source
from tests.support.newsroom import make_room, turn
from tests.support.origin import MIB, Origin, open_origin

AGENT = "Publisher (+https://embankment.test)"
OK, CHUNKED = b"HTTP/1.1 200 OK\r\n", b"Transfer-Encoding: chunked\r\n\r\n"
RSS = b"<rss version='2.0'><channel><title>W</title><item><title>A</title><guid>a</guid></item></channel></rss>"
LAUGHS = b"".join(
    b"<!ENTITY l%d '%s'>" % (n, b"&l%d;" % (n - 1) * 10 if n else b"ha") for n in range(10)
)
BILLION = b"<?xml version='1.0'?><!DOCTYPE rss [" + LAUGHS + b"]>" + RSS.replace(b">A<", b">&l9;<")
OUTSIDE = b"<!DOCTYPE rss [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>" + RSS.replace(
    b">A<", b">A&x;<"
)


@pytest.fixture
async def origin() -> AsyncIterator[Origin]:
    async with open_origin() as standing:
        yield standing


@pytest.fixture
async def fetcher() -> AsyncIterator[HttpFetcher]:
    async with open_fetcher(AGENT, largest=MIB, seconds=2, gap=timedelta(0)) as ours:
        yield ours


@pytest.fixture
async def app(tmp_path: Path) -> AsyncIterator[App]:
    async with make_room(tmp_path, smtp=2525).at_work() as running:
        yield running


def source(url: str, **overrides: Any) -> Source:
    return make_source(**{"id": SourceId("odd"), "url": url, "allow_private": True, **overrides})


async def taken(app: App, one: Source) -> Turn:
    return await turn(app.house, one, now=app.house.clock())


async def refused(fetcher: HttpFetcher, url: str, **how: Any) -> FetchError:
    with pytest.raises(FetchError) as caught:
        await fetcher.fetch(url, **{"allow_private": True, **how})
    return caught.value


# --- safety -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "2130706433", "127.1"],
)
async def test_nothing_on_this_machine_is_asked_unless_allowed(
    origin: Origin, fetcher: HttpFetcher, host: str
) -> None:
    port = origin.base.rpartition(":")[2]
    origin.page("/f", RSS)

    error = await refused(fetcher, f"http://{host}:{port}/f", allow_private=False)

    assert error.reason in {FetchReason.FORBIDDEN, FetchReason.UNREACHABLE, FetchReason.ADDRESS}
    assert origin.asked == []


async def test_a_refusal_names_the_address_and_the_way_out(
    origin: Origin, fetcher: HttpFetcher
) -> None:
    problem = (await refused(fetcher, origin.page("/f", RSS), allow_private=False)).problem()

    assert problem.args["detail"] == "127.0.0.1"
    assert "allow_private" in (problem.remedy or "")


class Answering(AbstractResolver):
    """DNS that gives these answers, one after the other, and the last one again and again."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self._answers = list(answers)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        told = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        return [
            ResolveResult(hostname=host, host=one, port=port, family=family, proto=0, flags=4)
            for one in told
        ]

    async def close(self) -> None:
        pass


async def test_dns_that_changes_between_look_ups_leads_nowhere(origin: Origin) -> None:
    """Whoever looks beforehand sees the open internet; what counts is the connection."""
    dns = Answering(["8.8.8.8"], ["127.0.0.1"])
    port = origin.base.rpartition(":")[2]
    origin.page("/f", RSS)
    (before,) = await dns.resolve("changing.test")
    async with open_fetcher(AGENT, gap=timedelta(0), resolver=dns) as ours:
        error = await refused(ours, f"http://changing.test:{port}/f", allow_private=False)

    assert is_public(before["host"])
    assert (error.reason, error.detail) == (FetchReason.FORBIDDEN, "127.0.0.1")
    assert origin.asked == []


async def test_a_name_with_many_private_addresses_is_refused_by_the_name_of_one() -> None:
    inside = ["::1", "127.0.0.1", "10.0.0.1", "fd00:ec2::254", "100.100.100.200"]
    async with open_fetcher(AGENT, gap=timedelta(0), resolver=Answering(inside)) as ours:
        error = await refused(ours, "http://many.test/", allow_private=False)

    assert error.reason is FetchReason.FORBIDDEN
    assert error.detail in inside


async def test_a_redirect_to_a_private_address_is_refused(
    origin: Origin, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Our origin stands for the open internet here."""
    monkeypatch.setattr(safety, "is_public", lambda address: address == "127.0.0.1")
    url = origin.redirect("/f", "http://169.254.169.254/latest/meta-data/")
    async with open_fetcher(AGENT, gap=timedelta(0)) as ours:
        error = await refused(ours, url, allow_private=False)

    assert (error.reason, error.detail) == (FetchReason.FORBIDDEN, "169.254.169.254")
    assert [asked.path for asked in origin.asked] == ["/f"]


async def test_a_connection_that_one_source_was_allowed_serves_no_other(
    origin: Origin, fetcher: HttpFetcher
) -> None:
    url = origin.page("/f", RSS)
    await fetcher.fetch(url, allow_private=True)  # and is kept alive

    assert (await refused(fetcher, url, allow_private=False)).reason is FetchReason.FORBIDDEN
    assert len(origin.asked) == 1


@pytest.mark.parametrize(
    "to", ["file:///etc/passwd", "ftp://a.test/f", "gopher://a.test/", "data:,x", "javascript:1"]
)
async def test_other_schemes_are_refused_on_every_hop(
    origin: Origin, fetcher: HttpFetcher, to: str
) -> None:
    assert (await refused(fetcher, to)).reason is FetchReason.ADDRESS
    assert (await refused(fetcher, origin.redirect("/r", to))).reason is FetchReason.ADDRESS


# --- manners, from the server's side ------------------------------------------------------------


async def test_one_request_is_in_flight_per_host_with_a_gap(origin: Origin) -> None:
    urls = [origin.page(f"/{n}", RSS) for n in range(4)]
    async with open_fetcher(AGENT, gap=timedelta(seconds=0.05)) as ours:
        await asyncio.gather(*(ours.fetch(url, allow_private=True) for url in urls))

    times = [asked.at for asked in origin.asked]
    assert origin.busiest == 1
    assert all(later - at >= 0.05 for at, later in pairwise(times))


async def test_every_hop_waits_its_turn(origin: Origin) -> None:
    origin.page("/to", RSS)
    async with open_fetcher(AGENT, gap=timedelta(seconds=0.05)) as ours:
        await ours.fetch(origin.redirect("/from", "/to"), allow_private=True)

    first, second = origin.asked
    assert second.at - first.at >= 0.05


async def test_gzip_deflate_and_br_are_offered_and_read(
    origin: Origin, fetcher: HttpFetcher
) -> None:
    urls = [
        origin.packed("/gzip", RSS),
        origin.brotli("/br", RSS),
        origin.deflated("/zlib", RSS, raw=False),
        origin.deflated("/raw", RSS, raw=True),
    ]

    assert [(await fetcher.fetch(url, allow_private=True)).body for url in urls] == [RSS] * 4
    assert {asked.headers["accept-encoding"] for asked in origin.asked} == {"gzip, deflate, br"}


@pytest.mark.parametrize("status", [429, 503])
async def test_a_wish_for_quiet_comes_with_the_refusal(
    origin: Origin, fetcher: HttpFetcher, status: int
) -> None:
    url = origin.page("/f", b"", status=status, headers={"Retry-After": "120"})

    error = await refused(fetcher, url)

    assert (error.status, error.retry_after) == (status, "120")
    assert "Retry-After" not in str((await refused(fetcher, origin.url("/none"))).retry_after)


@pytest.mark.parametrize(
    ("hops", "moved"),
    [((301,), True), ((308, 301), True), ((302,), False), ((307, 301), False), ((301, 302), True)],
)
async def test_only_what_moved_for_good_is_told(
    origin: Origin, fetcher: HttpFetcher, hops: tuple[int, ...], moved: bool
) -> None:
    origin.page("/end", RSS)
    for number, status in enumerate(hops):
        to = "/end" if number == len(hops) - 1 else f"/{number + 1}"
        origin.redirect(f"/{number}", to, status=status)

    page = await fetcher.fetch(origin.url("/0"), allow_private=True)

    assert page.url == origin.url("/end")
    last = "/1" if hops == (301, 302) else "/end"
    assert page.moved_to == (origin.url(last) if moved else None)


async def test_headers_come_in_lower_case_and_repeats_joined(
    origin: Origin, fetcher: HttpFetcher
) -> None:
    url = origin.page("/f", RSS, headers={"Cache-Control": "max-age=60", "X-Long": "a" * 6000})

    headers = (await fetcher.fetch(url, allow_private=True)).headers

    assert headers["cache-control"] == "max-age=60"
    assert len(headers["x-long"]) == 4000


# --- torture ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lay", "reason"),
    [
        (lambda o: o.bomb("/f"), FetchReason.TOO_LARGE),
        (lambda o: o.brotli("/f", bytes(64 * MIB)), FetchReason.TOO_LARGE),
        (lambda o: o.endless("/f"), FetchReason.TOO_LARGE),
        (lambda o: o.drip("/f"), FetchReason.TIMEOUT),
        (lambda o: o.redirect("/f", "/f"), FetchReason.REDIRECTS),
        (lambda o: o.short("/f", b"<rss>"), FetchReason.UNREACHABLE),
        (lambda o: o.packed("/f", RSS * 50, cut=60), FetchReason.UNREADABLE),
        (lambda o: o.brotli("/f", RSS * 50, cut=40), FetchReason.UNREADABLE),
        (lambda o: o.reset("/f"), FetchReason.UNREACHABLE),
        (lambda o: o.page("/f", b"", status=304), FetchReason.STATUS),
        (lambda o: o.page("/f", RSS, headers={"Content-Encoding": "zstd"}), FetchReason.UNREADABLE),
        (lambda o: o.page("/f", RSS, headers={"X-Huge": "a" * 20_000}), FetchReason.UNREADABLE),
        (lambda o: o.raw("/f", OK + b"X: a\r\n" * 500 + b"\r\n"), FetchReason.UNREADABLE),
        (lambda o: o.raw("/f", b"SSH-2.0-OpenSSH_9\r\n\r\n"), FetchReason.UNREADABLE),
        (lambda o: o.raw("/f", OK + b"Content-Length: x\r\n\r\n"), FetchReason.UNREADABLE),
        (lambda o: o.raw("/f", OK + CHUNKED + b"zz\r\n"), FetchReason.UNREADABLE),
        (lambda o: o.raw("/f", OK + CHUNKED + b"5\r\nab"), FetchReason.UNREACHABLE),
        (lambda o: o.raw("/f", b"HTTP/1.1 200 OK\r\nX: "), FetchReason.UNREACHABLE),
        (lambda o: o.raw("/f", b""), FetchReason.UNREACHABLE),
    ],
    ids=[
        "gzip bomb",
        "br bomb",
        "endless",
        "drip",
        "loop",
        "wrong length",
        "half a gzip",
        "half a br",
        "reset",
        "304 to nothing",
        "unasked packing",
        "huge header",
        "many headers",
        "not http",
        "length in words",
        "bad chunk",
        "half a chunk",
        "half a head",
        "nothing",
    ],
)
async def test_a_hostile_answer_is_a_reason(
    origin: Origin, fetcher: HttpFetcher, lay: Any, reason: FetchReason
) -> None:
    error = await refused(fetcher, lay(origin))

    assert error.reason is reason
    problem = error.problem()
    assert error.url in problem.message.format(**problem.args)
    assert "400" not in error.detail  # a code that nobody answered


async def test_headers_that_are_not_ascii_can_be_stored(origin: Origin, app: App) -> None:
    head = b"Link: <http://hub.test/\xe9>; rel=hub\r\nContent-Type: text/xml; a=\xe9\r\n"
    took = await taken(app, source(origin.raw("/f", OK + head + b"\r\n" + RSS)))

    assert (took.new, took.failed) == (1, False)
    assert (await app.house.states.get(SourceId("odd"))).hub == "http://hub.test/?"


async def test_where_a_location_that_is_not_ascii_leads_can_be_stored(
    origin: Origin, app: App
) -> None:
    url = origin.raw("/f", b"HTTP/1.1 301 Moved\r\nLocation: ftp://a.test/\xe9\r\n\r\n")
    took = await taken(app, source(url))

    assert [one.args["url"] for one in took.problems] == ["ftp://a.test/%E9"]
    assert (await app.house.states.get(SourceId("odd"))).problem == took.problems[0]


async def test_a_location_in_any_encoding_is_followed_byte_for_byte(
    origin: Origin, fetcher: HttpFetcher
) -> None:
    for place in ("/ж".encode(), b"/\xe6"):
        head = b"HTTP/1.1 302 Found\r\nLocation: " + place + b"\r\nContent-Length: 0\r\n\r\n"
        await refused(fetcher, origin.raw("/f", head))

    assert [asked.target for asked in origin.asked] == ["/f", "/%D0%B6", "/f", "/%E6"]


async def test_gzip_in_several_pieces_is_read_to_its_end(
    origin: Origin, fetcher: HttpFetcher
) -> None:
    packed = gzip.compress(RSS[:40]) + gzip.compress(RSS[40:])
    url = origin.page("/f", packed, headers={"Content-Encoding": "gzip"})

    assert (await fetcher.fetch(url, allow_private=True)).body == RSS


async def test_one_source_in_trouble_is_no_trouble_to_another(
    origin: Origin, fetcher: HttpFetcher
) -> None:
    bad = [
        origin.bomb("/bomb"),
        origin.endless("/endless"),
        origin.reset("/reset"),
        origin.short("/short", b"<rss>"),
        origin.redirect("/loop", "/loop"),
        origin.raw("/noise", b"\x00" * 999),
    ]
    good = [origin.page(f"/{number}", RSS) for number in range(6)]
    mixed = [url for pair in zip(bad, good, strict=True) for url in pair]

    came = await asyncio.gather(
        *(fetcher.fetch(url, allow_private=True) for url in mixed), return_exceptions=True
    )

    assert all(isinstance(one, FetchError) for one in came[::2])
    assert [one.body for one in came[1::2] if isinstance(one, Page)] == [RSS] * 6


@pytest.mark.parametrize(
    "body",
    [
        BILLION,
        OUTSIDE,
        RSS[: len(RSS) // 2],
        b"<!DOCTYPE html><html><p>Hi</html>",
        b"\xff\xfe\x00",
        b"",
        b"{",
    ],
    ids=["billion laughs", "external entity", "half a document", "html", "noise", "empty", "json"],
)
async def test_a_hostile_document_costs_its_turn_at_most(
    origin: Origin, app: App, body: bytes
) -> None:
    took = await taken(app, source(origin.page("/f", body)))

    assert took.failed or took.new <= 1
    for article in await app.house.articles.listed(limit=9):
        assert "root:" not in article.title
        assert len(article.title) < 1000


async def test_ten_thousand_entries_are_read(origin: Origin, app: App) -> None:
    item = "<item><title>Story {0}</title><guid>{0}</guid><link>https://w.test/{0}</link></item>"
    items = "".join(item.format(number) for number in range(10_000))
    body = f"<rss version='2.0'><channel><title>W</title>{items}</channel></rss>".encode()

    took = await taken(app, source(origin.page("/f", body)))

    assert (took.new, took.failed) == (10_000, False)


async def test_a_304_with_a_new_etag_is_remembered(origin: Origin, app: App) -> None:
    url = origin.page("/f", RSS, headers={"ETag": '"1"'})
    await taken(app, source(url))
    origin.page("/f", b"", status=304, headers={"ETag": '"2"'})

    took = await taken(app, source(url))

    assert took.unchanged
    assert (await app.house.states.get(SourceId("odd"))).etag == '"2"'


async def test_a_slow_source_holds_up_nobody_else(origin: Origin, app: App) -> None:
    slow = source(origin.drip("/slow", pause=0.2).replace("127.0.0.1", "localhost"))
    quick = source(origin.page("/f", RSS), id=SourceId("quick"))
    waiting = asyncio.ensure_future(taken(app, slow))
    try:
        assert (await taken(app, quick)).new == 1
        assert not waiting.done()
    finally:
        waiting.cancel()
