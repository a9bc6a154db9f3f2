"""What is claimed and has to wait holds up nobody else: houses, Notices, small issues, hours."""

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from publisher.deliver import fleet
from publisher.deliver.committer import Report
from publisher.deliver.governor import Governor
from publisher.deliver.hopper import Hopper
from publisher.model.deliveries import Delivery, DeliveryStatus
from publisher.model.issues import IssueStatus
from publisher.model.names import IssueId, Language
from publisher.model.notices import Notice, NoticeKind
from publisher.model.rates import DomainGroup, Rate
from publisher.model.relays import Relay
from publisher.store.issues import SqlIssues
from publisher.store.notices import SqlNotices
from tests.support.build import NOON, make_digest, make_issue
from tests.support.fleets import Harbour
from tests.support.sending import OK, QUICK, Room, Running, reader, sealed
from tests.support.smtp_server import (
    DROP,
    STALL,
    RawServer,
    RealServer,
    make_relay,
    raw_server,
    real_server,
)

USUAL = replace(QUICK, batch=500, poll=0.05, grace=1)
ONE = DomainGroup(name="one", domains=("readers.test",), connections=1)
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


def others(count: int) -> list[str]:
    return [f"other{number}@elsewhere.test" for number in range(count)]


async def to_the_end(room: Room, sending: "asyncio.Future[Report]") -> Report:
    """The clock is turned meanwhile: what is held back comes due again."""
    async with asyncio.timeout(90):
        while not sending.done():
            await asyncio.sleep(0.02)
            room.clock.now += timedelta(seconds=0.5)
    return await sending


# --- mail houses ----------------------------------------------------------------------------------


async def test_a_house_that_takes_one_at_a_time_holds_up_nobody_else(tmp_path: Path) -> None:
    """Claimed first are eighty of it, and no more than eight fit."""
    async with (
        real_server(RealServer(delay=0.1)) as server,
        sealed(tmp_path, 80, others=others(20)) as room,
    ):
        harbour = Harbour(room, [make_relay(server.port)], groups={"one": ONE})
        sending = asyncio.ensure_future(harbour.deliver())
        while sum(one.recipient.endswith("@elsewhere.test") for one in server.mails) < 20:
            await asyncio.sleep(0.01)
        ahead = [one for one in server.mails if one.recipient.endswith("@readers.test")]
        server.delay = 0.0
        report = await to_the_end(room, sending)

        assert len(ahead) < 40
        assert report.accepted == 100


async def test_while_a_house_is_slow_the_gate_is_not_asked_in_vain(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: Counter[bool] = Counter()
    take, looked = Governor.take, Hopper.prepare

    def counted(self: Governor, relay: Relay, delivery: Delivery, *, now: datetime) -> bool:
        went = take(self, relay, delivery, now=now)
        asked[went] += 1
        return went

    async def counting(self: Hopper) -> None:
        looks.append(1)
        await looked(self)

    looks: list[int] = []
    monkeypatch.setattr(Governor, "take", counted)
    monkeypatch.setattr(Hopper, "prepare", counting)
    async with real_server(RealServer(delay=0.05)) as server, sealed(tmp_path, 30) as room:
        seldom = replace(USUAL, poll=1.0)  # looks for the time that has gone by are not counted
        harbour = Harbour(room, [make_relay(server.port)], groups={"one": ONE}, pace=seldom)
        report = await harbour.deliver()

    assert report.accepted == 30
    assert asked[True] == 30
    assert asked[False] <= 2 * 30
    assert len(looks) < 5 * 30


async def test_what_is_held_for_a_house_is_bounded_and_all_of_it_goes(tmp_path: Path) -> None:
    tight = replace(USUAL, batch=60)
    async with (
        real_server(RealServer(delay=0.1)) as server,
        sealed(tmp_path, 200, others=others(5)) as room,
    ):
        harbour = Harbour(room, [make_relay(server.port)], groups={"one": ONE}, pace=tight)
        room.all_foreseen = False
        sending = asyncio.ensure_future(harbour.deliver())
        while sum(one.recipient.endswith("@elsewhere.test") for one in server.mails) < 5:
            await asyncio.sleep(0.005)
        held = [one for one, _ in (await room.rows()).values()]
        claimed = sum(one.status is DeliveryStatus.CLAIMED for one in held)
        server.delay = 0.01
        report = await to_the_end(room, sending)

        assert claimed < 2 * tight.batch
        assert len(room.foreseen) < 2 * 205, "nothing is made ahead for what goes back"
        assert report.accepted == 205


async def test_a_house_with_few_connections_and_nearly_all_mails_is_kept_busy(
    tmp_path: Path,
) -> None:
    """More than a few seconds' worth lay in the ledger for a minute, while nothing flew to it."""
    few = DomainGroup(name="one", domains=("readers.test",), connections=2)
    async with real_server() as server, sealed(tmp_path, 600, others=others(5)) as room:
        pace = replace(USUAL, batch=50)
        harbour = Harbour(room, [make_relay(server.port)], groups={"one": few}, pace=pace)
        room.all_foreseen = False
        room.clock = Running(now=NOON)  # where few go in a second, some come back in five
        sending = asyncio.ensure_future(harbour.deliver())
        async with asyncio.timeout(55):
            await sending

        assert (await room.balance()).accepted == 605


# --- limits of a house ----------------------------------------------------------------------------


@pytest.mark.parametrize("rate", [Rate(count=3, per=SECOND), Rate(count=20, per=MINUTE)])
async def test_a_limit_of_a_house_in_seconds_or_minutes_is_waited_for(
    tmp_path: Path, rate: Rate
) -> None:
    """Also where its mails are due again a while before the next look at the ledger."""
    seldom = replace(USUAL, poll=0.5)
    few = DomainGroup(name="few", domains=("readers.test",), rates=(rate,))
    async with real_server() as server, sealed(tmp_path, 12, others=others(3)) as room:
        harbour = Harbour(room, [make_relay(server.port)], groups={"few": few}, pace=seldom)
        report = await to_the_end(room, asyncio.ensure_future(harbour.deliver()))

        assert (report.accepted, report.opens_at) == (15, None)


async def test_of_a_limit_of_a_day_the_report_says_until_when(tmp_path: Path) -> None:
    day = timedelta(days=1)
    few = DomainGroup(name="few", domains=("readers.test",), rates=(Rate(count=6, per=day),))
    async with real_server() as server, sealed(tmp_path, 30, others=others(3)) as room:
        harbour = Harbour(room, [make_relay(server.port)], groups={"few": few}, pace=USUAL)
        report = await harbour.deliver()

        assert (report.accepted, report.resume_at) == (9, None)
        assert report.opens_at is not None
        assert NOON + day < report.opens_at < NOON + 2 * day
        assert await room.outbox.wakes_at() == report.opens_at


# --- Notices and small issues ---------------------------------------------------------------------


async def test_a_notice_goes_ahead_of_what_is_claimed(tmp_path: Path) -> None:
    async with real_server(RealServer(delay=0.05)) as server, sealed(tmp_path, 600) as room:
        harbour = Harbour(room, [make_relay(server.port, connections=1)], pace=USUAL)
        sending = asyncio.ensure_future(harbour.deliver())
        while len(server.mails) < 20:
            await asyncio.sleep(0.005)
        await add_notice(room, "editor@embankment.test")
        before = len(server.mails)
        while "editor@embankment.test" not in [one.recipient for one in server.mails]:
            await asyncio.sleep(0.005)
        between = len(server.mails) - before
        room.stop.set()
        await sending

        assert between < 100  # of six hundred


async def test_a_small_issue_does_not_wait_for_what_is_claimed_of_a_large_one(
    tmp_path: Path,
) -> None:
    async with real_server(RealServer(delay=0.05)) as server, sealed(tmp_path, 200) as room:
        harbour = Harbour(room, [make_relay(server.port, connections=1)], pace=USUAL)
        sending = asyncio.ensure_future(harbour.deliver())
        while len(server.mails) < 5:
            await asyncio.sleep(0.005)
        small = await seal_another(room)
        before = len(server.mails)
        while DeliveryStatus.ACCEPTED not in {
            one.status for one, _ in await room.ledger.deliveries(small)
        }:
            await asyncio.sleep(0.01)
        between = len(server.mails) - before
        room.stop.set()
        await sending

        assert between < 100  # some seconds of the lane's pace, not all that there is


async def add_notice(room: Room, address: str) -> None:
    notice = Notice(
        key="n1",
        kind=NoticeKind.TEST,
        address=address,
        name="",
        leave_url="",
        language=Language("en"),
        compiled=b"",
    )
    await SqlNotices(room.outbox.database).add(notice, now=room.clock())


async def seal_another(room: Room) -> IssueId:
    """The same readers, another issue."""
    issue = IssueId("morning-20261123-0900")
    issues = SqlIssues(room.outbox.database)
    due = NOON + timedelta(seconds=0)
    draft = replace(make_issue(), id=issue, due_at=due)
    await issues.save(draft)
    await issues.save(replace(draft, status=IssueStatus.APPROVED))
    sealed_one = replace(draft, status=IssueStatus.SEALED, sealed_at=NOON)
    await room.outbox.seal(sealed_one, [make_digest(issue=issue)], now=room.clock())
    return issue


# --- hours ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("left", [MINUTE, HOUR], ids=["held", "longer than a lease"])
async def test_what_is_claimed_when_the_hours_end_waits_for_the_next_ones(
    left: timedelta, tmp_path: Path
) -> None:
    evening, morning = NOON + left, NOON + 10 * HOUR

    def opens(delivery: Delivery, now: datetime) -> datetime:
        return morning if evening <= now < morning else now

    def closes(delivery: Delivery, now: datetime) -> datetime:
        return evening

    async with real_server(RealServer(delay=0.02)) as server, sealed(tmp_path, 60) as room:
        relay = make_relay(server.port, connections=1)
        harbour = Harbour(room, [relay], hours=opens, closes=closes, pace=USUAL)
        sending = asyncio.ensure_future(harbour.deliver())
        while len(server.mails) < 3:
            await asyncio.sleep(0.001)
        room.clock.now = evening
        sent = len(server.mails)
        async with asyncio.timeout(60):
            report = await sending

        assert report.accepted == len(server.mails) <= sent + 2  # but for what was under way
        waiting = [one for one, _ in (await room.rows()).values() if one.next_try_at]
        assert {one.next_try_at for one in waiting} == {morning}
        assert {one.status for one in waiting} == {DeliveryStatus.QUEUED}


# --- relays that hang -----------------------------------------------------------------------------


async def test_what_is_claimed_for_a_relay_that_hangs_goes_over_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fleet, "_LOOK", 0.05)
    quick = replace(USUAL, hung=0.2)
    async with (
        raw_server({"MAIL": STALL}) as hung,
        real_server() as kind,
        sealed(tmp_path, 60) as room,
    ):
        relays = [make_relay(hung.port, name="hung"), make_relay(kind.port)]
        sending = asyncio.ensure_future(Harbour(room, relays, pace=quick).deliver())
        async with asyncio.timeout(60):
            while await room.statuses() & {DeliveryStatus.CLAIMED, DeliveryStatus.QUEUED}:
                await asyncio.sleep(0.02)
            while len(kind.mails) < 60 - 2 * 4:  # but for what its lines have in their hands
                await asyncio.sleep(0.02)
        room.stop.set()
        await sending

        assert kind.recipients != [reader(n) for n in range(60)]


class OneAtATime(RawServer):
    """One session at a time; the others are turned away at the greeting."""

    inside = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.inside += 1
        try:
            if self.inside == 1:
                await super().serve(reader, writer)
            else:
                writer.write(b"421 4.7.0 one connection only\r\n")
                await writer.drain()
                writer.close()
        finally:
            self.inside -= 1


@pytest.mark.parametrize(
    "ends", [(OK, DROP), (OK, b"421 4.7.0 one mail a session\r\n", DROP)], ids=["drop", "421"]
)
@pytest.mark.parametrize("connections", [1, 3])
async def test_a_relay_that_takes_one_mail_a_session_gets_them_all_in_one_round(
    tmp_path: Path, ends: tuple[bytes, ...], connections: int
) -> None:
    async with (
        raw_server({".": ends}, kind=OneAtATime) as server,
        sealed(tmp_path, 20) as room,
        asyncio.timeout(90),
    ):
        report = await room.round(make_relay(server.port, connections=connections))

        assert (report.accepted, report.deferred, report.trouble) == (20, 0, None)


async def test_a_relay_that_turns_everybody_away_for_long_is_in_trouble(tmp_path: Path) -> None:
    greetings = [b"220 relay.test\r\n", b"421 4.3.2 closing\r\n"]
    async with (
        raw_server({"CONNECT": greetings, ".": (OK, DROP)}) as server,
        sealed(tmp_path, 20) as room,
        asyncio.timeout(90),
    ):
        pace = replace(QUICK, lately=0.1)
        report = await room.round(make_relay(server.port, connections=2), pace=pace)

        assert report.accepted == 1
        assert report.trouble is not None
