"""Sending while another process of the newsroom holds the sender's lock."""

import asyncio
import json
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from publisher import hand, notice_room, pipeline, worker
from publisher.app import App
from publisher.deliver.committer import Report
from publisher.deliver.lock import sender_lock
from publisher.errors import Refused
from publisher.model.deliveries import Balance
from publisher.model.issues import Issue
from tests.support.newsroom import NOW, Room, composed, enrol, make_living_room, make_room
from tests.support.sending import MINUTE, Ticker
from tests.support.smtp_server import RealServer, real_server

CHIEF = "chief@embankment.test"


@dataclass
class Watched:
    """An issue that `see_through` sees through, and what it was told."""

    app: App
    room: Room
    issue: Issue
    clock: Ticker
    stood: list[Balance] = field(default_factory=list)
    looked: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def lock(self) -> Path:
        return self.room.folder / "var" / "sender.lock"

    async def see_through(self) -> Report:
        def stands(balance: Balance) -> None:
            self.stood.append(balance)
            self.looked.set()

        return await worker.see_through(
            self.app.house,
            self.issue.id,
            lock=self.lock,
            stop=asyncio.Event(),
            stands=stands,
        )


@asynccontextmanager
async def sealed(room: Room, readers: int) -> AsyncIterator[Watched]:
    clock = Ticker(now=NOW)
    async with room.at_work(clock) as app:
        await enrol(app, readers)
        issue = await composed(app)
        await pipeline.seal(app.house, issue.id, by="test")
        yield Watched(app=app, room=room, issue=issue, clock=clock)


async def test_whoever_waits_beside_a_sender_delivers_as_soon_as_that_one_ends(
    tmp_path: Path,
) -> None:
    async with (
        real_server() as server,
        sealed(make_room(tmp_path / "room", smtp=server.port), readers=5) as one,
        asyncio.timeout(30),
        asyncio.TaskGroup() as group,
    ):
        with sender_lock(one.lock):
            seeing = group.create_task(one.see_through())
            await one.looked.wait()
            before = len(server.mails)
        report = await seeing

    assert (before, report.accepted, len(server.mails)) == (0, 5, 5)


async def test_what_another_sends_is_watched_and_not_sent_again(tmp_path: Path) -> None:
    async with (
        real_server() as server,
        sealed(make_room(tmp_path / "room", smtp=server.port), readers=5) as one,
        asyncio.timeout(30),
        asyncio.TaskGroup() as group,
    ):
        with sender_lock(one.lock):
            seeing = group.create_task(one.see_through())
            await one.looked.wait()
            await pipeline.deliver(one.app.house, stop=asyncio.Event())
            report = await seeing

    assert (report.tried, one.stood[-1].accepted, len(server.mails)) == (0, 5, 5)


async def test_a_standstill_is_refused_in_words(tmp_path: Path) -> None:
    async with (
        sealed(make_room(tmp_path / "room", smtp=1), readers=5) as one,
        asyncio.timeout(30),
        asyncio.TaskGroup() as group,
    ):
        with sender_lock(one.lock):
            seeing = group.create_task(_refused(one))
            await one.looked.wait()
            one.clock.now += MINUTE * 1.5
            refused = await seeing

    [problem] = refused.problems
    assert problem.args == {"issue": one.issue.id, "n": 5}
    assert "moved none" in problem.message


async def test_what_waits_for_its_hour_or_was_stopped_is_not_waited_for(tmp_path: Path) -> None:
    async with (
        sealed(make_room(tmp_path / "room", smtp=1), readers=2) as one,
        asyncio.timeout(30),
    ):
        with sender_lock(one.lock):
            await hand.stop(one.app.house, one.issue.id, by="test")
            stopped = await one.see_through()
            await hand.resume(one.app.house, one.issue.id, by="test")
            one.clock.now -= MINUTE  # nothing of it is due before noon
            later = await one.see_through()

    assert (stopped.tried, later.tried) == (0, 0)
    assert [balance.waiting for balance in one.stood] == [2, 2]


async def _refused(one: Watched) -> Refused:
    with pytest.raises(Refused) as refused:
        await one.see_through()
    return refused.value


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
async def test_a_send_that_is_told_to_stop_says_so_and_does_not_end_well(
    tmp_path: Path, sign: signal.Signals
) -> None:
    async with real_server(RealServer(delay=0.3)) as server:
        room = make_living_room(tmp_path / "room", smtp=server.port, connections=1)
        async with room.at_work() as app:
            await enrol(app, 40)
            issue = await composed(app)
        sending = room.start("send", issue.id)
        async with asyncio.timeout(60):
            while not server.mails:
                await asyncio.sleep(0.02)
        sending.send_signal(sign)
        out, err = await asyncio.to_thread(sending.communicate, timeout=60)

    assert sending.returncode == 1
    assert f"publisher send {issue.id}" in err
    assert "Traceback" not in err
    assert 0 < len(server.mails) < 40
    assert "still wait" in out


@dataclass
class Slow(RealServer):
    """Keeps the chief waiting for an answer until it may go on."""

    goes_on: asyncio.Event = field(default_factory=asyncio.Event)
    holds: asyncio.Event = field(default_factory=asyncio.Event)

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        if envelope.rcpt_tos == [CHIEF]:
            self.holds.set()
            await self.goes_on.wait()
        return await super().handle_DATA(server, session, envelope)


async def test_send_beside_a_trial_delivers_once_that_is_over(tmp_path: Path) -> None:
    async with real_server(Slow()) as server, asyncio.timeout(60):
        assert isinstance(server, Slow)
        room = make_living_room(tmp_path / "room", smtp=server.port)
        async with room.at_work() as app:
            await enrol(app, 5)
            issue = await composed(app)
            trial = asyncio.create_task(room.beside("test", issue.id, CHIEF))
            await server.holds.wait()
            sending = asyncio.create_task(room.beside("send", issue.id, "--json"))
            while not (await app.house.ledger.balance(issue.id)).planned:
                await asyncio.sleep(0.05)
            server.goes_on.set()
            tried, sent = await trial, await sending

    assert (tried.code, sent.code) == (0, 0), sent.err
    assert json.loads(sent.out)["balance"]["accepted"] == 5
    assert len(server.mails) == 6


async def test_a_trial_goes_by_our_own_hand_once_the_other_sender_has_died(tmp_path: Path) -> None:
    """Also where that one had claimed it, which is the ledger's to mend."""
    async with real_server() as server:
        room = make_room(tmp_path / "room", smtp=server.port)
        async with sealed(room, 1) as one:
            house = one.app.house
            trial = await notice_room.trial(house, one.issue.id, CHIEF, language=None)
            number = await house.notices.add(trial, now=one.clock())
            with sender_lock(one.lock):
                claimed = await house.outbox.claim(
                    limit=1, now=one.clock(), lease=5 * MINUTE, owner="the other"
                )
                mailing = asyncio.create_task(
                    worker.mail_notice(house, number, lock=one.lock, stop=asyncio.Event())
                )
                await asyncio.sleep(0.2)
                early = list(server.recipients)
            trouble = await mailing

    assert [delivery.id for delivery in claimed] == [number]
    assert (early, trouble) == ([], None)
    assert server.recipients == [CHIEF]
