"""Signing in threads: every job is done, what it raises arrives, and nobody is kept waiting."""

import asyncio
import sys
import threading

import pytest

from publisher.deliver.signing import Signatories


async def test_every_job_gets_its_own_result() -> None:
    async with Signatories(2) as sign:
        made = await asyncio.gather(*(sign(str(n).encode) for n in range(50)))

    assert made == [str(n).encode() for n in range(50)]


async def test_jobs_run_beside_the_loop_and_at_once() -> None:
    both = threading.Barrier(2, timeout=30)

    def job() -> bytes:
        both.wait()
        return threading.current_thread().name.encode()

    async with Signatories(2) as sign:
        names = await asyncio.gather(sign(job), sign(job))

    assert len(set(names)) == 2
    assert all(name.startswith(b"signing") for name in names)


async def test_what_a_job_raises_arrives_where_it_is_awaited() -> None:
    def broken() -> bytes:
        raise ValueError("no key")

    async with Signatories(1) as sign:
        with pytest.raises(ValueError, match="no key"):
            await sign(broken)
        assert await sign(lambda: b"next") == b"next"


async def test_a_cancelled_job_harms_nobody() -> None:
    go = threading.Event()

    def slow() -> bytes:
        go.wait(30)
        return b"late"

    async with Signatories(1) as sign:
        async with asyncio.TaskGroup() as group:
            gone = group.create_task(sign(slow))
            kept = group.create_task(sign(lambda: b"kept"))
            await asyncio.sleep(0)
            gone.cancel()
            go.set()
        assert kept.result() == b"kept"


async def test_what_comes_while_a_thread_goes_to_rest_is_done_too() -> None:
    async with Signatories(1) as sign:
        for _ in range(200):
            assert await sign(lambda: b"x") == b"x"


async def test_what_is_wanted_later_stands_behind_what_is_waited_for() -> None:
    go, order = threading.Event(), list[str]()

    async with Signatories(1) as sign:
        first = sign.later(lambda: go.wait(30))
        late = [sign.later(lambda: order.append("later")) for _ in range(3)]
        waited = asyncio.ensure_future(sign(lambda: order.append("waited for")))
        await asyncio.sleep(0)
        go.set()
        await asyncio.gather(first, waited, *late)

    assert order == ["waited for", "later", "later", "later"]


async def test_what_is_not_wanted_any_more_is_not_done() -> None:
    go, done = threading.Event(), list[str]()

    async with Signatories(1) as sign:
        first = sign.later(lambda: go.wait(30))
        sign.later(lambda: done.append("given up")).cancel()
        last = sign.later(lambda: done.append("wanted"))
        go.set()
        await asyncio.gather(first, last)

    assert done == ["wanted"]


async def test_whoever_still_waits_at_the_end_is_let_go() -> None:
    go = threading.Event()
    sign = Signatories(1)
    async with asyncio.timeout(30), asyncio.TaskGroup() as group:
        async with sign:
            group.create_task(sign(lambda: str(go.wait(30)).encode()))
            late = group.create_task(sign(lambda: b"late"))
            await asyncio.sleep(0)
            asyncio.get_running_loop().call_later(0.01, go.set)
        await asyncio.wait({late})

    assert late.cancelled()


async def test_threads_wait_less_for_pythons_lock_while_anybody_signs() -> None:
    usual = sys.getswitchinterval()
    async with Signatories() as first:
        assert sys.getswitchinterval() == usual  # nobody has signed yet
        async with Signatories() as second:
            await first(lambda: b"")
            await second(lambda: b"")
            assert sys.getswitchinterval() < usual / 10
        assert sys.getswitchinterval() < usual / 10  # the first one is still there
    assert sys.getswitchinterval() == usual
