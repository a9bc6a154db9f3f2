"""What comes back of an issue that was sent, and programs that are killed while they take it in."""

import asyncio
import signal
import sqlite3
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from publisher import pipeline
from publisher.model.bounces import Bounce
from publisher.model.names import IssueId
from publisher.model.people import SuppressionReason
from tests.support.bounces import dsn, letter
from tests.support.newsroom import Room, composed, enrol, free_port, make_living_room
from tests.support.smtp_server import RealServer, real_server

DOMAIN = "bounces.embankment.test"
READERS, HARD, STRANGE = 200, 20, 20
# SQLite in every run of the tests, PostgreSQL in the long ones: half a minute each.
ON_EITHER_DATABASE = pytest.mark.parametrize(
    "database",
    ["sqlite", pytest.param("postgres", marks=[pytest.mark.postgres, pytest.mark.torture])],
    indirect=True,
)
_COUNTED = "SELECT count(*) FROM bounces"


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A newsroom whose issue was sent, and what comes back of it."""

    room: Room
    database: str | None  # None: the room's SQLite file
    issue: IssueId
    bounces: Mapping[str, bytes]  # by the reader's address
    strange: tuple[bytes, ...]  # what nobody can read

    async def ledger(self) -> Mapping[str, list[Bounce]]:
        """What is in the books, by address."""
        async with self.room.at_work() as app:
            rows = await app.house.ledger.deliveries(self.issue)
            about = await app.house.returns.about([one.id for one, _ in rows])
        return {one.address: list(about.get(one.id, ())) for one, _ in rows}

    async def nothing_is_gone(self, there: set[bytes]) -> None:
        """What waits nowhere is in the ledger, and there once; `there`: what does wait."""
        books = await self.ledger()
        assert all(one in there for one in self.strange)
        for address, raw in self.bounces.items():
            assert len(books[address]) <= 1
            assert raw in there or books[address]

    async def check(self) -> None:
        """All of it, and none of it twice."""
        books = await self.ledger()
        assert {address: len(found) for address, found in books.items()} == dict.fromkeys(
            self.bounces, 1
        )
        async with self.room.at_work() as app:
            for number, address in enumerate(self.bounces):
                rows = await app.house.audience.suppressions(address)
                hard = [SuppressionReason.HARD_BOUNCE] if number < HARD else []
                assert [row.reason for row in rows] == hard

    @contextmanager
    def counted(self) -> Iterator[Callable[[], int]]:
        """How many are in the ledger: the mail of the last one may still be in the box."""
        if self.database is None:
            file = self.room.folder / "var" / "publisher.db"
            with closing(sqlite3.connect(file)) as books:
                yield lambda: int(books.execute(_COUNTED).fetchone()[0])
        else:
            with psycopg.connect(self.database, autocommit=True) as server:
                yield lambda: int(server.execute(_COUNTED).fetchone()[0])  # type: ignore[index]


async def posted(folder: Path, intake: str, database: str | None) -> Post:
    """An issue sent to READERS; the first HARD of them are gone, and the others' boxes full."""
    async with real_server(RealServer()) as server:
        room = make_living_room(folder, smtp=server.port, web=free_port())
        text = f'[smtp.bounces]\ndomain = "{DOMAIN}"\nintake = "{intake}"\n'
        (room.config / "bounces.toml").write_text(text, "utf-8")
        if database is not None:
            (room.config / "storage.toml").write_text(f'[storage]\nurl = "{database}"\n')
        async with room.at_work() as app:
            await enrol(app, READERS)
            issue = await composed(app)
            await pipeline.seal(app.house, issue.id, by="test")
            await pipeline.deliver(app.house, stop=asyncio.Event())
    senders = {one.recipient: one.sender for one in server.mails}
    return Post(
        room=room,
        database=database,
        issue=issue.id,
        bounces={
            address: _report(address, sender, hard=number < HARD)
            for number, (address, sender) in enumerate(senders.items())
        },
        strange=tuple(
            letter(f"x@{DOMAIN}", f"Dear editors, {number} thanks.").replace(b"\n", b"\r\n")
            for number in range(STRANGE)
        ),
    )


def _report(address: str, sender: str, *, hard: bool) -> bytes:
    if hard:
        return dsn(to=sender, recipient=address)
    full = "552 5.2.2 Mailbox full"
    return dsn(to=sender, recipient=address, said=full, status="5.2.2")


async def killed(process: subprocess.Popen[str], reached: Callable[[], bool]) -> bool:
    """SIGKILL as soon as it has come so far; False where it ended before, and was not needed."""
    async with asyncio.timeout(120):
        while process.poll() is None and not reached():
            await asyncio.sleep(0)
    process.send_signal(signal.SIGKILL)
    await asyncio.to_thread(process.communicate)
    return process.returncode == -signal.SIGKILL
