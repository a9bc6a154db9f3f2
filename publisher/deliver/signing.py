"""Signing beside the event loop: RSA leaves Python's lock alone, so threads use every core."""

import asyncio
import os
import sys
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import Any, Self, TypeVar

_MOST = 4  # threads; more only fight for Python's lock
_AT_ONCE = 8  # results handed over together: waking the loop costs as much as a tenth of RSA

_SWITCH = 50e-6  # seconds; see quick_turns

T = TypeVar("T")
Job = tuple[Callable[[], object], asyncio.Future[Any]]
Done = list[tuple[asyncio.Future[Any], object]]


class Signatories:
    """Threads that make signatures.  `async with Signatories() as sign: await sign(job)`.

    A thread takes job after job while there are any; one hand-over for each would cost a quarter
    of the speed (measured: 3,300 against 4,200 RSA signatures a second on two cores).
    """

    def __init__(self, threads: int | None = None) -> None:
        self._idle = threads or min(_MOST, 1 + (os.cpu_count() or 1))  # one waits for the lock
        self._threads = ThreadPoolExecutor(self._idle, thread_name_prefix="signing")
        self._waiting: deque[Job] = deque()
        self._later: deque[Job] = deque()
        self._hurry: ExitStack | None = None  # once anything is signed
        self._loop = asyncio.get_running_loop()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for jobs in (self._waiting, self._later):
            while jobs:  # nobody signs these any more, and nobody is to wait for them
                jobs.pop()[1].cancel()
        await asyncio.to_thread(self._threads.shutdown)
        if self._hurry is not None:
            self._hurry.close()

    async def __call__(self, job: Callable[[], T]) -> T:
        """What the job returns or raises; it runs in a thread, ahead of all `later` ones."""
        result: asyncio.Future[T] = self._loop.create_future()
        self._waiting.append((job, result))
        self._wake()
        return await result

    def later(self, job: Callable[[], T]) -> asyncio.Future[T]:
        """The same, behind all that is waited for; nobody need await it."""
        result: asyncio.Future[T] = self._loop.create_future()
        self._later.append((job, result))
        self._wake()
        return result

    def _wake(self) -> None:
        if self._idle and (self._waiting or self._later):
            self._idle -= 1
            self._threads.submit(self._work)
            if self._hurry is None:
                self._hurry = ExitStack()
                self._hurry.enter_context(quick_turns())

    def _work(self) -> None:
        done: Done = []
        while True:
            found = _next(self._waiting) or _next(self._later)
            if found is None:
                break
            job, result = found
            if result.cancelled():
                continue
            done.append((result, _outcome(job)))
            if len(done) == _AT_ONCE:
                self._loop.call_soon_threadsafe(_hand_over, done)
                done = []
        self._loop.call_soon_threadsafe(self._rest, done)

    def _rest(self, done: Done) -> None:
        """A thread found nothing more to do; what came since then wakes one again."""
        _hand_over(done)
        self._idle += 1
        self._wake()


_waits: list[float] = []  # Python's own, as each who is in a hurry found it


@contextmanager
def quick_turns() -> Iterator[None]:
    """Python's lock changes hands after 50 µs instead of 5 ms; the last one out puts that back.

    A signature takes 400 µs without the lock and 20 with it.  A thread that waits for those until
    the loop has done all it had to do leaves a core idle (measured: a tenth to a third of the
    mails).
    """
    _waits.append(sys.getswitchinterval())
    sys.setswitchinterval(_SWITCH)
    try:
        yield
    finally:
        usual = _waits[0]
        _waits.pop()
        if not _waits:
            sys.setswitchinterval(usual)


def _next(jobs: deque[Job]) -> Job | None:
    try:
        return jobs.popleft()
    except IndexError:  # another thread was quicker
        return None


def _outcome(job: Callable[[], object]) -> object:
    try:
        return job()
    except Exception as error:  # noqa: BLE001 - it is raised again where the result is awaited
        return error


def _hand_over(done: Done) -> None:
    for result, outcome in done:
        if result.done():  # cancelled: whoever waited is gone
            continue
        if isinstance(outcome, Exception):
            result.set_exception(outcome)
        else:
            result.set_result(outcome)
