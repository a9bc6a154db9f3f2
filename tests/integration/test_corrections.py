"""Corrections reach exactly those who got the mistake, once, in the language they got it in."""

import asyncio
import json
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path

import pytest

from publisher import correcting, ordering, pipeline
from publisher.app import App
from publisher.errors import Refused
from publisher.model.issues import Issue, IssueStatus
from publisher.model.names import StoryKey
from tests.support.newsroom import MORNING, Room, composed, enrol, make_living_room, make_room
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
