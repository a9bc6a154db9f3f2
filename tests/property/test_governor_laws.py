"""Laws of the gate: whatever is asked in whatever order, over restarts, no limit is exceeded."""

import asyncio
from collections.abc import Iterator
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


def gate_over(kept: Kept, relay: Relay) -> RelayGate:
    """A process that has just begun."""
    governor = Governor(allowances=kept, groups=groups_of({"few": HOUSE}), zone=MOSCOW, most=1000)
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


steps = st.lists(
    st.tuples(st.integers(0, 3000), st.integers(0, 12), st.booleans(), st.booleans()),
    min_size=1,
    max_size=60,
)


@dataclass
class Walker:
    """A sender in hypothetical hands: it begins anew at any step, and some that it takes go back."""

    relay: Relay
    kept: Kept = field(default_factory=Kept)
    went: list[tuple[datetime, Delivery]] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=count_up)
    flying: list[Delivery] = field(default_factory=list)  # those that are to go back a step later

    def __post_init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        self.gate = gate_over(self.kept, self.relay)
        self.flying.clear()

    async def step(self, count: int, *, stopped: bool, now: datetime) -> None:
        for one in self.flying:
            self.gate.never_left(one)
        self.flying.clear()
        for turn in range(3):
            await self._look(held(count, self.numbers), stopped=stopped and turn < 2, now=now)
        if stopped:
            await self.gate.traffic.governor.rest(now=now)

    async def _look(self, waiting: list[Delivery], *, stopped: bool, now: datetime) -> None:
        later = await self.gate.prepare(waiting, now=now)
        for one in waiting:
            if one.id in later or not self.gate.take(one, now=now):
                continue
            if stopped and one.id % 3:
                self.flying.append(one)
            else:
                self.went.append((now, one))
                self.gate.landed(one, None, now=now)


def walk(
    plan: list[tuple[int, int, bool, bool]], relay: Relay = RELAY, *, tick: timedelta = MS
) -> tuple[list[tuple[datetime, Delivery]], datetime]:
    """Ticks go by, so many wait, perhaps the process begins anew, perhaps few may start.

    What went, and when.
    """
    walker = Walker(relay)

    async def run() -> datetime:
        now = NOON
        for ticks, count, restarts, stopped in plan:
            now += tick * ticks
            if restarts:
                walker.begin()
            await walker.step(count, stopped=stopped, now=now)
        return now

    return walker.went, asyncio.run(run())


@settings(max_examples=60)
@given(steps)
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
@given(steps)
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
