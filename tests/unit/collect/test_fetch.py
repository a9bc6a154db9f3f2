"""The fetcher against a real origin: what goes over the wire, and what it does not put up with."""

import asyncio
import pickle
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta

import pytest

from publisher.collect.fetch import FetchError, FetchReason, HttpFetcher, open_fetcher
from tests.support.origin import MIB, Origin, open_origin

AGENT = "Publisher (+https://embankment.test)"


@pytest.fixture
async def origin() -> AsyncIterator[Origin]:
    async with open_origin() as standing:
        yield standing


@pytest.fixture
async def fetcher() -> AsyncIterator[HttpFetcher]:
    async with open_fetcher(AGENT, largest=MIB, seconds=5, gap=timedelta(0)) as ours:
        yield ours


async def refused(fetcher: HttpFetcher, url: str) -> FetchError:
    with pytest.raises(FetchError) as caught:
        await fetcher.fetch(url, allow_private=True)
    return caught.value


async def test_a_document_comes_with_what_its_server_says_of_it(
    origin: Origin, fetcher: HttpFetcher
) -> None:
    url = origin.page(
        "/f",
        b"<rss/>",
        headers={"ETag": 'W/"a b"', "Last-Modified": "Sun, 22 Nov 2026 09:00:00 GMT"},
    )

    page = await fetcher.fetch(url, allow_private=True)

    assert (page.url, page.body, page.content_type) == (url, b"<rss/>", "application/xml")
    assert (page.etag, page.last_modified) == ('W/"a b"', "Sun, 22 Nov 2026 09:00:00 GMT")


async def test_validators_are_echoed_byte_for_byte_and_304_has_no_body(
    origin: Origin, fetcher: HttpFetcher
) -> None:
    odd = {"ETag": '"x"-gzip;  v=1', "Last-Modified": "yesterday, more or less"}
    url = origin.page("/f", b"<rss/>", headers=odd)
    page = await fetcher.fetch(url, allow_private=True)

    again = await fetcher.fetch(
        url, etag=page.etag, last_modified=page.last_modified, allow_private=True
    )

    assert again.body is None
    assert origin.asked[1].headers["if-none-match"] == odd["ETag"]
    assert origin.asked[1].headers["if-modified-since"] == odd["Last-Modified"]


async def test_a_304_nobody_asked_for_is_no_document(origin: Origin, fetcher: HttpFetcher) -> None:
    error = await refused(fetcher, origin.page("/f", b"", status=304))

    assert error.reason is FetchReason.STATUS


async def test_we_say_who_we_are_and_carry_neither_cookie_nor_referer(
    origin: Origin, fetcher: HttpFetcher
) -> None:
    origin.page("/to", b"<rss/>")
    url = origin.redirect("/from", "/to")  # it sets a cookie
    await fetcher.fetch(url, allow_private=True)
    await fetcher.fetch(url, allow_private=True)

    for asked in origin.asked:
        assert asked.headers["user-agent"] == AGENT
        assert "cookie" not in asked.headers
        assert "referer" not in asked.headers


async def test_a_redirect_is_followed_and_the_last_address_told(
    origin: Origin, fetcher: HttpFetcher
) -> None:
    origin.page("/deep/to", b"<rss/>")
    url = origin.redirect("/from", "deep/to", status=301)

    assert (await fetcher.fetch(url, allow_private=True)).url == origin.url("/deep/to")


async def test_a_redirect_loop_ends(origin: Origin, fetcher: HttpFetcher) -> None:
    error = await refused(fetcher, origin.redirect("/loop", "/loop"))

    assert error.reason is FetchReason.REDIRECTS
    assert len(origin.asked) == 6


@pytest.mark.parametrize(
    "to", ["file:///etc/passwd", "ftp://127.0.0.1/x", "gopher:x", "javascript:alert(1)"]
)
async def test_only_http_is_fetched_and_followed(
    origin: Origin, fetcher: HttpFetcher, to: str
) -> None:
    direct = await refused(fetcher, to)
    sent_there = await refused(fetcher, origin.redirect("/from", to))

    assert direct.reason is sent_there.reason is FetchReason.ADDRESS


@pytest.mark.parametrize("url", ["http://[bad", "http://", "nonsense", ""])
async def test_what_is_no_address_is_said_to_be_none(fetcher: HttpFetcher, url: str) -> None:
    assert (await refused(fetcher, url)).reason in {FetchReason.ADDRESS, FetchReason.UNREADABLE}


@pytest.mark.parametrize(
    ("status", "words"),
    [(404, "404 Not Found"), (410, "410 Gone"), (429, "429 Too Many Requests"), (599, "599")],
)
async def test_an_answer_that_is_no_document_is_told_by_its_code(
    origin: Origin, fetcher: HttpFetcher, status: int, words: str
) -> None:
    error = await refused(fetcher, origin.page("/f", b"sorry", status=status))

    assert (error.reason, error.detail) == (FetchReason.STATUS, words)
    assert error.problem().args == {"url": origin.url("/f"), "detail": words}


async def test_a_wish_for_quiet_counts_with_429_and_503_alone(
    origin: Origin, fetcher: HttpFetcher
) -> None:
    url = origin.page("/f", b"", status=500, headers={"Retry-After": "120"})
    error = await refused(fetcher, url)

    assert (error.status, error.retry_after) == (500, None)


def test_an_error_comes_back_whole_from_another_process() -> None:
    error = FetchError("http://a.test/", FetchReason.STATUS, "x", status=429, retry_after="9")
    back = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes

    assert vars(back) == vars(error)
    assert back.problem() == error.problem()


@pytest.mark.parametrize("target", ["/f?sig=a%2Fb%3d+c&x=[1]", "/%7Ea/%e9;v=1,2", "/a//b/"])
async def test_an_address_is_asked_for_to_the_letter(
    origin: Origin, fetcher: HttpFetcher, target: str
) -> None:
    """A server may have signed it."""
    origin.redirect("/from", target)
    for url in (origin.url(target), origin.url("/from")):
        await refused(fetcher, url)

    assert [one.target for one in origin.asked] == [target, "/from", target]


async def test_an_address_in_other_letters_is_quoted(origin: Origin, fetcher: HttpFetcher) -> None:
    await refused(fetcher, origin.url("/новости и всё"))

    assert origin.asked[0].path == "/новости и всё"
    assert origin.asked[0].target.isascii()


async def test_time_in_the_queue_does_not_count(origin: Origin) -> None:
    urls = [origin.page(f"/{number}", b"<rss/>") for number in range(5)]
    async with open_fetcher(AGENT, seconds=0.25, gap=timedelta(seconds=0.1)) as ours:
        pages = await asyncio.gather(*(ours.fetch(url, allow_private=True) for url in urls))

    assert [page.body for page in pages] == [b"<rss/>"] * 5


async def test_a_form_is_posted(origin: Origin, fetcher: HttpFetcher) -> None:
    url = origin.page("/hub", b"", status=202)

    await fetcher.post(
        url, {"hub.mode": "subscribe", "hub.topic": "https://a.test/?ж"}, allow_private=True
    )

    (asked,) = origin.asked
    assert (asked.method, asked.headers["content-type"]) == (
        "POST",
        "application/x-www-form-urlencoded",
    )
    assert asked.body == b"hub.mode=subscribe&hub.topic=https%3A%2F%2Fa.test%2F%3F%D0%B6"
    assert "if-none-match" not in asked.headers


async def test_a_yes_to_a_form_is_a_yes_whatever_stands_in_it(
    origin: Origin, fetcher: HttpFetcher
) -> None:
    url = origin.page("/hub", b"no gzip", status=202, headers={"Content-Encoding": "gzip"})

    await fetcher.post(url, {"a": "b"}, allow_private=True)


@pytest.mark.parametrize(("status", "posted"), [(302, 1), (303, 1), (307, 2), (308, 2)])
async def test_a_form_is_sent_on_only_where_it_stays_one(
    origin: Origin, fetcher: HttpFetcher, status: int, posted: int
) -> None:
    origin.page("/there", b"", status=204)
    url = origin.redirect("/hub", "/there", status=status)
    with suppress(FetchError):
        await fetcher.post(url, {"a": "b"}, allow_private=True)

    assert [(asked.method, asked.body) for asked in origin.asked] == [("POST", b"a=b")] * posted


async def test_a_form_is_posted_to_no_private_address_either(
    origin: Origin, fetcher: HttpFetcher
) -> None:
    with pytest.raises(FetchError) as caught:
        await fetcher.post(origin.page("/hub", b""), {"a": "b"})

    assert caught.value.reason is FetchReason.FORBIDDEN
    assert origin.asked == []


async def test_gzip_is_unpacked(origin: Origin, fetcher: HttpFetcher) -> None:
    body = b"<rss>" + b"word " * 20_000 + b"</rss>"

    assert (await fetcher.fetch(origin.packed("/f", body), allow_private=True)).body == body
    assert "gzip" in origin.asked[0].headers["accept-encoding"]


async def test_half_a_gzip_document_is_not_taken_for_a_whole(
    origin: Origin, fetcher: HttpFetcher
) -> None:
    error = await refused(fetcher, origin.packed("/f", b"word " * 5_000, cut=40))

    assert error.reason is FetchReason.UNREADABLE


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "sloth"])
async def test_an_encoding_that_is_not_what_it_says_is_unreadable(
    origin: Origin, fetcher: HttpFetcher, encoding: str
) -> None:
    url = origin.page("/f", b"plain words", headers={"Content-Encoding": encoding})

    assert (await refused(fetcher, url)).reason is FetchReason.UNREADABLE


async def test_a_body_without_end_is_cut_off_at_the_size_we_take(
    origin: Origin, fetcher: HttpFetcher
) -> None:
    error = await refused(fetcher, origin.endless("/f"))

    assert (error.reason, error.detail) == (FetchReason.TOO_LARGE, "1")


async def test_a_body_that_says_it_is_too_large_is_not_begun(
    origin: Origin, fetcher: HttpFetcher
) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (MIB + 1)

    assert (await refused(fetcher, origin.raw("/f", head))).reason is FetchReason.TOO_LARGE


async def test_a_bomb_is_cut_off_while_it_unpacks(origin: Origin, fetcher: HttpFetcher) -> None:
    assert (await refused(fetcher, origin.bomb("/f"))).reason is FetchReason.TOO_LARGE


async def test_a_document_of_just_the_largest_size_is_taken(
    origin: Origin, fetcher: HttpFetcher
) -> None:
    assert (
        len((await fetcher.fetch(origin.page("/f", bytes(MIB)), allow_private=True)).body or b"")
        == MIB
    )
    assert (
        len((await fetcher.fetch(origin.packed("/g", bytes(MIB)), allow_private=True)).body or b"")
        == MIB
    )


async def test_a_slow_drip_runs_out_of_time(origin: Origin) -> None:
    async with open_fetcher(AGENT, seconds=0.2) as impatient:
        error = await refused(impatient, origin.drip("/f"))

    assert (error.reason, error.detail) == (FetchReason.TIMEOUT, "0.2")


async def test_fewer_bytes_than_promised_are_no_document(
    origin: Origin, fetcher: HttpFetcher
) -> None:
    assert (await refused(fetcher, origin.short("/f", b"<rss>"))).reason is FetchReason.UNREACHABLE


async def test_nobody_there_is_said_in_words(fetcher: HttpFetcher) -> None:
    error = await refused(fetcher, "http://127.0.0.1:9/feed")

    assert error.reason is FetchReason.UNREACHABLE
    assert error.detail


async def test_a_validator_that_is_not_ascii_is_forgotten(
    origin: Origin, fetcher: HttpFetcher
) -> None:
    """It could neither be stored nor be sent back as it came."""
    page = await fetcher.fetch(
        origin.page("/f", b"<rss/>", headers={"ETag": '"é"'}), allow_private=True
    )

    assert page.etag is None
