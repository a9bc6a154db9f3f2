"""Tokens of rates, waves and readers' zones, on both databases."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from publisher.model.people import Choices
from publisher.model.rates import Daily, Rate
from publisher.model.variants import Seating, Waves
from publisher.outlets import Unused, Want
from publisher.store.buckets import SqlAllowances
from tests.support.build import DUE, NOON
from tests.support.stores import ISSUE, MINUTE, Store, names_of

DAY = timedelta(days=1)
FIFTY = Rate(count=50, per=DAY)


def want(count: int, name: str = "relay:main:day", rate: Rate = FIFTY) -> Want:
    return Want(name=name, limit=rate, count=count)


async def test_tokens_are_given_once_and_no_restart_gives_them_again(store: Store) -> None:
    first = await SqlAllowances(store.database).take([want(30)], now=NOON)
    after_a_restart = SqlAllowances(store.database)
    second = await after_a_restart.take([want(30)], now=NOON + MINUTE)
    third = await after_a_restart.take([want(1)], now=NOON + 2 * MINUTE)

    assert [one["relay:main:day"].count for one in (first, second, third)] == [30, 20, 0]
    opens = third["relay:main:day"].opens_at
    assert NOON + DAY < opens <= NOON + DAY + FIFTY.slot
    [later] = (await after_a_restart.take([want(99)], now=opens)).values()
    assert later.count == 50


async def test_limits_are_counted_each_by_itself(store: Store) -> None:
    box = SqlAllowances(store.database)
    granted = await box.take([want(60), want(2, "group:gmail:day")], now=NOON)

    assert {name: one.count for name, one in granted.items()} == {
        "relay:main:day": 50,
        "group:gmail:day": 2,
    }
    assert granted["group:gmail:day"].opens_at == NOON
    assert await box.take([], now=NOON) == {}


async def test_what_nobody_used_is_granted_again_and_never_more(store: Store) -> None:
    box = store.allowances
    first = (await box.take([want(30)], now=NOON))["relay:main:day"]
    unused = Unused(name="relay:main:day", limit=FIFTY, count=25, until=first.until)
    await box.put_back([unused])
    await box.put_back([replace(unused, count=99)])  # no more than were taken
    await box.put_back([unused, replace(unused, until=NOON - DAY), replace(unused, name="none")])
    second = await box.take([want(99)], now=NOON + MINUTE)

    assert second["relay:main:day"].count == 50
    await box.put_back([])


async def test_a_days_are_counted_by_the_calendar_over_restarts(store: Store) -> None:
    """The day that the clocks are put back has 25 hours."""
    berlin = ZoneInfo("Europe/Berlin")
    limit = Daily(count=50, zone=berlin)
    counts = []
    for hour in (0, 1, 23, 24, 25, 26):
        now = datetime(2026, 10, 24, 22, tzinfo=UTC) + timedelta(hours=hour)
        wish = Want(name="warm-up:main:date", limit=limit, count=30)
        [grant] = (await SqlAllowances(store.database).take([wish], now=now)).values()
        counts.append(grant.count)
        assert grant.until.astimezone(berlin).time() == time()

    assert counts == [30, 20, 0, 0, 30, 20]


async def test_readers_are_due_by_their_zone(store: Store) -> None:
    for name, zone in (("anna", "Asia/Tokyo"), ("boris", "Europe/London"), ("clara", None)):
        await store.enrolled(name, choices=Choices(timezone=zone))
    issue = await store.approved()
    waves = Waves(first=NOON + MINUTE, by_zone={"Europe/London": NOON + 3 * MINUTE})

    zones = await store.readers.zones(issue)
    await store.seal(issue, seating=Seating(waves=waves))

    assert list(zones) == ["Asia/Tokyo", "Europe/London"]
    rows = {one.address[0]: one for one, _ in await store.ledger.deliveries(ISSUE)}
    assert rows["a"].next_try_at == rows["c"].next_try_at == NOON + MINUTE
    assert rows["b"].next_try_at == NOON + 3 * MINUTE
    assert rows["b"].due_at == max(DUE, NOON + 3 * MINUTE)
    assert rows["b"].timezone == "Europe/London"
    assert await store.claimed() == []
    assert names_of(await store.claimed(now=NOON + MINUTE)) == ["anna", "clara"]
    assert await store.outbox.wakes_at() == NOON + MINUTE


async def test_a_zone_is_kept_until_another_is_named(store: Store) -> None:
    await store.enrolled("anna", choices=Choices(timezone="Asia/Tokyo"))
    await store.enrolled("anna")
    assert (await store.reader("anna")).timezone == "Asia/Tokyo"

    await store.enrolled("anna", choices=Choices(timezone="Europe/Rome"))
    assert (await store.reader("anna")).timezone == "Europe/Rome"
