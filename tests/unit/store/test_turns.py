"""Turns: one writer at a time, jobs together, nobody for ever."""

import asyncio
from contextlib import suppress

import pytest

from publisher.store.turns import Turns


async def soon() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_jobs_share_a_turn_and_a_writer_waits_for_all_of_them() -> None:
    turns = Turns()
    turns.join()
    turns.join()
    writer = asyncio.ensure_future(turns.take())
    await soon()
    turns.leave()
    await soon()
    assert not writer.done()
    turns.leave()
    await soon()

    assert writer.done()
    assert not turns.is_shared


async def test_no_job_joins_while_somebody_waits_and_the_next_comes_behind() -> None:
    turns, order = Turns(), list[str]()

    async def write(name: str) -> None:
        await turns.take()
        order.append(name)
        await soon()
        turns.give_back()

    async def job() -> None:
        await turns.join_behind()
        order.append("job")
        turns.leave()

    turns.join()
    waiting = [asyncio.ensure_future(one) for one in (write("first"), job(), write("second"))]
    await soon()
    assert not turns.is_shared
    turns.leave()
    await asyncio.gather(*waiting)

    assert order == ["first", "job", "second"]
    assert turns.is_shared


@pytest.mark.parametrize("jobs", [0, 1])
async def test_who_waits_no_more_gives_the_turn_on(jobs: int) -> None:
    """Whether it waited for a writer, or for jobs."""
    turns = Turns()
    if jobs:
        turns.join()
    else:
        await turns.take()
    patient = asyncio.ensure_future(turns.take())
    await soon()
    patient.cancel()
    with suppress(asyncio.CancelledError):
        await patient
    if jobs:
        assert turns.is_shared
        turns.leave()
    else:
        turns.give_back()

    async with asyncio.timeout(10):
        await turns.take()
    assert not turns.is_shared
