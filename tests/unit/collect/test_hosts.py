"""One request at a time and a gap per host."""

import asyncio
from datetime import timedelta

import pytest

from publisher.collect.hosts import Hosts

Log = list[tuple[str, str, float]]


async def ask(hosts: Hosts, name: str, log: Log, *, lasting: float = 1.0) -> None:
    clock = asyncio.get_running_loop().time
    async with hosts.turn(name):
        log.append((name, "begin", clock()))
        await asyncio.sleep(lasting)
        log.append((name, "end", clock()))


def spans(log: Log, name: str) -> list[tuple[float, float]]:
    begins = [at for one, what, at in log if (one, what) == (name, "begin")]
    ends = [at for one, what, at in log if (one, what) == (name, "end")]
    return list(zip(begins, ends, strict=True))


@pytest.mark.looptime
async def test_a_host_is_asked_one_at_a_time_with_a_gap_between() -> None:
    hosts, log = Hosts(gap=timedelta(seconds=2), at_once=8), []
    await asyncio.gather(*(ask(hosts, "a.test", log) for _ in range(3)))

    assert spans(log, "a.test") == [(0, 1), (3, 4), (6, 7)]


@pytest.mark.looptime
async def test_hosts_do_not_wait_for_each_other() -> None:
    hosts, log = Hosts(gap=timedelta(seconds=2), at_once=8), []
    await asyncio.gather(*(ask(hosts, f"{n}.test", log) for n in range(8)))

    assert {span for n in range(8) for span in spans(log, f"{n}.test")} == {(0, 1)}


@pytest.mark.looptime
async def test_no_more_than_so_many_ask_at_once() -> None:
    hosts, log = Hosts(gap=timedelta(0), at_once=2), []
    await asyncio.gather(*(ask(hosts, f"{n}.test", log) for n in range(4)))

    assert sorted(at for _, what, at in log if what == "begin") == [0, 0, 1, 1]


@pytest.mark.looptime
async def test_whoever_waits_for_a_busy_host_takes_no_place_from_others() -> None:
    hosts, log = Hosts(gap=timedelta(seconds=9), at_once=1), []
    await asyncio.gather(
        ask(hosts, "busy.test", log), ask(hosts, "busy.test", log), ask(hosts, "free.test", log)
    )

    assert spans(log, "free.test") == [(1, 2)]
    assert spans(log, "busy.test")[1] == (10, 11)


@pytest.mark.looptime
async def test_a_request_that_fails_frees_its_host() -> None:
    hosts, log = Hosts(gap=timedelta(0), at_once=1), []
    with pytest.raises(ValueError, match="broken"):
        async with hosts.turn("a.test"):
            raise ValueError("broken")

    await ask(hosts, "a.test", log)
    assert len(log) == 2


@pytest.mark.looptime
async def test_hosts_whose_gap_is_over_are_forgotten() -> None:
    hosts = Hosts(gap=timedelta(seconds=1), at_once=4)
    for number in range(4000):
        async with hosts.turn(f"{number}.test"):
            await asyncio.sleep(0.01)

    assert len(hosts._hosts) < 1500


async def test_idle_hosts_are_forgotten() -> None:
    hosts = Hosts(gap=timedelta(0), at_once=4)
    for number in range(2000):
        async with hosts.turn(f"{number}.test"):
            pass

    assert not hosts._hosts
