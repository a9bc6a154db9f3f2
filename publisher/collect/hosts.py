"""One request at a time and a gap per host, and so many over all hosts."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

_MANY = 1000  # hosts remembered before those that are free are forgotten


@dataclass(slots=True)
class _Host:
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    asked_for: int = 0
    free_at: float = 0.0  # of the loop's clock


class Hosts:
    """Who may ask now; whoever waits for a busy host takes no place from others."""

    def __init__(self, *, gap: timedelta, at_once: int) -> None:
        self._gap = gap.total_seconds()
        self._places = asyncio.Semaphore(at_once)
        self._hosts: dict[str, _Host] = {}
        self._many = _MANY

    @asynccontextmanager
    async def turn(self, name: str) -> AsyncIterator[None]:
        """A turn with this host; the gap to the next begins when it ends."""
        host = self._hosts.setdefault(name, _Host())
        clock = asyncio.get_running_loop().time
        host.asked_for += 1
        try:
            async with host.turn:
                if (pause := host.free_at - clock()) > 0:
                    await asyncio.sleep(pause)
                async with self._places:
                    try:
                        yield
                    finally:
                        host.free_at = clock() + self._gap
        finally:
            host.asked_for -= 1
            self._forget(name, clock())

    def _forget(self, name: str, now: float) -> None:
        if not self._gap and not self._hosts[name].asked_for:
            del self._hosts[name]
        elif len(self._hosts) > self._many:
            self._hosts = {
                one: host
                for one, host in self._hosts.items()
                if host.asked_for or host.free_at > now
            }
            self._many = max(_MANY, 2 * len(self._hosts))  # so that looking stays rare
