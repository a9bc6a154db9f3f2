"""The port HubPings."""

from datetime import timedelta

import pytest

from publisher.model.pings import Ping
from publisher.model.problems import Problem
from publisher.store.pings import SqlHubPings
from tests.support.build import NOON
from tests.support.stores import Store

TOPIC, HUB = "https://embankment.test/feeds/en/all.rss", "https://hub.test/"
MINUTE = timedelta(minutes=1)


@pytest.fixture
def pings(store: Store) -> SqlHubPings:
    return SqlHubPings(store.database)


async def begin(pings: SqlHubPings, digest: str, minutes: int = 0, hub: str = HUB) -> Ping | None:
    now = NOON + minutes * MINUTE
    return await pings.begin(TOPIC, hub, digest, now=now, until=now + 2 * MINUTE)


async def test_a_ping_begins_as_it_is_stored_and_comes_back_exactly(pings: SqlHubPings) -> None:
    begun = await begin(pings, "aa")

    assert begun == Ping(topic=TOPIC, hub=HUB, tried="aa", again_at=NOON + 2 * MINUTE)
    assert await pings.all() == [begun]
    failed = Ping(
        topic=TOPIC,
        hub=HUB,
        told="00",
        told_at=NOON - timedelta(days=1),
        tried="aa",
        again_at=NOON + 5 * MINUTE,
        failures=3,
        problem=Problem(message="{url} answered {code}.", args={"url": HUB, "code": 503}),
    )
    await pings.save(failed)
    assert await pings.all() == [failed]


async def test_nobody_else_begins_what_one_has_in_hand(pings: SqlHubPings) -> None:
    assert await begin(pings, "aa")
    assert await begin(pings, "aa", 1) is None
    assert await begin(pings, "bb", 1) is None
    assert await begin(pings, "aa", 1, hub="https://other.test/")


async def test_a_try_whose_process_died_is_begun_again(pings: SqlHubPings) -> None:
    await begin(pings, "aa")

    assert await begin(pings, "aa", 2)


async def test_what_a_hub_knows_is_not_begun(pings: SqlHubPings) -> None:
    await begin(pings, "aa")
    await pings.save(Ping(topic=TOPIC, hub=HUB, told="aa", told_at=NOON, tried="aa"))

    assert await begin(pings, "aa", 9) is None
    assert await begin(pings, "bb", 9)


async def test_what_was_forgotten_is_gone_and_not_saved_again(pings: SqlHubPings) -> None:
    begun = await begin(pings, "aa")
    await begin(pings, "aa", hub="https://other.test/")
    assert begun is not None

    await pings.forget({(TOPIC, HUB), (TOPIC, "https://unknown.test/")})
    await pings.save(begun)
    assert [one.hub for one in await pings.all()] == ["https://other.test/"]
