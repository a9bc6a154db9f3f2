"""The database: how transactions behave, and what their failures are called."""

import asyncio
import sqlite3
from collections.abc import Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, event, func, insert, select, text
from sqlalchemy.exc import DBAPIError

from publisher.errors import Refused, StoreBusy
from publisher.store.database import open_database
from publisher.store.one_writer import OneWriter
from publisher.store.quick import asked
from publisher.store.tables import audit, deliveries
from tests.contract.conftest import Engine
from tests.support.build import NOON
from tests.support.databases import PostgresServer, SqliteFiles
from tests.support.stores import ISSUE, Store, open_store

NOTE = "INSERT INTO audit (at, by, what) VALUES (0, ?, 'looked')"
ROW = {"at": NOON, "by": "editor", "what": "looked"}


async def rows(store: Store) -> int:
    async with store.database.read() as tx:
        return (await tx.execute(select(func.count()).select_from(audit))).scalar_one()


async def test_a_transaction_is_kept_at_the_end_of_its_block(store: Store) -> None:
    async with store.database.write() as tx:
        await tx.execute(insert(audit).values(ROW))

    assert await rows(store) == 1


async def test_a_transaction_that_raises_leaves_nothing(store: Store) -> None:
    with pytest.raises(ZeroDivisionError):
        async with store.database.write() as tx:
            await tx.execute(insert(audit).values(ROW))
            raise ZeroDivisionError

    assert await rows(store) == 0


async def test_a_cancelled_transaction_leaves_nothing_and_holds_nobody_up(store: Store) -> None:
    begun = asyncio.Event()

    async def slow() -> None:
        async with store.database.write() as tx:
            await tx.execute(insert(audit).values(ROW))
            begun.set()
            await asyncio.Event().wait()

    task = asyncio.ensure_future(slow())
    await begun.wait()
    task.cancel()
    await asyncio.wait([task])

    assert await rows(store) == 0
    async with asyncio.timeout(5), store.database.write() as tx:
        await tx.execute(insert(audit).values(ROW))


async def test_a_job_at_one_go_is_kept_at_its_end(store: Store) -> None:
    assert await store.database.at_one_go(lambda tx: _note(tx) or "told") == "told"

    assert await rows(store) == 1


async def test_a_job_at_one_go_that_raises_leaves_nothing(store: Store) -> None:
    def broken(tx: Connection) -> None:
        _note(tx)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await store.database.at_one_go(broken)

    assert await rows(store) == 0


async def test_jobs_at_one_go_and_transactions_wait_for_each_other(store: Store) -> None:
    """In one process they never meet in the middle, and nobody is told that the store is busy."""

    async def other() -> None:
        async with store.database.write() as tx:
            await tx.execute(insert(audit).values(ROW))
            await asyncio.sleep(0)
            await tx.execute(insert(audit).values(ROW))

    async with asyncio.TaskGroup() as group:
        for _ in range(15):
            group.create_task(store.database.at_one_go(_note))
            group.create_task(other())

    assert await rows(store) == 45


async def test_a_driver_s_jobs_take_turns_with_all_others(sqlite: SqliteFiles) -> None:
    """Its connection stays at hand, and stands in nobody's way."""

    def note(driver: sqlite3.Connection) -> None:
        driver.execute(NOTE, ("desk",))
        driver.execute(NOTE, ("desk",))

    def broken(driver: sqlite3.Connection) -> None:
        note(driver)
        raise ZeroDivisionError

    async with open_store(sqlite.fresh()) as store:
        async with asyncio.TaskGroup() as group:
            for _ in range(10):
                group.create_task(store.sole.run(note))
                group.create_task(store.database.at_one_go(_note))
                group.create_task(_written(store))
        with pytest.raises(ZeroDivisionError):
            await store.sole.run(broken)
        await _cut_off(store.sole.run(note))
        async with asyncio.timeout(5):
            await store.sole.run(note)

        assert await rows(store) in {42, 44}  # what was cancelled may be done, but wholly


async def test_who_waits_too_long_for_their_turn_to_write_is_told_so(sqlite: SqliteFiles) -> None:
    """Law 9."""
    async with open_store(sqlite.fresh()) as store:
        sole = OneWriter(store.database.writer, patience=0.01, scribes=None)
        hasty = replace(store.database, sole=sole)
        async with hasty.write():
            with pytest.raises(StoreBusy):
                await hasty.plain("claim", (1, 0, 0, "me"), asked())
            with pytest.raises(StoreBusy):
                await hasty.at_one_go(_note)

        assert await rows(store) == 0
        await hasty.at_one_go(_note)
        await sole.put_back()


async def _cut_off(work: Coroutine[Any, Any, object]) -> None:
    """Begun, and cancelled at once."""
    task = asyncio.ensure_future(work)
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])


async def _written(store: Store) -> None:
    async with store.database.write() as tx:
        await tx.execute(insert(audit).values(ROW))


async def test_a_cancelled_job_holds_nobody_up(store: Store) -> None:
    """It may be done or not, but wholly."""
    await _cut_off(store.database.at_one_go(_note))

    async with asyncio.timeout(5):
        await store.database.at_one_go(_note)
    assert await rows(store) in {1, 2}


def _note(tx: Connection) -> None:
    tx.execute(insert(audit).values(ROW))


async def test_a_reader_changes_nothing(store: Store) -> None:
    with pytest.raises((DBAPIError, StoreBusy), match="(?i)read.?only"):
        async with store.database.read() as tx:
            await tx.execute(insert(audit).values(ROW))

    assert await rows(store) == 0


async def test_a_reader_sees_one_moment_however_many_statements_it_needs(store: Store) -> None:
    count = select(func.count()).select_from(audit)
    async with store.database.read() as reading:
        before = (await reading.execute(count)).scalar_one()
        async with store.database.write() as tx:
            await tx.execute(insert(audit).values(ROW))
        after = (await reading.execute(count)).scalar_one()

    assert (before, after, await rows(store)) == (0, 0, 1)


async def test_a_reader_does_not_leave_writers_read_only_behind(store: Store) -> None:
    """PostgreSQL: both come from one pool."""
    for _ in range(12):
        assert await rows(store) >= 0
        async with store.database.write() as tx:
            await tx.execute(insert(audit).values(ROW))
            level = (await tx.execute(select(func.count()).select_from(audit))).scalar_one()
    assert level == 12


async def test_writers_of_one_process_wait_for_each_other(store: Store) -> None:
    async def one() -> None:
        async with store.database.write() as tx:
            await tx.execute(insert(audit).values(ROW))

    async with asyncio.TaskGroup() as group:
        for _ in range(30):
            group.create_task(one())

    assert await rows(store) == 30


async def test_a_mistake_of_ours_is_not_called_busy(store: Store) -> None:
    with pytest.raises(DBAPIError):
        async with store.database.write() as tx:
            await tx.execute(text("SELECT nothing FROM nowhere"))


async def test_a_full_disk_is_said_in_words_and_nothing_is_half_written(
    sqlite: SqliteFiles,
) -> None:
    url = sqlite.fresh()
    async with open_store(url) as store:
        event.listen(store.database.writer.sync_engine, "connect", _no_room)
        await store.enrolled("anna")
        many = [f"reader-{number}-{'x' * 40}" for number in range(2_000)]

        with pytest.raises(Refused, match="disk is full") as refused:
            await store.enrolled(*many)

        assert refused.value.problems[0].remedy
        assert [one.email async for one in store.audience.everyone()] == ["anna@readers.test"]


def _no_room(connection: Any, record: object) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA page_count")
    pages = cursor.fetchone()[0]
    cursor.execute(f"PRAGMA max_page_count = {pages + 4}")
    cursor.close()


async def test_a_folder_that_cannot_be_made_is_refused_in_words(sqlite: SqliteFiles) -> None:
    with pytest.raises(Refused, match="cannot be written"):
        async with open_database(f"{sqlite.fresh()}/deeper/publisher.db"):
            pass


async def test_the_folder_of_a_new_database_is_made(tmp_path: Path) -> None:
    async with open_database(f"sqlite:///{tmp_path}/var/deep/publisher.db"):
        assert (tmp_path / "var" / "deep").is_dir()


async def test_sqlite_is_set_as_the_design_says(sqlite: SqliteFiles) -> None:
    async with open_store(sqlite.fresh()) as store:
        async with store.database.write() as tx:
            pragmas = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
            found = [(await tx.execute(text(f"PRAGMA {one}"))).scalar() for one in pragmas]
        async with store.database.read() as tx:
            read_only = (await tx.execute(text("PRAGMA query_only"))).scalar()

    assert found == ["wal", 1, 1, 5_000]  # synchronous 1: NORMAL
    assert read_only == 1


async def test_a_claim_reads_the_index_of_what_waits_and_not_the_whole_ledger(
    sqlite: SqliteFiles,
) -> None:
    """SQLite takes a partial index only where it reads its very condition in the statement."""
    async with open_store(sqlite.fresh()) as store:
        seen: list[str] = []
        await store.sealed("anna", "boris")
        await store.sole.run(lambda driver: driver.set_trace_callback(seen.append))
        await store.claimed(limit=1)
        await store.sole.run(lambda driver: driver.set_trace_callback(None))
        steps: list[str] = []
        async with store.database.write() as tx:
            for statement in [one for one in seen if "next_try_at <=" in one]:
                plan = await tx.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}")
                steps += [row.detail for row in plan]

    indexed = [step for step in steps if "ix_deliveries_waiting (issue=" in step]
    assert len(indexed) == 2, steps  # which issues have something due, and what
    assert any("ix_notices_waiting" in step for step in steps), steps
    assert sum("TEMP B-TREE" in step for step in steps) <= 1, steps  # the few issues, by hour
    assert not any(
        step.startswith(f"SCAN {deliveries.name}") and "INDEX" not in step for step in steps
    )


@pytest.mark.postgres
async def test_nobody_waits_for_a_lock_longer_than_said(postgres: PostgresServer) -> None:
    """Law 9; a seal of a large list may hold an issue for seconds."""
    url = postgres.emptied()
    async with open_store(url) as one, open_store(url, busy_ms=20) as two:
        await one.sealed("anna")
        async with one.database.write() as tx:
            await tx.execute(select(deliveries.c.id).with_for_update())
            with pytest.raises(StoreBusy):
                await two.ledger.cancel_waiting(ISSUE, now=NOON)


async def test_options_in_the_url_are_kept(engine: Engine) -> None:
    if isinstance(engine, SqliteFiles):
        pytest.skip("SQLite has none")
    url = f"{engine.emptied()}&options=-c%20application_name%3Dnewsroom"
    async with open_store(url, busy_ms=1_234) as store, store.database.write() as tx:
        names = ("application_name", "lock_timeout")
        found = [(await tx.execute(text(f"SHOW {name}"))).scalar() for name in names]

    assert found == ["newsroom", "1234ms"]
