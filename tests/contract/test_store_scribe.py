"""A process that writes for another: the same ledger, whether it is there, comes, goes or dies."""

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from publisher.errors import StoreBusy
from publisher.model.deliveries import Attempt, Delivery, DeliveryStatus
from publisher.model.names import DeliveryId, SubscriberId
from publisher.store import scriptorium
from publisher.store.janitor import Janitor
from tests.support.build import NOON
from tests.support.databases import SqliteFiles
from tests.support.scribes import READERS, at_work, busy_store, scribes
from tests.support.stores import ISSUE, MINUTE, OWNER, Store, settled


async def row(store: Store, number: int) -> tuple[Delivery, Sequence[Attempt]]:
    return (await store.ledger.deliveries(ISSUE))[number - 1]


async def settle(store: Store, started: Delivery) -> None:
    await store.outbox.commit(
        [settled(started, DeliveryStatus.ACCEPTED)], [], now=NOON, owner=OWNER
    )


async def test_a_scribe_comes_where_there_is_much_and_writes_the_same(sqlite: SqliteFiles) -> None:
    async with busy_store(sqlite) as (store, asked):
        for one in asked[:30]:
            [begun] = await store.outbox.commit([], [one], now=NOON, owner=OWNER)
            await settle(store, begun)
        scribe = await at_work(store.database)
        without, withal = (await row(store, 1)), None
        for one in asked[30:]:
            [begun] = await store.outbox.commit([], [one], now=NOON, owner=OWNER)
            await settle(store, begun)
            withal = await row(store, begun.id)

        assert scribe.process.poll() is None
        assert await store.statuses() == ["accepted"] * READERS
        assert withal is not None
        assert alike(*withal) == alike(*without)
        assert await store.outbox.claim(limit=9, now=NOON, lease=MINUTE, owner=OWNER) == []

    assert scribe.process.poll() == 0


async def test_a_scribe_that_dies_costs_one_try_and_nothing_else(sqlite: SqliteFiles) -> None:
    """Killed at any moment of any commit: each asked for again is given, once."""
    async with busy_store(sqlite) as (store, asked):
        scribe = await at_work(store.database)
        lost, last = 0, None
        for number, one in enumerate(asked):
            if number == 20:
                scribe.process.send_signal(signal.SIGKILL)
            ended = [settled(last, DeliveryStatus.ACCEPTED)] if last else []
            begun: list[Delivery] = []
            while not begun:
                try:
                    begun += await store.outbox.commit(ended, [one], now=NOON, owner=OWNER)
                except StoreBusy:
                    lost += 1
            last = begun[0]
        assert last is not None
        await settle(store, last)

        assert lost <= 1
        assert scribes(store.database)._scribe is None
        assert await store.statuses() == ["accepted"] * READERS
        assert [len(tries) for _, tries in await store.ledger.deliveries(ISSUE)] == [1] * READERS


async def test_a_commit_whose_answer_never_came_is_found_done(sqlite: SqliteFiles) -> None:
    async with busy_store(sqlite) as (store, asked):
        scribe = await at_work(store.database)
        os.kill(scribe.process.pid, signal.SIGSTOP)
        asking = asyncio.ensure_future(store.outbox.commit([], asked[:2], now=NOON, owner=OWNER))
        await asyncio.sleep(0.05)
        assert scribe.transport is not None
        scribe.transport.pause_reading()
        os.kill(scribe.process.pid, signal.SIGCONT)
        while await store.statuses() != ["sending"] * 2 + ["claimed"] * (READERS - 2):
            await asyncio.sleep(0.005)
        scribe.transport.abort()
        with pytest.raises(StoreBusy):
            await asking
        begun = await store.outbox.commit([], asked[:2], now=NOON, owner=OWNER)

        assert [one.id for one in begun] == [1, 2]


async def test_who_has_nothing_to_do_is_let_go(
    sqlite: SqliteFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scriptorium, "_IDLE", 0.2)
    async with busy_store(sqlite) as (store, _):
        first = await at_work(store.database)
        async with asyncio.timeout(60):
            while first.process.poll() is None:
                await asyncio.sleep(0.02)
        again = await at_work(store.database)

        assert again.process.pid != first.process.pid


async def test_who_waits_for_a_lock_is_not_let_go(
    sqlite: SqliteFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scriptorium, "_IDLE", 0.1)
    async with busy_store(sqlite) as (store, asked):
        scribe = await at_work(store.database)
        with closing(sqlite3.connect(file_of(store), isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            asking = asyncio.ensure_future(
                store.outbox.commit([], asked[:1], now=NOON, owner=OWNER)
            )
            await asyncio.sleep(0.15)
            other.execute("ROLLBACK")
        assert len(await asking) == 1

        async with asyncio.timeout(60):
            while scribe.process.poll() is None:
                await asyncio.sleep(0.02)
        assert scribe.process.returncode == 0, "it had answered, and was let go when it was idle"


async def test_a_lock_of_another_program_is_said_in_our_words(sqlite: SqliteFiles) -> None:
    async with busy_store(sqlite) as (store, asked):
        await at_work(store.database)
        with closing(sqlite3.connect(file_of(store), isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(StoreBusy, match="locked"):
                await store.outbox.commit([], asked[:1], now=NOON, owner=OWNER)
            other.execute("ROLLBACK")

        assert len(await store.outbox.commit([], asked[:1], now=NOON, owner=OWNER)) == 1


async def test_who_is_cancelled_leaves_the_next_ones_their_own_answers(
    sqlite: SqliteFiles,
) -> None:
    async with busy_store(sqlite) as (store, asked):
        await at_work(store.database)
        cut = asyncio.ensure_future(store.outbox.commit([], asked[:1], now=NOON, owner=OWNER))
        await asyncio.sleep(0)
        cut.cancel()
        with suppress(asyncio.CancelledError):
            await cut
        begun = await store.outbox.commit([], asked[1:3], now=NOON, owner=OWNER)

        assert [one.id for one in begun] == [2, 3]


def test_a_scribe_does_not_outlive_whoever_called_it(tmp_path: Path) -> None:
    """Killed, it hangs up like anybody."""
    script = f"""
import asyncio, os, signal
from publisher.store import scribe
from publisher.store.quick import asked

async def main():
    called = await scribe.begin({str(tmp_path / "publisher.db")!r}, (), asked())
    while not called.ready:
        await asyncio.sleep(0.01)
    print(called.process.pid, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60
    )
    number = int(done.stdout)
    for _ in range(3000):
        if not _is_there(number):
            return
        time.sleep(0.01)
    pytest.fail("it is still there")


def test_the_log_is_begun_anew_while_others_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("publisher.store.janitor._LONG", 50)
    monkeypatch.setattr("publisher.store.janitor._EVERY", 0.001)
    file = tmp_path / "some.db"

    def connect() -> sqlite3.Connection:
        made = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
        made.execute("PRAGMA journal_mode = WAL")
        made.execute("PRAGMA wal_autocheckpoint = 0")
        return made

    with closing(connect()) as writer, Janitor(connect) as janitor:
        writer.execute("CREATE TABLE some (text)")
        for number in range(2000):
            writer.execute("INSERT INTO some VALUES (?)", (f"{number:03000}",))
            janitor.before_a_job(writer)
        size = file.with_name("some.db-wal").stat().st_size
        assert writer.execute("SELECT count(*) FROM some").fetchone() == (2000,)

    assert size < 2000 * 4096 / 2


# --- help -----------------------------------------------------------------------------------------


def alike(delivery: Delivery, tries: Sequence[Attempt]) -> tuple[Delivery, Sequence[Attempt]]:
    """Whoever it is for."""
    blank = replace(delivery, id=DeliveryId(0), subscriber=SubscriberId(0), address="")
    return replace(blank, message_id=None), tries


def file_of(store: Store) -> str:
    name = store.database.writer.url.database
    assert name is not None
    return name


def _is_there(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    return (
        not Path(f"/proc/{number}/stat").exists()
        or " Z " not in Path(f"/proc/{number}/stat").read_text()
    )
