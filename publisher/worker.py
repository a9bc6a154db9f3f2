"""The sender's shift: deliver what is due, nap until the next delivery is, until told to stop."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import aclosing, contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path

import structlog

from publisher import pipeline
from publisher.deliver.committer import Report
from publisher.deliver.lock import SomebodySends, sender_lock
from publisher.deliver.traffic import Traffic
from publisher.errors import Refused, StoreBusy
from publisher.house import House
from publisher.lanes import fits
from publisher.model.deliveries import Balance
from publisher.model.names import DeliveryId, IssueId
from publisher.model.problems import Problem, msgid

_LONGEST_NAP = timedelta(seconds=5)  # then a look whether a `send` beside us sealed something
_SHORTEST_NAP = timedelta(milliseconds=200)
_AFTER_A_BREAK = timedelta(seconds=30)
_LOOKS = 0.5  # seconds between looks at a ledger another process writes
_PATIENCE = timedelta(seconds=20)  # a retry farther away is not waited for
_STANDSTILL = timedelta(minutes=1)  # nothing moves: we do not wait for the other process any more


async def deliver_until(
    house: Callable[[], House], *, stop: asyncio.Event, wake: asyncio.Event
) -> None:
    """Deliver round after round; `wake` ends a nap.  The caller holds the sender's lock.

    A round that breaks is logged and tried again: what it had begun is in the ledger.
    """
    traffic = None
    while not stop.is_set():
        wake.clear()
        here = house()
        traffic = fits(traffic, here)
        try:
            with _ended_by_config(house, traffic, stop):
                report = await pipeline.deliver(here, stop=stop, traffic=traffic)
        except Exception as error:  # noqa: BLE001 - the web and the metronome go on
            why = f"{type(error).__name__}: {error}"
            structlog.get_logger().error("delivery broke off", error=why)
            report = Report(resume_at=house().clock() + _AFTER_A_BREAK)
        _log(report)
        await _nap(house(), report, stop, wake)


@contextmanager
def _ended_by_config(
    house: Callable[[], House], traffic: Traffic, stop: asyncio.Event
) -> Iterator[None]:
    """A round whose limits are no longer those of config ends; the next one goes by the new."""

    async def look() -> None:
        while not stop.is_set() and fits(traffic, house()) is traffic:
            await _until(stop.wait(), seconds=_LOOKS)
        traffic.over = True

    looking = asyncio.ensure_future(look())
    try:
        yield
    finally:
        looking.cancel()


async def see_through(
    house: House,
    issue: IssueId,
    *,
    lock: Path,
    stop: asyncio.Event,
    stands: Callable[[Balance], object],
) -> Report:
    """Deliver what is due; where another process sends, watch it, and go on where it ends.

    Returns once the issue rests or what is left of it waits for its hour.  `stands` hears how the
    issue stands while another sends.  Raises Refused where that one moves nothing.
    """
    looks = _looks(house, issue, stop=stop, stands=stands)
    async with aclosing(looks):
        async for _ in looks:
            with suppress(SomebodySends), sender_lock(lock):
                await pipeline.recover(house)
                return await pipeline.deliver(house, stop=stop)
    return Report()


async def _looks(
    house: House, issue: IssueId, *, stop: asyncio.Event, stands: Callable[[Balance], object]
) -> AsyncGenerator[None, None]:
    """One at once, and one after the other as long as the issue is worth waiting for."""
    last, moved_at = None, house.clock()
    while not stop.is_set():
        yield
        balance = await house.ledger.balance(issue)
        stands(balance)
        now = house.clock()
        soon = await house.outbox.wakes_at(issue)  # None: it rests, or was stopped
        if (balance, soon) != last:
            last, moved_at = (balance, soon), now
        if soon is None or soon > now + _PATIENCE:
            await house.outbox.close_balanced(now=now)  # the other one does it a moment later
            return
        if now - moved_at > _STANDSTILL:
            raise Refused(_stands_still(issue, balance))
        await _until(stop.wait(), seconds=_LOOKS)


def _stands_still(issue: IssueId, balance: Balance) -> Problem:
    return Problem(
        message=msgid(
            "{issue}: {n} still wait, and the process that sends has moved none of them for a "
            "minute."
        ),
        args={"issue": issue, "n": balance.waiting},
        remedy=msgid(
            "Its log says what it waits for: its mail server, or a limit. The file "
            "var/sender.lock holds its number."
        ),
    )


async def mail_notice(
    house: House, number: DeliveryId, *, lock: Path, stop: asyncio.Event
) -> Problem | None:
    """Mail a Notice; where another process sends, watch it do so, and go on where it ends.

    Returns once it rests, was put off, or nothing happens; what kept it from going, if anything.
    """
    until = house.clock() + _STANDSTILL
    while not stop.is_set() and house.clock() < until:
        with suppress(SomebodySends), sender_lock(lock):
            await pipeline.recover(house)
            return (await pipeline.deliver(house, stop=stop, notices_only=True)).trouble
        row = await house.notices.row(number)
        if row is None or row[0].next_try_at is None or row[0].tries:
            return None
        await _until(stop.wait(), seconds=_LOOKS)
    return None


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
