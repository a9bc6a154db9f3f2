"""Carries deliveries out in rounds: claims, opens lines, ends.  What goes over one: courier.py."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace

from publisher.deliver import policy
from publisher.deliver.committer import Committer, Report
from publisher.deliver.courier import Courier
from publisher.deliver.hopper import Hopper
from publisher.deliver.landing import Landing
from publisher.deliver.lane import Lane, Pace
from publisher.deliver.pool import Line
from publisher.deliver.shelves import Claimed
from publisher.deliver.trouble import trouble
from publisher.errors import Refused, StoreBusy
from publisher.model.deliveries import Outcome, Result

_SLOW = (
    1.0  # seconds; a relay beside others that needs longer for a session holds nothing meanwhile
)


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

    Raises what compose_mail or the store raised beyond PublisherError and a passing StoreBusy;
    Refused, too, where the disk was full and had room again for what had landed.
    """
    round_ = _Round(lane, stop=stop, follow=follow, pace=pace or Pace(), told=told)
    try:
        await round_.go()
    except BaseExceptionGroup as group:
        raise first_of(group) from group
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
        self._committer = Committer(lane, halt=self._halt, told=told, patience=pace.patience)
        self._hopper = Hopper(lane, pace)
        self._landing = Landing(lane, self._fail)
        self._courier = Courier(
            lane,
            hopper=self._hopper,
            committer=self._committer,
            landing=self._landing,
            fresh=pace.fresh,
        )
        self._news = asyncio.Event()  # something was claimed, or all is over
        self._busy = 0  # senders that are not waiting for something to send
        self._spoken_for = 0  # how many of the claimed a sender opens a session for
        self._trouble: Result | None = None
        self._time = asyncio.get_running_loop().time
        self._stood_at = float("-inf")  # when a session was last good for a sender
        self._refused: Refused | None = None  # what a claim was told: the disk is full

    def report(self) -> Report:
        if self._trouble is None:
            hopper = self._hopper
            return replace(
                self._committer.report,
                resume_at=hopper.closed_until,
                opens_at=hopper.limited_until,
            )
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
        if refused := self._refused or self._committer.refused:
            raise refused

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
        self._hopper.hungry.set()

    # --- claiming --------------------------------------------------------------------------------

    async def _feed(self) -> None:
        """Keep something claimed; end the round when there is nothing left to wait for."""
        try:
            while not self._halt.is_set():
                self._hopper.hungry.clear()
                if self._hopper.wants_more():
                    await self._claim()
                await self._hopper.prepare()
                if self._is_over():
                    return
                if self._hopper:
                    self._news.set()
                await _until(self._hopper.hungry, seconds=self._hopper.nap)
        finally:
            self._end()

    def _is_over(self) -> bool:
        """Nothing is left to wait for, or nothing may go over this lane for a while."""
        if self._lane.gate.over or self._hopper.closed_until is not None:
            return True
        done = self._hopper.exhausted and not self._hopper.holds and not self._busy
        return done and not self._follow

    async def _claim(self) -> None:
        try:
            batch = await self._hopper.claim()
        except Refused as refused:
            self._refused = refused
            self._end()
            return
        if batch and not self._lane.pool.live and not await self._may_keep(batch):
            return
        await self._lane.foresee(self._hopper.soon(batch))
        self._hopper.keep(batch)

    async def _may_keep(self, batch: Sequence[Claimed]) -> bool:
        """Before the crew knocks, one session must stand: a wrong password is tried once.

        Beside other relays, one that is slow to greet holds nothing meanwhile.
        """
        kept = True
        async with asyncio.TaskGroup() as group:
            probing = group.create_task(self._lane.pool.probe(), name="probe")
            if self._lane.beside:
                await asyncio.wait({probing}, timeout=_SLOW)
                kept = probing.done()
            if not kept:
                await self._hopper.give_back(batch)
        failed = probing.result()
        if failed is None or self._only_crowded(failed):
            return kept
        self._fail(failed)
        return False

    # --- sending ---------------------------------------------------------------------------------

    async def _work(self) -> None:
        """One sender: a session first, then a delivery; nothing is started without a session."""
        while await self._more():
            async with self._lane.pool.line() as line:
                stands = await self._stands(line)
                if stands:
                    await self._courier.drain(line)
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
        if failed is None:
            self._stood_at = self._time()
        elif not self._only_crowded(failed):
            self._fail(failed)
        return failed is None

    def _only_crowded(self, failed: Result) -> bool:
        """It speaks, and had a session of ours a moment ago: some take one mail over each."""
        lately = self._time() - self._stood_at < self._pace.lately
        spoke = failed.reply is not None and failed.outcome is Outcome.TRANSIENT
        return self._landing.only_crowded(failed) or (lately and spoke)

    async def _more(self) -> bool:
        """Wait for a delivery that nobody else opens a session for; False when all is over."""
        while not self._halt.is_set():
            if len(self._hopper) > self._spoken_for:
                self._spoken_for += 1
                return True
            self._busy -= 1
            self._news.clear()
            self._hopper.wanted()
            await self._news.wait()
            self._busy += 1
        return False

    def _fail(self, result: Result) -> None:
        if not self._lane.pool.was_cut:
            self._trouble = self._trouble or result
        self._end()


async def _until(event: asyncio.Event, *, seconds: float) -> None:
    """Wait for an event, but not longer."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()


def first_of(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """The failure itself; the groups around it tell only of our tasks."""
    inner = group.exceptions[0]
    return first_of(inner) if isinstance(inner, BaseExceptionGroup) else inner
