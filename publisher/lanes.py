"""The ways out of a newsroom: a lane for every relay, opened and closed together."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime

from publisher.compose.waves import closes_at, opens_at
from publisher.deliver.governor import Governor
from publisher.deliver.lane import Lane
from publisher.deliver.pool import Pool
from publisher.deliver.signing import Signatories
from publisher.deliver.traffic import Closes, Hours, RelayGate, Shares, Traffic
from publisher.house import House
from publisher.model.deliveries import Delivery
from publisher.model.relays import Relay
from publisher.postman import Postman
from publisher.signatory import Bureau

_PER_CONNECTION = 2  # mails under way on a connection: one, and the next one's envelope


def traffic_of(house: House) -> Traffic:
    """What lanes share; kept for as long as the process sends by this config."""
    return Traffic(
        governor=Governor(
            allowances=house.allowances,
            groups=house.groups,
            zone=house.newsroom.site.zone,
            ticks=asyncio.get_running_loop().time,
            most=_PER_CONNECTION * sum(relay.connections for relay in house.relays),
        ),
        relays=house.relays,
        shares=Shares(weights={relay.name: relay.weight for relay in house.relays}),
    )


def fits(traffic: Traffic | None, house: House) -> Traffic:
    """The same, unless config changed under it."""
    if traffic is None or traffic.relays != house.relays:
        return traffic_of(house)
    same = (traffic.governor.groups, traffic.governor.zone) == (
        house.groups,
        house.newsroom.site.zone,
    )
    return traffic if same and not traffic.over else traffic_of(house)


@asynccontextmanager
async def open_lanes(
    house: House, traffic: Traffic, *, notices_only: bool = False
) -> AsyncIterator[list[Lane]]:
    """One for every relay.  With a sample profile only relays on this machine are reached."""
    only_here = any(one.sample for versions in house.newsroom.profiles.values() for one in versions)
    async with AsyncExitStack() as stack:
        sign = await stack.enter_async_context(Signatories())
        bureau = await stack.enter_async_context(Bureau(house.dkim, sign=sign))
        postman = Postman(house, sign=sign, later=bureau.later)
        pools = [
            await stack.enter_async_context(Pool(one, dice=house.dice, loopback_only=only_here))
            for one in house.relays
        ]
        lanes = []
        for pool in pools:
            relay = pool.relay
            gate = RelayGate(
                traffic=traffic, relay=relay, hours=_hours(postman), closes=_closes(postman)
            )
            lanes.append(
                Lane(
                    outbox=house.urgent if notices_only else house.outbox,
                    pool=pool,
                    compose_mail=postman.mail,
                    hand_over=house.hand_over,
                    foresee=postman.foresee,
                    begun=postman.begun,
                    message_id=postman.message_id,
                    on_uncertain=postman.on_uncertain,
                    clock=house.clock,
                    owner=_owner(house, relay),
                    gate=gate,
                    beside=[one for one in pools if one is not pool],
                )
            )
        yield lanes


def _owner(house: House, relay: Relay) -> str:
    return house.owner if len(house.relays) == 1 else f"{house.owner}/{relay.name}"


def _hours(postman: Postman) -> Hours:
    async def opens(delivery: Delivery, now: datetime) -> datetime:
        edition = await postman.edition(delivery)
        return opens_at(edition, delivery.timezone, now=now) if edition else now

    return opens


def _closes(postman: Postman) -> Closes:
    async def closes(delivery: Delivery, now: datetime) -> datetime | None:
        edition = await postman.edition(delivery)
        return closes_at(edition, delivery.timezone, now=now) if edition else None

    return closes
