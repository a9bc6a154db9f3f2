"""`compose` to `deliveries`: the documents an issue leaves behind, and its way through the CLI."""

import asyncio
import json
from datetime import datetime, timedelta
from email import policy
from email.parser import BytesParser
from pathlib import Path
from typing import Any

from tests.support.build import STATEMENT
from tests.support.newsroom import Room, make_living_room
from tests.support.smtp_server import RealServer, real_server

CONSENT = ("--consent-text", "Send me the Morning Briefing.", "--consent-source", "a letter")


def add(room: Room, email: str, language: str) -> None:
    words = ("add", email, "--language", language, "--edition", "morning", *CONSENT)
    assert room.call("subscribers", *words).code == 0


def composed(room: Room) -> str:
    assert room.call("collect").code == 0
    return str(room.json("compose", "morning")["issue"])


def test_compose_names_the_issue_or_the_reason_and_both_are_well(tmp_path: Path) -> None:
    room = make_living_room(tmp_path / "room", smtp=1)
    nothing = room.json("compose", "morning")
    issue = composed(room)
    again = room.json("compose", "morning")
    [listed] = room.json("issues")

    assert nothing["issue"] is None
    assert nothing["reason"]
    assert again["issue"] == issue
    assert issue.startswith("morning-2")
    assert set(listed) >= {"id", "edition", "status", "window"}
    assert (listed["id"], listed["edition"], listed["status"]) == (issue, "morning", "draft")
    assert all(listed["window"][end].endswith("Z") for end in ("start", "end"))


def test_preview_writes_what_would_be_sent_and_stores_nothing(tmp_path: Path) -> None:
    room = make_living_room(tmp_path / "room", smtp=1)
    room.call("collect")
    out = tmp_path / "look"
    document = room.json("preview", "morning", "--out", str(out))
    issues = room.json("issues")
    one = room.json("preview", composed(room), "--lang", "ru", "--out", str(tmp_path / "one"))

    assert sorted(path.name for path in out.iterdir()) == [
        f"{language}.{kind}" for language in ("en", "ru") for kind in ("eml", "html", "txt")
    ]
    assert (document["languages"], one["languages"]) == (["en", "ru"], ["ru"])
    assert issues == []
    mail = BytesParser(policy=policy.default).parsebytes((out / "ru.eml").read_bytes())
    assert mail["Content-Language"] == "ru"
    assert "16+" in (out / "ru.html").read_text("utf-8")
    assert " ".join(STATEMENT.split()) in " ".join((out / "ru.txt").read_text("utf-8").split())
    assert sorted(path.name for path in (tmp_path / "one").iterdir()) == [
        "ru.eml",
        "ru.html",
        "ru.txt",
    ]


def test_a_preview_says_why_there_is_nothing_or_too_little(tmp_path: Path) -> None:
    room = make_living_room(tmp_path / "room", smtp=1, least=3)
    nothing = room.call("preview", "morning")
    room.call("collect")
    little = room.call("preview", "morning")
    strange = room.call("preview", "morning", "--lang", "de", "--out", str(tmp_path / "out"))

    assert (nothing.code, little.code, strange.code) == (1, 0, 1)
    assert "Only 0 of 3 stories" in nothing.err
    assert "Only 2 of 3 stories" in little.err
    assert "“de”" in strange.err


def test_a_language_that_an_issue_lacks_is_answered_with_those_it_has(tmp_path: Path) -> None:
    room = make_living_room(tmp_path / "room", smtp=1)
    issue = composed(room)
    said = [
        room.call("preview", issue, "--lang", "de"),
        room.call("test", issue, "chief@b.test", "--lang", "de"),
    ]

    assert [one.code for one in said] == [1, 1]
    assert all("“de”" in one.err and "It has: en, ru." in one.err for one in said)


def test_an_editor_holds_approves_and_cancels(tmp_path: Path) -> None:
    room = make_living_room(tmp_path / "room", smtp=1, approval="one")
    issue = composed(room)
    unapproved = room.call("send", issue)
    held = room.json("hold", issue, "--as", "Anna")
    refused = room.call("send", issue)
    afresh = room.json("compose", "morning")
    approved = room.json("approve", issue, "--as", "Anna")
    cancelled = room.json("cancel", issue)
    too_late = [room.call(word, issue) for word in ("approve", "hold", "send", "cancel")]

    assert unapproved.code == 1
    assert "0 of 1" in unapproved.err
    assert (held["status"], refused.code) == ("held", 1)
    assert [one["status"] for one in (afresh, approved, cancelled)] == [
        "draft",
        "approved",
        "cancelled",
    ]
    assert [one.code for one in too_late] == [1, 1, 1, 1]
    assert all("should not have" not in one.err for one in too_late)


async def test_send_delivers_and_deliveries_shows_the_ledger(tmp_path: Path) -> None:
    async with real_server() as server:
        server.at_rcpt["gone@readers.test"] = "550 5.1.1 nobody of that name"
        room = make_living_room(tmp_path / "room", smtp=server.port)
        issue = await _ready(room)
        sent = await room.beside("send", issue, "--json")
        again = await room.beside("send", issue, "--json")
        ledger = await room.called("deliveries", issue, "--json")

    assert (sent.code, again.code, ledger.code) == (0, 0, 0)
    assert json.loads(sent.out) == json.loads(again.out)
    assert server.recipients == ["anna@readers.test", "boris@readers.test"]
    _check_ledger(issue, json.loads(ledger.out))
    assert json.loads(sent.out)["balance"] == json.loads(ledger.out)["balance"]


def _check_ledger(issue: str, document: dict[str, Any]) -> None:
    """The contract of `deliveries --json`."""
    assert document["issue"]["id"] == issue
    assert document["issue"]["status"] == "sent"
    assert document["balance"] == {
        "planned": 3,
        "accepted": 2,
        "rejected": 1,
        "suppressed": 0,
        "cancelled": 0,
        "uncertain": 0,
        "waiting": 0,
        "balanced": True,
    }
    by_address = {one["address"]: one for one in document["deliveries"]}
    anna, gone = by_address["anna@readers.test"], by_address["gone@readers.test"]
    assert set(anna) >= {
        "id",
        "subscriber",
        "address",
        "language",
        "status",
        "message_id",
        "next_try_at",
        "attempts",
    }
    assert (anna["language"], anna["status"], anna["next_try_at"]) == ("en", "accepted", None)
    assert anna["message_id"].startswith("<")
    assert anna["message_id"].endswith(">")
    [attempt] = anna["attempts"]
    assert attempt.pop("at").endswith("Z")
    assert attempt == {
        "phase": "dot",
        "outcome": "accepted",
        "code": 250,
        "enhanced": "2.0.0",
        "text": "OK",
        "relay": "main",
    }
    assert (gone["status"], gone["attempts"][0]["phase"]) == ("rejected", "rcpt")


async def _ready(room: Room) -> str:
    """An issue for three readers.  Every command runs a loop of its own, so not on this thread."""

    def prepare() -> str:
        add(room, "anna@readers.test", "en")
        add(room, "boris@readers.test", "ru")
        add(room, "gone@readers.test", "ru")
        return composed(room)

    return await asyncio.to_thread(prepare)


def test_no_wait_seals_and_leaves_the_sending_to_run(tmp_path: Path) -> None:
    room = make_living_room(tmp_path / "room", smtp=1)
    add(room, "anna@readers.test", "en")
    issue = composed(room)
    document = room.json("send", issue, "--no-wait")
    waiting = room.json("deliveries", issue, "--status", "queued", "--limit", "1")
    none = room.json("deliveries", issue, "--status", "accepted")

    assert document["issue"]["status"] == "sealed"
    assert (document["balance"]["waiting"], document["balance"]["balanced"]) == (1, True)
    assert [one["address"] for one in waiting["deliveries"]] == ["anna@readers.test"]
    assert none["deliveries"] == []


async def test_a_server_that_is_not_there_costs_nothing_but_time(tmp_path: Path) -> None:
    async with real_server() as gone:
        port = gone.port
    room = make_living_room(tmp_path / "room", smtp=port)
    issue = await _ready(room)
    absent = await room.beside("send", issue)
    async with real_server(RealServer(port=port)) as server:
        back = await room.beside("send", issue, "--json")

    assert absent.code == 1
    assert f"127.0.0.1:{port}" in absent.err
    assert "Nothing is lost" in absent.err
    assert back.code == 0
    assert json.loads(back.out)["balance"]["accepted"] == 3
    assert len(server.mails) == 3


def test_compose_at_a_given_hour(tmp_path: Path) -> None:
    room = make_living_room(tmp_path / "room", smtp=1)
    room.call("collect")
    at = room.now + timedelta(hours=1)
    made = room.json("compose", "morning", "--at", at.isoformat())
    [listed] = room.json("issues")

    assert made["issue"] == listed["id"]
    assert datetime.fromisoformat(listed["window"]["end"]) == at
