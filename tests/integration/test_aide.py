"""A process that does one kind of job for another: in order, and until it dies, hangs or is let go."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from publisher import aide
from publisher.aide import Aide, Failed, Gone, call

ROOT = Path(__file__).parents[2]
HUNG = 2.0  # long beside what a busy machine is late


@asynccontextmanager
async def sleeper(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Aide]:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setattr(aide, "_HUNG", HUNG)
    called = await call("tests.support.sleeper")
    try:
        async with asyncio.timeout(60):
            while not called.ready:
                await asyncio.sleep(0.01)
            yield called
    finally:
        called.process.send_signal(signal.SIGCONT)
        await called.end()


async def test_jobs_are_done_in_order_and_one_that_fails_is_only_that(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with sleeper(monkeypatch) as called:
        asked = [called.do(one) for one in (0.05, -1, "long", 0.0)]
        done = await asyncio.gather(*asked, return_exceptions=True)

    assert (done[0], done[3]) == (0.05, 0.0)
    negative, word = done[1], done[2]
    assert isinstance(negative, Failed)
    assert (negative.kind, negative.words) == ("ValueError", "sleep length must be non-negative")
    assert isinstance(word, Failed)
    assert word.kind == "TypeError"
    assert called.process.returncode == 0


async def test_whoever_answers_does_not_hang_however_much_there_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with sleeper(monkeypatch) as called:
        done = await asyncio.gather(*(called.do(HUNG / 8) for _ in range(12)))

    assert done == [HUNG / 8] * 12


async def test_whoever_was_asked_late_does_not_hang(monkeypatch: pytest.MonkeyPatch) -> None:
    """Having had nothing to do before."""
    async with sleeper(monkeypatch) as called:
        await called.do(0.0)
        await asyncio.sleep(HUNG * 0.8)

        assert await called.do(HUNG * 0.4) == HUNG * 0.4


async def test_whoever_says_nothing_for_long_is_ended_before_anybody_hears_of_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with sleeper(monkeypatch) as called:
        heard: list[int | None] = []
        called.process.send_signal(signal.SIGSTOP)
        called.ask(lambda *_: heard.append(called.process.wait(30)), 0.0)
        with pytest.raises(Gone):
            await called.do(0.0)
        with pytest.raises(Gone):
            await called.do(0.0)

    assert heard == [-signal.SIGKILL]


async def test_what_is_not_answered_when_it_is_let_go_is_not_done(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with sleeper(monkeypatch) as called:
        asked = [called.do(one) for one in (30.0, 0.0)]
        await asyncio.sleep(0.05)
        async with asyncio.timeout(20):  # less than the jobs take
            await called.end()
        said = await asyncio.gather(*asked, return_exceptions=True)

    assert [type(one) for one in said] == [Gone, Gone]
    assert called.process.returncode == -signal.SIGKILL
