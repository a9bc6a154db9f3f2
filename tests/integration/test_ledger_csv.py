"""`publisher deliveries ISSUE --csv`: who got it, when, and what the server said."""

import asyncio
import csv
from io import StringIO
from pathlib import Path

import pytest

from publisher import pipeline
from publisher.cli import ledger_csv
from publisher.cli.ledger_csv import COLUMNS, cells
from publisher.model.deliveries import DeliveryStatus
from tests.integration.test_issue_commands import add, composed
from tests.support import newsroom
from tests.support.build import make_delivery
from tests.support.newsroom import Room, make_living_room
from tests.support.smtp_server import RealServer, real_server
from tests.support.stores import make_attempt


def rows_of(room: Room, *words: str) -> list[dict[str, str]]:
    said = room.call("deliveries", *words, "--csv")
    assert said.code == 0, said.err
    return list(csv.DictReader(StringIO(said.out)))


async def test_a_row_for_each_delivery_with_the_servers_words(tmp_path: Path) -> None:
    server = RealServer(replies={"boris@readers.test": "550 5.2.2 mailbox full"})
    async with real_server(server):
        room = make_living_room(tmp_path / "room", smtp=server.port)

        def ready() -> str:
            for name in ("anna", "boris"):
                add(room, f"{name}@readers.test", "en")
            return composed(room)

        issue = await asyncio.to_thread(ready)
        assert (await room.beside("send", issue)).code == 0
        anna, boris = await asyncio.to_thread(rows_of, room, issue)
        refused = await asyncio.to_thread(rows_of, room, issue, "--status", "rejected")
        hers = await asyncio.to_thread(rows_of, room, issue, "--address", "anna@READERS.test")
        first = await asyncio.to_thread(rows_of, room, issue, "--limit", "1")

    assert list(anna) == list(COLUMNS)
    assert (anna["address"], anna["status"], anna["code"]) == (
        "anna@readers.test",
        "accepted",
        "250",
    )
    assert anna["tried_at"].endswith("Z")
    assert (boris["status"], boris["enhanced"], boris["server"]) == (
        "rejected",
        "5.2.2",
        "mailbox full",
    )
    assert refused == [boris]
    assert first == [anna]
    assert [row["address"] for row in hers] == ["anna@readers.test"]


def test_csv_and_json_at_once_are_bad_usage_and_an_unknown_issue_is_refused(tmp_path: Path) -> None:
    room = make_living_room(tmp_path / "room", smtp=1)
    issue = composed(room)

    assert room.call("deliveries", issue, "--csv", "--json").code == 2
    assert room.call("deliveries", "nonsense", "--csv").code == 1
    assert rows_of(room, issue) == []


def test_nothing_that_a_stranger_wrote_is_a_formula() -> None:
    evil = make_delivery(
        address='=HYPERLINK("http://x.test")@readers.test',
        status=DeliveryStatus.REJECTED,
        reason="-1",
    )
    row = cells(evil, [make_attempt(text="@SUM(A1)", relay="+main")], {})

    assert not any(str(cell).startswith(("=", "+", "-", "@")) for cell in row)
    assert "'@SUM(A1)" in row


async def test_every_delivery_has_its_row_however_many_there_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are read some at a time; here two, of five."""
    monkeypatch.setattr(ledger_csv, "_AT_ONCE", 2)
    room = make_living_room(tmp_path / "room", smtp=1)
    names = [f"{name}@readers.test" for name in ("anna", "boris", "clara", "dina", "egor")]
    async with room.at_work() as app:
        for name in names:
            await asyncio.to_thread(add, room, name, "en")
        issue = await newsroom.composed(app)
        await pipeline.seal(app.house, issue.id, by="test")

    rows = await asyncio.to_thread(rows_of, room, issue.id)
    some = await asyncio.to_thread(rows_of, room, issue.id, "--limit", "3")

    assert [row["address"] for row in rows] == names
    assert some == rows[:3]
