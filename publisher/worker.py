"""The sender's shift: deliver what is due, sleep until the next delivery is, until told to stop."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

import structlog

from publisher import pipeline
from publisher.house import House

_LONGEST_NAP = timedelta(seconds=20)
_SHORTEST_NAP = timedelta(milliseconds=200)


async def deliver_until(
    house: Callable[[], House], *, stop: asyncio.Event, wake: asyncio.Event
) -> None:
    """Deliver round after round; `wake` ends a nap.  The caller holds the sender's lock."""
    while not stop.is_set():
        wake.clear()
        report = await pipeline.deliver(house(), stop=stop)
        for problem in report.problems:
            structlog.get_logger().warning("delivery", why=problem.message, **problem.args)
        await _nap(house(), stop, wake)


async def _nap(house: House, stop: asyncio.Event, wake: asyncio.Event) -> None:
    due = await house.outbox.wakes_at()
    span = _LONGEST_NAP if due is None else min(_LONGEST_NAP, due - house.clock())
    waits = [asyncio.ensure_future(stop.wait()), asyncio.ensure_future(wake.wait())]
    await asyncio.wait(
        waits,
        timeout=max(span, _SHORTEST_NAP).total_seconds(),
        return_when=asyncio.FIRST_COMPLETED,
    )
    for one in waits:
        one.cancel()
