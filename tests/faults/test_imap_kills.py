"""SIGKILL while a mailbox of a real Dovecot is read: nothing unread is deleted there."""

import imaplib
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support import mail_servers as servers
from tests.support.newsroom import free_port
from tests.support.returned import ON_EITHER_DATABASE, READERS, killed, posted

WHY_NOT = servers.why_not("dovecot")
pytestmark = pytest.mark.skipif(
    bool(WHY_NOT), reason=f"kills amid a mailbox on IMAP are NOT tested: {WHY_NOT}"
)
KILLS = 3


@pytest.fixture
def imap() -> Iterator[int]:
    """The port of a Dovecot with empty mailboxes."""
    with servers.folder_for_servers() as folder:
        port = free_port()
        with servers.dovecot(folder, port=port, tls=free_port()):
            yield port


@ON_EITHER_DATABASE
@pytest.mark.timeout(300)
@pytest.mark.parametrize("command", ["bounces", pytest.param("run", marks=pytest.mark.torture)])
async def test_kills_while_a_mailbox_is_read_lose_nothing_and_count_nothing_twice(
    command: str,
    tmp_path: Path,
    imap: int,
    database: Callable[[], str | None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PUBLISHER_BOUNCES_PASSWORD", servers.PASSWORD)
    intake = f"imap://returns@{servers.HOST}:{imap}/INBOX"
    post = await posted(tmp_path / "room", intake, database())
    dice = random.Random(20261123)  # noqa: S311 - moments, not secrets
    everything = [*post.bounces.values(), *post.strange]
    with _hand(imap) as hand:
        for raw in dice.sample(everything, len(everything)):
            assert hand.append("INBOX", "", "", raw)[0] == "OK"

    for mark in sorted(dice.sample(range(1, READERS - 1), KILLS)):
        with post.counted() as taken:
            await killed(post.room.start(command), lambda mark=mark: taken() >= mark)
        with _hand(imap) as hand:
            await post.nothing_is_gone(_there(hand, "UNDELETED"))
    with _hand(imap) as hand:
        while _there(hand, "UNDELETED UNFLAGGED"):  # one look takes two hundred
            await killed(
                post.room.start(command), lambda: not _numbers(hand, "UNDELETED UNFLAGGED")
            )
        kept = _there(hand, "UNDELETED")
        halfway = _numbers(hand, "DELETED")

    assert kept == set(post.strange)
    assert len(halfway) <= KILLS + 1, "marked when its reader was killed, and never expunged"
    await post.check()


@contextmanager
def _hand(port: int) -> Iterator[imaplib.IMAP4]:
    """Somebody else's, who changes nothing."""
    with imaplib.IMAP4(servers.HOST, port, timeout=60) as other:
        other.login("returns", servers.PASSWORD)
        other.select("INBOX")
        yield other


def _numbers(hand: imaplib.IMAP4, which: str) -> list[bytes]:
    hand.noop()  # what went meanwhile is told now
    _, [found] = hand.uid("SEARCH", which)
    numbers: list[bytes] = (found or b"").split()
    return numbers


def _there(hand: imaplib.IMAP4, which: str) -> set[bytes]:
    numbers = _numbers(hand, which)
    if not numbers:
        return set()
    _, found = hand.uid("FETCH", b",".join(numbers).decode("ascii"), "(BODY.PEEK[])")
    return {one[1] for one in found if isinstance(one, tuple)}
