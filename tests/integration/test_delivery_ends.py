"""How a sealed issue's deliveries end, with a real ledger and a real conversation."""

import asyncio
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from publisher import hand, pipeline
from publisher.app import App
from publisher.deliver import fleet
from publisher.deliver.committer import Report
from publisher.lanes import open_lanes, traffic_of
from publisher.model.deliveries import Attempt, Balance, Delivery, DeliveryStatus, Outcome
from publisher.model.issues import IssueStatus
from publisher.model.names import IssueId, Language
from publisher.model.notices import Notice, NoticeKind
from tests.support.build import make_digest
from tests.support.newsroom import NOW, Room, composed, enrol, make_living_room, make_room
from tests.support.sending import Ticker
from tests.support.smtp_server import DROP, HOST, STALL, RealServer, raw_server, real_server

OK = b"250 2.0.0 OK\r\n"
HOUR = timedelta(hours=1)


class Desk:
    """A newsroom with one sealed issue, and a clock to turn."""

    def __init__(self, app: App, issue: IssueId, clock: Ticker) -> None:
        self.app, self.issue, self.clock = app, issue, clock

    async def deliver(self) -> Report:
        return await pipeline.deliver(self.app.house, stop=asyncio.Event())

    async def later(self, span: timedelta) -> Report:
        """Turn the clock, deliver again."""
        self.clock.now += span
        return await self.deliver()

    async def balance(self) -> Balance:
        return await self.app.house.ledger.balance(self.issue)

    async def status(self) -> IssueStatus:
        return (await hand.known_issue(self.app.house, self.issue)).status

    async def rows(self) -> Mapping[str, tuple[Delivery, tuple[Attempt, ...]]]:
        """Every delivery with its tries, by the name before the @."""
        found = await self.app.house.ledger.deliveries(self.issue)
        return {one.address.partition("@")[0]: (one, tuple(tries)) for one, tries in found}


@asynccontextmanager
async def sealed(room: Room, readers: int) -> AsyncIterator[Desk]:
    clock = Ticker(now=NOW)
    async with room.at_work(clock) as app:
        await enrol(app, readers)
        issue = await composed(app)
        await pipeline.seal(app.house, issue.id, by="test")
        yield Desk(app, issue.id, clock)


async def test_a_server_that_is_busy_gets_the_mail_later_and_the_issue_waits_for_it(
    tmp_path: Path,
) -> None:
    async with real_server() as server:
        server.replies["r1@readers.test"] = "451 4.3.0 come again"
        async with sealed(make_room(tmp_path / "room", smtp=server.port), 2) as desk:
            await desk.deliver()
            deferred, then = await desk.rows(), await desk.status()
            too_early = await desk.later(timedelta(seconds=1))
            del server.replies["r1@readers.test"]
            await desk.later(HOUR)
            accepted, in_the_end = await desk.rows(), await desk.status()

    first, tries = deferred["r1"]
    assert first.status is DeliveryStatus.DEFERRED
    assert [(one.code, one.enhanced) for one in tries] == [(451, "4.3.0")]
    assert then is IssueStatus.SEALED
    assert too_early.tried == 0
    last, tries = accepted["r1"]
    assert last.status is DeliveryStatus.ACCEPTED
    assert [one.outcome for one in tries] == [Outcome.TRANSIENT, Outcome.ACCEPTED]
    assert last.message_id == first.message_id
    assert in_the_end is IssueStatus.SENT
    assert server.recipients == ["r1@readers.test", "r2@readers.test"]


async def test_a_lasting_refusal_ends_that_delivery_and_no_other(tmp_path: Path) -> None:
    async with real_server() as server:
        server.at_rcpt["r1@readers.test"] = "550 5.1.1 nobody of that name"
        async with sealed(make_room(tmp_path / "room", smtp=server.port), 3) as desk:
            await desk.deliver()
            again = await desk.later(24 * HOUR)
            rows, balance, status = await desk.rows(), await desk.balance(), await desk.status()

    rejected, tries = rows["r1"]
    assert rejected.status is DeliveryStatus.REJECTED
    assert [(one.code, one.enhanced) for one in tries] == [(550, "5.1.1")]
    assert again.tried == 0
    assert (balance.accepted, balance.rejected, balance.balanced) == (2, 1, True)
    assert status is IssueStatus.SENT


async def test_a_loss_after_the_dot_is_not_repeated_under_skip(tmp_path: Path) -> None:
    async with raw_server({".": [DROP, OK]}) as server:
        room = make_room(tmp_path / "room", smtp=server.port, connections=1)
        async with sealed(room, 2) as desk:
            await desk.deliver()
            await desk.later(HOUR)
            rows, balance, status = await desk.rows(), await desk.balance(), await desk.status()

    assert (balance.accepted, balance.uncertain, balance.waiting) == (1, 1, 0)
    assert [len(tries) for _, tries in rows.values()] == [1, 1]
    assert status is IssueStatus.SENT
    assert len(server.texts) == 2


async def test_a_loss_after_the_dot_is_repeated_under_resend_as_the_same_mail(
    tmp_path: Path,
) -> None:
    async with raw_server({".": [DROP, OK]}) as server:
        room = make_room(tmp_path / "room", smtp=server.port, connections=1, on_uncertain="resend")
        async with sealed(room, 1) as desk:
            await desk.deliver()
            [(waiting, _)] = (await desk.rows()).values()
            await desk.later(HOUR)
            [(done, tries)] = (await desk.rows()).values()

    assert waiting.status is DeliveryStatus.DEFERRED
    assert done.status is DeliveryStatus.ACCEPTED
    assert [one.outcome for one in tries] == [Outcome.UNCERTAIN, Outcome.ACCEPTED]
    assert len(server.texts) == 2
    first, second = (re.sub(rb"\r\nDate: [^\r]*", b"", text, count=1) for text in server.texts)
    assert first == second  # but for the hour at which each went


async def test_a_server_that_comes_back_gets_everything_that_waited(tmp_path: Path) -> None:
    async with real_server() as gone:
        port = gone.port
    async with sealed(make_room(tmp_path / "room", smtp=port), 4) as desk:
        report = await desk.deliver()
        waiting, then = await desk.balance(), await desk.status()
        async with real_server(RealServer(port=port)) as server:
            await desk.later(HOUR)
        done, in_the_end = await desk.balance(), await desk.status()

    assert report.trouble is not None
    assert report.resume_at is not None
    assert (waiting.waiting, then) == (4, IssueStatus.SEALED)
    assert (done.accepted, in_the_end) == (4, IssueStatus.SENT)
    assert len(server.mails) == 4


async def test_a_sample_profile_says_nothing_to_a_server_beyond_this_machine(
    tmp_path: Path,
) -> None:
    """The server is this machine by its address in the network, which is as far as a test goes."""
    address = _own_address()
    heard: list[bytes] = []

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 relay.test\r\n")
        heard.append(await reader.read())
        writer.close()

    async with await asyncio.start_server(listen, address, 0) as server:
        port = server.sockets[0].getsockname()[1]
        room = make_living_room(tmp_path / "room", smtp=port)
        room.edit(f'host = "{HOST}"', f'host = "{address}"')
        async with room.at_work() as app:
            await enrol(app, 2)
            issue = await composed(app)
        said = await room.beside("send", issue.id)
        async with room.at_work() as app:
            balance = await app.house.ledger.balance(issue.id)

    assert said.code == 1
    assert "sample" in said.err
    assert "Traceback" not in said.err
    assert heard == [b""]
    assert (balance.planned, balance.waiting) == (2, 2)


def _own_address() -> str:
    """Asked for in a process that may name addresses elsewhere; nothing is sent there."""
    code = (
        "import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM);"
        " s.connect(('192.0.2.1', 9)); print(s.getsockname()[0])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    address = found.stdout.strip()
    if not address or address.startswith("127."):
        pytest.skip("this machine has no address but its loopback")
    return address


async def test_a_reader_whom_the_relay_will_not_carry_to_keeps_no_issue_open(
    tmp_path: Path,
) -> None:
    """It is our own fault, and each round ends with it; everybody else is served meanwhile."""
    async with real_server() as server:
        server.at_rcpt["r1@readers.test"] = "554 5.7.1 Relay access denied"
        room = make_room(tmp_path / "room", smtp=server.port, connections=1)
        async with sealed(room, 6) as desk:
            report = await desk.deliver()
            first, _ = (await desk.rows())["r1"]
            for _ in range(8):
                await desk.later(timedelta(minutes=6))
            served = await desk.balance()
            for _ in range(30):
                await desk.later(HOUR)
            over, then = await desk.rows(), await desk.status()
            shown = await room.called("deliveries", desk.issue, "--json")

    assert report.trouble is not None
    assert "refuses us" in report.trouble.message
    assert first.status is DeliveryStatus.DEFERRED
    assert (served.accepted, served.waiting) == (5, 1)
    delivery, tries = over["r1"]
    assert (delivery.status, delivery.reason) == (DeliveryStatus.REJECTED, "expired")
    assert {one.text for one in tries} == {"Relay access denied"}
    assert len(tries) < 15
    assert then is IssueStatus.SENT
    assert "Relay access denied" in shown.out


async def test_an_issue_that_is_done_is_sent_while_something_else_still_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with (
        raw_server({".": [OK, OK, STALL]}) as server,
        sealed(make_room(tmp_path / "room", smtp=server.port), 2) as desk,
    ):
        house = desk.app.house
        traffic = traffic_of(house)
        async with open_lanes(house, traffic) as lanes:
            await fleet.deliver(lanes, traffic, stop=asyncio.Event())
        before = await desk.status()
        notice = Notice(
            key="n1",
            kind=NoticeKind.TEST,
            address="editor@embankment.test",
            name="",
            language=Language("en"),
            compiled=make_digest().compiled,
            leave_url="https://embankment.test/unsubscribe/x",
        )
        await house.notices.add(notice, now=NOW)
        monkeypatch.setattr(fleet, "_CLOSES", 0.02)
        stop = asyncio.Event()
        sending = asyncio.create_task(pipeline.deliver(house, stop=stop))
        async with asyncio.timeout(10):
            await server.stalled.wait()
            while await desk.status() is IssueStatus.SEALED:
                await asyncio.sleep(0.01)
        assert not sending.done()
        stop.set()
        await server.end()
        await sending
        after = await desk.status()

    assert (before, after) == (IssueStatus.SEALED, IssueStatus.SENT)
