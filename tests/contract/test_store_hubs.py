"""The port Hubs."""

from dataclasses import replace
from datetime import timedelta

import pytest

from publisher.model.hubs import HubStatus, HubSubscription
from publisher.model.names import SourceId
from publisher.model.problems import Problem
from publisher.store.hubs import SqlHubs
from tests.support.build import NOON
from tests.support.hub import make_subscription
from tests.support.stores import Store

SITE = SourceId("site-en")


FULL = make_subscription(
    status=HubStatus.FAILED,
    asked_at=NOON + timedelta(microseconds=1),
    verified_at=NOON - timedelta(days=5),
    expires_at=NOON + timedelta(days=5),
    told_at=NOON - timedelta(hours=1),
    failures=3,
    problem=Problem(
        message="{url} answered {code}.", args={"url": "https://hub.test", "code": 503}
    ),
)


@pytest.fixture
def hubs(store: Store) -> SqlHubs:
    return SqlHubs(store.database)


async def test_a_source_that_asked_no_hub_has_no_subscription(hubs: SqlHubs) -> None:
    assert await hubs.get(SITE) is None
    assert await hubs.by_token(FULL.token) is None
    assert await hubs.all() == []


@pytest.mark.parametrize("subscription", [make_subscription(), FULL], ids=["bare", "full"])
async def test_a_subscription_comes_back_exactly_by_source_and_by_token(
    hubs: SqlHubs, subscription: HubSubscription
) -> None:
    await hubs.save(subscription)

    assert await hubs.get(SITE) == subscription
    assert await hubs.by_token(subscription.token) == subscription


@pytest.mark.parametrize("status", HubStatus)
async def test_every_status_can_be_stored(hubs: SqlHubs, status: HubStatus) -> None:
    await hubs.save(make_subscription(status=status))

    assert await hubs.get(SITE) == make_subscription(status=status)


async def test_the_newest_replaces_the_one_before_it_wholly_and_its_token_is_forgotten(
    hubs: SqlHubs,
) -> None:
    await hubs.save(FULL)
    await hubs.save(replace(make_subscription(), token=FULL.token[::-1]))

    assert await hubs.all() == [replace(make_subscription(), token=FULL.token[::-1])]
    assert await hubs.by_token(FULL.token) is None


async def test_a_token_is_known_only_as_it_is_spelt(hubs: SqlHubs) -> None:
    await hubs.save(make_subscription())

    assert await hubs.by_token(FULL.token.upper()) is None


async def test_all_come_in_order_of_their_sources(hubs: SqlHubs) -> None:
    for name in ("wire", "agency", "site-en"):
        await hubs.save(make_subscription(source=SourceId(name)))

    assert [one.source for one in await hubs.all()] == ["agency", "site-en", "wire"]
