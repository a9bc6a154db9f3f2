"""Laws of the gate: whatever is asked in whatever order, over restarts, no limit is exceeded."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count as count_up

from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.deliver.governor import Governor
from publisher.deliver.traffic import RelayGate, Shares, Traffic
from publisher.model.deliveries import Delivery
from publisher.model.names import DeliveryId
from publisher.model.rates import DomainGroup, Rate, groups_of
from publisher.model.relays import Relay
from tests.support.build import MOSCOW, NOON, make_delivery
from tests.support.kept import Kept

MS = timedelta(milliseconds=1)
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
HOUSE = DomainGroup(name="few", domains=("few.test",), rates=(Rate(count=5, per=MINUTE),))
RELAY = Relay(
    name="main",
    host="mail.test",
    port=25,
    rates=(Rate(count=4, per=SECOND), Rate(count=9, per=MINUTE)),
)
SLOW = Relay(name="main", host="mail.test", port=25, rates=(Rate(count=40, per=HOUR),))


def gate_over(kept: Kept, relay: Relay, ticks: Callable[[], float]) -> RelayGate:
    """A process that has just begun."""
    governor = Governor(
        allowances=kept, groups=groups_of({"few": HOUSE}), zone=MOSCOW, most=1000, ticks=ticks
    )
    shares = Shares(weights={"main": 1})

    async def hours(delivery: Delivery, now: datetime) -> datetime:
        return now

    traffic = Traffic(governor=governor, relays=(relay,), shares=shares)
    return RelayGate(traffic=traffic, relay=relay, hours=hours)


def held(count: int, numbers: Iterator[int]) -> list[Delivery]:
    """Every other one is for the small house."""
    return [
        replace(
            make_delivery(),
            id=DeliveryId(next(numbers)),
            address=f"r{n}@{'few' if n % 2 else 'many'}.test",
        )
        for n in range(count)
    ]


ticks = st.one_of(st.integers(0, 80), st.integers(0, 600), st.integers(0, 3000))
seldom = st.sampled_from([False] * 9 + [True])
steps = st.lists(
    st.tuples(ticks, st.integers(0, 12), st.booleans(), st.booleans()), min_size=1, max_size=60
)
busy_steps = st.lists(  # so that every limit is reached
    st.tuples(ticks, st.integers(8, 12), seldom, seldom), min_size=50, max_size=80
)


@dataclass
class Walker:
    """A sender in hypothetical hands.

    It begins anew at any step; some that it takes go back; and a busy store, or a server that is
    slow, holds up a MAIL for a step or more.
    """

    relay: Relay
    kept: Kept = field(default_factory=Kept)
    now: datetime = NOON
    went: list[tuple[datetime, Delivery]] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=count_up)
    unwanted: list[Delivery] = field(default_factory=list)  # those that are to go back a step later
    started: list[Delivery] = field(default_factory=list)  # those whose MAIL is still to come

    def __post_init__(self) -> None:
        self.begin()

    def ticks(self) -> float:
        return (self.now - NOON).total_seconds()

    def begin(self) -> None:
        self.gate = gate_over(self.kept, self.relay, self.ticks)
        self.unwanted.clear()
        self.started.clear()

    async def step(self, count: int, *, stopped: bool) -> None:
        for one in self.unwanted:
            self.gate.never_left(one)
        self.unwanted.clear()
        self._speak(self.started)
        for turn in range(3):
            await self._look(held(count, self.numbers), stopped=stopped and turn < 2)
        if stopped:
            await self.gate.traffic.governor.rest(now=self.now)

    async def _look(self, waiting: list[Delivery], *, stopped: bool) -> None:
        later = await self.gate.prepare(waiting, now=self.now)
        taken = [
            one for one in waiting if one.id not in later and self.gate.take(one, now=self.now)
        ]
        self.unwanted += [one for one in taken if stopped and one.id % 3]
        self.started += [one for one in taken if not (stopped and one.id % 3)]
        self._speak([one for one in self.started if one.id % 2])

    def _speak(self, ones: list[Delivery]) -> None:
        """As courier.py does, which waits for half a second at most."""
        for one in list(ones):
            wait = self.gate.delay(one)
            if 0 < wait < 0.5:
                continue
            self.started.remove(one)
            if wait:
                self.gate.never_left(one)
            else:
                self.went.append((self.now, one))
                self.gate.landed(one, None, now=self.now)


def walk(
    plan: list[tuple[int, int, bool, bool]], relay: Relay = RELAY, *, tick: timedelta = MS
) -> tuple[list[tuple[datetime, Delivery]], datetime]:
    """Ticks go by, so many wait, perhaps the process begins anew, perhaps few may start.

    What went, and when.
    """
    walker = Walker(relay)

    async def run() -> datetime:
        for ticks, count, restarts, stopped in plan:
            walker.now += tick * ticks
            if restarts:
                walker.begin()
            await walker.step(count, stopped=stopped)
        return walker.now

    return walker.went, asyncio.run(run())


@settings(max_examples=60)
@given(busy_steps)
def test_neither_the_relays_limits_nor_a_houses_are_exceeded(
    plan: list[tuple[int, int, bool, bool]],
) -> None:
    went, _ = walk(plan)
    everything = [at for at, _ in went]
    few = [at for at, one in went if one.address.endswith("@few.test")]

    for times, rates in ((everything, RELAY.rates), (few, HOUSE.rates)):
        for rate in rates:
            for first, beyond in zip(times, times[rate.count :], strict=False):
                assert beyond - first > rate.per


@settings(max_examples=60)
@given(busy_steps)
def test_what_is_put_back_exceeds_no_limit_of_hours(
    plan: list[tuple[int, int, bool, bool]],
) -> None:
    went, _ = walk(plan, SLOW, tick=SECOND / 10)
    times = [at for at, _ in went]

    for first, beyond in zip(times, times[40:], strict=False):
        assert beyond - first > HOUR


@settings(max_examples=60)
@given(steps)
def test_whatever_went_before_a_mail_goes_when_the_limits_have_let_it(
    plan: list[tuple[int, int, bool, bool]],
) -> None:
    """Every delivery ends: a minute and a slot later, and three looks, something goes again."""
    later = [(63_001, 0, False, False), *((60, 2, False, False) for _ in range(3))]
    went, end = walk([*plan, *later])

    assert any(at > end - SECOND for at, _ in went)
