"""Carries deliveries out: claims, starts, sends, records.  What a result means, policy.py says."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from publisher.deliver import policy
from publisher.deliver.committer import Committer, Patience, Report
from publisher.deliver.policy import Verdict
from publisher.deliver.pool import Pool
from publisher.deliver.trouble import trouble
from publisher.errors import PublisherError, StoreBusy
from publisher.model.deliveries import Delivery, Outcome, Phase, Result, Settled
from publisher.model.digests import Mail
from publisher.model.editions import OnUncertain
from publisher.model.names import IssueId
from publisher.ports import Clock, Outbox, Start

_STORE_PAUSE = timedelta(minutes=1)  # of a delivery whose digest could not be read


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """One way out: the ledger, a relay's pool, and how a started delivery becomes a mail."""

    outbox: Outbox
    pool: Pool
    compose_mail: Callable[[Delivery], Awaitable[Mail]]  # raises PublisherError: never sent
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
    patience: Patience = Patience()


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
        with suppress(StoreBusy):  # a lease ends by itself
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
        self._exhausted = False  # the last claim gave all there was
        self._look_again = 0.0  # loop time of the next claim once exhausted
        self._trouble: Result | None = None

    def report(self) -> Report:
        if self._trouble is None:
            return self._committer.report
        why = trouble(self._trouble, self._lane.pool.relay)
        return replace(self._committer.report, trouble=why)

    async def go(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._committer.run(), name="ledger")
            try:
                await self._send_all()
            finally:
                self._committer.close()

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
        while not self._halt.is_set():
            self._hungry.clear()
            if self._wants_more():
                await self._claim()
            if self._claimed and not self._lane.pool.live:
                await self._probe()
            if self._claimed:
                self._news.set()
            elif self._exhausted and not self._busy and not self._follow:
                self._end()
            with suppress(TimeoutError):
                async with asyncio.timeout(self._pace.poll):
                    await self._hungry.wait()

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
        self._claimed.extend((delivery, now + self._pace.lease) for delivery in batch)
        self._exhausted = len(batch) < self._pace.batch
        self._look_again = asyncio.get_running_loop().time() + self._pace.poll

    async def _probe(self) -> None:
        """Before the crew knocks, one session must stand: a wrong password is tried once."""
        if failed := await self._lane.pool.probe():
            self._fail(failed)

    # --- sending ---------------------------------------------------------------------------------

    async def _work(self) -> None:
        """One sender: each turn records the mail before and starts the next, in one commit."""
        settled: Settled | None = None
        while True:
            delivery = self._next_claimed()
            if settled is not None or delivery is not None:
                started = await self._committer.turn(settled, self._start(delivery))
                settled = await self._fly(started) if started is not None else None
            elif not await self._more():
                return

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
        """Wait until there may be something to send; False when all is over."""
        if self._halt.is_set():
            return False
        self._busy -= 1
        self._news.clear()
        self._hungry.set()
        await self._news.wait()
        self._busy += 1
        return not self._halt.is_set()

    def _start(self, delivery: Delivery | None) -> Start | None:
        if delivery is None:
            return None
        return Start(delivery=delivery.id, message_id=self._lane.message_id(delivery))

    async def _fly(self, delivery: Delivery) -> Settled:
        """Send one started delivery.  Cancelled or crashed, what is known of it is recorded."""
        reached = Phase.CONNECT
        try:
            try:
                mail = await self._lane.compose_mail(delivery)
            except StoreBusy:
                return self._back(delivery, wait=_STORE_PAUSE)
            except PublisherError as error:
                return await self._landed(delivery, _uncomposed(error))
            async with self._lane.pool.line() as line:
                try:
                    result = await line.send(mail)
                finally:
                    reached = line.reached
            return await self._landed(delivery, result)
        except BaseException:
            self._committer.leave(await self._crashed(delivery, reached))
            raise

    async def _landed(self, delivery: Delivery, result: Result) -> Settled:
        """What became of it, by policy; our own fault ends the round."""
        if result.reply is None and result.outcome is Outcome.TRANSIENT and self._was_cut:
            return self._back(delivery)
        if policy.verdict(result) is Verdict.OURS:
            if self._only_crowded(result):
                await self._wait_for_a_session()
                return self._back(delivery)
            self._fail(result)
            return self._back(delivery, wait=policy.PAUSE)
        on_uncertain = await self._uncertain_rule(delivery.issue, result)
        now = self._lane.clock()
        return Settled(
            delivery=policy.after(delivery, result, now=now, on_uncertain=on_uncertain),
            attempt=policy.attempt_of(result, self._lane.pool.relay.name, now),
        )
