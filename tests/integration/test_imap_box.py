"""A mailbox of a real Dovecot, with all that may go wrong in one."""

import imaplib
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import pytest

from publisher.bounces import imap
from publisher.bounces.boxes import Arrival
from publisher.bounces.imap import ImapBox
from publisher.errors import Refused
from publisher.model.inboxes import Mailbox
from tests.support import mail_servers as servers
from tests.support.bounces import letter
from tests.support.newsroom import free_port

WHY_NOT = servers.why_not("dovecot")
pytestmark = pytest.mark.skipif(bool(WHY_NOT), reason=WHY_NOT)

RETURNS = "Возвраты & прочее"
WRITTEN = '"&BBIEPgQ3BDIEQAQwBEIESw- &- &BD8EQAQ+BEcENQQ1-"'  # as RFC 3501 has it written


@dataclass(frozen=True)
class Post:
    """A mailbox, and the hand of somebody else in it."""

    mailbox: Mailbox

    @contextmanager
    def hand(self, folder: str = WRITTEN) -> Iterator[imaplib.IMAP4]:
        with imaplib.IMAP4(servers.HOST, self.mailbox.port, timeout=30) as other:
            other.login(self.mailbox.user, servers.PASSWORD)
            other.create(folder)
            other.select(folder)
            yield other

    def lay(self, *mails: bytes) -> None:
        with self.hand() as other:
            for raw in mails:
                assert other.append(WRITTEN, "", "", raw)[0] == "OK"

    def left(self) -> int:
        with self.hand() as other:
            _, [found] = other.search(None, "ALL")
            return len(found.split())


@pytest.fixture
def post() -> Iterator[Post]:
    with servers.folder_for_servers() as folder:
        port = free_port()
        with servers.dovecot(folder, port=port, tls=free_port()):
            yield Post(
                Mailbox(
                    host=servers.HOST,
                    port=port,
                    tls=False,
                    user="returns",
                    folder=RETURNS,
                    password=servers.PASSWORD,
                )
            )


async def looked(box: ImapBox, *, settle: bool = True) -> list[Arrival]:
    found = []
    async for arrival in box.waiting():
        found.append(arrival)
        if settle:
            await box.settle(arrival, aside=False)
    return found


def mails(count: int) -> list[bytes]:
    return [letter("returns@readers.test", f"mail {number}") for number in range(count)]


async def test_a_folder_in_another_script_is_read_and_emptied(post: Post) -> None:
    post.lay(*mails(3))
    read = await looked(ImapBox(post.mailbox), settle=False)
    again = await looked(ImapBox(post.mailbox))  # whoever died before the mark loses nothing

    assert [one.raw for one in read] == [one.raw for one in again]
    assert [one.raw.count(b"mail ") for one in read] == [1, 1, 1]
    assert await looked(ImapBox(post.mailbox)) == []
    assert post.left() == 0


async def test_what_somebody_else_marked_is_neither_read_nor_taken_away(post: Post) -> None:
    post.lay(*mails(3))
    with post.hand() as other:
        other.store("1", "+FLAGS", r"(\Deleted)")
        other.store("2", "+FLAGS", r"(\Flagged)")

    assert len(await looked(ImapBox(post.mailbox))) == 1
    assert post.left() == 2


async def test_a_server_that_expunges_all_or_nothing_takes_no_mail_of_others(post: Post) -> None:
    """Without UIDPLUS (RFC 4315): ours stay marked as long as somebody else's is."""
    post.lay(*mails(2))
    await _without_uidplus(post)
    assert post.left() == 0
    post.lay(*mails(3))
    with post.hand() as other:
        other.store("2", "+FLAGS", r"(\Deleted)")

    assert await _without_uidplus(post) == 2
    assert post.left() == 3
    assert await looked(ImapBox(post.mailbox)) == []  # what was taken in is read no more


async def _without_uidplus(post: Post) -> int:
    box, count = ImapBox(post.mailbox), 0
    async for arrival in box.waiting():
        box._expunges_one = False
        await box.settle(arrival, aside=False)
        count += 1
    return count


async def test_a_mail_beyond_measure_is_read_in_part(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imap, "_LARGEST", 1000)
    post.lay(mails(1)[0] + b"x" * 12_000_000)

    [found] = await looked(ImapBox(post.mailbox))
    assert len(found.raw) == 1000


async def test_a_connection_lost_amid_a_pass_is_said_and_loses_nothing(post: Post) -> None:
    post.lay(*mails(3))
    box = ImapBox(post.mailbox)
    with pytest.raises(Refused, match="cannot be read"):
        async for _ in box.waiting():
            assert box._server is not None
            box._server.sock.shutdown(socket.SHUT_RDWR)

    assert len(await looked(ImapBox(post.mailbox))) == 3


async def test_a_folder_made_anew_is_read_from_its_beginning(post: Post) -> None:
    """Its numbers mean other mails: UIDVALIDITY is another."""
    for _ in range(2):
        post.lay(*mails(2))
        assert len(await looked(ImapBox(post.mailbox))) == 2
        with post.hand("INBOX") as other:
            other.delete(WRITTEN)


@pytest.mark.parametrize(
    "wrong",
    [{"password": "wrong"}, {"password": "пароль"}, {"user": "нет\0"}, {"folder": "Nowhere"}],
)
async def test_what_the_server_refuses_is_said(post: Post, wrong: dict[str, str]) -> None:
    with pytest.raises(Refused, match="cannot be read"):
        await looked(ImapBox(replace(post.mailbox, **wrong)))  # type: ignore[arg-type]
