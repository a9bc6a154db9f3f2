"""Rounds whose commits are handed over to a scribe that dies, hangs, is locked out or out of room."""

import asyncio
import os
import resource
import signal
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from publisher import aide
from publisher.aide import Aide
from publisher.deliver.committer import Report
from publisher.errors import Refused
from publisher.model.deliveries import DeliveryStatus
from publisher.model.names import DeliveryId
from tests.support.scribes import at_work
from tests.support.sending import QUICK, Room, reader, sealed
from tests.support.smtp_server import RealServer, make_relay, real_server

READERS = 120
NOT_BEGUN = {DeliveryStatus.QUEUED, DeliveryStatus.CLAIMED}
LONG = replace(QUICK, batch=60, lease=timedelta(minutes=5))


@asynccontextmanager
async def busy(folder: Path, *, busy_ms: int = 5_000) -> AsyncIterator[tuple[Room, Aide]]:
    async with sealed(folder, READERS, busy_ms=busy_ms) as room:
        yield room, await at_work(room.outbox.database)


async def until(room: Room, accepted: int) -> None:
    """So many are recorded."""
    async with asyncio.timeout(60):
        while not room.reports or room.reports[-1].accepted < accepted:
            await asyncio.sleep(0.001)


async def the_rest(room: Room, server: RealServer) -> None:
    """If it was a claim whose answer was lost, its leases were given back when the round ended."""
    if (await room.balance()).waiting:
        await room.round(make_relay(server.port), pace=LONG)


def size_of_files(scribe: Aide, *, at_most: int) -> None:
    """What it writes beyond is refused, as by a full disk; the files of others grow."""
    resource.prlimit(scribe.process.pid, resource.RLIMIT_FSIZE, (at_most, resource.RLIM_INFINITY))


async def all_had_one(room: Room, server: RealServer) -> None:
    assert server.recipients == [reader(number) for number in range(READERS)]
    assert (await room.balance()).accepted == READERS
    rows = await room.rows()
    assert Counter(len(tries) for _, tries in rows.values()) == {1: READERS}
    assert await room.outbox.recover(now=room.clock(), resend=()) == 0


async def test_nearly_all_commits_are_handed_over_and_everyone_gets_one_mail(
    tmp_path: Path,
) -> None:
    async with busy(tmp_path) as (room, _), real_server() as server:
        report = await room.round(make_relay(server.port, connections=8), pace=LONG)

        assert report == Report(accepted=READERS)
        await all_had_one(room, server)
        assert room.outbox.handed > room.outbox.commits * 0.8
        assert room.outbox.most_sending <= 2 * 8


@pytest.mark.parametrize("moment", [1, 20, 21, 50, 90])
async def test_a_scribe_that_is_killed_costs_nobody_a_mail(tmp_path: Path, moment: int) -> None:
    async with busy(tmp_path) as (room, scribe), real_server() as server:
        going = asyncio.ensure_future(room.round(make_relay(server.port, connections=8), pace=LONG))
        await until(room, moment)
        scribe.process.send_signal(signal.SIGKILL)
        await going
        await the_rest(room, server)

        await all_had_one(room, server)
        assert room.outbox.handed < room.outbox.commits


async def test_what_was_done_before_it_was_killed_is_not_done_twice(tmp_path: Path) -> None:
    """It wrote, and its answers were never read: each start is given once all the same."""
    async with busy(tmp_path) as (room, scribe), real_server() as server:
        going = asyncio.ensure_future(room.round(make_relay(server.port, connections=8), pace=LONG))
        await until(room, 20)
        assert scribe.transport is not None
        scribe.transport.pause_reading()
        async with asyncio.timeout(60):
            while not await begun_unheard_of(room):
                await asyncio.sleep(0.01)
        scribe.transport.abort()
        await going
        await the_rest(room, server)

        await all_had_one(room, server)


async def begun_unheard_of(room: Room) -> set[DeliveryId]:
    """What the ledger says is under way, and the sender does not know of."""
    rows = (await room.rows()).values()
    return {one.id for one, _ in rows if one.status is DeliveryStatus.SENDING} - room.outbox.sending


async def test_a_scribe_that_hangs_is_ended_and_costs_nobody_a_mail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not dead, and would go on with what it was asked for: so it is killed first."""
    monkeypatch.setattr(aide, "_HUNG", 1.0)
    async with busy(tmp_path) as (room, scribe), real_server() as server:
        going = asyncio.ensure_future(room.round(make_relay(server.port, connections=8), pace=LONG))
        await until(room, 20)
        scribe.process.send_signal(signal.SIGSTOP)
        async with asyncio.timeout(60):
            await going
        await the_rest(room, server)

        assert scribe.process.wait(5) == -signal.SIGKILL
        await all_had_one(room, server)


async def test_a_full_disk_met_by_the_scribe_ends_the_round_and_nobody_gets_two(
    tmp_path: Path,
) -> None:
    async with busy(tmp_path) as (room, scribe), real_server() as server:
        going = asyncio.ensure_future(room.round(make_relay(server.port, connections=8), pace=LONG))
        await until(room, 20)
        size_of_files(scribe, at_most=1)
        with pytest.raises(Refused, match="disk is full"):
            await going

        left = len(server.mails)
        assert left < READERS
        size_of_files(scribe, at_most=resource.RLIM_INFINITY)
        unknown = await room.outbox.recover(now=room.clock(), resend=())
        balance = await room.balance()
        assert (unknown, balance.uncertain) == (balance.uncertain, unknown)
        assert unknown <= 2 * 8
        assert left <= balance.accepted + unknown
        await room.round(make_relay(server.port), pace=LONG)
        balance = await room.balance()
        assert (balance.accepted + unknown, balance.waiting) == (READERS, 0)
        assert max(Counter(server.recipients).values()) == 1


async def test_where_another_program_holds_the_lock_everyone_waits_and_nobody_is_lost(
    tmp_path: Path,
) -> None:
    async with busy(tmp_path, busy_ms=30) as (room, _), real_server() as server:
        going = asyncio.ensure_future(room.round(make_relay(server.port, connections=8), pace=LONG))
        await until(room, 20)
        file = room.outbox.database.writer.url.database
        assert file is not None
        with closing(sqlite3.connect(file, isolation_level=None, timeout=5)) as other:
            other.execute("BEGIN IMMEDIATE")
            rows = (await room.rows()).values()
            begun = sum(one.status not in NOT_BEGUN for one, _ in rows)
            async with asyncio.timeout(60):
                while len(server.mails) < begun:
                    await asyncio.sleep(0.01)
            await asyncio.sleep(0.3)
            assert len(server.mails) == begun
            other.execute("ROLLBACK")
        report = await going

        assert report == Report(accepted=READERS)
        await all_had_one(room, server)


async def test_told_to_stop_while_commits_are_at_hand_all_that_flew_is_known(
    tmp_path: Path,
) -> None:
    async with busy(tmp_path) as (room, scribe), real_server() as server:
        patient = replace(LONG, grace=60.0)  # whatever flies lands, on a busy machine too
        going = asyncio.ensure_future(
            room.round(make_relay(server.port, connections=20), pace=patient)
        )
        await until(room, 20)
        os.kill(scribe.process.pid, signal.SIGSTOP)
        await asyncio.sleep(0.1)
        room.stop.set()
        await asyncio.sleep(0.02)
        asked = set(room.outbox.asked)
        os.kill(scribe.process.pid, signal.SIGCONT)
        report = await going

        balance = await room.balance()
        assert report.accepted == balance.accepted == len(server.mails) < READERS
        assert await room.statuses() == {DeliveryStatus.ACCEPTED, DeliveryStatus.QUEUED}
        assert len(set(server.recipients)) == len(server.recipients)
        assert room.outbox.asked == asked, "nothing is started after that"


class Grumpy(list[Report]):
    """Fails once, in the middle."""

    failed = False

    def append(self, report: Report) -> None:
        if report.accepted > 20 and not self.failed:
            self.failed = True
            raise LookupError("nowhere to write that down")
        super().append(report)


async def test_whoever_is_told_and_fails_ends_the_round(tmp_path: Path) -> None:
    """In the middle of an answer that nobody waits for."""
    async with busy(tmp_path) as (room, _), real_server() as server:
        room.reports = Grumpy()
        with pytest.raises(LookupError, match="nowhere"):
            async with asyncio.timeout(10):
                await room.round(make_relay(server.port, connections=8), pace=LONG)

        assert room.outbox.handed
