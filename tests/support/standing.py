"""`publisher run` as a process of its own: what it logs, and the signs it is given."""

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from tests.support.newsroom import Room, environment

_PATIENCE = 60  # seconds for anything that must happen; a busy machine starts slowly


class Running:
    """A live `run`; read its log by event."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.log: list[dict[str, Any]] = []
        self.words: list[str] = []  # lines that are no log
        self._news = asyncio.Condition()
        self._over = False

    async def heard(self, event: str, count: int = 1) -> dict[str, Any]:
        """The `count`-th entry of that name, now or when it comes."""

        def found() -> list[dict[str, Any]]:
            return [entry for entry in self.log if entry["event"] == event]

        async with asyncio.timeout(_PATIENCE), self._news:
            await self._news.wait_for(lambda: self._over or len(found()) >= count)
        assert len(found()) >= count, (event, self.log, self.words)
        return found()[count - 1]

    async def ended(self) -> int:
        """SIGTERM, and the exit code it comes to."""
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(_PATIENCE):
            return await self.process.wait()

    async def listen(self) -> None:
        """Read its log to the end."""
        assert self.process.stderr
        while line := await self.process.stderr.readline():
            words = line.decode()
            async with self._news:
                if words.startswith("{"):
                    self.log.append(json.loads(words))
                else:
                    self.words.append(words)
                self._news.notify_all()
        async with self._news:
            self._over = True
            self._news.notify_all()


@asynccontextmanager
async def running(room: Room) -> AsyncIterator[Running]:
    """`publisher run` on this newsroom; whatever happens, it is gone with the block."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "publisher", "--config", str(room.config), "run"),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        env=environment(),
    )
    live = Running(process)
    async with asyncio.TaskGroup() as group:
        group.create_task(live.listen(), name="log")
        try:
            yield live
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()
