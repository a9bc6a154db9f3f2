"""Several relays at once: each has a lane of its own over the same ledger.

One that fails, or has reached a limit, rests, and what it gave back goes over the others; when its
rest is over it is asked again.  The ledger's leases see to it that nothing is sent twice.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from operator import attrgetter

from publisher.deliver import dispatcher, policy
from publisher.deliver.committer import COUNTS, Report
from publisher.deliver.lane import Lane, Pace
from publisher.deliver.traffic import Rest, Traffic
from publisher.deliver.trouble import trouble
from publisher.errors import Refused, StoreBusy
from publisher.model.deliveries import Result

_counts: Callable[[Report], tuple[int, ...]] = attrgetter(*COUNTS)

_NEWS = 0.05  # seconds between what is told of a round that runs
_CLOSES = 30.0  # seconds between looks for issues that are done while others are at work
_LOOK = 5.0  # seconds between looks for what has become due while others are at work


async def deliver(
    lanes: Sequence[Lane],
    traffic: Traffic,
    *,
    stop: asyncio.Event,
    told: Callable[[Report], object] = lambda report: None,
    pace: Pace | None = None,
) -> Report:
    """Send what is due over all of them; returns when no lane has anything more to do.

    `trouble` and `resume_at` stand in the report where every relay failed or has reached a limit;
    what failed beside others that work is in `away`.  Raises as dispatcher.deliver does.
    """
    fleet = _Fleet(lanes, traffic, stop=stop, told=told, pace=pace)
    try:
        async with asyncio.TaskGroup() as group:
            closing = group.create_task(_close_issues(lanes[0]), name="close issues")
            async with asyncio.TaskGroup() as crew:
                for lane in lanes:
                    crew.create_task(fleet.run(lane), name=f"lane {lane.pool.relay.name}")
            closing.cancel()
    except BaseExceptionGroup as failed:
        raise dispatcher.first_of(failed) from failed
    finally:
        with suppress(StoreBusy, Refused):  # then these are lost, and no limit is exceeded
            await traffic.governor.rest(now=lanes[0].clock())
    return fleet.report()


async def _close_issues(lane: Lane) -> None:
    """Now and then: one that is done waits neither for a large one beside it nor for a limit."""
    while True:
        await asyncio.sleep(_CLOSES)
        with suppress(StoreBusy, Refused):  # then the next time
            await lane.outbox.close_balanced(now=lane.clock())


@dataclass(slots=True, kw_only=True)
class _State:
    running: bool = True  # or woken to run
    done: Report = field(default_factory=Report)  # all rounds that ended
    now: Report = field(default_factory=Report)  # the one that runs
    last: Report = field(default_factory=Report)  # the one that ended last


class _Fleet:
    def __init__(
        self,
        lanes: Sequence[Lane],
        traffic: Traffic,
        *,
        stop: asyncio.Event,
        told: Callable[[Report], object],
        pace: Pace | None,
    ) -> None:
        self._lanes, self._traffic, self._stop = lanes, traffic, stop
        self._told, self._pace = told, pace
        self._states = {lane.pool.relay.name: _State() for lane in lanes}
        for lane in lanes:
            if self._rests(lane):
                name = lane.pool.relay.name
                self._states[name] = _State(running=False, last=traffic.resting[name].report)
        self._time = asyncio.get_running_loop().time
        self._told_at = float("-inf")  # loop time
        self._news = asyncio.Condition()
        self._came_back = 0  # how often a lane failed or closed, and gave back what it held

    async def run(self, lane: Lane) -> None:
        """Rounds of one lane, until nobody has anything more to do."""
        state = self._states[lane.pool.relay.name]
        while not (self._stop.is_set() or self._traffic.over):
            await self._rest(lane)
            if self._rests(lane):
                return
            seen = self._came_back
            await self._round(lane, state)
            if state.last.resume_at is None and await self._nothing_more(lane, seen):
                return

    async def _round(self, lane: Lane, state: _State) -> None:
        name = lane.pool.relay.name
        state.running = True

        def told(report: Report) -> None:
            state.now = report
            self._tell()

        self._traffic.shares.join(name)
        try:
            state.last = await self._knock(lane) or await dispatcher.deliver(
                lane, stop=self._stop, pace=self._pace, told=told
            )
        finally:
            self._traffic.shares.leave(name)
        state.done, state.now = _sum((state.done, state.last)), Report()
        self._tell(at_once=True)
        self._traffic.resting.pop(name, None)
        state.running = False
        if state.last.resume_at is not None:
            self._traffic.resting[name] = Rest(
                report=state.last, since=lane.clock(), until=state.last.resume_at
            )
            self._wake_others(name)
        async with self._news:
            self._news.notify_all()

    def _tell(self, *, at_once: bool = False) -> None:
        """Not at every commit: nobody reads a thousand numbers a second."""
        now = self._time()
        if at_once or now - self._told_at >= _NEWS:
            self._told_at = now
            self._told(self.report())

    async def _knock(self, lane: Lane) -> Report | None:
        """Beside others, a relay shows that it is there before anything is claimed for it."""
        due = await lane.outbox.wakes_at()
        if len(self._lanes) == 1 or due is None or due > lane.clock():
            return None
        failed = await self._probe(lane)
        if failed is None or lane.pool.was_cut:
            return None
        resume_at = lane.clock() + policy.pause(failed)
        return Report(trouble=trouble(failed, lane.pool.relay), resume_at=resume_at)

    async def _probe(self, lane: Lane) -> Result | None:
        """Told to stop, we do not wait for a server that says nothing; nothing flies here yet."""
        probe = asyncio.ensure_future(lane.pool.probe())
        stopped = asyncio.ensure_future(self._stop.wait())
        try:
            await asyncio.wait({probe, stopped}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopped.cancel()
            if not probe.done():
                lane.pool.cut("stopped")
        return await probe

    def _wake_others(self, name: str) -> None:
        """What this one gave back is theirs to send."""
        self._came_back += 1
        for other in self._lanes:
            if other.pool.relay.name != name and not self._rests(other):
                self._states[other.pool.relay.name].running = True

    async def _rest(self, lane: Lane) -> None:
        """Until this relay is worth another knock, or nobody else is at work any more."""
        rest, now = self._traffic.resting.get(lane.pool.relay.name), lane.clock()
        if rest is None or not rest.holds(now):
            return
        span = (rest.until - now).total_seconds()
        with suppress(TimeoutError):
            async with asyncio.timeout(span), self._news:
                await self._news.wait_for(self._over)

    def _rests(self, lane: Lane) -> bool:
        rest = self._traffic.resting.get(lane.pool.relay.name)
        return rest is not None and rest.holds(lane.clock())

    async def _nothing_more(self, lane: Lane, seen: int) -> bool:
        """Wait for what others give back or what becomes due; True when nobody is at work."""

        def told() -> bool:
            return self._over() or self._came_back != seen

        while not told():
            with suppress(TimeoutError):
                async with asyncio.timeout(_LOOK), self._news:
                    await self._news.wait_for(told)
            due = None if told() else await lane.outbox.wakes_at()
            if due is not None and due <= lane.clock():
                return False
        return self._came_back == seen

    def _over(self) -> bool:
        ends = self._stop.is_set() or self._traffic.over
        return ends or not any(one.running for one in self._states.values())

    def report(self) -> Report:
        states = self._states.values()
        total = _sum([one for state in states for one in (state.done, state.now)])
        ended = [one.last for one in states if one.last.resume_at is not None]
        failed = tuple(one.trouble for one in ended if one.trouble is not None)
        houses = [one.last.opens_at for one in states if one.last.opens_at is not None]
        total = replace(total, opens_at=min(houses, default=None))
        if len(ended) < len(states):
            return replace(total, away=failed)
        resume_at = min(one.resume_at for one in ended if one.resume_at is not None)
        return replace(total, trouble=next(iter(failed), None), resume_at=resume_at)


def _sum(reports: Sequence[Report]) -> Report:
    totals = map(sum, zip(*map(_counts, reports), strict=True))
    return Report(**dict(zip(COUNTS, totals, strict=True)))  # type: ignore[arg-type]  # as above
