"""Commits that are handed over: done in order, each answered once, and no others kept waiting."""

import asyncio
import os
import signal
import sqlite3
from collections.abc import Sequence
from contextlib import closing

from sqlalchemy import text

from publisher.aide import Aide
from publisher.model.deliveries import Delivery, DeliveryStatus, Settled
from publisher.ports import Start
from tests.contract.conftest import Engine
from tests.support.build import NOON
from tests.support.databases import SqliteFiles
from tests.support.scribes import READERS, at_work, busy_store
from tests.support.stores import OWNER, Store, open_store, settled

Answer = Sequence[Delivery] | None


def handed(
    store: Store, asked: Sequence[Start], ended: Sequence[Settled] = (), *, owner: str = OWNER
) -> asyncio.Future[Answer] | None:
    """What is heard of a commit; None where nobody takes it."""
    answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
    taken = store.outbox.hand_over(ended, asked, owner=owner, then=answer.set_result)
    return answer if taken else None


async def heard(*answers: asyncio.Future[Answer] | None) -> list[list[int] | None]:
    """The ids that each was told of, None where it was told of nothing."""
    async with asyncio.timeout(10):
        told = [await one for one in answers if one is not None]
    assert len(told) == len(answers), "all of them were taken"
    return [None if rows is None else [row.id for row in rows] for rows in told]


async def test_before_there_is_a_scribe_nothing_is_taken(engine: Engine) -> None:
    """On PostgreSQL, never."""
    async with open_store(engine.fresh()) as store:
        await store.sealed("anna")
        [claimed] = await store.claimed()

        assert handed(store, [Start(delivery=claimed.id, message_id="m@a.test")]) is None
        assert await store.statuses() == ["claimed"]


async def test_several_are_done_in_the_order_in_which_they_came(sqlite: SqliteFiles) -> None:
    async with busy_store(sqlite) as (store, asked):
        await at_work(store.database)
        first, second = handed(store, asked[:5]), handed(store, asked[5:9])
        assert await heard(first, second) == [[1, 2, 3, 4, 5], [6, 7, 8, 9]]
        assert first is not None
        ends = [settled(one, DeliveryStatus.ACCEPTED) for one in first.result() or ()]

        assert await heard(handed(store, asked[9:10], ends)) == [[10]]
        assert (await store.statuses())[:11] == ["accepted"] * 5 + ["sending"] * 5 + ["claimed"]


async def test_it_gives_what_a_commit_that_is_waited_for_gives(sqlite: SqliteFiles) -> None:
    async with busy_store(sqlite) as (store, asked):
        await at_work(store.database)
        answer = handed(store, asked[:3])
        assert answer is not None
        begun = await answer

        assert begun == await store.outbox.commit([], asked[:3], now=NOON, owner=OWNER)


async def test_where_not_all_may_start_the_waiting_way_says_the_rest(sqlite: SqliteFiles) -> None:
    async with busy_store(sqlite) as (store, asked):
        await at_work(store.database)
        await store.leave("reader01")

        assert await heard(handed(store, asked[:3])) == [None]
        begun = await store.outbox.commit([], asked[:3], now=NOON, owner=OWNER)
        assert [one.id for one in begun] == [1, 3]
        assert (await store.statuses())[:4] == ["sending", "suppressed", "sending", "claimed"]


async def test_a_notice_is_not_taken(sqlite: SqliteFiles) -> None:
    """Nor is what ends a reader's address."""
    async with busy_store(sqlite) as (store, asked):
        await at_work(store.database)
        notice = Start(delivery=asked[0].delivery.__class__(-1), message_id="n@a.test")

        assert handed(store, [asked[0], notice]) is None


async def test_of_a_scribe_that_died_nobody_knows_and_to_ask_again_is_safe(
    sqlite: SqliteFiles,
) -> None:
    async with busy_store(sqlite) as (store, asked):
        scribe = await at_work(store.database)
        await silenced(scribe)
        answers = [handed(store, asked[at : at + 4]) for at in (0, 4, 8)]
        scribe.process.send_signal(signal.SIGKILL)

        assert await heard(*answers) == [None, None, None]
        assert handed(store, asked[12:13]) is None
        begun = await store.outbox.commit([], asked[:12], now=NOON, owner=OWNER)
        assert [one.id for one in begun] == list(range(1, 13))
        assert await store.statuses() == ["sending"] * 12 + ["claimed"] * (READERS - 12)


async def test_what_another_program_locks_is_not_known_to_be_done(sqlite: SqliteFiles) -> None:
    async with busy_store(sqlite) as (store, asked):
        await at_work(store.database)
        [begun] = await store.outbox.commit([], asked[1:2], now=NOON, owner=OWNER)
        end = settled(begun, DeliveryStatus.ACCEPTED)
        file = store.database.writer.url.database
        assert file is not None
        with closing(sqlite3.connect(file, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            assert await heard(handed(store, asked[:1])) == [None]
            assert await heard(handed(store, [], [end])) == [None]
            other.execute("ROLLBACK")

        assert await heard(handed(store, asked[:1])) == [[1]]


async def test_who_wants_a_turn_of_their_own_waits_for_what_is_handed_over_and_no_more(
    sqlite: SqliteFiles,
) -> None:
    async with busy_store(sqlite) as (store, asked):
        scribe = await at_work(store.database)
        await silenced(scribe)
        before = handed(store, asked[:1])
        writing = asyncio.ensure_future(sum_of_starts(store))
        await asyncio.sleep(0.01)

        assert not writing.done()
        assert handed(store, asked[1:2]) is None, "somebody waits for a turn"
        os.kill(scribe.process.pid, signal.SIGCONT)
        assert await heard(before) == [[1]]
        assert await writing == 1
        assert await heard(handed(store, asked[1:2])) == [[2]]


async def silenced(scribe: Aide) -> None:
    """It does nothing until it is told to go on."""
    os.kill(scribe.process.pid, signal.SIGSTOP)
    await asyncio.sleep(0.02)


async def sum_of_starts(store: Store) -> int:
    async with store.database.write() as tx:
        found = await tx.execute(text("SELECT count(*) FROM deliveries WHERE status = 'sending'"))
        return int(found.scalar_one())
