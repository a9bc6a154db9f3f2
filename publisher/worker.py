"""The sender's shift: deliver what is due, nap until the next delivery is, until told to stop."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import structlog

from publisher import pipeline
from publisher.deliver.committer import Report
from publisher.house import House
from publisher.model.deliveries import Balance
from publisher.model.names import IssueId

_LONGEST_NAP = timedelta(seconds=20)
_SHORTEST_NAP = timedelta(milliseconds=200)
_LOOKS = 0.5  # seconds between looks at a ledger another process writes


async def deliver_until(
    house: Callable[[], House], *, stop: asyncio.Event, wake: asyncio.Event
) -> None:
    """Deliver round after round; `wake` ends a nap.  The caller holds the sender's lock."""
    while not stop.is_set():
        wake.clear()
        report = await pipeline.deliver(house(), stop=stop)
        _log(report)
        await _nap(house(), stop, wake)


async def follow(
    house: House, issue: IssueId, *, stop: asyncio.Event, told: Callable[[Balance], object]
) -> None:
    """Watch another process deliver an issue, until it rests or waits for retries."""
    while not stop.is_set():
        balance = await house.ledger.balance(issue)
        told(balance)
        soon = await house.outbox.wakes_at()
        patient = soon is not None and soon > house.clock() + _LONGEST_NAP
        if balance.waiting == 0 or patient:
            return
        await _until(stop.wait(), seconds=_LOOKS)


async def _nap(house: House, stop: asyncio.Event, wake: asyncio.Event) -> None:
    due = await house.outbox.wakes_at()
    span = _LONGEST_NAP if due is None else min(_LONGEST_NAP, due - house.clock())
    seconds = max(span, _SHORTEST_NAP).total_seconds()
    async with asyncio.TaskGroup() as group:
        waits = [group.create_task(_until(one.wait(), seconds=seconds)) for one in (stop, wake)]
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for one in waits:
            one.cancel()


async def _until(event: Awaitable[object], *, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event
    except TimeoutError:
        return


def _log(report: Report) -> None:
    log = structlog.get_logger()
    if report.tried or report.suppressed:
        log.info(
            "delivered",
            accepted=report.accepted,
            rejected=report.rejected,
            deferred=report.deferred,
            uncertain=report.uncertain,
            suppressed=report.suppressed,
        )
    if report.trouble:
        log.error("delivery interrupted", why=report.trouble.message, **report.trouble.args)
