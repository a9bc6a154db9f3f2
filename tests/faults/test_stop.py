"""An editor's stop amid a campaign: no MAIL a second later; and `resume` goes on with the rest."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
import uvloop

from publisher import pipeline
from publisher.model.deliveries import Delivery
from publisher.model.digests import Mail
from publisher.model.issues import IssueStatus
from publisher.model.relays import Security
from publisher.store.issues import SqlIssues
from tests.support.build import NOON
from tests.support.counting_sink import Sink
from tests.support.newsroom import Room as House
from tests.support.newsroom import composed, enrol, make_living_room
from tests.support.sending import ISSUE, OK, QUICK, Room, sealed
from tests.support.smtp_server import (
    HOST,
    PAUSE,
    STALL,
    Papers,
    Script,
    make_papers,
    make_relay,
    raw_server,
)

READERS = 3000
CONNECTIONS = 10


async def test_no_mail_leaves_a_second_after_a_stop_and_the_exact_rest_goes_on(
    tmp_path: Path,
) -> None:
    sink = Sink(delay=0.1)  # so that a stop comes long before the end, on a busy machine too
    server = await asyncio.start_server(sink.serve, "127.0.0.1", 0, limit=1 << 20)
    async with server:
        port = server.sockets[0].getsockname()[1]
        room = make_living_room(tmp_path / "room", smtp=port, connections=CONNECTIONS)
        async with room.at_work() as app:
            await enrol(app, READERS)
            issue = (await composed(app)).id
            await pipeline.seal(app.house, issue, by="test")
        sender = room.start("send", issue)
        await sink.until(100)

        stopped = await room.called("stop", issue)
        await asyncio.sleep(1)
        introduced = sink.introduced
        await asyncio.to_thread(sender.communicate, timeout=60)
        async with room.at_work() as app:
            rest = (await app.house.ledger.balance(issue)).waiting

        assert stopped.code == 0
        assert sink.introduced == introduced
        assert (rest, sink.total) == (READERS - sink.total, len(sink.accepted))
        assert 0 < rest < READERS

        sink.delay = 0
        await room.called("resume", issue)
        await room.beside("send", issue)
    assert len(sink.accepted) == READERS
    assert max(sink.accepted.values()) == 1


# --- a server that reads slowly -----------------------------------------------------------------

_SIP = 2048  # bytes at a time


@dataclass(slots=True)
class Sipper:
    """Takes commands in groups, and reads texts by sips; notes when each MAIL came to it."""

    pause: float  # seconds between two sips
    slow_after: int = 0  # texts that are read without a pause
    port: int = 0
    mails: list[float] = field(default_factory=list)  # loop time
    texts: int = 0
    sipping: asyncio.Event = field(default_factory=asyncio.Event)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        loop, rest = asyncio.get_running_loop(), b""
        writer.write(b"220 sipper\r\n")
        within = False
        while data := await reader.read(_SIP):
            if within and self.texts >= self.slow_after:
                self.sipping.set()
                await asyncio.sleep(self.pause)
            rest += data
            while True:
                end = b"\r\n.\r\n" if within else b"\r\n"
                said, found, after = rest.partition(end)
                if not found:
                    break
                rest = after
                if not within and said.startswith(b"MAIL"):
                    self.mails.append(loop.time())
                writer.write(self._answer(said, within=within))
                within = not within and said == b"DATA"
        writer.close()

    def _answer(self, said: bytes, *, within: bool) -> bytes:
        if within:
            self.texts += 1
        elif said.startswith(b"EHLO"):
            return b"250-sipper\r\n250 PIPELINING\r\n"
        elif said == b"DATA":
            return b"354 go\r\n"
        return b"250 OK\r\n"


@asynccontextmanager
async def sipping(
    *, pause: float, papers: Papers | None = None, slow_after: int = 0
) -> AsyncIterator[Sipper]:
    """Its kernel keeps little for it, so that what it has not read lies with the sender."""
    server = Sipper(pause=pause, slow_after=slow_after)
    door = socket.socket()
    door.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _SIP)
    door.bind((HOST, 0))
    server.port = door.getsockname()[1]
    tls = papers.server if papers else None
    listener = await asyncio.start_server(server.serve, sock=door, limit=_SIP, ssl=tls)
    async with listener:
        yield server


def long_texts(room: Room, size: int) -> None:
    """Every mail of the issue gets a text of so many bytes."""
    compose = room.compose

    async def longer(delivery: Delivery, *, eight_bit: bool = False) -> Mail:
        mail = await compose(delivery, eight_bit=eight_bit)
        return replace(
            mail, chunks=(b"Subject: long\r\n\r\n", (b"x" * 78 + b"\r\n") * (size // 80))
        )

    room.compose = longer  # type: ignore[method-assign]


async def stop(room: Room) -> None:
    """What `publisher stop` does."""
    issues = SqlIssues(room.outbox.database)
    await issues.move(ISSUE, IssueStatus.STOPPED, now=NOON, by="chief")


@pytest.mark.parametrize(
    ("size", "security"), [(20_000, "none"), (60_000, "tls"), (90_000, "tls"), (300_000, "none")]
)
async def test_no_mail_lies_behind_a_text_that_a_slow_server_still_reads(
    size: int, security: str, tmp_path: Path
) -> None:
    """What is written behind a text reaches such a server when it has read the text."""
    await _stopped_while_it_reads(size, security, tmp_path)


@pytest.mark.parametrize("security", ["none", "tls"])
async def test_nor_does_it_on_uvloop(security: str, tmp_path: Path) -> None:
    await asyncio.to_thread(lambda: uvloop.run(_stopped_while_it_reads(60_000, security, tmp_path)))


async def _stopped_while_it_reads(size: int, security: str, tmp_path: Path) -> None:
    papers = make_papers(tmp_path) if security == "tls" else None
    loop, pause = asyncio.get_running_loop(), 2.5 * _SIP / size
    async with sealed(tmp_path, 6) as room, sipping(pause=pause, papers=papers) as server:
        long_texts(room, size)
        relay = make_relay(
            server.port,
            connections=1,
            security=Security(security),
            ca_file=papers.ca_file if papers else None,
        )
        async with asyncio.TaskGroup() as group:
            group.create_task(room.round(relay, pace=replace(QUICK, fresh=0.5)))
            await server.sipping.wait()
            await stop(room)
            said = loop.time()

        assert server.texts == 1
        assert [at for at in server.mails if at > said + 1] == []
        balance = await room.balance()
        assert (balance.accepted, balance.waiting) == (1, 5)


async def test_a_stop_returns_when_what_was_begun_has_landed(tmp_path: Path) -> None:
    """The server gets slow within a mail, with the next MAIL behind it: that one is waited for."""
    loop = asyncio.get_running_loop()
    async with sipping(pause=0.1, slow_after=20) as server:
        room, issue = await _in_a_living_room(tmp_path / "room", server.port, readers=200)
        sender = room.start("send", issue)
        await server.sipping.wait()

        stopped = await room.called("stop", issue, "--json")
        returned = loop.time()
        await asyncio.to_thread(sender.communicate, timeout=60)
        await asyncio.sleep(1)
        said = json.loads(stopped.out)

        assert [at for at in server.mails if at > returned] == []
        assert said["under_way"] == 0
        assert said["balance"]["accepted"] == server.texts
        assert said["balance"]["waiting"] == 200 - server.texts


async def test_a_stop_says_what_a_server_leaves_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("publisher.cli.hand._LATE", 2.0)
    async with raw_server({".": STALL}) as server:
        room, issue = await _in_a_living_room(tmp_path / "room", server.port, readers=3)
        sender = room.start("send", issue)
        await server.stalled.wait()

        stopped = await room.called("stop", issue)
        again = await room.called("stop", issue, "--lang", "ru")
        sender.kill()
        await asyncio.to_thread(sender.communicate, timeout=60)

        assert (stopped.code, again.code) == (0, 0)
        assert "Under way: 1. Waiting for the server's answer, 1 s at most" in stopped.out
        assert "0 of 3 were mailed, 3 wait" in stopped.out
        assert "1 of those that wait are under way without an answer" in stopped.out
        assert "1 из ожидающих уже передаются серверу, ответа нет" in again.out


async def _in_a_living_room(root: Path, port: int, *, readers: int) -> tuple[House, str]:
    """An issue that is sealed for so many, with one connection to that server."""
    room = make_living_room(root, smtp=port, connections=1)
    async with room.at_work() as app:
        await enrol(app, readers)
        issue = (await composed(app)).id
        await pipeline.seal(app.house, issue, by="test")
    return room, issue


async def test_a_quick_server_is_spoken_to_ahead_behind_a_long_text_too(tmp_path: Path) -> None:
    """It answers a text only once it has the next DATA; it would wait for ever otherwise."""
    answers = [b"354 go\r\n", *[OK * 3 + b"354 go\r\n"] * 3]
    script: Script = {
        "EHLO": b"250-relay.test\r\n250 PIPELINING\r\n",
        "MAIL": [OK, b""], "RCPT": [OK, b""], "DATA": answers, ".": [b"", b"", b"", OK],
    }  # fmt: skip
    async with sealed(tmp_path, 4) as room, raw_server(script) as server:
        long_texts(room, 40_000)
        report = await room.round(make_relay(server.port, connections=1))

        assert (report.accepted, server.sessions) == (4, 1)


async def test_no_mail_goes_once_a_slow_answer_to_rset_has_come(tmp_path: Path) -> None:
    """Said step by step, RSET stands between the start and its MAIL."""
    script: Script = {"RCPT": [b"450 4.2.1 grey\r\n", OK], "RSET": (PAUSE, OK)}
    async with sealed(tmp_path, 2) as room, raw_server(script) as server:
        relay = make_relay(server.port, connections=1)
        async with asyncio.TaskGroup() as group:
            group.create_task(room.round(relay, pace=replace(QUICK, fresh=0.2)))
            await server.stalled.wait()
            await stop(room)

        assert server.said[-2:] == ["RSET", "QUIT"]
        assert (await room.balance()).waiting == 2
