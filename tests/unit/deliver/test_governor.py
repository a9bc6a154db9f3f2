"""The governor by itself: what becomes of tokens that nothing went with."""

from dataclasses import replace
from datetime import timedelta

import pytest

from publisher.deliver.governor import Governor
from publisher.model.deliveries import Delivery
from publisher.model.names import DeliveryId
from publisher.model.rates import Rate, groups_of
from publisher.model.relays import Relay
from tests.support.build import MOSCOW, NOON, make_delivery
from tests.support.kept import Kept

DAY = timedelta(days=1)
FORTY = Rate(count=40, per=DAY)
RELAY = Relay(name="main", host="mail.test", port=25, rates=(FORTY,))


def governor(kept: Kept) -> Governor:
    return Governor(allowances=kept, groups=groups_of({}), zone=MOSCOW, most=100)


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
