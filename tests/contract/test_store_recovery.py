"""The port Outbox: after a crash, and the end of an issue (law 3)."""

import pytest

from publisher.model.deliveries import Attempt, Delivery, DeliveryStatus, Outcome, Phase
from publisher.model.issues import IssueStatus
from publisher.model.names import EditionId
from publisher.ports import Start
from publisher.store.outbox import LOST
from tests.support.build import NOON
from tests.support.stores import EDITION, ISSUE, MINUTE, NO_NOTICE, OWNER, Store, names_of, settled

ACCEPTED, UNCERTAIN = DeliveryStatus.ACCEPTED, DeliveryStatus.UNCERTAIN
LOST_TRY = Attempt(
    at=NOON + MINUTE,
    phase=Phase.DOT,
    outcome=Outcome.UNCERTAIN,
    code=None,
    enhanced=None,
    text=LOST,
    relay="",
)


async def crashed(store: Store) -> None:
    """Anna's mail had been accepted, Boris's was flying, Clara's claimed, Dina's waited."""
    await store.sealed("anna", "boris", "clara", "dina")
    anna, _ = await store.sending(limit=2)
    await store.settle(settled(anna, ACCEPTED))
    await store.claimed(limit=1)


async def test_what_was_flying_in_a_crash_is_uncertain_and_the_rest_waits(store: Store) -> None:
    await crashed(store)

    assert await store.outbox.recover(now=NOON + MINUTE, resend=[]) == 1

    assert await store.statuses() == ["accepted", "uncertain", "queued", "queued"]
    _, (boris, tries), *_ = await store.ledger.deliveries(ISSUE)
    assert tries == [LOST_TRY]
    assert (boris.tries, boris.next_try_at) == (1, None)


async def test_an_edition_that_resends_has_it_due_at_once(store: Store) -> None:
    await crashed(store)

    assert await store.outbox.recover(now=NOON + MINUTE, resend=[EDITION]) == 1

    assert await store.statuses() == ["accepted", "deferred", "queued", "queued"]
    _, (boris, tries), *_ = await store.ledger.deliveries(ISSUE)
    assert tries == [LOST_TRY]
    assert (boris.tries, boris.next_try_at) == (1, NOON + MINUTE)
    assert "boris" in names_of(await store.claimed(now=NOON + MINUTE))


async def test_another_edition_s_resend_is_not_this_one_s(store: Store) -> None:
    await crashed(store)

    await store.outbox.recover(now=NOON, resend=[EditionId("weekly")])

    assert (await store.statuses())[1] == "uncertain"


async def test_a_second_recovery_finds_nothing(store: Store) -> None:
    await crashed(store)
    await store.outbox.recover(now=NOON, resend=[])
    before = await store.ledger.deliveries(ISSUE)

    assert await store.outbox.recover(now=NOON, resend=[EDITION]) == 0
    assert await store.ledger.deliveries(ISSUE) == before


async def test_a_lost_mail_of_a_cancelled_issue_is_not_sent_again(store: Store) -> None:
    await crashed(store)
    for to in (IssueStatus.STOPPED, IssueStatus.CANCELLED):
        await store.issues.move(ISSUE, to, now=NOON, by="editor")

    await store.outbox.recover(now=NOON, resend=[EDITION])
    assert await store.outbox.close_balanced(now=NOON) == []

    assert await store.statuses() == ["accepted", "cancelled", "cancelled", "cancelled"]
    assert (await store.ledger.balance(ISSUE)).waiting == 0


async def test_an_issue_is_sent_when_nothing_waits(store: Store) -> None:
    await store.sealed("anna", "boris")
    [anna, boris] = await store.sending()
    await store.settle(settled(anna, ACCEPTED))
    assert await store.outbox.close_balanced(now=NOON) == []

    await store.settle(settled(boris, UNCERTAIN))

    assert await store.outbox.close_balanced(now=NOON) == [ISSUE]
    assert await store.status() is IssueStatus.SENT
    assert await store.outbox.close_balanced(now=NOON) == []


@pytest.mark.parametrize("waits", ["queued", "claimed", "sending", "deferred"])
async def test_an_issue_is_not_sent_while_anything_waits(store: Store, waits: str) -> None:
    await store.sealed("anna")
    if waits == "claimed":
        await store.claimed()
    if waits in {"sending", "deferred"}:
        [flying] = await store.sending()
    if waits == "deferred":
        await store.settle(settled(flying, DeliveryStatus.DEFERRED, next_try_at=NOON))
    assert await store.statuses() == [waits]

    assert await store.outbox.close_balanced(now=NOON) == []
    assert await store.status() is IssueStatus.SEALED


async def test_a_stopped_issue_stays_stopped_though_nothing_waits(store: Store) -> None:
    await store.sealed("anna")
    [flying] = await store.sending()
    await store.issues.move(ISSUE, IssueStatus.STOPPED, now=NOON, by="editor")
    await store.settle(settled(flying, ACCEPTED))

    assert await store.outbox.close_balanced(now=NOON) == []

    await store.issues.move(ISSUE, IssueStatus.SEALED, now=NOON, by="editor")
    assert await store.outbox.close_balanced(now=NOON) == [ISSUE]


async def test_what_was_only_introduced_behind_another_waits_again_untried(store: Store) -> None:
    """Anna's text may have gone out; Boris's waited for her end in the ledger (law 3)."""
    await store.sealed("anna", "boris", "clara")
    anna, boris, _ = await store.claimed()
    await store.outbox.commit([], [start(anna, 7)], now=NOON, owner=OWNER)
    await store.outbox.commit([], [start(boris, 8, behind=7)], now=NOON, owner=OWNER)

    assert await store.outbox.recover(now=NOON + MINUTE, resend=[]) == 1

    assert await store.statuses() == ["uncertain", "queued", "queued"]
    _, (delivery, tries), _ = await store.ledger.deliveries(ISSUE)
    assert (delivery.tries, tries, delivery.next_try_at) == (0, [], NOON)


async def test_once_the_one_before_is_settled_it_is_as_unknown_as_any(store: Store) -> None:
    await store.sealed("anna", "boris", "clara")
    anna, boris, clara = await store.claimed()
    [anna] = await store.outbox.commit([], [start(anna, 7)], now=NOON, owner=OWNER)
    await store.outbox.commit([], [start(boris, 8, behind=7)], now=NOON, owner=OWNER)
    await store.outbox.commit(
        [settled(anna, ACCEPTED)], [start(clara, 9, behind=8)], now=NOON, owner=OWNER
    )

    assert await store.outbox.recover(now=NOON + MINUTE, resend=[]) == 1

    assert await store.statuses() == ["accepted", "uncertain", "queued"]


async def test_another_start_of_the_one_before_shields_nobody(store: Store) -> None:
    """Anna was put off and started anew: what once stood behind her may be out by now."""
    await store.sealed("anna", "boris")
    anna, boris = await store.claimed()
    [anna] = await store.outbox.commit([], [start(anna, 7)], now=NOON, owner=OWNER)
    await store.outbox.commit([], [start(boris, 8, behind=7)], now=NOON, owner=OWNER)
    later = settled(anna, DeliveryStatus.DEFERRED, next_try_at=NOON)
    await store.outbox.commit([later], [], now=NOON, owner=OWNER)
    [anna] = await store.claimed()
    await store.outbox.commit([], [start(anna, 9)], now=NOON, owner=OWNER)

    assert await store.outbox.recover(now=NOON + MINUTE, resend=[]) == 2


async def test_a_start_of_another_sender_with_that_number_shields_nobody(store: Store) -> None:
    await store.sealed("anna", "boris")
    [anna] = await store.claimed(limit=1, owner="sender-2")
    [boris] = await store.claimed()
    await store.outbox.commit([], [start(anna, 7)], now=NOON, owner="sender-2")
    await store.outbox.commit([], [start(boris, 8, behind=7)], now=NOON, owner=OWNER)

    assert await store.outbox.recover(now=NOON + MINUTE, resend=[]) == 2


@pytest.mark.parametrize("beside", [[], [NO_NOTICE]], ids=["everyday", "beside a notice"])
async def test_a_word_said_twice_does_not_end_what_was_claimed_anew(
    store: Store, beside: list[Start]
) -> None:
    await store.sealed("anna")
    [flying] = await store.sending()
    later = settled(flying, DeliveryStatus.DEFERRED, next_try_at=NOON)
    await store.settle(later)
    await store.claimed()
    before = await store.ledger.deliveries(ISSUE)

    for said in (later, settled(flying, ACCEPTED)):
        assert await store.outbox.commit([said], beside, now=NOON, owner=OWNER) == []

    assert await store.ledger.deliveries(ISSUE) == before


def start(delivery: Delivery, number: int, *, behind: int | None = None) -> Start:
    return Start(delivery=delivery.id, message_id="m@e.test", number=number, behind=behind)
