"""A hard bounce said during the session: the ledger and the suppression in one transaction."""

from dataclasses import replace

import pytest

from publisher.errors import MoveForbidden
from publisher.model.deliveries import DeliveryStatus, Settled
from publisher.model.people import Suppression, SuppressionReason
from tests.support.build import DUE, NOON
from tests.support.stores import OWNER, Store, address, settled, starts

REJECTED = DeliveryStatus.REJECTED
HARD = SuppressionReason.HARD_BOUNCE


def gone(name: str) -> Suppression:
    return Suppression(email=address(name), reason=HARD, at=NOON, note="550 5.1.1 nobody")


async def test_a_hard_bounce_suppresses_at_once(store: Store) -> None:
    await store.sealed("anna", "boris")
    anna, boris = await store.sending()
    ended = replace(settled(anna, REJECTED), suppression=gone("anna"))

    await store.settle(ended, settled(boris, REJECTED))

    [kept] = await store.audience.suppressions(address("anna"))
    assert (kept.reason, kept.note) == (HARD, "550 5.1.1 nobody")
    assert await store.audience.suppressions(address("boris")) == []


async def test_what_waits_for_the_same_reader_is_not_started_any_more(store: Store) -> None:
    await store.sealed("anna")
    other = await store.sealed(id="another", due_at=DUE.replace(hour=9))
    first, second = await store.claimed()
    assert second.issue == other.id
    [flying] = await store.started([first])

    ended = replace(settled(flying, REJECTED), suppression=gone("anna"))
    started = await store.outbox.commit([ended], starts([second]), now=NOON, owner=OWNER)

    assert started == []  # the very transaction that records it starts nothing more
    assert await store.statuses(other.id) == ["suppressed"]


async def test_a_late_word_suppresses_nobody(store: Store) -> None:
    """What another sender, or a recovery, has ended meanwhile."""
    await store.sealed("anna")
    [flying] = await store.sending()
    await store.outbox.recover(now=NOON, resend=[])

    await store.settle(replace(settled(flying, REJECTED), suppression=gone("anna")))

    assert await store.audience.suppressions(address("anna")) == []


async def test_a_suppression_is_rolled_back_with_its_record(store: Store) -> None:
    await store.sealed("anna", "boris")
    anna, boris = await store.sending()
    bad = Settled(delivery=replace(boris, status=DeliveryStatus.CLAIMED), attempt=None)

    with pytest.raises(MoveForbidden):
        await store.settle(replace(settled(anna, REJECTED), suppression=gone("anna")), bad)

    assert await store.audience.suppressions(address("anna")) == []
