"""Several relays, their limits and their failures, over a real ledger and real conversations."""

import asyncio
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from publisher.deliver import dispatcher, fleet, policy
from publisher.deliver.flow import Flow
from publisher.model.deliveries import Delivery, DeliveryStatus
from publisher.model.issues import IssueStatus
from publisher.model.people import Choices
from publisher.model.rates import DomainGroup, Rate, WarmUp
from publisher.store.issues import SqlIssues
from tests.support.build import NOON, make_applicant
from tests.support.fleets import Harbour
from tests.support.sending import ISSUE, reader, sealed
from tests.support.smtp_server import (
    HOST,
    STALL,
    RealServer,
    Script,
    make_relay,
    raw_server,
    real_server,
)

DAY, HOUR, SECOND = timedelta(days=1), timedelta(hours=1), timedelta(seconds=1)
QUEUED, ACCEPTED = DeliveryStatus.QUEUED, DeliveryStatus.ACCEPTED


async def closed_port() -> int:
    listener = await asyncio.start_server(lambda reader, writer: None, HOST, 0)
    port: int = listener.sockets[0].getsockname()[1]
    listener.close()
    await listener.wait_closed()
    return port


# --- several relays -------------------------------------------------------------------------------


async def test_every_reader_is_mailed_once_over_either_relay(tmp_path: Path) -> None:
    slow = RealServer(delay=0.1), RealServer(delay=0.1)  # neither has all before both are there
    async with (
        real_server(slow[0]) as one,
        real_server(slow[1]) as two,
        sealed(tmp_path, 60) as room,
    ):
        harbour = Harbour(room, [make_relay(one.port), make_relay(two.port, name="spare")])
        report = await harbour.deliver()

        assert report.accepted == 60
        assert report.trouble is report.resume_at is None
        assert sorted(one.recipients + two.recipients) == [reader(n) for n in range(60)]
        used = {tries[0].relay for _, tries in (await room.rows()).values()}
        assert used == {"main", "spare"}
        assert harbour.reports[-1].accepted == 60


async def test_a_relay_that_is_gone_leaves_its_work_to_the_others(tmp_path: Path) -> None:
    async with real_server() as well, sealed(tmp_path, 30) as room:
        gone = make_relay(await closed_port(), name="gone")
        report = await Harbour(room, [gone, make_relay(well.port)]).deliver()

        assert report.accepted == 30
        assert report.trouble is None
        assert [one.args["relay"] for one in report.away] == ["gone"]
        assert await room.statuses() == {ACCEPTED}


async def test_what_a_relay_refuses_as_our_fault_goes_over_another_at_once(tmp_path: Path) -> None:
    async with (
        raw_server({"MAIL": b"550 5.7.1 we do not know you\r\n"}) as strict,
        real_server() as kind,
        sealed(tmp_path, 200) as room,
    ):
        relays = [make_relay(strict.port, name="strict"), make_relay(kind.port)]
        report = await Harbour(room, relays).deliver()

        assert report.accepted == 200
        assert len(report.away) == 1
        assert kind.recipients == [reader(n) for n in range(200)]
        assert {len(tries) for _, tries in (await room.rows()).values()} == {1}  # blamed nobody


@pytest.mark.parametrize(
    "script",
    [
        {"MAIL": b"452 4.3.1 Insufficient system storage\r\n"},
        {"MAIL": b"451 later\r\n"},
        {".": b"451 4.3.0 try again\r\n"},
    ],
)
async def test_a_relay_that_takes_nothing_now_rests_and_slows_no_mail_house(
    tmp_path: Path, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    slowed: list[datetime] = []

    def slow(flow: Flow, *, now: datetime) -> None:
        slowed.append(now)
        flow.back()

    monkeypatch.setattr(Flow, "slowed", slow)
    async with raw_server(script) as full, real_server() as kind, sealed(tmp_path, 200) as room:
        relays = [make_relay(full.port, name="full"), make_relay(kind.port)]
        report = await Harbour(room, relays).deliver()

        assert report.accepted >= 200 - 2 * 4  # but for what the first one had in its hands
        assert report.accepted + report.deferred == 200
        assert [one.args["relay"] for one in report.away] == ["full"]
        assert "takes no mail at present" in report.away[0].message
        assert not slowed


async def test_a_reader_whom_one_relay_cannot_name_goes_over_another(tmp_path: Path) -> None:
    """By the rules of RFC 6531; where no relay can, the reason is said at once."""
    names = {f"анна{number}@readers.test" for number in range(20)}
    async with (
        real_server(smtputf8=False) as plain,
        real_server() as modern,
        sealed(tmp_path, 20, others=names) as room,
    ):
        relays = [make_relay(plain.port, name="plain"), make_relay(modern.port)]
        harbour = Harbour(room, relays)
        async with asyncio.timeout(60):
            while (await room.balance()).waiting:
                await harbour.deliver()
                room.clock.now += timedelta(minutes=20)

        assert (await room.balance()).accepted == 40
        assert names <= set(modern.recipients)


async def test_a_reader_whom_no_relay_can_name_is_refused_with_the_reason(tmp_path: Path) -> None:
    async with (
        real_server(smtputf8=False) as one,
        real_server(smtputf8=False) as two,
        sealed(tmp_path, 20, others={"анна@readers.test"}) as room,
    ):
        relays = [make_relay(one.port), make_relay(two.port, name="spare")]
        report = await Harbour(room, relays).deliver()

        assert (report.accepted, report.accepted + report.deferred + report.rejected) == (20, 21)
        delivery, tries = (await room.rows())["анна@readers.test"]
        assert tries[-1].text == "the server offers no SMTPUTF8 for this address"
        assert delivery.status in {DeliveryStatus.REJECTED, DeliveryStatus.DEFERRED}


async def test_told_to_stop_we_do_not_wait_for_a_relay_that_never_greets(tmp_path: Path) -> None:
    async with (
        raw_server({"CONNECT": STALL}) as silent,
        real_server() as kind,
        sealed(tmp_path, 30) as room,
    ):
        relays = [make_relay(silent.port, name="silent"), make_relay(kind.port)]
        sending = asyncio.ensure_future(Harbour(room, relays).deliver())
        async with asyncio.timeout(60):
            while (await room.balance()).accepted < 30:
                await asyncio.sleep(0.01)
            assert not sending.done()
            room.stop.set()
            report = await sending

        assert report.accepted == 30
        assert await room.statuses() == {ACCEPTED}


async def test_what_becomes_due_beside_a_relay_that_never_greets_goes_over_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fleet, "_LOOK", 0.05)
    later = {reader(1): "451 4.2.0 greylisted"}
    async with (
        raw_server({"CONNECT": STALL}) as silent,
        real_server(RealServer(replies=later, delay=0.1)) as kind,
        sealed(tmp_path, 3) as room,
    ):
        relays = [make_relay(silent.port, name="silent"), make_relay(kind.port)]
        sending = asyncio.ensure_future(Harbour(room, relays).deliver())
        async with asyncio.timeout(60):
            while (await room.balance()).accepted < 2:
                await asyncio.sleep(0.01)
            while DeliveryStatus.DEFERRED not in await room.statuses():
                await asyncio.sleep(0.01)
            kind.replies.clear()
            room.clock.now += timedelta(minutes=2)
            while (await room.balance()).accepted < 3:
                await asyncio.sleep(0.01)
            room.stop.set()
            report = await sending

        assert (report.accepted, report.deferred) == (3, 1)


async def test_what_a_relay_claimed_that_never_greets_goes_over_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It knocked when nothing was due, and was the first to claim."""

    async def nothing_due(self: object, lane: object) -> None:
        return None

    monkeypatch.setattr(fleet._Fleet, "_knock", nothing_due)
    monkeypatch.setattr(fleet, "_LOOK", 0.05)
    monkeypatch.setattr(dispatcher, "_SLOW", 0.05)
    async with (
        raw_server({"CONNECT": STALL}) as silent,
        real_server() as kind,
        sealed(tmp_path, 3) as room,
    ):
        relays = [make_relay(silent.port, name="silent"), make_relay(kind.port)]
        sending = asyncio.ensure_future(Harbour(room, relays).deliver())
        async with asyncio.timeout(60):
            while (await room.balance()).accepted < 3:
                await asyncio.sleep(0.01)
            room.stop.set()
            report = await sending

        assert report.accepted == 3


async def test_where_every_relay_fails_the_report_says_so_and_all_wait(tmp_path: Path) -> None:
    async with sealed(tmp_path, 3) as room:
        relays = [make_relay(await closed_port(), name=name) for name in ("one", "two")]
        harbour = Harbour(room, relays)
        report = await harbour.deliver()
        again = await harbour.deliver()  # at once: both still rest, and nobody knocks

        assert report.trouble is not None
        assert report.resume_at == NOON + policy.SHORT_PAUSE
        assert again.trouble == report.trouble
        assert await room.statuses() == {QUEUED}


async def test_a_relay_is_used_again_when_it_is_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(policy, "SHORT_PAUSE", timedelta(seconds=0.05))
    async with real_server(RealServer(delay=0.2)) as slow, sealed(tmp_path, 80) as room:
        port = await closed_port()
        relays = [make_relay(port, name="away"), make_relay(slow.port, connections=1)]
        harbour = Harbour(room, relays)
        sending = asyncio.ensure_future(harbour.deliver())
        while not slow.mails:
            await asyncio.sleep(0.01)
            room.clock.now += timedelta(seconds=0.05)
        async with real_server(RealServer(port=port)) as back:
            while not sending.done() and not back.mails:
                await asyncio.sleep(0.01)
                room.clock.now += timedelta(seconds=0.05)
            slow.delay = 0.0
            report = await sending

            assert report.accepted == 80
            assert back.mails
            assert await room.statuses() == {ACCEPTED}


@pytest.mark.parametrize("slow", [(0.0, 0.0), (0.02, 0.0), (0.0, 0.02)])
async def test_weights_that_differ_are_kept_however_fast_either_is(
    tmp_path: Path, slow: tuple[float, float]
) -> None:
    async with (
        real_server(RealServer(delay=slow[0])) as one,
        real_server(RealServer(delay=slow[1])) as two,
        sealed(tmp_path, 400) as room,
    ):
        relays = [make_relay(one.port, weight=3), make_relay(two.port, name="spare", weight=1)]
        report = await Harbour(room, relays).deliver()

        assert report.accepted == 400
        # Three quarters, give or take the twenty by weight that one may be ahead.
        assert 300 - 20 - 8 < len(one.mails) < 300 + 20 + 8
        assert len(one.mails) + len(two.mails) == 400


# --- limits ---------------------------------------------------------------------------------------


async def test_a_days_limit_holds_over_restarts_and_the_rest_goes_the_next_day(
    tmp_path: Path,
) -> None:
    async with real_server() as server, sealed(tmp_path, 25) as room:
        relay = make_relay(server.port, rates=(Rate(count=10, per=DAY),))
        harbour = Harbour(room, [relay])
        first = await harbour.deliver()
        assert len(server.mails) == 10
        assert (first.trouble, first.accepted) == (None, 10)
        assert first.resume_at is not None
        assert first.resume_at > NOON + DAY

        harbour.restarted()
        room.clock.now += timedelta(hours=20)
        await harbour.deliver()
        assert len(server.mails) == 10

        harbour.restarted()
        room.clock.now = first.resume_at
        await harbour.deliver()
        assert len(server.mails) == 20
        assert (await room.balance()).waiting == 5


async def test_a_stop_uses_up_nothing_of_a_days_limit(tmp_path: Path) -> None:
    """What was claimed and may not start leaves its part of the limit to the others."""
    async with real_server(RealServer(delay=0.5)) as server, sealed(tmp_path, 40) as room:
        issues = SqlIssues(room.outbox.database)
        relay = make_relay(server.port, connections=2, rates=(Rate(count=20, per=DAY),))
        harbour = Harbour(room, [relay])
        sending = asyncio.ensure_future(harbour.deliver())
        while not server.mails:
            await asyncio.sleep(0.01)
        await issues.move(ISSUE, IssueStatus.STOPPED, now=NOON, by="test")
        stopped = await sending
        assert stopped.suppressed
        assert len(server.mails) < 10

        harbour.restarted()
        server.delay = 0.0
        await issues.move(ISSUE, IssueStatus.SEALED, now=NOON, by="test")
        report = await harbour.deliver()
        assert len(server.mails) == 20
        assert report.resume_at is not None


async def test_what_a_slow_day_left_of_an_hours_limit_is_not_lost(tmp_path: Path) -> None:
    """A handful that was not used in its time is there for whoever comes later."""
    async with real_server() as server, sealed(tmp_path, 44) as room:
        relay = make_relay(server.port, rates=(Rate(count=40, per=DAY),))
        harbour = Harbour(room, [relay])
        governor = harbour.traffic.governor
        await governor.replenish(relay, {"readers.test": 40}, now=NOON)  # two, and neither goes
        room.clock.now += DAY / 10
        report = await harbour.deliver()

        assert report.accepted == 40
        assert report.resume_at is not None


async def test_a_limit_of_seconds_is_waited_for(tmp_path: Path) -> None:
    """The clock of the ledger is turned by hand, while the round waits."""
    async with real_server() as server, sealed(tmp_path, 9) as room:
        relay = make_relay(server.port, rates=(Rate(count=3, per=SECOND),))
        sending = asyncio.ensure_future(Harbour(room, [relay]).deliver())
        arrivals: Counter[datetime] = Counter()
        for _ in range(2000):
            arrivals[room.clock.now] += len(server.mails) - sum(arrivals.values())
            if sending.done():
                break
            await asyncio.sleep(0.01)
            if len(server.mails) == sum(arrivals.values()):
                room.clock.now += timedelta(seconds=0.25)
        await sending

        assert len(server.mails) == 9
        times = sorted(arrivals.elements())
        for before, after in zip(times, times[3:], strict=False):
            assert after - before >= SECOND


async def test_two_limits_hold_both_and_another_relay_goes_on(tmp_path: Path) -> None:
    async with real_server() as tight, real_server() as free, sealed(tmp_path, 20) as room:
        limits = (Rate(count=100, per=timedelta(minutes=1)), Rate(count=4, per=DAY))
        relays = [make_relay(tight.port, rates=limits), make_relay(free.port, name="spare")]
        report = await Harbour(room, relays).deliver()

        assert report.accepted == 20
        assert report.resume_at is None  # one of them is still open
        assert len(tight.mails) <= 4


async def test_a_relay_that_warms_up_gets_its_number_of_the_day(tmp_path: Path) -> None:
    plan = WarmUp(start=date(2026, 11, 22), days=(2, 5, 8))
    async with real_server() as server, sealed(tmp_path, 40) as room:
        harbour = Harbour(room, [make_relay(server.port, warm_up=plan)])
        counts = []
        for _ in range(3):
            await harbour.deliver()
            counts.append(len(server.mails))
            room.clock.now += DAY + timedelta(hours=2)

        assert counts == [5, 13, 40]


async def test_a_day_of_a_warm_up_is_one_of_the_calendar(tmp_path: Path) -> None:
    """In the evening a day's are gone; at the site's midnight the next day's are there, whole."""
    plan = WarmUp(start=date(2026, 11, 23), days=(3, 4))
    async with real_server() as server, sealed(tmp_path, 40) as room:
        harbour = Harbour(room, [make_relay(server.port, warm_up=plan)])
        midnight = datetime(2026, 11, 23, 21, tzinfo=UTC)  # in Moscow
        counts, opens = [], []
        for at in (midnight - 2 * HOUR, midnight - HOUR, midnight, midnight + 23 * HOUR):
            room.clock.now = at
            harbour.restarted()
            report = await harbour.deliver()
            counts.append(len(server.mails))
            opens.append(report.resume_at)

        assert counts == [3, 3, 7, 7]
        assert opens == [midnight, midnight, midnight + DAY, midnight + DAY]


async def test_a_clock_set_back_keeps_nobody_waiting_for_longer_than_a_limit_does(
    tmp_path: Path,
) -> None:
    """It was a week ahead when a day's limit was used up; nobody began anew since."""
    async with real_server() as server, sealed(tmp_path, 40) as room:
        relay = make_relay(server.port, rates=(Rate(count=10, per=DAY),))
        harbour = Harbour(room, [relay])
        room.clock.now = NOON + 7 * DAY
        await harbour.deliver()
        counts = []
        for at in (NOON, NOON + DAY / 2, NOON + DAY + 2 * HOUR, NOON + 7 * DAY + HOUR):
            room.clock.now = at
            await harbour.deliver()
            counts.append(len(server.mails))

        assert counts == [10, 10, 20, 30]


async def test_a_mail_house_with_a_limit_holds_up_nobody_else(tmp_path: Path) -> None:
    async with real_server() as server, sealed(tmp_path, 30) as room:
        group = DomainGroup(name="few", domains=("readers.test",), rates=(Rate(count=6, per=DAY),))
        harbour = Harbour(room, [make_relay(server.port)], groups={"few": group})
        report = await harbour.deliver()

        assert (report.accepted, report.resume_at) == (6, None)
        waiting = [one for one, _ in (await room.rows()).values() if one.status is QUEUED]
        assert {one.next_try_at for one in waiting if one.next_try_at} != {NOON}
        assert all(one.next_try_at and one.next_try_at > NOON for one in waiting)
        assert all(one.tries == 0 for one in waiting)
        assert await room.outbox.wakes_at() != NOON


async def test_no_more_fly_to_a_mail_house_than_it_is_to_have(tmp_path: Path) -> None:
    async with real_server(RealServer(delay=0.01)) as server, sealed(tmp_path, 20) as room:
        group = DomainGroup(name="few", domains=("readers.test",), connections=2)
        harbour = Harbour(room, [make_relay(server.port, connections=8)], groups={"few": group})
        report = await harbour.deliver()

        assert report.accepted == 20
        assert server.most_at_once <= 2


async def test_a_house_that_says_later_to_everything_is_left_in_peace(tmp_path: Path) -> None:
    async with (
        raw_server({"RCPT": b"451 4.7.1 slow down\r\n"}) as server,
        sealed(tmp_path, 40) as room,
    ):
        harbour = Harbour(room, [make_relay(server.port, connections=4)])
        report = await harbour.deliver()

        assert 0 < report.deferred < 12  # the others were not even tried
        assert server.said.count("RCPT") == report.deferred
        rows = [one for one, _ in (await room.rows()).values()]
        assert Counter(one.tries for one in rows)[0] == 40 - report.deferred
        assert all(one.next_try_at and one.next_try_at > NOON for one in rows)


async def test_outside_its_hours_an_issue_waits(tmp_path: Path) -> None:
    morning = NOON + timedelta(hours=9)

    def hours(delivery: Delivery, now: datetime) -> datetime:
        return max(now, morning) if delivery.timezone == "Asia/Tokyo" else now

    async with real_server() as server, sealed(tmp_path, 3) as room:
        abroad = make_applicant(email=reader(1), choices=Choices(timezone="Asia/Tokyo"))
        await room.audience.enrol([abroad], now=NOON)
        harbour = Harbour(room, [make_relay(server.port)], hours=hours)
        await harbour.deliver()
        assert server.recipients == [reader(0), reader(2)]
        assert (await room.rows())[reader(1)][0].next_try_at == morning

        room.clock.now = morning
        await harbour.deliver()
        assert len(server.mails) == 3


async def test_stopped_while_it_waits_for_a_limit_it_ends_at_once(tmp_path: Path) -> None:
    async with real_server() as server, sealed(tmp_path, 9) as room:
        relay = make_relay(server.port, rates=(Rate(count=2, per=SECOND),))
        sending = asyncio.ensure_future(Harbour(room, [relay]).deliver())
        while (await room.balance()).accepted < 2:
            await asyncio.sleep(0.01)
        room.stop.set()
        report = await sending

        assert report.accepted == 2
        assert (await room.balance()).waiting == 7
        assert await room.statuses() == {QUEUED, ACCEPTED}
