"""An article taken back: out of everything public, whatever else is broken."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import feedparser
import pytest
from PIL import Image

from publisher import hand, pipeline, schedule
from publisher.app import App
from publisher.errors import Refused
from publisher.model.articles import Article, Withdrawal
from publisher.model.issues import Issue, IssueStatus
from publisher.model.names import IssueId
from publisher.model.problems import Problem, Severity
from publisher.withdrawal import TakenBack, restore, withdraw
from tests.support.build import DUE, STATEMENT
from tests.support.newsroom import MORNING, NOW, Room, composed, enrol, make_room
from tests.support.sending import Ticker
from tests.support.smtp_server import real_server

MONDAY = IssueId("morning-20261123-0800")
DAY = timedelta(days=1)
PICTURE = "{src: bridge.png, alt: A bridge, caption: The bridge, credit: Vera}"


async def collect(app: App) -> None:
    await pipeline.collect(app.house, list(app.house.newsroom.sources))


async def article(app: App, story: str, language: str = "en") -> Article:
    found = await app.house.articles.listed(limit=99)
    [one] = [a for a in found if (a.story, a.language) == (story, language)]
    return one


async def both(app: App, story: str) -> list[Article]:
    return [await article(app, story, language) for language in ("en", "ru")]


async def taken_back(app: App, *chosen: Article) -> TakenBack:
    return await withdraw(app.house, chosen, by="Anna", reason="A court's order.")


def blocking(problems: Sequence[Problem]) -> list[str]:
    return [one.message for one in problems if one.severity is Severity.BLOCK]


def titles(room: Room, feed: str) -> list[str]:
    data = (room.folder / "public" / "feeds" / feed).read_bytes()
    found = feedparser.parse(data)
    assert not found.bozo
    return sorted(entry.title for entry in found.entries)


def stories(issue: Issue | None) -> dict[str, list[str]]:
    assert issue is not None
    return {str(item.story): [one.language for one in item.versions] for item in issue.items}


# --- feeds ------------------------------------------------------------------------------------


async def test_a_withdrawn_article_leaves_every_feed_at_once(tmp_path: Path) -> None:
    room = make_room(tmp_path / "room", smtp=1)
    async with room.at_work() as app:
        await collect(app)
        await pipeline.publish_feeds(app.house)
        done = await taken_back(app, await article(app, "bridge"))

    assert blocking(done.problems) == []
    # All and its section, in Russian too: its translation pointed at it; and the one of both
    # languages; each in three formats.
    assert done.feeds == (2 + 2 + 1) * 3 + 1  # and the front page
    for extension in ("rss", "atom"):
        assert titles(room, f"en/all.{extension}") == ["The library opens"]
        assert titles(room, f"en/moscow.{extension}") == ["The library opens"]
        assert len(titles(room, f"ru/all.{extension}")) == 2
        russian = (room.folder / f"public/feeds/ru/all.{extension}").read_text("utf-8")
        assert "/ru/news/bridge" in russian
        assert f'"{app.house.newsroom.site.base_url}/news/bridge"' not in russian


async def test_it_does_not_come_back_when_its_source_tells_it_again(tmp_path: Path) -> None:
    room = make_room(tmp_path / "room", smtp=1)
    async with room.at_work() as app:
        await collect(app)
        await taken_back(app, await article(app, "bridge"))
        room.story("bridge", "en", title="The bridge opens again")
        await collect(app)
        listed = await app.house.articles.listed(limit=9)

    assert ("bridge", "en") not in {(one.story, one.language) for one in listed}


@pytest.fixture
async def refusing(tmp_path: Path) -> Room:
    """A newsroom whose feeds stand, and whose English ones the gate refuses from now on."""
    room = make_room(tmp_path / "room", smtp=1)
    async with room.at_work() as app:
        await collect(app)
        await pipeline.publish_feeds(app.house)
    notice = 'copyright = { en = "© {year} The Embankment'
    room.edit(notice, f"{notice} {STATEMENT}")  # which must be there once
    return room


async def test_law_1_a_refused_feed_keeps_its_last_good_file_less_what_was_withdrawn(
    refusing: Room,
) -> None:
    file = refusing.folder / "public/feeds/en/all.rss"
    before = file.read_text("utf-8")
    async with refusing.at_work() as app:
        done = await taken_back(app, await article(app, "bridge"))
        published = await pipeline.publish_feeds(app.house)

    assert blocking(done.problems) == []
    assert published.problems
    assert "feeds/en/all.rss" not in published.written
    assert set(published.written.values()) == {False}
    for extension in ("rss", "atom"):
        assert titles(refusing, f"en/all.{extension}") == ["The library opens"]
        assert len(titles(refusing, f"ru/all.{extension}")) == 2
    head, *items = before.split("<item")
    [kept] = [item.partition("</item>")[0] for item in items if "The library opens" in item]
    assert file.read_text("utf-8").startswith(head)
    assert kept in file.read_text("utf-8")


async def test_law_1_holds_for_whoever_publishes_next(refusing: Room) -> None:
    """The one who withdrew died between the store and the feeds."""
    async with refusing.at_work() as app:
        word = Withdrawal(at=NOW, by="Anna", reason="A mistake.")
        await app.house.newsdesk.withdraw((await article(app, "bridge")).id, word)
        published = await pipeline.publish_feeds(app.house)

    assert published.written["feeds/en/all.rss"]
    for extension in ("rss", "atom"):
        assert titles(refusing, f"en/all.{extension}") == ["The library opens"]


async def test_law_1_feeds_that_cannot_be_built_are_cleared_all_the_same(tmp_path: Path) -> None:
    clock = Ticker(now=NOW)
    room = make_room(tmp_path / "room", smtp=1)
    async with room.at_work(clock) as app:
        await collect(app)
        await pipeline.publish_feeds(app.house)
        clock.now = datetime(2037, 1, 1, tzinfo=UTC)  # nobody reviewed the legal profile
        done = await taken_back(app, await article(app, "bridge"))

    assert len(blocking(done.problems)) == 2
    assert done.feeds == (2 + 2 + 1) * 3 + 1  # in Russian it was named as the other language
    for extension in ("rss", "atom"):
        assert titles(room, f"en/all.{extension}") == ["The library opens"]
        russian = (room.folder / f"public/feeds/ru/all.{extension}").read_text("utf-8")
        assert "/ru/news/bridge" in russian
        assert f'"{app.house.newsroom.site.base_url}/news/bridge"' not in russian


async def test_law_1_what_cannot_be_mended_is_taken_away(tmp_path: Path) -> None:
    room = make_room(tmp_path / "room", smtp=1)
    async with room.at_work() as app:
        await collect(app)
        await pipeline.publish_feeds(app.house)
        feeds = room.folder / "public/feeds"
        whole = (feeds / "en/all.rss").read_bytes()
        (feeds / "en/broken.rss").write_bytes(whole[:-20])
        (feeds / "en/gone.rss").write_bytes(whole)  # of a section there is no more
        (feeds / "en/other.rss").write_bytes(b"not ours")
        done = await taken_back(app, await article(app, "bridge"))

    assert titles(room, "en/gone.rss") == ["The library opens"]
    assert not (feeds / "en/broken.rss").exists()
    assert (feeds / "en/other.rss").read_bytes() == b"not ours"
    assert [one.args["file"] for one in done.problems] == ["feeds/en/broken.rss"]
    assert blocking(done.problems) == []


# --- pictures ---------------------------------------------------------------------------------


def _pictured(room: Room, *languages: str) -> Path:
    for language in languages:
        path = room.story("bridge", language, image=PICTURE)
        Image.new("RGB", (60, 40), "green").save(path.parent / "bridge.png")
    return room.folder / "public" / "media"


async def test_its_picture_goes_and_comes_back_with_it(tmp_path: Path) -> None:
    room = make_room(tmp_path / "room", smtp=1)
    media = _pictured(room, "en")
    async with room.at_work() as app:
        await collect(app)
        [picture] = [(path.name, path.read_bytes()) for path in media.iterdir()]
        done = await taken_back(app, await article(app, "bridge"))
        after = [path.name for path in media.iterdir()]
        room.story("bridge", "en", image=PICTURE, title="The bridge opens again")
        await collect(app)
        collected = [path.name for path in media.iterdir()]
        back, problems = await restore(app.house, done.withdrawn[0], by="Anna")

    assert done.pictures == [picture[0]]
    assert after == collected == []
    assert list(problems) == []
    assert back.withdrawn is None
    assert [(path.name, path.read_bytes()) for path in media.iterdir()] == [picture]
    assert titles(room, "en/all.rss") == ["The bridge opens", "The library opens"]


async def test_what_does_not_come_back_is_said(tmp_path: Path) -> None:
    clock = Ticker(now=NOW)
    room = make_room(tmp_path / "room", smtp=1)
    _pictured(room, "en")
    async with room.at_work(clock) as app:
        await collect(app)
        done = await taken_back(app, await article(app, "bridge"))
        (room.folder / "var/withdrawn" / done.pictures[0]).unlink()
        clock.now = datetime(2037, 1, 1, tzinfo=UTC)  # nobody reviewed the legal profile
        back, problems = await restore(app.house, done.withdrawn[0], by="Anna")
        listed = await app.house.articles.listed(limit=9)

    assert back in listed
    assert [one.severity for one in problems[:2]] == [Severity.WARN, Severity.BLOCK]


async def test_a_picture_that_another_article_shows_stays(tmp_path: Path) -> None:
    room = make_room(tmp_path / "room", smtp=1)
    media = _pictured(room, "en", "ru")
    async with room.at_work() as app:
        await collect(app)
        [picture] = media.iterdir()
        first = await taken_back(app, await article(app, "bridge"))
        stays = picture.exists()
        second = await taken_back(app, await article(app, "bridge", "ru"))

    assert (first.pictures, stays) == ([], True)
    assert (second.pictures, picture.exists()) == ([picture.name], False)


async def test_a_step_that_fails_stops_no_other_and_says_what_is_still_public(
    tmp_path: Path,
) -> None:
    room = make_room(tmp_path / "room", smtp=1)
    media = _pictured(room, "en")
    async with room.at_work() as app:
        await composed(app)
        await pipeline.publish_feeds(app.house)
        [picture] = media.iterdir()
        picture.unlink()
        (picture / "within").mkdir(parents=True)
        failed = await taken_back(app, await article(app, "bridge"))
        (picture / "within").rmdir()
        picture.rmdir()
        picture.write_bytes(b"a picture")
        again = await taken_back(app, *failed.withdrawn)

    assert f"public/media/{picture.name}" in [one.args.get("file") for one in failed.problems]
    assert titles(room, "en/all.rss") == ["The library opens"]
    assert [one.id for one in failed.reopened] == [MONDAY]
    assert again.pictures == [picture.name]
    assert blocking(again.problems) == []
    assert not picture.exists()


# --- issues before their seal -----------------------------------------------------------------


async def test_an_approved_issue_is_composed_anew_and_asks_for_its_approvals(
    tmp_path: Path,
) -> None:
    room = make_room(tmp_path / "room", smtp=1, approval="one")
    async with room.at_work() as app:
        issue = await composed(app)
        await hand.approve(app.house, issue.id, by="Boris")
        done = await taken_back(app, *await both(app, "bridge"))
        stored = await hand.known_issue(app.house, issue.id)

    assert [one.id for one in done.reopened] == [issue.id]
    assert (stored.status, stored.approvals) == (IssueStatus.DRAFT, ())
    assert stories(stored) == {"library": ["en", "ru"]}


async def test_an_issue_with_too_little_left_is_held_without_it(tmp_path: Path) -> None:
    room = make_room(tmp_path / "room", smtp=1, least=2)
    async with room.at_work() as app:
        issue = await composed(app)
        done = await taken_back(app, *await both(app, "bridge"))
        stored = await hand.known_issue(app.house, issue.id)
        with pytest.raises(Refused):
            await pipeline.seal(app.house, issue.id, by="test")

    assert blocking(done.problems) == []
    assert stored.status is IssueStatus.HELD
    assert stories(stored) == {"library": ["en", "ru"]}
    assert stored.problems[-1].args == {"n": 1, "min": 2}


async def test_an_issue_an_editor_held_stays_held(tmp_path: Path) -> None:
    room = make_room(tmp_path / "room", smtp=1)
    async with room.at_work() as app:
        issue = await composed(app)
        await hand.hold(app.house, issue.id, by="Boris")
        await taken_back(app, await article(app, "bridge"))
        held = await hand.known_issue(app.house, issue.id)
        made = await pipeline.compose(app.house, MORNING)

    assert held.status is IssueStatus.HELD
    assert held.problems[0].args == {"name": "Boris"}
    assert stories(held) == {"bridge": ["ru"], "library": ["en", "ru"]}
    assert stories(made.issue) == stories(held)


async def test_no_issue_goes_out_with_what_was_withdrawn_whoever_composed_it(
    tmp_path: Path,
) -> None:
    """The one who withdrew died before the drafts; the schedule composes them anew."""
    room = make_room(tmp_path / "room", smtp=1)
    async with room.at_work(Ticker(now=DUE + timedelta(minutes=5))) as app:
        await enrol(app, 2)
        issue = await composed(app)
        word = Withdrawal(at=NOW, by="Anna", reason="A mistake.")
        for one in await both(app, "bridge"):
            await app.house.newsdesk.withdraw(one.id, word)
        with pytest.raises(Refused):
            await pipeline.seal(app.house, issue.id, by="test")
        sealed = await schedule.issues_due(app.house)
        stored = await hand.known_issue(app.house, issue.id)

    assert sealed
    assert stored.status is IssueStatus.SEALED
    assert stories(stored) == {"library": ["en", "ru"]}


# --- issues behind their seal -----------------------------------------------------------------


async def test_an_issue_in_flight_stops_for_the_editor_to_decide(tmp_path: Path) -> None:
    async with real_server() as server:
        room = make_room(tmp_path / "room", smtp=server.port)
        async with room.at_work() as app:
            await enrol(app, 3)
            issue = await composed(app)
            await pipeline.seal(app.house, issue.id, by="test")
            done = await taken_back(app, await article(app, "bridge"))
            await pipeline.deliver(app.house, stop=asyncio.Event())
            halted = await hand.known_issue(app.house, issue.id)
            nobody = list(server.mails)
            again = await taken_back(app, *done.withdrawn)
            await hand.resume(app.house, issue.id, by="Anna")
            await pipeline.deliver(app.house, stop=asyncio.Event())
            ended = await hand.known_issue(app.house, issue.id)

    [stopped] = done.stopped
    assert (stopped.issue, stopped.readers, stopped.waiting) == (issue.id, 0, 3)
    assert again.stopped == done.stopped
    assert (done.reopened, done.mailed) == ([], [])
    assert halted.status is IssueStatus.STOPPED
    assert nobody == []
    assert ended.status is IssueStatus.SENT
    assert len(server.mails) == 3


async def test_an_issue_that_names_it_below_another_story_stops_too(tmp_path: Path) -> None:
    room = make_room(tmp_path / "room", smtp=1, stories=("bridge",))
    room.story("old", "en", published=(NOW - 30 * DAY).isoformat())
    room.story("bridge", "en", related="[old]")
    async with room.at_work() as app:
        await enrol(app, 1)
        issue = await composed(app)
        await pipeline.seal(app.house, issue.id, by="test")
        done = await taken_back(app, await article(app, "old"))

    assert [one.issue for one in done.stopped] == [issue.id]


async def test_a_sent_issue_is_told_with_its_readers(tmp_path: Path) -> None:
    async with real_server() as server:
        room = make_room(tmp_path / "room", smtp=server.port)
        async with room.at_work() as app:
            await enrol(app, 3)
            issue = await composed(app)
            await pipeline.seal(app.house, issue.id, by="test")
            await pipeline.deliver(app.house, stop=asyncio.Event())
            done = await taken_back(app, await article(app, "bridge"))
            other = await taken_back(app, *done.withdrawn)

    [mailed] = done.mailed
    assert (mailed.issue, mailed.readers, mailed.at) == (issue.id, 3, NOW)
    assert (done.stopped, done.reopened) == ([], [])
    assert other.mailed == done.mailed


async def test_a_stop_in_the_middle_starts_no_mail_more(tmp_path: Path) -> None:
    async with real_server() as server:
        server.delay = 0.05
        room = make_room(tmp_path / "room", smtp=server.port, connections=2)
        async with room.at_work() as app:
            await enrol(app, 40)
            issue = await composed(app)
            await pipeline.seal(app.house, issue.id, by="test")
            sending = asyncio.ensure_future(pipeline.deliver(app.house, stop=asyncio.Event()))
            while len(server.mails) < 4:
                await asyncio.sleep(0.005)
            await hand.stop(app.house, issue.id, by="Anna")
            in_flight = len(server.mails) + 2  # one on each connection
            await sending
            halted = await app.house.ledger.balance(issue.id)
            mailed = len(server.mails)
            server.delay = 0.0
            await hand.resume(app.house, issue.id, by="Anna")
            await pipeline.deliver(app.house, stop=asyncio.Event())
            ended = await app.house.ledger.balance(issue.id)

    assert halted.accepted == mailed <= in_flight
    assert halted.waiting == 40 - mailed
    assert (ended.accepted, ended.waiting) == (40, 0)
    assert len(set(server.recipients)) == len(server.mails) == 40
