"""SIGKILL while bounces are taken in: nothing unread is deleted, and each counts once."""

import asyncio
import random
import smtplib
import subprocess
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from publisher.bounces.boxes import make_maildir
from tests.support.newsroom import free_port
from tests.support.returned import DOMAIN, ON_EITHER_DATABASE, READERS, STRANGE, killed, posted

Database = Callable[[], str | None]


# --- a Maildir -----------------------------------------------------------------------------------


@ON_EITHER_DATABASE
@pytest.mark.timeout(300)
@pytest.mark.parametrize(("command", "kills"), [("bounces", 4), ("run", 2)])
async def test_kills_while_a_maildir_is_read_lose_nothing_and_count_nothing_twice(
    command: str, kills: int, tmp_path: Path, database: Database
) -> None:
    post = await posted(tmp_path / "room", "maildir:var/bounces", database())
    box = post.room.folder / "var" / "bounces"
    make_maildir(box)
    dice = random.Random(20261123)  # noqa: S311 - moments, not secrets
    everything = [*post.bounces.values(), *post.strange]
    for number, raw in enumerate(dice.sample(everything, len(everything))):
        (box / "new" / f"{number:04}").write_bytes(raw)

    for mark in sorted(dice.sample(range(1, READERS - 1), kills)):
        with post.counted() as taken:
            await killed(post.room.start(command), lambda mark=mark: taken() >= mark)
        await post.nothing_is_gone({*_files(box / "new"), *_files(box / ".Aside" / "new")})
    await killed(post.room.start(command), lambda: not _count(box / "new"))

    assert sorted(_files(box / ".Aside" / "new")) == sorted(post.strange)
    await post.check()


def _count(folder: Path) -> int:
    return sum(1 for _ in folder.iterdir())


def _files(folder: Path) -> list[bytes]:
    found = []
    for path in folder.glob("*"):
        with suppress(FileNotFoundError):
            found.append(path.read_bytes())
    return found


# --- handed over -------------------------------------------------------------------------------


@ON_EITHER_DATABASE
@pytest.mark.timeout(300)
async def test_kills_while_mail_is_handed_over_lose_nothing_and_count_nothing_twice(
    tmp_path: Path, database: Database
) -> None:
    """The client keeps what was not answered, as mail servers do, and hands it over again."""
    port = free_port()
    post = await posted(tmp_path / "room", f"lmtp://127.0.0.1:{port}", database())
    dice = random.Random(20261123)  # noqa: S311 - moments, not secrets
    waiting = dice.sample([*post.bounces.values(), *post.strange], READERS + STRANGE)
    marks = sorted(dice.sample(range(1, READERS + STRANGE - 1), 3), reverse=True)

    for mark in (*marks, 0):
        server = post.room.start("run")
        handing = asyncio.create_task(asyncio.to_thread(_hand_over, port, waiting, server))
        await killed(server, lambda mark=mark: len(waiting) <= mark)
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
