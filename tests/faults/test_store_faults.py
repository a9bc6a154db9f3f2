"""A disk that is full, a database that is locked, a clock stepped back, a relay gone for an hour.

All of it real but the clock; each time nothing is lost and nothing goes twice.
"""

import asyncio
import sqlite3
from collections import Counter
from contextlib import closing, suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from publisher.deliver.policy import SHORT_PAUSE
from publisher.errors import Refused
from publisher.model.deliveries import Delivery, DeliveryStatus
from publisher.model.digests import Mail
from tests.support.build import NOON
from tests.support.sending import QUICK, Room, sealed
from tests.support.smtp_server import RealServer, make_relay, raw_server, real_server

READERS = 80
HOUR = timedelta(hours=1)
LONG_WINDED = "250 2.0.0 " + "taken and kept " * 50  # a page of the ledger holds few of these


def most_of(server: RealServer) -> int:
    return max(Counter(server.recipients).values(), default=0)


async def shrink(room: Room, *, pages: int | None) -> None:
    """No more pages than there are; None: as many as it likes."""
    async with room.outbox.database.write() as tx:
        await tx.execute(text(f"PRAGMA max_page_count = {pages or 1_000_000}"))


async def _fill_once(room: Room, server: RealServer, after: int) -> asyncio.Event:
    """Set when the disk is full, which happens once: whoever makes room has made it."""
    compose, full = room.compose, asyncio.Event()

    async def filling(delivery: Delivery, *, eight_bit: bool = False) -> Mail:
        if len(server.mails) >= after and not full.is_set():
            full.set()
            await shrink(room, pages=1)  # less than there are means: what there are
        return await compose(delivery)

    room.compose = filling  # type: ignore[method-assign]
    return full


class Talkative(RealServer):
    async def handle_DATA(self, *args: object) -> str:  # noqa: N802
        await super().handle_DATA(*args)  # type: ignore[arg-type]
        return LONG_WINDED


async def test_a_full_disk_ends_the_round_and_what_may_have_left_is_unknown(tmp_path: Path) -> None:
    async with sealed(tmp_path, READERS) as room, real_server(Talkative()) as server:
        await _fill_once(room, server, after=4)
        with pytest.raises(Refused):
            await room.round(make_relay(server.port, connections=2))

        left = len(server.mails)
        assert left < READERS
        await shrink(room, pages=None)
        unknown = await room.outbox.recover(now=NOON, resend=())
        assert unknown <= 2
        balance = await room.balance()
        assert balance.accepted + balance.uncertain >= left
        room.compose = Room.compose.__get__(room)  # type: ignore[method-assign]
        await room.round(make_relay(server.port, connections=2))
        balance = await room.balance()
        assert (balance.accepted + balance.uncertain, balance.waiting) == (READERS, 0)
        assert most_of(server) == 1


async def test_room_made_in_time_costs_nothing(tmp_path: Path) -> None:
    """The round ends, for a disk that was full is no place to send from; the ledger knows all."""
    async with sealed(tmp_path, READERS) as room, real_server(Talkative()) as server:
        full = await _fill_once(room, server, after=4)
        patient = replace(QUICK, patience=replace(QUICK.patience, once_halted=60.0))

        async def go() -> None:
            with suppress(Refused):  # where a claim, too, found no room
                await room.round(make_relay(server.port, connections=2), pace=patient)

        async with asyncio.TaskGroup() as group:
            group.create_task(go())
            await full.wait()
            await asyncio.sleep(0.2)  # some find no room meanwhile
            await shrink(room, pages=None)
        assert (await room.balance()).accepted == len(server.mails)
        assert await room.outbox.recover(now=NOON, resend=()) == 0


async def test_a_locked_database_is_waited_for(tmp_path: Path) -> None:
    async with sealed(tmp_path, READERS, busy_ms=1) as room, real_server() as server:
        with closing(sqlite3.connect(tmp_path / "publisher.db", isolation_level=None)) as other:
            async with asyncio.TaskGroup() as group:
                sending = group.create_task(room.round(make_relay(server.port, connections=2)))
                while not server.mails:
                    await asyncio.sleep(0.001)
                other.execute("BEGIN IMMEDIATE")
                before = len(server.mails)
                await asyncio.sleep(0.2)
                assert len(server.mails) <= before + 2, "nothing is started meanwhile"
                other.execute("COMMIT")
        assert sending.result().accepted == READERS
        assert most_of(server) == 1


async def test_a_clock_stepped_back_repeats_nothing_and_what_waits_goes_in_its_time(
    tmp_path: Path,
) -> None:
    async with sealed(tmp_path, READERS) as room, real_server() as server:
        compose = room.compose

        async def stepping(delivery: Delivery, *, eight_bit: bool = False) -> Mail:
            if len(server.mails) >= 5:
                room.clock.now = NOON - HOUR
            return await compose(delivery)

        room.compose = stepping  # type: ignore[method-assign]
        await room.round(make_relay(server.port, connections=2))
        assert await room.statuses() <= {DeliveryStatus.ACCEPTED, DeliveryStatus.QUEUED}
        room.compose = compose  # type: ignore[method-assign]
        room.clock.now = NOON
        await room.round(make_relay(server.port, connections=2))

        assert (await room.balance()).accepted == READERS
        assert (len(server.mails), most_of(server)) == (READERS, 1)


async def test_a_relay_gone_for_an_hour_costs_that_hour_and_no_try(tmp_path: Path) -> None:
    async with raw_server() as gone:
        port = gone.port
    async with sealed(tmp_path, READERS) as room:
        while room.clock.now < NOON + HOUR:
            report = await room.round(make_relay(port))
            assert report.trouble is not None
            assert report.resume_at == room.clock.now + SHORT_PAUSE
            room.clock.now += timedelta(minutes=5)
        assert {delivery.tries for delivery, _ in (await room.rows()).values()} == {0}
        async with real_server() as server:
            report = await room.round(make_relay(server.port))

        assert (report.accepted, report.trouble) == (READERS, None)
        assert most_of(server) == 1
