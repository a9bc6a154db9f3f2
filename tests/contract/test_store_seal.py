"""The port Outbox: the seal, the point of no return (law 2)."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import insert

from publisher.errors import MoveForbidden
from publisher.model.deliveries import Balance, DeliveryStatus
from publisher.model.issues import IssueStatus, Item
from publisher.model.names import DigestId, EditionId, IssueId, SectionId, StoryKey
from publisher.model.people import SuppressionReason
from publisher.store.tables import deliveries, subscribers, subscriptions
from tests.support.build import DUE, EN, NOON, RU, make_article, make_digest, make_issue
from tests.support.stores import EDITION, ISSUE, Store, address, names_of

HOUR = timedelta(hours=1)
APPROVED = make_issue(status=IssueStatus.APPROVED)
SEALED = replace(APPROVED, status=IssueStatus.SEALED, sealed_at=NOON)


async def readers(store: Store) -> list[str]:
    return names_of([one for one, _ in await store.ledger.deliveries(ISSUE)])


async def test_the_seal_plans_a_delivery_for_every_reader_of_the_edition(store: Store) -> None:
    await store.enrolled("anna", "boris")
    await store.enrolled("clara", editions=(EditionId("weekly"),))
    await store.issues.save(APPROVED)

    assert await store.outbox.seal(SEALED, [make_digest()], now=NOON) == 2

    rows = [one for one, tries in await store.ledger.deliveries(ISSUE) if not tries]
    assert names_of(rows) == ["anna", "boris"]
    assert {(one.status, one.next_try_at, one.tries) for one in rows} == {
        (DeliveryStatus.QUEUED, NOON, 0)
    }
    assert {(one.digest, one.message_id, one.reason) for one in rows} == {(None, None, None)}
    assert await store.issues.get(ISSUE) == SEALED


@pytest.mark.parametrize(
    ("now", "due"), [(DUE - HOUR, DUE), (DUE, DUE), (NOON, NOON)], ids=["early", "in time", "late"]
)
async def test_the_day_of_retries_begins_at_the_due_hour_or_at_a_late_seal(
    store: Store, now: datetime, due: datetime
) -> None:
    await store.sealed("anna", now=now)

    [(delivery, _)] = await store.ledger.deliveries(ISSUE)

    assert (delivery.due_at, delivery.next_try_at) == (due, now)


async def test_who_left_before_the_seal_is_not_planned(store: Store) -> None:
    await store.enrolled("anna", "boris")
    await store.leave("anna")
    await store.sealed()

    assert await readers(store) == ["boris"]


async def test_check_14_who_is_suppressed_is_not_planned_and_who_was_lifted_is(
    store: Store,
) -> None:
    """The newest row counts, by when it was appended."""
    await store.enrolled("anna", "boris", "clara")
    await store.suppress("anna")
    await store.suppress("boris")
    await store.suppress("boris", SuppressionReason.LIFTED)
    await store.suppress("clara", SuppressionReason.LIFTED)
    await store.suppress("clara", SuppressionReason.OPERATOR)
    await store.sealed()

    assert await readers(store) == ["boris"]


async def test_l16_who_has_no_consent_is_not_planned(store: Store) -> None:
    """Rule L16; such rows come from nowhere but another program."""
    await store.enrolled("anna")
    async with store.database.write() as tx:
        row = {"email": address("ghost"), "language": EN, "created_at": NOON}
        await tx.execute(insert(subscribers).values(row))
    ghost = await store.reader("ghost")
    async with store.database.write() as tx:
        tie = {"subscriber": ghost.id, "edition": EDITION, "since": NOON}
        await tx.execute(insert(subscriptions).values(tie))
    await store.sealed()

    assert await readers(store) == ["anna"]


async def test_an_issue_is_sealed_once(store: Store) -> None:
    await store.sealed("anna")
    await store.enrolled("boris")

    with pytest.raises(MoveForbidden):
        await store.outbox.seal(SEALED, [make_digest()], now=NOON)

    assert await readers(store) == ["anna"]


@pytest.mark.parametrize("status", [IssueStatus.DRAFT, IssueStatus.HELD], ids=lambda one: one.value)
async def test_only_an_approved_issue_is_sealed(store: Store, status: IssueStatus) -> None:
    standing = make_issue(status=status)
    await store.enrolled("anna")
    await store.issues.save(standing)

    with pytest.raises(MoveForbidden):
        await store.outbox.seal(SEALED, [make_digest()], now=NOON)

    assert await store.issues.get(ISSUE) == standing
    assert await readers(store) == []


async def test_an_issue_that_is_not_stored_is_not_sealed(store: Store) -> None:
    with pytest.raises(MoveForbidden):
        await store.outbox.seal(SEALED, [make_digest()], now=NOON)


async def test_a_seal_that_fails_at_its_last_row_leaves_nothing(store: Store) -> None:
    """Law 2: all in one transaction; here the second digest has the id of the first."""
    await store.enrolled("anna")
    await store.issues.save(APPROVED)
    twin = replace(make_digest(), language=RU)

    with pytest.raises(Exception, match="(?i)unique"):
        await store.outbox.seal(SEALED, [make_digest(), twin], now=NOON)

    assert await store.issues.get(ISSUE) == APPROVED
    assert await store.digests.of(ISSUE) == []
    assert await readers(store) == []
    assert await store.issues.spent([EDITION], since=DUE) == {}


async def test_with_nobody_to_send_to_the_issue_is_sent_at_once(store: Store) -> None:
    await store.issues.save(APPROVED)

    assert await store.outbox.seal(SEALED, [make_digest()], now=NOON) == 0

    assert await store.status() is IssueStatus.SENT
    assert await store.issues.spent([EDITION], since=DUE) == {EDITION: {"bridge"}}


async def test_two_deliveries_of_an_issue_to_one_reader_cannot_exist(store: Store) -> None:
    await store.sealed("anna")
    anna = await store.reader("anna")
    row = {"issue": ISSUE, "subscriber": anna.id, "status": "queued", "due_at": NOON}

    with pytest.raises(Exception, match="(?i)unique"):
        async with store.database.write() as tx:
            await tx.execute(insert(deliveries).values(row))


async def test_the_digests_are_kept_with_the_first_language_first(store: Store) -> None:
    await store.enrolled("anna")
    await store.issues.save(APPROVED)
    made = [make_digest(language=RU, compiled=bytes(range(256))), make_digest(subject="Мост")]

    await store.outbox.seal(SEALED, made, now=NOON)

    assert await store.digests.of(ISSUE) == made
    assert await store.digests.get(made[0].id) == made[0]
    assert await store.digests.get(DigestId("none")) is None
    assert await store.digests.of(IssueId("none")) == []


async def test_what_an_issue_was_called_is_told_without_its_bytes(store: Store) -> None:
    await store.enrolled("anna")
    await store.issues.save(APPROVED)
    some = make_digest(id=DigestId(f"{ISSUE}/en/moscow"), variant="moscow", subject="Fewer")
    made = [make_digest(subject="A bridge"), some, make_digest(language=RU, subject="Мост")]
    await store.outbox.seal(SEALED, made, now=NOON)

    told = await store.digests.subjects([ISSUE, IssueId("none")])

    assert told == {EN: {ISSUE: "A bridge"}, RU: {ISSUE: "Мост"}}
    assert await store.digests.subjects([]) == {}


async def test_what_is_linked_under_more_counts_as_carried(store: Store) -> None:
    """Law 10; neither story has ever been in the table of articles here."""
    items = tuple(
        Item(
            story=StoryKey(name),
            section=SectionId("moscow"),
            versions=(make_article(story=StoryKey(name)),),
            linked=linked,
        )
        for name, linked in (("printed", False), ("linked", True))
    )

    await store.sealed("anna", items=items)

    spent = await store.issues.spent([EDITION], since=DUE)
    assert spent == {EDITION: {"printed", "linked"}}


async def test_the_planned_count_is_constant_after_the_seal(store: Store) -> None:
    await store.sealed("anna", "boris")
    await store.enrolled("clara")
    await store.leave("anna")
    await store.sending(now=NOON + timedelta(minutes=1))

    assert await store.ledger.balance(ISSUE) == Balance(
        planned=2,
        accepted=0,
        rejected=0,
        suppressed=1,
        cancelled=0,
        uncertain=0,
        waiting=1,
        sending=1,
    )
