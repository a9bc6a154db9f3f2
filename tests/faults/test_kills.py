"""SIGKILL at random moments of a campaign: none lost, none twice, the balance holds."""

import asyncio
import random
import signal
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from publisher import pipeline
from publisher.model.deliveries import Balance
from publisher.model.names import IssueId
from tests.support.newsroom import Room, composed, enrol, make_living_room

CONNECTIONS = 20


class Sink:
    """A mail server as quick as asyncio allows; it notes a recipient before it says 250."""

    def __init__(self) -> None:
        self.accepted: Counter[str] = Counter()
        self.reached = asyncio.Condition()

    @property
    def total(self) -> int:
        return sum(self.accepted.values())

    async def until(self, count: int) -> None:
        async with self.reached:
            await self.reached.wait_for(lambda: self.total >= count)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._talk(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 sink\r\n")
        recipient = ""
        while line := await reader.readline():
            verb = line[:4].upper()
            if verb == b"EHLO":
                writer.write(b"250-sink\r\n250-PIPELINING\r\n250 8BITMIME\r\n")
            elif verb == b"RCPT":
                recipient = line.split(b"<")[1].split(b">")[0].decode()
                writer.write(b"250 2.1.5 ok\r\n")
            elif verb == b"DATA":
                writer.write(b"354 go\r\n")
                await reader.readuntil(b"\r\n.\r\n")
                self.accepted[recipient] += 1
                async with self.reached:
                    self.reached.notify_all()
                writer.write(b"250 2.0.0 taken\r\n")
            elif verb == b"QUIT":
                writer.write(b"221 bye\r\n")
                return
            else:
                writer.write(b"250 ok\r\n")


async def campaign(
    folder: Path, *, mails: int, kills: int, on_uncertain: str
) -> tuple[Sink, Balance]:
    """Seal an issue for `mails` readers; kill `kills` senders on the way, let the last one end."""
    sink, dice = Sink(), random.Random(20261123)  # noqa: S311 - moments, not secrets
    server = await asyncio.start_server(sink.serve, "127.0.0.1", 0, limit=1 << 20)
    async with server:
        port = server.sockets[0].getsockname()[1]
        room = make_living_room(
            folder, smtp=port, connections=CONNECTIONS, on_uncertain=on_uncertain
        )
        issue = await _sealed(room, mails)
        marks = sorted(dice.sample(range(1, mails), kills))
        for mark in marks:
            sender = room.start("send", issue)
            await _killed_at(sink, mark, sender)
        sender = room.start("send", issue)
        await asyncio.to_thread(sender.communicate, timeout=120)
        async with room.at_work() as app:
            balance = await app.house.ledger.balance(issue)
    return sink, balance


async def _sealed(room: Room, mails: int) -> IssueId:
    async with room.at_work() as app:
        await enrol(app, mails)
        issue = await composed(app)
        await pipeline.seal(app.house, issue.id, by="test")
    return issue.id


async def _killed_at(sink: Sink, mark: int, sender: subprocess.Popen[str]) -> None:
    """SIGKILL as soon as the sink has so many; a sender that ended before was not needed."""
    ended = asyncio.ensure_future(asyncio.to_thread(sender.wait))
    reached = asyncio.ensure_future(sink.until(mark))
    await asyncio.wait([ended, reached], return_when=asyncio.FIRST_COMPLETED, timeout=60)
    sender.send_signal(signal.SIGKILL)
    await ended
    reached.cancel()
    sender.stdout and sender.stdout.close()
    sender.stderr and sender.stderr.close()


@pytest.mark.timeout(300)  # twelve starts of the program, on whatever machine this is
async def test_ten_kills_during_2000_mails_lose_nobody_and_repeat_nothing(tmp_path: Path) -> None:
    sink, balance = await campaign(tmp_path / "room", mails=2000, kills=10, on_uncertain="skip")

    assert balance.balanced
    assert (balance.planned, balance.waiting) == (2000, 0)
    assert balance.accepted + balance.uncertain == 2000
    assert balance.uncertain <= 10 * CONNECTIONS
    assert max(sink.accepted.values()) == 1
    assert len(sink.accepted) >= balance.accepted


@pytest.mark.torture
@pytest.mark.timeout(3600)
async def test_two_hundred_kills_over_campaigns_of_20000(tmp_path: Path) -> None:
    for number in range(4):
        folder = tmp_path / f"room{number}"
        sink, balance = await campaign(folder, mails=20_000, kills=50, on_uncertain="skip")

        assert balance.balanced
        assert balance.waiting == 0
        assert max(sink.accepted.values()) == 1
        assert balance.uncertain <= 50 * CONNECTIONS


@pytest.mark.torture
@pytest.mark.timeout(3600)
async def test_under_resend_kills_lose_nobody_and_repeat_at_most_one_per_connection(
    tmp_path: Path,
) -> None:
    sink, balance = await campaign(tmp_path / "room", mails=20_000, kills=50, on_uncertain="resend")

    assert balance.accepted == 20_000
    assert len(sink.accepted) == 20_000
    assert sum(count - 1 for count in sink.accepted.values()) <= 50 * CONNECTIONS
