"""Calls a scribe where plain jobs come thick and fast, and lets it go when they do not."""

import asyncio
import os
from collections import deque
from collections.abc import Sequence
from contextlib import suppress

from publisher.aide import Aide
from publisher.store import scribe
from publisher.store.plain_jobs import Asked

_MANY, _SOON = 20, 1.0  # jobs within so many seconds are worth a process
_IDLE = 5.0  # seconds without a job, none unanswered, after which it is let go
_AGAIN = 60.0  # seconds until another is called where one was lost


class Scriptorium:
    """For one database file.  No job waits for a scribe: until it comes they are done without."""

    def __init__(self, file: str, pragmas: Sequence[str]) -> None:
        self._file, self._pragmas = file, pragmas
        self._scribe: Aide | None = None
        self._employment: asyncio.Task[None] | None = None
        self._times: deque[float] = deque([0.0], maxlen=_MANY)  # of the last jobs, loop time
        self._not_before = 0.0  # loop time

    @property
    def has_one(self) -> bool:
        """Whether a scribe is ready."""
        return self._scribe is not None and self._scribe.ready

    def at_hand(self, asked: Asked) -> Aide | None:
        """Who does the job that is to be done now; None: the caller's own thread."""
        now = asyncio.get_running_loop().time()
        self._times.append(now)
        if self._scribe is not None and self._scribe.ready:
            return self._scribe
        if self._employment is None and self._is_worth_it(now):
            self._employment = asyncio.ensure_future(self._employ(asked))
        return None

    async def close(self) -> None:
        """Let it go."""
        if self._employment is not None:
            self._employment.cancel()
            with suppress(asyncio.CancelledError):
                await self._employment

    def _is_worth_it(self, now: float) -> bool:
        thick = len(self._times) == _MANY and now - self._times[0] < _SOON
        return thick and now >= self._not_before and os.name == "posix"

    def _left(self, called: Aide, now: float) -> float:
        """Seconds it stays at least."""
        return _IDLE if called.queue else self._times[-1] + _IDLE - now

    async def _employ(self, asked: Asked) -> None:
        """One of them, from its call to its end."""
        time = asyncio.get_running_loop().time
        self._not_before = time() + _AGAIN  # unless it ends as it should
        try:
            called = self._scribe = await scribe.begin(self._file, self._pragmas, asked)
            try:
                while not called.over.is_set() and (left := self._left(called, time())) > 0:
                    with suppress(TimeoutError):
                        async with asyncio.timeout(left):
                            await called.over.wait()
                if not called.over.is_set():
                    self._not_before = 0.0
            finally:
                self._scribe = None
                await called.end()
        except OSError:
            return  # no process is to be had: it goes without
        finally:
            self._employment = None
