"""The governor by itself: what becomes of tokens that nothing went with."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from math import inf

import pytest

from publisher.deliver.governor import Governor
from publisher.model.deliveries import Delivery
from publisher.model.names import DeliveryId
from publisher.model.rates import Rate, groups_of, slot_ends
from publisher.model.relays import Relay
from tests.support.build import MOSCOW, NOON, make_delivery
from tests.support.kept import Kept

DAY = timedelta(days=1)
FORTY = Rate(count=40, per=DAY)
RELAY = Relay(name="main", host="mail.test", port=25, rates=(FORTY,))


def governor(kept: Kept, ticks: Callable[[], float] = lambda: 0.0) -> Governor:
    return Governor(allowances=kept, groups=groups_of({}), zone=MOSCOW, most=100, ticks=ticks)


def slot_end(rate: Rate, now: datetime) -> float:
    """Seconds until the end of the slot that is now."""
    return (slot_ends(rate, now=now) - now).total_seconds()


def mail(number: int) -> Delivery:
    return replace(make_delivery(), id=DeliveryId(number))


@pytest.fixture
def kept() -> Kept:
    return Kept()


async def test_what_did_not_go_in_its_time_is_nobodys_token_of_another(kept: Kept) -> None:
    """It is put back where it was taken, for that is when it comes back by itself."""
    one = governor(kept)
    await one.replenish(RELAY, {"readers.test": 2}, now=NOON)
    assert one.take(RELAY, mail(1), now=NOON)
    later = NOON + FORTY.slot
    await one.replenish(RELAY, {"readers.test": 2}, now=later)
    held = one.room(RELAY, now=later)
    one.never_left(mail(1))

    assert one.room(RELAY, now=later) == held == 2
    await one.rest(now=later)
    assert kept.buckets["relay:main:day"].taken == ()


async def test_what_was_said_has_used_up_its_token(kept: Kept) -> None:
    one = governor(kept)
    await one.replenish(RELAY, {"readers.test": 2}, now=NOON)
    assert one.take(RELAY, mail(1), now=NOON)
    one.landed(mail(1), None, now=NOON)
    one.never_left(mail(1))  # it landed already
    await one.rest(now=NOON)

    assert kept.buckets["relay:main:day"].room(FORTY, now=NOON) == 39


async def test_a_token_is_void_a_little_after_its_slot(kept: Kept) -> None:
    """It was held up: by a store, or a digest; its mail goes back."""
    at = 0.0
    one = governor(kept, lambda: at)
    await one.replenish(RELAY, {"readers.test": 2}, now=NOON)
    assert one.take(RELAY, mail(1), now=NOON)
    left = slot_end(FORTY, NOON)

    at = left + 9
    assert one.delay(mail(1), ahead=True) == 0
    at = left + 11
    assert one.delay(mail(1), ahead=False) == inf


async def test_of_a_limit_of_seconds_a_new_process_lets_nothing_go_for_one(kept: Kept) -> None:
    at = 0.0
    relay = replace(RELAY, rates=(Rate(count=2, per=timedelta(seconds=1)),))
    one = governor(kept, lambda: at)
    await one.replenish(relay, {"readers.test": 2}, now=NOON)
    assert kept.buckets == {}  # nor is anything asked for
    assert one.room(relay, now=NOON) == 0

    at = 0.9
    await one.replenish(relay, {"readers.test": 2}, now=NOON)
    assert one.take(relay, mail(1), now=NOON)
    assert one.delay(mail(1), ahead=True) == inf
    assert 0.1 < one.delay(mail(1), ahead=False) < 0.2
    at = 1.1
    assert one.delay(mail(1), ahead=False) == 0


async def test_a_clock_set_back_amid_a_round_closes_no_purse_for_as_long(kept: Kept) -> None:
    one, ahead = governor(kept), NOON + 7 * DAY
    relay = replace(RELAY, rates=(Rate(count=0, per=DAY),))
    await one.replenish(relay, {"few.test": 1}, now=ahead)

    assert one.relay_opens(relay, now=ahead) > ahead + DAY
    assert one.relay_opens(relay, now=NOON) == NOON  # it is asked again
    await one.replenish(relay, {"few.test": 1}, now=NOON)
    assert NOON < one.relay_opens(relay, now=NOON) < NOON + 2 * DAY
