"""Laws of the gate: whatever is asked in whatever order, over restarts, no limit is exceeded."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.deliver.governor import Governor
from publisher.deliver.traffic import RelayGate, Shares, Traffic
from publisher.model.deliveries import Delivery
from publisher.model.names import DeliveryId
from publisher.model.rates import Bucket, DomainGroup, Rate, groups_of, slot_ends
from publisher.model.relays import Relay
from publisher.outlets import Grant, Want
from tests.support.build import MOSCOW, NOON, make_delivery

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
HOUSE = DomainGroup(name="few", domains=("few.test",), rates=(Rate(count=5, per=MINUTE),))
RELAY = Relay(
    name="main",
    host="mail.test",
    port=25,
    rates=(Rate(count=4, per=SECOND), Rate(count=9, per=MINUTE)),
)


@dataclass
class Kept:
    """What the store keeps of every bucket, in memory; store/buckets.py does the same in rows."""

    buckets: dict[str, Bucket] = field(default_factory=dict)

    async def take(self, wants: Sequence[Want], *, now: datetime) -> Mapping[str, Grant]:
        granted = {}
        for want in wants:
            bucket = self.buckets.get(want.name, Bucket())
            count, left = bucket.take(want.rate, want.count, now=now)
            self.buckets[want.name] = left
            granted[want.name] = Grant(
                count=count,
                until=slot_ends(want.rate, now=now),
                opens_at=left.opens_at(want.rate, now=now),
            )
        return granted


def gate_over(kept: Kept) -> RelayGate:
    """A process that has just begun."""
    governor = Governor(allowances=kept, groups=groups_of({"few": HOUSE}), zone=MOSCOW, most=1000)
    shares = Shares(weights={"main": 1})

    async def hours(delivery: Delivery, now: datetime) -> datetime:
        return now

    traffic = Traffic(governor=governor, relays=(RELAY,), shares=shares)
    return RelayGate(traffic=traffic, relay=RELAY, hours=hours)


def held(count: int) -> list[Delivery]:
    """Every other one is for the small house."""
    return [
        replace(
            make_delivery(), id=DeliveryId(n + 1), address=f"r{n}@{'few' if n % 2 else 'many'}.test"
        )
        for n in range(count)
    ]


steps = st.lists(
    st.tuples(st.integers(0, 3000), st.integers(0, 12), st.booleans()), min_size=1, max_size=60
)


def walk(plan: list[tuple[int, int, bool]]) -> tuple[list[tuple[datetime, Delivery]], datetime]:
    """Milliseconds go by, so many wait, and perhaps the process begins anew; what went, and when."""
    kept, now, went = Kept(), NOON, list[tuple[datetime, Delivery]]()
    gate = gate_over(kept)

    async def run() -> datetime:
        nonlocal now, gate
        for ms, count, restarts in plan:
            now += timedelta(milliseconds=ms)
            gate = gate_over(kept) if restarts else gate
            waiting = held(count)
            later = await gate.prepare(waiting, now=now)
            for one in waiting:
                if one.id not in later and gate.take(one, now=now):
                    went.append((now, one))
                    gate.landed(one, None, now=now)
        return now

    return went, asyncio.run(run())


@settings(max_examples=60)
@given(steps)
def test_neither_the_relays_limits_nor_a_houses_are_exceeded(
    plan: list[tuple[int, int, bool]],
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
def test_whatever_went_before_a_mail_goes_when_the_limits_have_let_it(
    plan: list[tuple[int, int, bool]],
) -> None:
    """Every delivery ends: a minute and a slot later, and three looks, something goes again."""
    later = [(63_001, 0, False), *((60, 2, False) for _ in range(3))]
    went, end = walk([*plan, *later])

    assert any(at > end - SECOND for at, _ in went)
