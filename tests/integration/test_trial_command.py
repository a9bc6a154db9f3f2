"""`publisher test ISSUE ADDRESS`: the digest to one who looks it over, as a Notice."""

import asyncio
import json
import re
from email import policy
from email.parser import BytesParser
from pathlib import Path

import pytest

from publisher.links import KeyRing, read_ring
from publisher.model.names import SubscriberId
from tests.integration.test_issue_commands import add, composed
from tests.support.links import read_leave
from tests.support.newsroom import Room, make_living_room
from tests.support.smtp_server import RealServer, real_server

BOSS = "chief@embankment.test"


def ring(room: Room) -> KeyRing:
    return read_ring(room.folder / "var" / "secret.key")


def ready(room: Room, language: str) -> str:
    """An issue composed, and one reader."""
    add(room, "anna@readers.test", language)
    return composed(room)


def leave_links(mail: bytes) -> set[str]:
    text = BytesParser(policy=policy.default).parsebytes(mail)
    body = text.get_body(("html",))
    assert body is not None
    return set(re.findall(r"/unsubscribe/([\w-]+)", body.get_content())) | set(
        re.findall(r"/unsubscribe/([\w-]+)", str(text["List-Unsubscribe"]))
    )


async def test_a_draft_goes_to_one_address_and_to_nobody_else(tmp_path: Path) -> None:
    async with real_server() as server:
        room = make_living_room(tmp_path / "room", smtp=server.port)
        issue = await asyncio.to_thread(ready, room, "en")
        said = await room.beside("test", issue, BOSS, "--json")
        russian = await room.beside("test", issue, BOSS, "--lang", "ru")

        assert (said.code, russian.code) == (0, 0), said.err + russian.err
        document = json.loads(said.out)
        assert document["kind"] == "test"
        assert document["delivery"]["status"] == "accepted"
        assert [one["code"] for one in document["delivery"]["attempts"]] == [250]
        assert server.recipients == [BOSS, BOSS]
        languages = [re.search(rb"Content-Language: (\w+)", one.data) for one in server.mails]
        assert [found[1] for found in languages if found] == [b"en", b"ru"]
        [listed] = await asyncio.to_thread(room.json, "issues")
        assert listed["status"] == "draft"


async def test_its_links_act_on_nobody(tmp_path: Path) -> None:
    async with real_server() as server:
        room = make_living_room(tmp_path / "room", smtp=server.port)
        issue = await asyncio.to_thread(ready, room, "ru")
        said = await room.beside("test", issue, "anna@readers.test")

        assert said.code == 0, said.err
        [mail] = server.mails
        assert b"Content-Language: ru" in mail.data  # she is a reader, and reads Russian
        leaves = [read_leave(ring(room), token) for token in leave_links(mail.data)]
        assert {leave.subscriber for leave in leaves if leave} == {SubscriberId(0)}


async def test_its_head_is_the_readers_but_for_the_mailbox_that_unsubscribes(
    tmp_path: Path,
) -> None:
    async with real_server() as server:
        room = make_living_room(tmp_path / "room", smtp=server.port)
        words = '[smtp.bounces]\ndomain = "bounces.embankment.test"\nintake = "maildir:var/b"\n'
        (room.config / "bounces.toml").write_text(words, "utf-8")
        issue = await asyncio.to_thread(ready, room, "en")
        assert (await room.beside("test", issue, "anna@readers.test")).code == 0
        assert (await room.beside("send", issue)).code == 0

    trial, mail = [BytesParser(policy=policy.default).parsebytes(one.data) for one in server.mails]
    assert [*trial.keys()] == [*mail.keys()]
    assert mail["List-Unsubscribe"].count("mailto:") == 1
    assert trial["List-Unsubscribe"].count("mailto:") == 0
    assert trial["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


async def test_a_sealed_issue_waits_while_its_digest_is_looked_at(tmp_path: Path) -> None:
    """`test` hands out Notices alone."""
    async with real_server() as server:
        room = make_living_room(tmp_path / "room", smtp=server.port)
        issue = await asyncio.to_thread(ready, room, "en")
        assert (await room.called("send", issue, "--no-wait")).code == 0
        said = await room.beside("test", issue, BOSS)

        assert said.code == 0, said.err
        assert server.recipients == [BOSS]
        assert (await asyncio.to_thread(room.json, "deliveries", issue))["balance"]["waiting"] == 1


async def test_the_gate_says_no(tmp_path: Path) -> None:
    async with real_server() as server:
        room = make_living_room(tmp_path / "room", smtp=server.port)
        issue = await asyncio.to_thread(composed, room)
        room.edit('registered_name = "The Embankment"', 'registered_name = "Somebody Else"')
        said = await room.beside("test", issue, BOSS)

        assert said.code == 1
        assert server.mails == []


async def test_what_the_server_refuses_is_said_in_its_words(tmp_path: Path) -> None:
    server = RealServer(at_rcpt={BOSS: "550 5.1.1 no such editor"})
    async with real_server(server):
        room = make_living_room(tmp_path / "room", smtp=server.port)
        issue = await asyncio.to_thread(composed, room)
        said = await room.beside("test", issue, BOSS)

        assert said.code == 1
        assert "no such editor" in said.err
        again = await room.beside("test", issue, BOSS, "--json")
        assert again.code == 1
        assert json.loads(again.out)["delivery"]["status"] == "suppressed"  # from then on
        assert server.mails == []


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("nonsense", BOSS), 1),
        (("{issue}", "no address"), 2),
        (("{issue}", BOSS, "--lang", "fr"), 1),
        (("{issue}",), 2),
    ],
)
def test_bad_words_are_refused_in_words(tmp_path: Path, words: tuple[str, ...], code: int) -> None:
    room = make_living_room(tmp_path / "room", smtp=1)
    issue = composed(room)
    said = room.call("test", *(word.format(issue=issue) for word in words))

    assert said.code == code
    assert said.err.strip()
    assert "Traceback" not in said.err
