"""SIGKILL while bounces are taken in: nothing unread is deleted, and each counts once."""

import asyncio
import random
import signal
import smtplib
import sqlite3
import subprocess
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from publisher import pipeline
from publisher.bounces.boxes import make_maildir
from publisher.model.bounces import Bounce
from publisher.model.names import IssueId
from publisher.model.people import SuppressionReason
from tests.support.bounces import dsn, letter
from tests.support.newsroom import Room, composed, enrol, free_port, make_living_room
from tests.support.smtp_server import RealServer, real_server

DOMAIN = "bounces.embankment.test"
READERS, HARD, STRANGE = 200, 20, 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A newsroom whose issue was sent, and what comes back of it."""

    room: Room
    issue: IssueId
    bounces: Mapping[str, bytes]  # by the reader's address
    strange: tuple[bytes, ...]  # what nobody can read

    async def ledger(self) -> Mapping[str, list[Bounce]]:
        """What is in the books, by address."""
        async with self.room.at_work() as app:
            rows = await app.house.ledger.deliveries(self.issue)
            about = await app.house.returns.about([one.id for one, _ in rows])
        return {one.address: list(about.get(one.id, ())) for one, _ in rows}

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


async def posted(folder: Path, intake: str) -> Post:
    async with real_server(RealServer()) as server:
        room = make_living_room(folder, smtp=server.port, web=free_port())
        text = f'[smtp.bounces]\ndomain = "{DOMAIN}"\nintake = "{intake}"\n'
        (room.config / "bounces.toml").write_text(text, "utf-8")
        async with room.at_work() as app:
            await enrol(app, READERS)
            issue = await composed(app)
            await pipeline.seal(app.house, issue.id, by="test")
            await pipeline.deliver(app.house, stop=asyncio.Event())
    senders = {one.recipient: one.sender for one in server.mails}
    return Post(
        room=room,
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


# --- a Maildir -----------------------------------------------------------------------------------


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("command", "kills"), [("bounces", 6), ("run", 3)])
async def test_kills_while_a_maildir_is_read_lose_nothing_and_count_nothing_twice(
    command: str, kills: int, tmp_path: Path
) -> None:
    post = await posted(tmp_path / "room", "maildir:var/bounces")
    box = post.room.folder / "var" / "bounces"
    make_maildir(box)
    dice = random.Random(20261123)  # noqa: S311 - moments, not secrets
    everything = [*post.bounces.values(), *post.strange]
    for number, raw in enumerate(dice.sample(everything, len(everything))):
        (box / "new" / f"{number:04}").write_bytes(raw)

    for mark in sorted(dice.sample(range(1, READERS - 1), kills)):
        with closing(sqlite3.connect(post.room.folder / "var" / "publisher.db")) as books:
            await _killed(post.room.start(command), lambda mark=mark: _rows(books) >= mark)
        await _nothing_is_gone(post, box)
    last = post.room.start(command)
    await _killed(last, lambda: not _count(box / "new"))

    await _nothing_is_gone(post, box)
    assert sorted(_files(box / ".Aside" / "new")) == sorted(post.strange)
    await post.check()


async def _nothing_is_gone(post: Post, box: Path) -> None:
    """What is in no folder is in the ledger, and there once."""
    there = {*_files(box / "new"), *_files(box / ".Aside" / "new")}
    books = await post.ledger()
    assert all(one in there for one in post.strange)
    for address, raw in post.bounces.items():
        assert len(books[address]) <= 1
        assert raw in there or books[address]


def _rows(books: sqlite3.Connection) -> int:
    """How many are in the ledger: the mail of the last one may still be in the box."""
    return int(books.execute("SELECT count(*) FROM bounces").fetchone()[0])


def _count(folder: Path) -> int:
    return sum(1 for _ in folder.iterdir())


def _files(folder: Path) -> list[bytes]:
    found = []
    for path in folder.glob("*"):
        with suppress(FileNotFoundError):
            found.append(path.read_bytes())
    return found


async def _killed(process: subprocess.Popen[str], reached: Callable[[], bool]) -> None:
    """SIGKILL as soon as it has come so far; one that ended before was not needed."""
    async with asyncio.timeout(60):
        while process.poll() is None and not reached():
            await asyncio.sleep(0)
    process.send_signal(signal.SIGKILL)
    await asyncio.to_thread(process.communicate)


# --- handed over -------------------------------------------------------------------------------


@pytest.mark.timeout(300)
async def test_kills_while_mail_is_handed_over_lose_nothing_and_count_nothing_twice(
    tmp_path: Path,
) -> None:
    """The client keeps what was not answered, as mail servers do, and hands it over again."""
    port = free_port()
    post = await posted(tmp_path / "room", f"lmtp://127.0.0.1:{port}")
    dice = random.Random(20261123)  # noqa: S311 - moments, not secrets
    waiting = dice.sample([*post.bounces.values(), *post.strange], READERS + STRANGE)
    marks = sorted(dice.sample(range(1, READERS + STRANGE - 1), 3), reverse=True)

    for mark in (*marks, 0):
        server = post.room.start("run")
        handing = asyncio.create_task(asyncio.to_thread(_hand_over, port, waiting, server))
        await _killed(server, lambda mark=mark: len(waiting) <= mark)
        await handing

    kept = _files(post.room.folder / "var" / "bounces-aside" / "new")
    assert sorted(kept) == sorted(post.strange)
    await post.check()


def _hand_over(port: int, waiting: list[bytes], server: subprocess.Popen[str]) -> None:
    while waiting and server.poll() is None:
        with (
            suppress(OSError, smtplib.SMTPException),
            smtplib.LMTP("127.0.0.1", port, timeout=10) as client,
        ):
            while waiting:
                client.sendmail("", [f"x@{DOMAIN}"], waiting[-1])
                waiting.pop()
