"""Rounds that are stopped, cancelled, or left alone by the store; nothing is lost by it."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from publisher.deliver.committer import Report
from publisher.errors import Refused, StoreBusy
from publisher.model.deliveries import Delivery, DeliveryStatus
from publisher.model.digests import Mail
from publisher.model.editions import OnUncertain
from publisher.model.problems import Problem
from tests.support.build import NOON
from tests.support.sending import MINUTE, QUICK, Room, reader, sealed
from tests.support.smtp_server import (
    STALL,
    RealServer,
    Script,
    make_relay,
    raw_server,
    real_server,
)

# --- stopping -----------------------------------------------------------------------------------


async def stopped_at(room: Room, script: Script, *, connections: int = 2) -> Report:
    async with raw_server(script) as server, asyncio.TaskGroup() as group:
        relay = make_relay(server.port, connections=connections)
        sending = group.create_task(room.round(relay))
        await server.stalled.wait()
        room.stop.set()
    return sending.result()


async def test_a_stop_lets_what_flies_land_and_starts_nothing_more(tmp_path: Path) -> None:
    async with sealed(tmp_path, 30) as room, asyncio.TaskGroup() as group:
        async with real_server(RealServer(delay=0.02)) as server:
            patient = replace(QUICK, grace=60.0)  # whatever flies lands, on a busy machine too
            sending = group.create_task(
                room.round(make_relay(server.port, connections=2), pace=patient)
            )
            while not server.mails:
                await asyncio.sleep(0.001)
            room.stop.set()
            report = await sending

        assert report.accepted == len(server.mails) < 10
        assert report.tried == report.accepted
        assert await room.statuses() == {DeliveryStatus.ACCEPTED, DeliveryStatus.QUEUED}


@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "DATA"])
async def test_after_the_grace_what_had_not_passed_the_dot_waits_uncounted(
    verb: str, tmp_path: Path
) -> None:
    async with sealed(tmp_path, 20) as room:
        report = await stopped_at(room, {verb: STALL})

        assert (report.tried, report.trouble) == (0, None)
        assert await room.statuses() == {DeliveryStatus.QUEUED}
        assert {delivery.tries for delivery, _ in (await room.rows()).values()} == {0}
        assert await room.outbox.wakes_at() == NOON


@pytest.mark.parametrize(
    ("rule", "status"),
    [
        (OnUncertain.SKIP, DeliveryStatus.UNCERTAIN),
        (OnUncertain.RESEND, DeliveryStatus.DEFERRED),
    ],
)
async def test_after_the_grace_what_had_passed_the_dot_is_unknown(
    rule: OnUncertain, status: DeliveryStatus, tmp_path: Path
) -> None:
    async with sealed(tmp_path, 20) as room:
        room.on_uncertain = rule
        report = await stopped_at(room, {".": STALL}, connections=1)

        assert report.tried == 1
        statuses = [delivery.status for delivery, _ in (await room.rows()).values()]
        assert statuses.count(status) == 1
        assert statuses.count(DeliveryStatus.QUEUED) == 19


async def test_a_stop_amid_the_first_connect_does_not_wait_for_the_server(tmp_path: Path) -> None:
    async with sealed(tmp_path, 3) as room:
        report = await stopped_at(room, {"CONNECT": STALL})

        assert report == Report()
        assert await room.statuses() == {DeliveryStatus.QUEUED}


@pytest.mark.parametrize(
    ("verb", "expected"),
    [("RCPT", DeliveryStatus.QUEUED), (".", DeliveryStatus.UNCERTAIN)],
)
async def test_a_cancelled_round_leaves_nothing_under_way(
    verb: str, expected: DeliveryStatus, tmp_path: Path
) -> None:
    async with sealed(tmp_path, 20) as room, raw_server({verb: STALL}) as server:
        async with asyncio.TaskGroup() as group:
            sending = group.create_task(room.round(make_relay(server.port, connections=1)))
            await server.stalled.wait()
            sending.cancel()

        statuses = [delivery.status for delivery, _ in (await room.rows()).values()]
        assert statuses.count(expected) >= 1
        assert set(statuses) <= {expected, DeliveryStatus.QUEUED}
        assert asyncio.all_tasks() - server.tasks == {asyncio.current_task()}


async def test_a_surprise_ends_the_round_and_leaves_nothing_under_way(tmp_path: Path) -> None:
    async with sealed(tmp_path, 6) as room, real_server() as server:
        room.broken = {reader(3)}
        with pytest.raises(LookupError):
            await room.round(make_relay(server.port, connections=1))

        assert await room.statuses() == {DeliveryStatus.ACCEPTED, DeliveryStatus.QUEUED}
        assert (await room.balance()).accepted == len(server.mails) == 3


# --- the store ----------------------------------------------------------------------------------


async def test_a_busy_store_is_waited_for_and_nothing_is_forgotten(tmp_path: Path) -> None:
    async with sealed(tmp_path, 10) as room, real_server() as server:
        room.outbox.failures = [StoreBusy("locked") for _ in range(5)]
        report = await room.round(make_relay(server.port, connections=2))

        assert report == Report(accepted=10)
        assert len(server.mails) == 10


async def test_a_full_disk_stops_the_round_and_what_landed_is_recorded_once_there_is_room(
    tmp_path: Path,
) -> None:
    async with sealed(tmp_path, 10) as room, real_server() as server:
        compose = room.compose

        async def filling(delivery: Delivery, *, eight_bit: bool = False) -> Mail:
            if len(server.mails) == 3:
                room.outbox.failures = [Refused(Problem(message="full")) for _ in range(3)]
            return await compose(delivery)

        room.compose = filling  # type: ignore[method-assign]
        with pytest.raises(Refused):  # it was full, and whoever sends is to know
            await room.round(make_relay(server.port, connections=1))

        assert (await room.balance()).accepted == len(server.mails) == 4
        assert await room.statuses() == {DeliveryStatus.ACCEPTED, DeliveryStatus.QUEUED}


async def test_a_store_that_stays_away_is_given_up_and_said(tmp_path: Path) -> None:
    """What was under way stays SENDING: `recover` will call it UNCERTAIN, never lost."""
    async with sealed(tmp_path, 3) as room, real_server() as server:
        compose = room.compose

        async def failing(delivery: Delivery, *, eight_bit: bool = False) -> Mail:
            room.outbox.failures = [Refused(Problem(message="full")) for _ in range(10_000)]
            return await compose(delivery)

        room.compose = failing  # type: ignore[method-assign]
        with pytest.raises(Refused):
            await room.round(make_relay(server.port, connections=1))

        assert len(server.mails) == 1
        assert await room.outbox.recover(now=NOON, resend=()) == 1
        assert (await room.balance()).uncertain == 1


async def test_a_lease_that_has_ended_starts_nothing(tmp_path: Path) -> None:
    async with sealed(tmp_path, 4) as room, real_server() as server:
        compose = room.compose

        async def slow(delivery: Delivery, *, eight_bit: bool = False) -> Mail:
            if not server.mails:
                room.clock.now += QUICK.lease
                others = await room.outbox.claim(
                    limit=10, now=room.clock.now, lease=QUICK.lease, owner="other"
                )
                assert len(others) == 3
            return await compose(delivery)

        room.compose = slow  # type: ignore[method-assign]
        report = await room.round(make_relay(server.port, connections=1))

        assert report == Report(accepted=1)
        statuses = [delivery.status for delivery, _ in (await room.rows()).values()]
        assert statuses.count(DeliveryStatus.CLAIMED) == 3


# --- following ----------------------------------------------------------------------------------


async def test_with_follow_it_goes_on_until_it_is_told_to_stop(tmp_path: Path) -> None:
    server = RealServer(at_rcpt={reader(0): "451 4.7.1 greylisted"})
    async with sealed(tmp_path, 3) as room, real_server(server):
        async with asyncio.TaskGroup() as group:
            sending = group.create_task(room.round(make_relay(server.port), follow=True))
            while not (room.reports and room.reports[-1].tried == 3):
                await asyncio.sleep(0.001)
            server.at_rcpt.clear()
            room.clock.now += MINUTE
            while room.reports[-1].tried < 4:
                await asyncio.sleep(0.001)
            room.stop.set()
        assert sending.result() == Report(accepted=3, deferred=1)
