"""Where CPU-heavy work is done: here, or in a spawned process beside the sender.

A thread beside the sender would cost it two thirds of its speed (measured), a process none.
"""

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from multiprocessing import get_context, parent_process
from threading import Thread
from types import TracebackType
from typing import ParamSpec, Self, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

_MANY_SOURCES, _MOST_PROCESSES = 20, 2
_TASKS_PER_PROCESS = 500  # then a fresh one: what leaks, leaks little


async def here(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Do it in this process, at once: for commands that send nothing meanwhile."""
    return work(*args, **kwargs)


def processes_for(sources: int) -> int:
    """How many processes help a command that reads so many sources; 0: it is done here.

    Starting one takes longer than reading a few feeds.
    """
    return min(_MOST_PROCESSES, os.cpu_count() or 1) if sources >= _MANY_SOURCES else 0


class Beside:
    """Do it in spawned processes that start with the block and end with it."""

    def __init__(self, processes: int = 1, *, renewed_after: int = _TASKS_PER_PROCESS) -> None:
        self._processes = processes
        self._pool = _pool(processes)
        self._done, self._most = 0, renewed_after

    def __enter__(self) -> Self:
        self._pool.submit(_ready)  # all of them start with the first call, and take a while
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def __call__(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call `work` there; what it raises is raised here.

        A process that died (killed, out of memory) is replaced, and the work tried once more.
        """
        loop = asyncio.get_running_loop()
        call = partial(work, *args, **kwargs)
        pool = self._fresh()
        try:
            return await loop.run_in_executor(pool, call)
        except BrokenProcessPool:
            if self._pool is pool:  # nobody else who waited has replaced it
                self._pool = _pool(self._processes)
            return await loop.run_in_executor(self._pool, call)

    def _fresh(self) -> ProcessPoolExecutor:
        """The pool, a new one after so many tasks; the old one ends what it was given."""
        if self._done == self._most:
            self._pool.shutdown(wait=False)
            self._pool, self._done = _pool(self._processes), 0
        self._done += 1
        return self._pool


def _pool(processes: int) -> ProcessPoolExecutor:
    # Not max_tasks_per_child: the pool hangs for ever behind it (CPython issue 115634).
    return ProcessPoolExecutor(
        max_workers=processes, mp_context=get_context("spawn"), initializer=_end_with_parent
    )


def _ready() -> None:
    """Nothing is to be done yet."""


def _end_with_parent() -> None:
    """In the spawned process: a killed parent cannot tell it to end, and it would wait for ever."""
    if parent := parent_process():

        def watch() -> None:
            parent.join()
            os._exit(1)

        Thread(target=watch, name="end-with-parent", daemon=True).start()
