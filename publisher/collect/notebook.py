"""What to remember of sources where nothing changed: written in batches, and soon."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from publisher.inlets import SourceStates
from publisher.model.names import SourceId
from publisher.model.sources import FetchState

_SOON = 0.5  # seconds; a crash costs the sources of that long a second look
_MOST = 200  # states; then at once


@asynccontextmanager
async def notebook(states: SourceStates) -> AsyncIterator[Callable[[FetchState], None]]:
    """Call it with a state; everything is stored when the block has ended."""
    book = _Book(states)
    async with asyncio.TaskGroup() as group:
        group.create_task(book.keep_writing(), name="notebook")
        try:
            yield book.note
        finally:
            book.close()


class _Book:
    def __init__(self, states: SourceStates) -> None:
        self._states = states
        self._noted: dict[SourceId, FetchState] = {}
        self._wanted = asyncio.Event()
        self._closed = False

    def note(self, state: FetchState) -> None:
        self._noted[state.source] = state
        if len(self._noted) >= _MOST:
            self._wanted.set()

    def close(self) -> None:
        self._closed = True
        self._wanted.set()

    async def keep_writing(self) -> None:
        """Until closed; a write under way is never broken off by that."""
        while not self._closed or self._noted:
            if not self._closed:
                await self._wait()
            some = tuple(self._noted.values())
            self._noted.clear()
            await self._states.save(*some)

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(_SOON):
                await self._wanted.wait()
        except TimeoutError:
            return
        self._wanted.clear()
