"""Whose turn it is to write: one at a time, but for the scribe's jobs, which it does in order."""

import asyncio


class Turns:
    """Whoever waits for a turn of their own lets no more jobs join, so nobody waits for ever."""

    def __init__(self) -> None:
        self._alone = asyncio.Lock()
        self._jobs = 0
        self._drained: asyncio.Future[None] | None = None  # done once no job is left

    @property
    def is_shared(self) -> bool:
        """Whether nobody has a turn of their own, or waits for one."""
        return not self._alone.locked()

    def join(self) -> None:
        """One job more, where it `is_shared`; then `leave`."""
        self._jobs += 1

    def leave(self) -> None:
        """It is done."""
        self._jobs -= 1
        if self._drained is not None and not self._jobs and not self._drained.done():
            self._drained.set_result(None)

    async def join_behind(self) -> None:
        """The same, behind those who have or want a turn of their own."""
        async with self._alone:
            self.join()

    async def take(self) -> None:
        """A turn of one's own; then `give_back`."""
        await self._alone.acquire()
        if not self._jobs:
            return
        try:
            self._drained = asyncio.get_running_loop().create_future()
            await self._drained
        except BaseException:
            self._alone.release()
            raise
        finally:
            self._drained = None

    def give_back(self) -> None:
        """The next one's."""
        self._alone.release()
