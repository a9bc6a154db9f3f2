"""Several relays over a real ledger: lanes with gates, as publisher/lanes.py makes them."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime

from publisher.deliver import fleet
from publisher.deliver.committer import Report
from publisher.deliver.governor import Governor
from publisher.deliver.lane import Lane, Pace
from publisher.deliver.pool import Pool
from publisher.deliver.traffic import RelayGate, Shares, Traffic
from publisher.model.deliveries import Delivery
from publisher.model.rates import DomainGroup, groups_of
from publisher.model.relays import Relay
from publisher.store.buckets import SqlAllowances
from tests.support.build import MOSCOW
from tests.support.sending import DICE, QUICK, Room


def same_time(delivery: Delivery, now: datetime) -> datetime:
    return now


def no_end(delivery: Delivery, now: datetime) -> datetime | None:
    return None


@dataclass
class Harbour:
    """A room's relays, and what their lanes share."""

    room: Room
    relays: Sequence[Relay]
    groups: Mapping[str, DomainGroup] = field(default_factory=dict)
    hours: Callable[[Delivery, datetime], datetime] = same_time
    closes: Callable[[Delivery, datetime], datetime | None] = no_end
    pace: Pace = QUICK
    reports: list[Report] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.traffic = self.restarted()

    def restarted(self) -> Traffic:
        """What a new process knows: nothing but what the store has kept."""
        self.traffic = Traffic(
            governor=Governor(
                allowances=SqlAllowances(self.room.outbox.database),
                groups=groups_of(self.groups),
                zone=MOSCOW,
                ticks=asyncio.get_running_loop().time,
                most=sum(relay.connections for relay in self.relays),
            ),
            relays=tuple(self.relays),
            shares=Shares(weights={relay.name: relay.weight for relay in self.relays}),
        )
        return self.traffic

    async def deliver(self) -> Report:
        async with AsyncExitStack() as stack:
            pools = [
                await stack.enter_async_context(
                    Pool(relay, dice=DICE, hello="me.test", wear=self.room.wear)
                )
                for relay in self.relays
            ]
            lanes = [self._lane(pool, [one for one in pools if one is not pool]) for pool in pools]
            return await fleet.deliver(
                lanes,
                self.traffic,
                stop=self.room.stop,
                told=self.reports.append,
                pace=self.pace,
            )

    def _lane(self, pool: Pool, beside: Sequence[Pool]) -> Lane:
        room, relay = self.room, pool.relay

        async def hours(delivery: Delivery, now: datetime) -> datetime:
            return self.hours(delivery, now)

        async def closes(delivery: Delivery, now: datetime) -> datetime | None:
            return self.closes(delivery, now)

        return Lane(
            outbox=room.outbox,
            hand_over=room.outbox.hand_over,
            pool=pool,
            compose_mail=room.compose,
            foresee=room.foresee,
            message_id=room.message_id,
            on_uncertain=room.uncertain,
            clock=room.clock,
            owner=f"me/{relay.name}",
            gate=RelayGate(traffic=self.traffic, relay=relay, hours=hours, closes=closes),
            beside=beside,
        )
