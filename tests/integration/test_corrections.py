"""Corrections reach exactly those who got the mistake, once, in the language they got it in."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path

import pytest

from publisher import correcting, hand, ordering, pipeline
from publisher.app import App
from publisher.deliver.committer import Report
from publisher.errors import Refused
from publisher.model.issues import Issue, IssueStatus
from publisher.model.names import IssueId, StoryKey
from tests.support.newsroom import MORNING, NOW, Room, composed, enrol, make_living_room, make_room
from tests.support.sending import MINUTE, Ticker
from tests.support.smtp_server import RealServer, real_server

WRONG = "It opened on Friday, not on Monday."


async def mailed(app: App, issue: Issue) -> None:
    await pipeline.seal(app.house, issue.id, by="test")
    await pipeline.deliver(app.house, stop=asyncio.Event())


def read(server: RealServer) -> dict[str, str]:
    """What each reader's text part says; subjects stand before it."""
    texts = {}
    for mail in server.mails:
        message = BytesParser(policy=policy.default).parsebytes(mail.data)
        assert isinstance(message, EmailMessage)
        body = message.get_body(("plain",))
        assert body is not None
        texts[mail.recipient] = f"{message['Subject']}\n{body.get_content()}"
    return texts


def told(server: RealServer, words: str = "on Friday") -> set[str]:
    return {who for who, text in read(server).items() if words in " ".join(text.split())}


def both(room: Room, key: str, **head: str) -> None:
    for language in ("en", "ru"):
        room.story(key, language, **head)


async def issue_of_monday(app: App, room: Room, *later: str) -> Issue:
    """Mailed to r1 (English) and r2 (Russian); then the English bridge is corrected.

    `later`: stories that come for Tuesday's.
    """
    await enrol(app, 2)
    issue = await composed(app)
    await mailed(app, issue)
    room.story("bridge", "en", correction=WRONG)
    for key in later:
        both(room, key)
    await pipeline.collect(app.house, list(app.house.newsroom.sources))
    return issue


async def test_the_next_issue_tells_a_correction_to_those_who_got_the_mistake(
    tmp_path: Path,
) -> None:
    """r2 read it in Russian, r3 came later: neither is told."""
    async with real_server() as server:
        room = make_room(tmp_path / "room", smtp=server.port)
        async with room.at_work() as app:
            await issue_of_monday(app, room, "tram")
            await enrol(app, 3)
        server.mails.clear()
        now = room.now.replace(day=24)
        async with room.at_work(clock=lambda: now) as app:
            issue = await composed(app)
            await mailed(app, issue)

    assert set(read(server)) == {"r1@readers.test", "r2@readers.test", "r3@readers.test"}
    assert told(server) == {"r1@readers.test"}
    assert told(server, "The tram opens") == {"r1@readers.test", "r3@readers.test"}
    assert told(server, "The bridge opens") == {"r1@readers.test"}


async def test_an_issue_narrowed_to_those_of_another_stays_so_when_it_is_composed_anew(
    tmp_path: Path,
) -> None:
    async with real_server() as server:
        room = make_room(tmp_path / "room", smtp=server.port)
        async with room.at_work() as app:
            first = await issue_of_monday(app, room, "tram")
            await enrol(app, 3)
        server.mails.clear()
        now = room.now.replace(day=24)
        async with room.at_work(clock=lambda: now) as app:
            issue = await composed(app)
            await correcting.only_to(app.house, issue.id, first.id)
            await ordering.order(
                app.house, issue.id, ordering.Change(subject={"en": "A correction"}), by="test"
            )
            issue = await composed(app)
            await mailed(app, issue)

    assert issue.only_to == first.id
    assert set(read(server)) == {"r1@readers.test", "r2@readers.test"}


async def test_check_25_a_correction_is_told_once(tmp_path: Path) -> None:
    async with real_server() as server:
        room = make_room(tmp_path / "room", smtp=server.port)
        async with room.at_work() as app:
            await issue_of_monday(app, room, "tram")
        for day, coming in ((24, "river"), (25, "port")):
            server.mails.clear()
            now = room.now.replace(day=day)
            both(room, coming, published=now.isoformat())
            async with room.at_work(clock=lambda now=now: now) as later:
                await mailed(later, await composed(later))

    assert set(read(server)) == {"r1@readers.test", "r2@readers.test"}
    assert told(server) == set()


async def test_a_correction_issue_goes_to_exactly_those_who_were_sent_the_first(
    tmp_path: Path,
) -> None:
    async with real_server() as server:
        room = make_room(tmp_path / "room", smtp=server.port)
        async with room.at_work() as app:
            first = await issue_of_monday(app, room)
            await enrol(app, 4)
            server.mails.clear()
            made = await correcting.correction_of(app.house, first.id)
            await mailed(app, made)
            balance = await app.house.ledger.balance(made.id)
            with pytest.raises(Refused):
                await correcting.correction_of(app.house, first.id)
            later = await pipeline.compose(app.house, MORNING)

    assert made.id == f"{first.id}-c1"
    assert made.status is IssueStatus.DRAFT
    assert (balance.planned, balance.accepted) == (2, 2)
    assert told(server) == {"r1@readers.test", "r2@readers.test"}
    texts = read(server)
    assert texts["r1@readers.test"].startswith("Corrections: Morning Briefing, November 23, 2026")
    assert "16+" in texts["r2@readers.test"]
    assert later.issue is None  # it closed no window


async def test_what_changed_without_a_correction_is_told_again_as_an_update(
    tmp_path: Path,
) -> None:
    async with real_server() as server:
        room = make_room(tmp_path / "room", smtp=server.port)
        async with room.at_work() as app:
            await enrol(app, 1)
            first = await composed(app)
            await mailed(app, first)
            with pytest.raises(Refused):
                await correcting.correction_of(app.house, first.id)
            changed = room.now.isoformat()
            room.story("bridge", "en", updated=changed, summary="What it cost after all.")
            await pipeline.collect(app.house, list(app.house.newsroom.sources))
            made = await correcting.correction_of(app.house, first.id)

    assert [(item.story, item.update) for item in made.items] == [("bridge", True)]
    assert made.corrections == ()


async def test_what_was_never_sent_has_nobody_to_correct_it_to(tmp_path: Path) -> None:
    room = make_room(tmp_path / "room", smtp=1)
    async with room.at_work() as app:
        issue = await composed(app)
        with pytest.raises(Refused) as refused:
            await correcting.correction_of(app.house, issue.id)

    assert "was not sent" in refused.value.problems[0].message


async def test_a_mailed_story_comes_back_only_by_an_order_and_marked(tmp_path: Path) -> None:
    """Law 10: never twice as news."""

    async with real_server() as server:
        room = make_room(tmp_path / "room", smtp=server.port)
        async with room.at_work() as app:
            await enrol(app, 1)
            await mailed(app, await composed(app))
            both(room, "tram")
            changed = room.now.isoformat()
            room.story("bridge", "en", updated=changed, summary="What it cost after all.")
            await pipeline.collect(app.house, list(app.house.newsroom.sources))
        now = room.now.replace(day=24)
        async with room.at_work(clock=lambda: now) as app:
            issue = await composed(app)
            wish = ordering.Change(pin=(StoryKey("bridge"),))
            ordered = await ordering.order(app.house, issue.id, wish, by="Anna")
            with pytest.raises(Refused) as refused:
                same = ordering.Change(pin=(StoryKey("library"),))
                await ordering.order(app.house, issue.id, same, by="Anna")
            sealed = await pipeline.seal(app.house, issue.id, by="test")

    assert [item.story for item in issue.items] == ["tram"]
    assert {item.story: item.update for item in ordered.items} == {"tram": False, "bridge": True}
    assert "mailed before" in refused.value.problems[0].message
    assert sealed.status is IssueStatus.SEALED


async def test_send_says_which_issue_it_corrects(tmp_path: Path) -> None:
    async with real_server() as server:
        room = make_living_room(tmp_path / "room", smtp=server.port)
        async with room.at_work() as app:
            first = await issue_of_monday(app, room)
        server.mails.clear()
        said = await room.beside("send", "--correction-of", first.id, "--json")
        again = await room.beside("send", "--correction-of", first.id, "--json")

    document = json.loads(said.out)
    assert (said.code, document["issue"]["id"]) == (0, f"{first.id}-c1")
    assert document["balance"]["accepted"] == 2
    assert told(server) == {"r1@readers.test", "r2@readers.test"}
    assert again.code == 1
    assert "Nothing that" in again.err


@dataclass(frozen=True)
class Half:
    """A newsroom whose first issue was stopped on its way; `got`: who has it."""

    app: App
    clock: Ticker
    server: RealServer
    room: Room
    first: IssueId
    got: set[str]


async def sent_to_some(app: App, least: int) -> None:
    stop = asyncio.Event()

    def told(report: Report) -> None:
        if report.accepted >= least:
            stop.set()

    await pipeline.deliver(app.house, stop=stop, told=told)


@asynccontextmanager
async def half_sent(folder: Path, readers: int) -> AsyncIterator[Half]:
    """An issue sealed, sent to some, and stopped there; then what it carried is corrected."""
    async with real_server(RealServer(delay=0.005)) as server:  # so that half is not soon all
        room = make_room(folder, smtp=server.port, connections=1)
        clock = Ticker(now=NOW)
        async with room.at_work(clock) as app:
            await enrol(app, readers)
            issue = await composed(app)
            await pipeline.seal(app.house, issue.id, by="test")
            await sent_to_some(app, readers // 2)
            await hand.stop(app.house, issue.id, by="Anna")
            room.story("bridge", "en", correction=WRONG)
            await pipeline.collect(app.house, list(app.house.newsroom.sources))
            got = set(server.recipients)
            server.mails.clear()
            yield Half(app=app, clock=clock, server=server, room=room, first=issue.id, got=got)


async def test_a_correction_waits_until_nobody_may_be_sent_the_first_any_more(
    tmp_path: Path,
) -> None:
    """Else those who get the mistake later are never told."""
    async with half_sent(tmp_path / "room", 100) as half:
        house = half.app.house
        assert 0 < len(half.got) < 100
        with pytest.raises(Refused) as refused:
            await correcting.correction_of(house, half.first)
        said = await half.room.beside("send", "--correction-of", half.first)
        await hand.cancel(house, half.first, by="Anna")
        made = await correcting.correction_of(house, half.first)
        await mailed(half.app, made)

        assert "still goes" in refused.value.problems[0].message
        assert (said.code, said.out) == (1, "")
        assert half.first in said.err
        assert set(half.server.recipients) == half.got


async def test_a_correction_made_early_is_not_sealed_early(tmp_path: Path) -> None:
    """An issue of the editor's own, narrowed while the first had not begun to go."""
    async with half_sent(tmp_path / "room", 100) as half:
        house = half.app.house
        first = await hand.known_issue(house, half.first)
        own = replace(
            first,
            id=IssueId("our-own"),
            due_at=NOW,
            status=IssueStatus.DRAFT,
            sealed_at=None,
        )
        await house.issues.save(own)
        with pytest.raises(Refused) as narrowed:
            await correcting.only_to(house, own.id, half.first)
        await house.issues.save(replace(own, only_to=half.first))
        with pytest.raises(Refused) as sealed:
            await pipeline.seal(house, own.id, by="test")

        for refused in (narrowed, sealed):
            assert "still goes" in refused.value.problems[0].message


async def test_a_correction_that_was_cancelled_does_not_stand_in_the_way(tmp_path: Path) -> None:
    """Stopped, it is asked about; cancelled, the next one tells everybody, whom it reached too."""
    async with half_sent(tmp_path / "room", 100) as half:
        app, house = half.app, half.app.house
        await hand.cancel(house, half.first, by="Anna")
        for reached in (False, True):
            made = await correcting.correction_of(house, half.first)
            await pipeline.seal(house, made.id, by="test")
            if reached:
                await sent_to_some(app, 1)
            await hand.stop(house, made.id, by="Anna")
            with pytest.raises(Refused) as refused:
                await correcting.correction_of(house, half.first)
            await hand.cancel(house, made.id, by="Anna")
            half.clock.now += MINUTE
            assert "was stopped" in refused.value.problems[0].message
        assert 0 < len(half.server.mails) < len(half.got)
        half.server.mails.clear()
        made = await correcting.correction_of(house, half.first)
        await mailed(app, made)

        assert made.id == f"{half.first}-c3"
        assert set(half.server.recipients) == half.got
