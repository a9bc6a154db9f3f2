"""Carries deliveries out: claims, starts, sends, records.  What a result means, policy.py says."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol

from publisher.deliver import policy
from publisher.deliver.committer import Committer, Patience, Report
from publisher.deliver.meanings import Verdict, verdict
from publisher.deliver.pool import Line, Pool
from publisher.deliver.trouble import trouble
from publisher.errors import PublisherError, Refused, StoreBusy
from publisher.model.deliveries import (
    Delivery,
    DeliveryStatus,
    Outcome,
    Phase,
    Result,
    Settled,
)
from publisher.model.digests import Mail
from publisher.model.editions import OnUncertain
from publisher.model.names import IssueId
from publisher.model.notices import is_notice
from publisher.ports import Clock, Outbox, Start

_STORE_PAUSE = timedelta(minutes=1)  # of a delivery whose digest could not be read


class Compose(Protocol):
    """How a started delivery becomes a mail; `eight_bit`: the server takes 8BITMIME."""

    async def __call__(self, delivery: Delivery, *, eight_bit: bool) -> Mail:
        """Raises PublisherError for one that can never be sent."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """One way out: the ledger, a relay's pool, and how a started delivery becomes a mail."""

    outbox: Outbox
    pool: Pool
    compose_mail: Compose
    message_id: Callable[[Delivery], str]  # without brackets, the same at every try
    on_uncertain: Callable[[IssueId], Awaitable[OnUncertain]]
    clock: Clock
    owner: str  # whose leases; one per process


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How a round goes."""

    batch: int = 200  # deliveries claimed at once
    lease: timedelta = timedelta(minutes=5)
    poll: float = 1.0  # seconds between looks for what has become due
    rest: float = 5.0  # seconds until a line that found no session tries again
    grace: float = 10.0  # seconds that flying mails get once we are told to stop
    patience: Patience = field(default_factory=Patience)


async def deliver(
    lane: Lane,
    *,
    stop: asyncio.Event,
    follow: bool = False,
    pace: Pace | None = None,
    told: Callable[[Report], object] = lambda report: None,
) -> Report:
    """Send what is due; returns when nothing is due and nothing flies, and says what was done.

    With `follow` it goes on looking until `stop`.  `stop`: no new start; what flies gets
    `pace.grace` seconds; what has then passed the dot is UNCERTAIN (or DEFERRED, as the edition
    says), everything else waits again.  Our own fault ends the round at once, see
    `Report.trouble`; nothing is lost by it.  `told` hears of every commit.

    Raises what compose_mail or the store raised beyond PublisherError and a passing StoreBusy.
    """
    round_ = _Round(lane, stop=stop, follow=follow, pace=pace or Pace(), told=told)
    try:
        await round_.go()
    except BaseExceptionGroup as group:
        raise _first(group) from group
    finally:
        with suppress(StoreBusy, Refused):  # a lease ends by itself
            await lane.outbox.release(lane.owner, now=lane.clock())
        await lane.pool.rest()
    return round_.report()


class _Round:
    """The state of one `deliver`; lives as long as it."""

    def __init__(
        self,
        lane: Lane,
        *,
        stop: asyncio.Event,
        follow: bool,
        pace: Pace,
        told: Callable[[Report], object],
    ) -> None:
        self._lane, self._stop, self._follow, self._pace = lane, stop, follow, pace
        self._halt = asyncio.Event()  # no new start
        self._committer = Committer(
            lane.outbox,
            clock=lane.clock,
            owner=lane.owner,
            halt=self._halt,
            told=told,
            patience=pace.patience,
        )
        self._claimed: deque[tuple[Delivery, datetime]] = deque()  # and when its lease ends
        self._news = asyncio.Event()  # something was claimed, or all is over
        self._hungry = asyncio.Event()  # little is left, or somebody has nothing to do
        self._busy = 0  # senders that are not waiting for something to send
        self._spoken_for = 0  # how many of the claimed a sender opens a session for
        self._exhausted = False  # the last claim gave all there was
        self._look_again = 0.0  # loop time of the next claim once exhausted
        self._trouble: Result | None = None
        self._refused: Refused | None = None  # the store said no: its disk is full

    def report(self) -> Report:
        if self._trouble is None:
            return self._committer.report
        why = trouble(self._trouble, self._lane.pool.relay)
        resume_at = self._lane.clock() + policy.pause(self._trouble)
        return replace(self._committer.report, trouble=why, resume_at=resume_at)

    async def go(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._committer.run(), name="ledger")
            try:
                await self._send_all()
            finally:
                self._committer.close()
        if self._refused is not None:
            raise self._refused

    async def _send_all(self) -> None:
        async with asyncio.TaskGroup() as group:
            feeder = group.create_task(self._feed(), name="claims")
            watch = group.create_task(self._watch(), name="stop")
            self._busy = self._lane.pool.width
            async with asyncio.TaskGroup() as crew:
                for number in range(self._lane.pool.width):
                    crew.create_task(self._work(), name=f"sender {number}")
            feeder.cancel()
            watch.cancel()

    async def _watch(self) -> None:
        """Told to stop: let what flies land, then cut it off."""
        await self._stop.wait()
        self._end()
        await asyncio.sleep(self._pace.grace)
        self._lane.pool.cut("stopped")

    def _end(self) -> None:
        self._halt.set()
        self._news.set()
        self._hungry.set()

    # --- claiming --------------------------------------------------------------------------------

    async def _feed(self) -> None:
        """Keep something claimed; end the round when there is nothing left to wait for."""
        try:
            while not self._halt.is_set():
                self._hungry.clear()
                if self._wants_more():
                    await self._claim()
                if self._claimed:
                    self._news.set()
                elif self._exhausted and not self._busy and not self._follow:
                    return
                await _until(self._hungry, seconds=self._pace.poll)
        finally:
            self._end()

    def _wants_more(self) -> bool:
        if len(self._claimed) > self._pace.batch // 2:
            return False
        return not self._exhausted or asyncio.get_running_loop().time() >= self._look_again

    async def _claim(self) -> None:
        now = self._lane.clock()
        try:
            batch = await self._lane.outbox.claim(
                limit=self._pace.batch, now=now, lease=self._pace.lease, owner=self._lane.owner
            )
        except StoreBusy:
            return  # asked again at the next poll
        except Refused as refused:
            self._refused = refused
            self._end()
            return
        if batch and not self._lane.pool.live and await self._no_session():
            return
        leased = [(delivery, now + self._pace.lease) for delivery in batch]
        ahead = [one for one in leased if is_notice(one[0].issue)]
        self._claimed.extendleft(reversed(ahead))  # Notices wait behind no digest
        self._claimed.extend(leased[len(ahead) :])
        self._exhausted = len(batch) < self._pace.batch
        self._look_again = asyncio.get_running_loop().time() + self._pace.poll

    async def _no_session(self) -> bool:
        """Before the crew knocks, one session must stand: a wrong password is tried once."""
        failed = await self._lane.pool.probe()
        if failed is not None:
            self._fail(failed)
        return failed is not None

    # --- sending ---------------------------------------------------------------------------------

    async def _work(self) -> None:
        """One sender: a session first, then a delivery; nothing is started without a session."""
        while await self._more():
            async with self._lane.pool.line() as line:
                stands = await self._stands(line)
                if stands:
                    await self._drain(line)
            if not stands:
                self._busy -= 1
                await _until(self._halt, seconds=self._pace.rest)
                self._busy += 1

    async def _stands(self, line: Line) -> bool:
        """Whether a session stands; without one this sender rests, or the round is over."""
        try:
            failed = await line.open()
        finally:
            self._spoken_for -= 1
            self._news.set()  # should it fail, somebody else may have better luck
        if failed is not None and not self._only_crowded(failed):
            self._fail(failed)
        return failed is None

    async def _drain(self, line: Line) -> None:
        """Send what is claimed; each turn records the mail before and starts the next."""
        settled: Settled | None = None
        while True:
            delivery = self._next_claimed() if line.ready else None
            if settled is None and delivery is None:
                return
            started = await self._committer.turn(settled, self._start(delivery))
            if settled is not None and settled.delivery.status is DeliveryStatus.QUEUED:
                self._exhausted = False  # what went back may be due at once
            settled = await self._fly(line, started) if started is not None else None

    def _next_claimed(self) -> Delivery | None:
        """The next one whose lease still runs; None when there is none, or all is over."""
        while self._claimed and not self._halt.is_set():
            delivery, until = self._claimed.popleft()
            if len(self._claimed) == self._pace.batch // 2:
                self._hungry.set()
            if self._lane.clock() < until:
                return delivery
        return None

    async def _more(self) -> bool:
        """Wait for a delivery that nobody else opens a session for; False when all is over."""
        while not self._halt.is_set():
            if len(self._claimed) > self._spoken_for:
                self._spoken_for += 1
                return True
            self._busy -= 1
            self._news.clear()
            self._hungry.set()
            await self._news.wait()
            self._busy += 1
        return False

    def _start(self, delivery: Delivery | None) -> Start | None:
        if delivery is None:
            return None
        return Start(delivery=delivery.id, message_id=self._lane.message_id(delivery))

    async def _fly(self, line: Line, delivery: Delivery) -> Settled:
        """Send one started delivery.  Cancelled or crashed, what is known of it is recorded."""
        flight = _Flight()
        try:
            return await self._send(line, delivery, flight)
        except BaseException:
            unknown = flight.reached is Phase.DOT
            crashed = await self._landed(delivery, _UNKNOWN) if unknown else self._back(delivery)
            self._committer.leave(crashed)
            raise

    async def _send(self, line: Line, delivery: Delivery, flight: "_Flight") -> Settled:
        try:
            mail = await self._lane.compose_mail(delivery, eight_bit=line.eight_bits)
        except StoreBusy:
            return self._back(delivery, wait=_STORE_PAUSE)
        except PublisherError as error:
            return await self._landed(delivery, _uncomposed(error))
        try:
            result = await line.send(mail)
        finally:
            flight.reached = line.reached
        return await self._landed(delivery, result)

    async def _landed(self, delivery: Delivery, result: Result) -> Settled:
        """What became of it, by policy; our own fault ends the round."""
        if self._lane.pool.was_cut and _unheard(result):
            return self._back(delivery)
        if verdict(result) is Verdict.OURS:
            if self._only_crowded(result):
                return self._back(delivery)
            self._fail(result)
            return self._back(delivery, wait=policy.pause(result))
        on_uncertain = OnUncertain.SKIP
        if result.outcome is Outcome.UNCERTAIN:
            on_uncertain = await self._lane.on_uncertain(delivery.issue)
        return policy.settled(
            delivery,
            result,
            relay=self._lane.pool.relay.name,
            now=self._lane.clock(),
            on_uncertain=on_uncertain,
        )

    def _only_crowded(self, result: Result) -> bool:
        """The server has sessions with us, and merely no room for one more now."""
        passing = result.phase is Phase.CONNECT and result.outcome is Outcome.TRANSIENT
        return passing and self._lane.pool.live > 0

    def _back(self, delivery: Delivery, *, wait: timedelta = timedelta(0)) -> Settled:
        back = policy.given_back(delivery, now=self._lane.clock(), wait=wait)
        return Settled(delivery=back, attempt=None)

    def _fail(self, result: Result) -> None:
        if not self._lane.pool.was_cut:
            self._trouble = self._trouble or result
        self._end()


@dataclass(slots=True)
class _Flight:
    reached: Phase = Phase.CONNECT


_UNKNOWN = Result(
    outcome=Outcome.UNCERTAIN, phase=Phase.DOT, reply=None, reason="the sender was stopped"
)


async def _until(event: asyncio.Event, *, seconds: float) -> None:
    """Wait for an event, but not longer."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()


def _unheard(result: Result) -> bool:
    """Nothing was refused and nothing delivered: the connection ended before the dot."""
    return result.reply is None and result.outcome is Outcome.TRANSIENT


def _uncomposed(error: PublisherError) -> Result:
    return Result(
        outcome=Outcome.PERMANENT,
        phase=Phase.MAIL,
        reply=None,
        reason=f"cannot be composed: {error}",
    )


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """The failure itself; the groups around it tell only of our tasks."""
    inner = group.exceptions[0]
    return _first(inner) if isinstance(inner, BaseExceptionGroup) else inner
