"""Notices in the ledger: ahead of digests, with states and attempts like theirs."""

from dataclasses import replace
from datetime import timedelta

from publisher.model.deliveries import Delivery, DeliveryStatus
from publisher.model.names import DeliveryId
from publisher.model.notices import Notice, NoticeKind, is_notice
from publisher.store.notices import SqlNotices
from publisher.store.outbox import SqlOutbox
from tests.support.build import EN, NOON
from tests.support.stores import MINUTE, OWNER, Store, address, given_back, settled, starts

SUPPRESSED, ACCEPTED = DeliveryStatus.SUPPRESSED, DeliveryStatus.ACCEPTED


def make_notice(key: str = "test:1", name: str = "chief") -> Notice:
    return Notice(
        key=key,
        kind=NoticeKind.TEST,
        address=address(name),
        name="The Chief",
        language=EN,
        compiled=b"From: \0to\0\r\n\r\n",
        leave_url="https://embankment.test/unsubscribe/nobody",
    )


async def row(store: Store, number: DeliveryId) -> Delivery:
    found = await SqlNotices(store.database).row(number)
    assert found is not None
    return found[0]


async def test_a_notice_is_kept_whole_and_once(store: Store) -> None:
    box = SqlNotices(store.database)
    number = await box.add(make_notice(), now=NOON)
    again = await box.add(make_notice(), now=NOON + MINUTE)
    other = await box.add(make_notice("test:2"), now=NOON)

    assert again == number != other
    assert number < 0
    assert await box.notice(number) == make_notice()
    assert (await row(store, number)).due_at == NOON
    assert await box.notice(DeliveryId(-99)) is None
    assert await box.row(DeliveryId(-99)) is None


async def test_notices_are_claimed_ahead_of_every_digest(store: Store) -> None:
    await store.sealed("anna", "boris")
    number = await SqlNotices(store.database).add(make_notice(), now=NOON)
    first = await store.claimed(limit=2)

    assert [is_notice(one.issue) for one in first] == [True, False]
    assert first[0].id == number
    assert [one.address for one in await store.claimed()] == [address("boris")]


async def test_a_box_of_notices_alone_hands_out_nothing_else(store: Store) -> None:
    await store.sealed("anna")
    urgent = SqlOutbox(store.database, notices_only=True)
    assert await urgent.claim(limit=9, now=NOON, lease=MINUTE, owner=OWNER) == []
    assert await urgent.wakes_at() is None

    number = await SqlNotices(store.database).add(make_notice(), now=NOON)
    claimed = await urgent.claim(limit=9, now=NOON, lease=MINUTE, owner=OWNER)
    assert [one.id for one in claimed] == [number]
    assert await urgent.wakes_at() == NOON


async def test_a_notice_ends_like_a_delivery_and_in_the_same_commit(store: Store) -> None:
    await store.sealed("anna")
    number = await SqlNotices(store.database).add(make_notice(), now=NOON)
    flying = await store.sending()
    assert [one.status for one in flying] == [DeliveryStatus.SENDING] * 2
    assert (await row(store, number)).message_id == f"m{number}@embankment.test"

    later = settled(flying[0], DeliveryStatus.DEFERRED, next_try_at=NOON + MINUTE)
    await store.settle(later, settled(flying[1], ACCEPTED))
    assert (await row(store, number)).next_try_at == NOON + MINUTE
    assert await store.statuses() == ["accepted"]

    [again] = await store.sending(now=NOON + MINUTE)
    await store.settle(settled(again, ACCEPTED))
    found = await SqlNotices(store.database).row(number)
    assert found is not None
    delivery, tries = found
    assert (delivery.status, delivery.tries, len(tries)) == (ACCEPTED, 2, 2)
    assert await store.outbox.wakes_at() is None


async def test_a_suppressed_address_gets_no_notice(store: Store) -> None:
    await store.suppress("chief")
    number = await SqlNotices(store.database).add(make_notice(), now=NOON)

    assert await store.sending() == []
    assert (await row(store, number)).status is SUPPRESSED


async def test_what_is_given_back_or_released_is_claimed_again(store: Store) -> None:
    number = await SqlNotices(store.database).add(make_notice(), now=NOON)
    [flying] = await store.sending()
    await store.settle(given_back(flying))
    [claimed] = await store.claimed()
    assert await store.outbox.release(OWNER, now=NOON) == 1

    assert claimed.id == number
    assert len(await store.claimed()) == 1
    assert await store.claimed() == []
    assert len(await store.claimed(now=NOON + timedelta(hours=1))) == 1  # the lease has run out


async def test_after_a_crash_a_notice_is_sent_again(store: Store) -> None:
    number = await SqlNotices(store.database).add(make_notice(), now=NOON)
    [flying] = await store.sending()
    assert await store.outbox.recover(now=NOON + MINUTE, resend=[]) == 1

    mended = await row(store, number)
    assert (mended.status, mended.next_try_at) == (DeliveryStatus.DEFERRED, NOON + MINUTE)
    await store.settle(replace(settled(flying, ACCEPTED)))  # a late word
    assert (await row(store, number)).status is DeliveryStatus.DEFERRED


async def test_only_the_holder_of_the_lease_starts_it(store: Store) -> None:
    await SqlNotices(store.database).add(make_notice(), now=NOON)
    claimed = await store.claimed()

    commit = store.outbox.commit([], starts(claimed), now=NOON, owner="another")
    assert await commit == []
