"""Publishing with real parts: which files there are, what is in them, and what leaves them."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import feedparser
import pytest
from lxml import etree

from publisher import pipeline
from publisher.app import App
from publisher.model.issues import IssueStatus
from publisher.model.names import EditionId
from publisher.render.dialects import sitemap_faults
from publisher.render.feed_facts import facts_in
from publisher.web.public import application
from publisher.withdrawal import withdraw
from tests.support.newsroom import NOW, Room, composed, enrol, make_room
from tests.support.sending import Ticker
from tests.support.web import visiting

pytestmark = pytest.mark.filterwarnings(
    "ignore:To avoid breaking existing:DeprecationWarning:feedparser"
)


def feeds_config(room: Room, text: str) -> None:
    (room.config / "feeds.toml").write_text(f"[feeds]\n{text}\n", "utf-8")


async def publish(app: App) -> pipeline.Published:
    await pipeline.collect(app.house, list(app.house.newsroom.sources))
    return await pipeline.publish_feeds(app.house)


def told(room: Room, path: str) -> Any:
    data = (room.folder / "public" / path).read_bytes()
    return facts_in(data, path.rpartition(".")[2])


def titles(room: Room, path: str) -> list[str]:
    return [one["title"] for one in told(room, path)["entries"]]


async def test_every_feed_of_the_catalogue_is_written_in_every_format(tmp_path: Path) -> None:
    room = make_room(tmp_path / "room", smtp=1)
    async with room.at_work() as app:
        published = await publish(app)

    names = {
        path.rpartition(".")[0]
        for path in published.written
        if path.startswith("feeds/") and not path.endswith((".css", ".html"))
    }
    assert {"feeds/en/all", "feeds/ru/moscow", "feeds/en/edition-morning", "feeds/all/all"} <= names
    for name in names:
        three = [told(room, f"{name}.{one}") for one in ("rss", "atom", "json")]
        assert len({json.dumps([e["id"] for e in one["entries"]]) for one in three}) == 1
    assert published.problems == ()


async def test_a_second_build_writes_not_one_byte(tmp_path: Path) -> None:
    room = make_room(tmp_path / "room", smtp=1)
    async with room.at_work() as app:
        await publish(app)
        again = await publish(app)

    assert set(again.written.values()) == {False}


async def test_the_combined_feed_says_the_language_of_every_entry(tmp_path: Path) -> None:
    room = make_room(tmp_path / "room", smtp=1)
    async with room.at_work() as app:
        await publish(app)

    for extension in ("rss", "atom", "json"):
        combined = told(room, f"feeds/all/all.{extension}")
        assert combined["language"] is None
        assert {one["language"] for one in combined["entries"]} == {"en", "ru"}
        assert len({one["id"] for one in combined["entries"]}) == len(combined["entries"]) == 4


async def test_a_feed_may_be_shorter_and_of_summaries_alone(tmp_path: Path) -> None:
    room = make_room(tmp_path / "room", smtp=1)
    feeds_config(room, 'archives = false\n[feeds.each."en/moscow"]\nitems = 1\ncontent = "summary"')
    async with room.at_work() as app:
        await publish(app)

    [entry] = told(room, "feeds/en/moscow.atom")["entries"]
    assert "A paragraph" not in entry["content"]
    assert "What the" in entry["content"]
    assert "A paragraph" in told(room, "feeds/en/all.atom")["entries"][0]["content"]
    assert len(titles(room, "feeds/en/all.atom")) == 2


# --- archives -------------------------------------------------------------------------------------


async def test_feed_and_archive_together_miss_nothing(tmp_path: Path) -> None:
    """RFC 5005 section 4: whoever follows prev-archive meets every article once or more."""
    room = make_room(tmp_path / "room", smtp=1, stories=())
    for number in range(7):
        when = NOW - timedelta(days=20 * number, hours=1)
        room.story(f"story-{number}", "en", published=when.isoformat())
    feeds_config(room, "items = 2")
    async with room.at_work() as app:
        await publish(app)

    for extension in ("rss", "atom", "json"):
        seen, path = set[str](), f"feeds/en/all.{extension}"
        documents = 0
        while path:
            document = told(room, path)
            seen |= {one["title"] for one in document["entries"]}
            previous = document["pages"][0]
            path = previous and previous[previous.index("feeds/") :]
            documents += 1
        assert seen == {f"The story-{number} opens" for number in range(7)}
        assert documents > 3


async def test_an_archive_names_its_neighbours_and_the_feed_it_is_of(tmp_path: Path) -> None:
    room = make_room(tmp_path / "room", smtp=1, stories=())
    for number in range(3):
        when = NOW - timedelta(days=31 * number, hours=1)
        room.story(f"story-{number}", "en", published=when.isoformat())
    feeds_config(room, "items = 1")
    async with room.at_work() as app:
        await publish(app)
        base = app.house.newsroom.site.base_url

    archive = told(room, "feeds/en/archive-2026-10.atom")
    assert archive["pages"] == [
        f"{base}/feeds/en/archive-2026-09.atom",
        f"{base}/feeds/en/archive-2026-11.atom",
        f"{base}/feeds/en/all.atom",
    ]
    root = etree.parse(room.folder / "public/feeds/en/archive-2026-10.atom").getroot()
    assert root.find("{http://purl.org/syndication/history/1.0}archive") is not None
    assert told(room, "feeds/en/all.atom")["pages"][0] == f"{base}/feeds/en/archive-2026-11.atom"


async def test_a_month_of_long_ago_is_not_built_again_but_cleared(tmp_path: Path) -> None:
    room = make_room(tmp_path / "room", smtp=1, stories=())
    for number in range(6):
        when = NOW - timedelta(days=31 * number, hours=1)
        room.story(f"story-{number}", "en", published=when.isoformat())
    feeds_config(room, "items = 1")
    async with room.at_work() as app:
        await publish(app)
        old = "feeds/en/archive-2026-07.atom"
        assert titles(room, old) == ["The story-4 opens"]
        assert old not in (await publish(app)).written
        [gone] = [one for one in await app.house.articles.listed(limit=9) if one.story == "story-4"]
        await withdraw(app.house, [gone], reason="An error", by="Anna")

    assert titles(room, old) == []


async def test_backlog_of_before_the_first_month_is_filed_under_its_own(tmp_path: Path) -> None:
    """An archive ends in an empty document, so that even a single month has a neighbour."""
    room = make_room(tmp_path / "room", smtp=1)
    feeds_config(room, "items = 1")
    room.story("ferry", "en")
    before = "feeds/en/archive-2026-10.atom"
    async with room.at_work() as app:
        await publish(app)
        assert titles(room, before) == []
        assert told(room, before)["pages"][:2] == [
            None,
            f"{app.house.newsroom.site.base_url}/feeds/en/archive-2026-11.atom",
        ]
        room.story("tram", "en", published="2026-10-30T09:00:00+03:00")
        await publish(app)

    assert titles(room, before) == ["The tram opens"]
    assert titles(room, "feeds/en/archive-2026-09.atom") == []


# --- what leaves ----------------------------------------------------------------------------------


async def test_a_withdrawn_article_leaves_a_tombstone_in_atom_alone(tmp_path: Path) -> None:
    """RFC 6721."""
    room = make_room(tmp_path / "room", smtp=1)
    async with room.at_work() as app:
        await publish(app)
        [gone] = [
            one
            for one in await app.house.articles.listed(limit=9)
            if (one.story, one.language) == ("bridge", "en")
        ]
        await withdraw(app.house, [gone], reason="A court's order", by="Anna")

    for path in ("feeds/en/all", "feeds/en/moscow", "feeds/all/all"):
        assert told(room, f"{path}.atom")["tombstones"] == [
            "tag:embankment.test,2026:story/bridge/en"
        ]
        for extension in ("rss", "json"):
            data = (room.folder / f"public/{path}.{extension}").read_text("utf-8")
            assert "story/bridge/en" not in data
    assert told(room, "feeds/ru/all.atom")["tombstones"] == []
    assert "court" not in (room.folder / "public/feeds/en/all.atom").read_text("utf-8")


async def test_law_1_an_issue_that_names_it_goes_even_where_feeds_cannot_be_built(
    tmp_path: Path,
) -> None:
    clock = Ticker(now=NOW)
    room = make_room(tmp_path / "room", smtp=1, backlog="2d")
    async with room.at_work(clock) as app:
        await publish(app)
        await sent(app)
        await pipeline.publish_feeds(app.house)
        clock.now = datetime(2037, 1, 1, tzinfo=UTC)  # nobody reviewed the legal profile
        gone = [one for one in await app.house.articles.listed(limit=9) if one.story == "bridge"]
        done = await withdraw(app.house, gone, reason="An error", by="Anna")

    assert done.problems
    for extension in ("rss", "atom", "json"):
        path = room.folder / f"public/feeds/en/edition-morning.{extension}"
        assert "bridge" not in path.read_text("utf-8")


# --- editions -------------------------------------------------------------------------------------


async def sent(app: App) -> None:
    await enrol(app, 2)
    issue = await composed(app)
    await pipeline.seal(app.house, issue.id, by="Anna")


async def test_an_issue_is_an_entry_of_its_editions_feed_once_it_is_sealed(tmp_path: Path) -> None:
    room = make_room(tmp_path / "room", smtp=1, backlog="2d")
    async with room.at_work() as app:
        await publish(app)
        issue = await composed(app)
        await pipeline.publish_feeds(app.house)
        assert titles(room, "feeds/en/edition-morning.rss") == []
        await enrol(app, 2)
        await pipeline.seal(app.house, issue.id, by="Anna")
        await pipeline.publish_feeds(app.house)
        base = app.house.newsroom.site.base_url

    for language in ("en", "ru"):
        [entry] = told(room, f"feeds/{language}/edition-morning.atom")["entries"]
        assert entry["id"] == f"tag:embankment.test,2026:issue/{issue.id}/{language}"
        day, hour = issue.id.split("-")[1:3]
        when = f"{day[:4]}-{day[4:6]}-{day[6:]}-{hour}"
        assert entry["url"] == f"{base}/archive/morning/{when}/{language}"
        assert entry["language"] == language
        assert {"en": "bridge", "ru": "bridge"}[language] in entry["content"]


async def test_what_was_withdrawn_is_named_in_no_issue_any_more(tmp_path: Path) -> None:
    room = make_room(tmp_path / "room", smtp=1, backlog="2d")
    async with room.at_work() as app:
        await publish(app)
        await sent(app)
        await pipeline.publish_feeds(app.house)
        gone = [one for one in await app.house.articles.listed(limit=9) if one.story == "bridge"]
        await withdraw(app.house, gone, reason="A court's order", by="Anna")
        [issue] = await app.house.issues.recent(edition=EditionId("morning"), limit=1)

    assert issue.status in {IssueStatus.STOPPED, IssueStatus.SEALED, IssueStatus.SENT}
    for language in ("en", "ru"):
        for extension in ("rss", "atom", "json"):
            path = room.folder / f"public/feeds/{language}/edition-morning.{extension}"
            assert "bridge" not in path.read_text("utf-8")


# --- dialects -------------------------------------------------------------------------------------


async def test_yandex_gets_full_texts_of_plain_words(tmp_path: Path) -> None:
    room = make_room(tmp_path / "room", smtp=1)
    room.story("long", "ru", summary="Кратко.")
    file = room.folder / "content/ru/long.md"
    text = "Мост открыли **утром**, и по нему пошли первые пешеходы, а за ними и трамвай."
    file.write_text(f"{file.read_text('utf-8')}\n{text}\n\nВторой абзац & конец.\n", "utf-8")
    feeds_config(room, 'yandex = ["ru"]')
    async with room.at_work() as app:
        published = await publish(app)

    root = etree.parse(room.folder / "public/feeds/ru/for-yandex.rss").getroot()
    texts = [one.text for one in root.iter("{http://news.yandex.ru}full-text")]
    [whole] = [one for one in texts if one and "трамвай" in one]
    assert "утром, и по нему" in whole
    assert whole.endswith("Второй абзац & конец.")
    assert [one.text for one in root.iter("{http://news.yandex.ru}genre")] == ["message"] * len(
        texts
    )
    assert b"encoded" not in (room.folder / "public/feeds/ru/for-yandex.rss").read_bytes()
    # What Yandex would refuse is left out, and said.
    assert {one.args["title"] for one in published.problems} == {"Открыт bridge", "Открыт library"}


async def test_the_news_sitemap_names_the_last_two_days(tmp_path: Path) -> None:
    room = make_room(tmp_path / "room", smtp=1)
    old = NOW - timedelta(days=3)
    room.story("old", "en", published=old.isoformat())
    feeds_config(room, "news_sitemap = true")
    async with room.at_work() as app:
        published = await publish(app)
        site = app.house.newsroom.site.base_url

        async with visiting(application(app.reception())) as visitor:
            served = await visitor.ask("/sitemap-news.xml")

    data = (room.folder / "public/sitemap-news.xml").read_bytes()
    assert (served.status, served.body) == (200, data)
    assert served.headers["content-type"] == "application/xml; charset=utf-8"
    assert "sitemap-news.xml" in published.written
    assert sitemap_faults(data, now=NOW, site=site) == ()
    assert b"The bridge opens" in data
    assert "Открыт bridge".encode() in data
    assert b"The old opens" not in data
    assert sitemap_faults(data, now=NOW + timedelta(days=9), site=site)
    assert sitemap_faults(data, now=NOW, site="https://elsewhere.test")


async def test_without_the_wish_there_is_no_sitemap_and_an_old_one_goes(tmp_path: Path) -> None:
    room = make_room(tmp_path / "room", smtp=1)
    feeds_config(room, "news_sitemap = true")
    async with room.at_work() as app:
        await publish(app)
    feeds_config(room, "news_sitemap = false")
    async with room.at_work() as app:
        await publish(app)

    assert not (room.folder / "public/sitemap-news.xml").exists()


async def test_a_withdrawn_article_leaves_the_sitemap_whatever_else_is_wrong(
    tmp_path: Path,
) -> None:
    room = make_room(tmp_path / "room", smtp=1)
    feeds_config(room, "news_sitemap = true")
    async with room.at_work() as app:
        await publish(app)
        [gone] = [
            one
            for one in await app.house.articles.listed(limit=9)
            if (one.story, one.language) == ("bridge", "en")
        ]
        await withdraw(app.house, [gone], reason="An error", by="Anna")

    data = (room.folder / "public/sitemap-news.xml").read_bytes()
    assert b"/news/bridge</" not in data.replace(b"/ru/news/bridge</", b"")
    assert b"/news/library</" in data


def test_hubs_are_named_in_every_format(tmp_path: Path) -> None:
    room = make_room(tmp_path / "room", smtp=1)
    feeds_config(room, 'hubs = ["https://hub.test/"]')
    assert room.call("collect").code == 0
    assert room.call("feeds").code == 0

    for extension in ("rss", "atom", "json"):
        assert told(room, f"feeds/en/all.{extension}")["hubs"] == ["https://hub.test/"]
    parsed = feedparser.parse((room.folder / "public/feeds/en/all.rss").read_bytes())
    assert "https://hub.test/" in [one.href for one in parsed.feed.links if one.rel == "hub"]
