"""What a source asks of us, pass after pass: moves, farewells, quiet, and its own rhythm."""

from collections.abc import AsyncIterator, Collection, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from publisher.beside import here
from publisher.collect.fetch import HttpFetcher, open_fetcher
from publisher.collect.gather import Errand, Tools, gather
from publisher.collect.health import Status, health
from publisher.collect.rhythm import is_due, wants_quiet
from publisher.inlets import Page
from publisher.model.articles import Article
from publisher.model.sources import FetchState, Harvest, Hints, Source
from tests.support.build import NOON, make_newsroom, make_source
from tests.support.dice import Loaded
from tests.support.origin import Origin, open_origin

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
ITEM = "<item><title>{0}</title><guid>{0}</guid><pubDate>Mon, 23 Nov 2026 0{0}:00:00 GMT</pubDate></item>"


def rss(head: str = "", items: str = ITEM.format(1)) -> bytes:
    return f"<rss version='2.0' xmlns:atom='http://www.w3.org/2005/Atom'><channel><title>W</title>{head}{items}</channel></rss>".encode()


@pytest.fixture
async def origin() -> AsyncIterator[Origin]:
    async with open_origin() as standing:
        yield standing


@pytest.fixture
async def fetcher() -> AsyncIterator[HttpFetcher]:
    async with open_fetcher("Publisher", seconds=5, gap=timedelta(0)) as ours:
        yield ours


class Passes:
    """One source, looked at again and again; an hour lies between."""

    def __init__(self, fetcher: HttpFetcher, url: str, **overrides: Any) -> None:
        self.source: Source = make_source(url=url, allow_private=True, **overrides)
        self.state = FetchState(source=self.source.id)
        self.now = NOON
        self._fetcher = fetcher

    async def look(self, pushed: Page | None = None) -> Harvest:
        async def nobody(keys: Collection[str]) -> Mapping[str, Article]:
            return {}

        errand = Errand(
            source=self.source, newsroom=make_newsroom(), root=Path("/room"), now=self.now
        )
        tools = Tools(fetcher=self._fetcher, crunch=here, dice=Loaded(0), known=nobody)
        harvest = await gather(errand, self.state, tools, pushed=pushed)
        self.state = harvest.state
        self.now += HOUR
        return harvest

    @property
    def pause(self) -> timedelta:
        """Until the next look, from the last one."""
        assert self.state.next_check_at is not None
        return self.state.next_check_at - (self.now - HOUR)

    @property
    def status(self) -> Status:
        return health(self.source, self.state, now=self.now).status


@pytest.mark.parametrize("status", [301, 308])
async def test_moved_for_good_twice_in_a_row_is_a_move_and_its_history_is_kept(
    origin: Origin, fetcher: HttpFetcher, status: int
) -> None:
    there = origin.page("/there", rss(), headers={"ETag": '"1"'})
    passes = Passes(fetcher, origin.redirect("/here", "/there", status=status))

    await passes.look()
    assert passes.state.address is None
    await passes.look()
    assert (passes.state.address, passes.status) == (there, Status.MOVED)
    await passes.look()

    assert [asked.path for asked in origin.asked] == [
        "/here",
        "/there",
        "/here",
        "/there",
        "/there",
    ]
    assert "if-none-match" not in origin.asked[4].headers  # dropped with the old address
    (move,) = passes.state.moves
    assert (move.left, move.reached) == (passes.source.url, there)
    assert passes.state.first_pass_at == NOON


async def test_moved_for_the_moment_or_only_once_is_no_move(
    origin: Origin, fetcher: HttpFetcher
) -> None:
    origin.page("/there", rss())
    passes = Passes(fetcher, origin.redirect("/here", "/there", status=302))
    for _ in range(3):
        await passes.look()
    origin.redirect("/here", "/there", status=301)
    await passes.look()
    origin.redirect("/here", "/there", status=302)
    await passes.look()

    assert passes.state.address is None


async def test_a_move_to_something_unreadable_is_none(origin: Origin, fetcher: HttpFetcher) -> None:
    origin.page("/there", b"<html>")
    passes = Passes(fetcher, origin.redirect("/here", "/there", status=301))
    for _ in range(3):
        await passes.look()

    assert passes.state.address is None


async def test_a_new_address_that_fails_thrice_is_left_for_the_old_one(
    origin: Origin, fetcher: HttpFetcher
) -> None:
    origin.page("/there", rss())
    passes = Passes(fetcher, origin.redirect("/here", "/there", status=301))
    await passes.look()
    await passes.look()
    origin.page("/there", b"", status=500)
    for _ in range(3):
        await passes.look()
    origin.page("/here", rss())

    await passes.look()

    assert (passes.state.failures, passes.state.address) == (0, None)
    assert origin.asked[-1].path == "/here"


async def test_410_disables_and_tells_and_a_success_by_name_brings_it_back(
    origin: Origin, fetcher: HttpFetcher
) -> None:
    passes = Passes(fetcher, origin.page("/f", b"", status=410))

    await passes.look()

    assert passes.status is Status.GONE
    assert passes.state.problem is not None
    assert "gone for good" in passes.state.problem.message
    assert not is_due(passes.source, passes.state, now=NOON + timedelta(days=99))
    assert wants_quiet(passes.source, passes.state, now=NOON + timedelta(days=99))
    origin.page("/f", rss())
    await passes.look()
    assert passes.status is Status.WELL


@pytest.mark.parametrize("status", [429, 503])
async def test_retry_after_keeps_us_away_from_this_source(
    origin: Origin, fetcher: HttpFetcher, status: int
) -> None:
    passes = Passes(
        fetcher, origin.page("/f", b"", status=status, headers={"Retry-After": "90000"})
    )

    await passes.look()

    until = NOON + timedelta(seconds=90000)
    assert passes.state.not_before == passes.state.next_check_at == until
    assert passes.status is Status.QUIET
    assert not is_due(passes.source, passes.state, now=until - MINUTE)
    assert is_due(passes.source, passes.state, now=until)


@pytest.mark.parametrize(
    ("headers", "head", "pause"),
    [
        ({}, "", 15 * MINUTE),
        ({"Cache-Control": "max-age=7200"}, "", 2 * HOUR),
        ({"Cache-Control": "no-cache, max-age=7200"}, "", 15 * MINUTE),
        ({}, "<ttl>90</ttl>", 90 * MINUTE),
        ({"Cache-Control": "max-age=7200"}, "<ttl>180</ttl>", 3 * HOUR),
        ({}, "<skipHours><hour>9</hour><hour>10</hour></skipHours>", 2 * HOUR),
        ({}, "<skipDays><day>Monday</day></skipDays>", 15 * HOUR),
    ],
    ids=["nothing", "max-age", "no-cache", "ttl", "the longer", "skipHours", "skipDays"],
)
async def test_a_document_says_when_to_come_again(
    origin: Origin, fetcher: HttpFetcher, headers: dict[str, str], head: str, pause: timedelta
) -> None:
    passes = Passes(fetcher, origin.page("/f", rss(head), headers={"ETag": '"1"', **headers}))
    await passes.look()

    assert passes.pause == pause
    passes.now = NOON
    await passes.look()  # a 304, which says nothing itself
    remembered = max(pause if head else 15 * MINUTE, 15 * MINUTE)
    assert passes.pause == remembered


async def test_a_source_without_every_is_asked_by_its_own_rhythm(
    origin: Origin, fetcher: HttpFetcher
) -> None:
    items = "".join(ITEM.format(hour) for hour in range(1, 9))
    passes = Passes(fetcher, origin.page("/f", rss(items=items)))

    await passes.look()

    assert (passes.state.gap, passes.pause) == (HOUR, HOUR / 2)


async def test_the_hub_a_feed_names_is_remembered_headers_first(
    origin: Origin, fetcher: HttpFetcher
) -> None:
    head = "<atom:link rel='hub' href='https://hub.test/'/><atom:link rel='self' href='https://a.test/f'/>"
    passes = Passes(fetcher, origin.page("/f", rss(head)))
    await passes.look()
    assert (passes.state.hub, passes.state.topic) == ("https://hub.test/", "https://a.test/f")

    link = '<https://other.test/>; rel="hub", <https://a.test/g>; rel="self"'
    origin.page("/f", rss(head) + b" ", headers={"Link": link})
    await passes.look()
    assert (passes.state.hub, passes.state.topic) == ("https://other.test/", "https://a.test/g")


async def test_what_a_hub_brings_is_read_and_nothing_of_it_is_remembered(
    origin: Origin, fetcher: HttpFetcher
) -> None:
    passes = Passes(fetcher, origin.page("/f", rss(), headers={"ETag": '"1"'}))
    await passes.look()
    before = passes.state

    def page(body: bytes) -> Page:
        return Page(
            url=passes.source.url or "", body=body, content_type="", etag=None, last_modified=None
        )

    good = await passes.look(page(rss(items=ITEM.format(2))))
    bad = await passes.look(page(b"<html>"))

    assert [entry.title for entry in good.entries] == ["2"]
    assert (bad.entries, bad.unchanged, bad.state.problem) == ((), True, None)
    assert passes.state == before
    assert before.hints == Hints()
