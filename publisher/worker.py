"""The sender's shift: deliver what is due, nap until the next delivery is, until told to stop."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import structlog

from publisher import pipeline
from publisher.deliver.committer import Report
from publisher.errors import StoreBusy
from publisher.house import House
from publisher.lanes import fits
from publisher.model.deliveries import Balance
from publisher.model.names import DeliveryId, IssueId

_LONGEST_NAP = timedelta(seconds=5)  # then a look whether a `send` beside us sealed something
_SHORTEST_NAP = timedelta(milliseconds=200)
_AFTER_A_BREAK = timedelta(seconds=30)
_LOOKS = 0.5  # seconds between looks at a ledger another process writes
_PATIENCE = timedelta(seconds=20)  # a retry farther away is not waited for
_STANDSTILL = timedelta(minutes=1)  # nothing moves: the other process waits for its mail server


async def deliver_until(
    house: Callable[[], House], *, stop: asyncio.Event, wake: asyncio.Event
) -> None:
    """Deliver round after round; `wake` ends a nap.  The caller holds the sender's lock.

    A round that breaks is logged and tried again: what it had begun is in the ledger.
    """
    traffic = None
    while not stop.is_set():
        wake.clear()
        traffic = fits(traffic, house())
        try:
            report = await pipeline.deliver(house(), stop=stop, traffic=traffic)
        except Exception as error:  # noqa: BLE001 - the web and the metronome go on
            structlog.get_logger().error("delivery broke off", error=repr(error))
            report = Report(resume_at=house().clock() + _AFTER_A_BREAK)
        _log(report)
        await _nap(house(), report, stop, wake)


async def follow(
    house: House, issue: IssueId, *, stop: asyncio.Event, told: Callable[[Balance], object]
) -> None:
    """Watch another process deliver an issue, until it rests, waits for retries or stands still."""
    last, moved_at = None, house.clock()
    while not stop.is_set():
        balance = await house.ledger.balance(issue)
        told(balance)
        now = house.clock()
        if balance != last:
            last, moved_at = balance, now
        soon = await house.outbox.wakes_at()
        patient = soon is not None and soon > now + _PATIENCE
        if balance.waiting == 0 or patient or now - moved_at > _STANDSTILL:
            await house.outbox.close_balanced(now=now)  # the other one does it a moment later
            return
        await _until(stop.wait(), seconds=_LOOKS)


async def follow_notice(house: House, number: DeliveryId, *, stop: asyncio.Event) -> None:
    """Watch another process mail a Notice, until it rests, was put off, or nothing happens."""
    until = house.clock() + _STANDSTILL
    while not stop.is_set() and house.clock() < until:
        row = await house.notices.row(number)
        if row is None or row[0].next_try_at is None or row[0].tries:
            return
        await _until(stop.wait(), seconds=_LOOKS)


async def _nap(house: House, report: Report, stop: asyncio.Event, wake: asyncio.Event) -> None:
    """Until the next delivery is due; after trouble until the relay is worth another knock."""
    now = house.clock()
    if report.resume_at is not None:
        span = report.resume_at - now
        if report.trouble is None:  # a limit is reached; an editor's test may still go elsewhere
            span = min(span, _AFTER_A_BREAK)
    else:
        due = await _next_due(house)
        span = _LONGEST_NAP if due is None else min(_LONGEST_NAP, due - now)
    seconds = max(span, _SHORTEST_NAP).total_seconds()
    async with asyncio.TaskGroup() as group:
        waits = [group.create_task(_until(one.wait(), seconds=seconds)) for one in (stop, wake)]
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for one in waits:
            one.cancel()


async def _next_due(house: House) -> datetime | None:
    try:
        return await house.outbox.wakes_at()
    except StoreBusy:
        return None


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
    for away in report.away:
        log.error("mail server away, others go on", why=away.message, **away.args)
    if report.trouble:
        log.error("delivery interrupted", why=report.trouble.message, **report.trouble.args)
