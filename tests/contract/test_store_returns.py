"""The port Returns."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from publisher.inlets import Faults
from publisher.model.bounces import Kind, Reason, Returned
from publisher.model.deliveries import DeliveryStatus
from publisher.model.names import DeliveryId, EditionId, IssueId, SubscriberId
from publisher.model.people import SuppressionReason
from publisher.store import returns
from publisher.store.notices import SqlNotices
from tests.contract.test_store_notices import make_notice
from tests.support.build import DUE, NOON, make_applicant, make_bounce
from tests.support.stores import EDITION, ISSUE, MINUTE, Store, address, settled

DAY = timedelta(days=1)
HARD = SuppressionReason.HARD_BOUNCE


async def mailed(store: Store, *names: str) -> list[Returned]:
    """An issue that these people were sent, in order of their deliveries."""
    await store.sealed(*names)
    sent = await store.sending()
    await store.settle(*(settled(one, DeliveryStatus.ACCEPTED) for one in sent))
    found = [await store.returns.delivery(one.id) for one in sent]
    return [one for one in found if one is not None]


async def test_a_delivery_is_known_by_its_number(store: Store) -> None:
    [anna] = await mailed(store, "anna")

    assert anna == Returned(
        delivery=anna.delivery,
        issue=ISSUE,
        edition=EDITION,
        subscriber=(await store.reader("anna")).id,
        address=address("anna"),
        message_id=f"m{anna.delivery}@embankment.test",
    )
    assert await store.returns.delivery(DeliveryId(404)) is None


async def test_the_deliveries_of_a_reader_are_found_by_address_or_number(store: Store) -> None:
    anna, boris = await mailed(store, "anna", "boris")
    later = IssueId("morning-20261124-0800")
    await store.sealed(id=later, number=2, due_at=DUE + DAY)

    by_address = await store.returns.recent(email=address("anna"))
    by_number = await store.returns.recent(subscriber=boris.subscriber, edition=EDITION)

    assert [(one.issue, one.address) for one in by_address] == [
        (later, anna.address),
        (ISSUE, anna.address),
    ]
    assert [one.subscriber for one in by_number] == [boris.subscriber] * 2
    assert await store.returns.recent(subscriber=boris.subscriber, edition=EditionId("none")) == []
    assert await store.returns.recent(email="nobody@readers.test") == []


async def test_what_comes_back_is_kept_with_its_delivery(store: Store) -> None:
    anna, boris = await mailed(store, "anna", "boris")
    bounce = make_bounce(reporter="mx.readers.test")

    assert await store.returns.record(anna, bounce, fingerprint="1")

    assert await store.returns.about([anna.delivery, boris.delivery]) == {anna.delivery: [bounce]}
    assert await store.returns.history(anna.address, since=NOON - DAY) == [bounce]
    assert await store.returns.history(boris.address, since=NOON - DAY) == []
    assert await store.audience.suppressions(anna.address) == []


async def test_of_very_many_bounces_the_newest_are_remembered(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Five hundred that say nothing of a reader hide no full mailbox."""
    monkeypatch.setattr(returns, "_REMEMBERED", 3)
    [anna] = await mailed(store, "anna")
    kept = [make_bounce(at=NOON + minutes * MINUTE) for minutes in range(5)]
    for number, bounce in enumerate(kept):
        await store.returns.record(anna, bounce, fingerprint=str(number))

    assert await store.returns.history(anna.address, since=NOON - DAY) == kept[2:]


async def test_the_same_mail_counts_once(store: Store) -> None:
    anna, boris = await mailed(store, "anna", "boris")

    for _ in range(2):
        await store.returns.record(anna, make_bounce(), fingerprint="1", suppress=HARD)
    assert not await store.returns.record(anna, make_bounce(), fingerprint="1", suppress=HARD)
    assert await store.returns.record(boris, make_bounce(), fingerprint="1")

    assert len(await store.returns.history(anna.address, since=NOON)) == 1
    assert len(await store.audience.suppressions(anna.address)) == 1


async def test_an_address_is_suppressed_once_with_the_reason_noted(store: Store) -> None:
    [anna] = await mailed(store, "anna")
    unknown = make_bounce(reason=Reason.USER_UNKNOWN, status="5.1.1")

    await store.returns.record(anna, unknown, fingerprint="1", suppress=HARD)
    await store.returns.record(anna, unknown, fingerprint="2", suppress=HARD)

    [row] = await store.audience.suppressions(anna.address)
    assert (row.reason, row.note) == (HARD, "user_unknown 5.1.1")


async def test_what_came_back_before_a_new_opt_in_is_forgotten(store: Store) -> None:
    [anna] = await mailed(store, "anna")
    await store.returns.record(anna, make_bounce(), fingerprint="1", suppress=HARD)
    await store.suppress("anna", SuppressionReason.LIFTED)
    later = make_bounce(at=NOON + MINUTE)
    await store.returns.record(anna, later, fingerprint="2", suppress=HARD)

    assert await store.returns.history(anna.address, since=NOON - DAY) == [later]
    assert [row.reason for row in await store.audience.suppressions(anna.address)] == [
        HARD,
        SuppressionReason.LIFTED,
        HARD,
    ]


async def test_a_complaint_ends_the_subscription_as_well(store: Store) -> None:
    [anna] = await mailed(store, "anna")
    await store.audience.enrol(
        [make_applicant(email=anna.address, editions=(EditionId("weekly"),))], now=NOON
    )
    complaint = make_bounce(kind=Kind.COMPLAINT, reason=Reason.COMPLAINT)

    await store.returns.record(
        anna, complaint, fingerprint="1", suppress=SuppressionReason.COMPLAINT
    )

    ties = {tie.edition: tie.left_at for tie in (await store.reader("anna")).subscriptions}
    assert ties == {EDITION: NOON, EditionId("weekly"): None}


async def test_own_faults_are_counted_by_reader_until_they_are_answered(store: Store) -> None:
    anna, boris, clara = await mailed(store, "anna", "boris", "clara")
    ours = make_bounce(reason=Reason.AUTHENTICATION)
    await store.returns.record(anna, ours, fingerprint="1")
    await store.returns.record(anna, ours, fingerprint="2")
    await store.returns.record(boris, ours, fingerprint="3")
    await store.returns.record(boris, make_bounce(), fingerprint="4")
    await store.returns.record(clara, replace(ours, at=NOON - DAY), fingerprint="5")

    assert await blamed(store) == Faults(domains={"readers.test": 2}, accepted=3, planned=3)
    assert (await blamed(store, IssueId("none"))).readers == 0

    assert await store.returns.answer_faults(now=NOON) == 4
    assert await blamed(store) == Faults(domains={}, accepted=0, planned=0)


async def test_who_blamed_us_once_is_not_heard_of_the_same_mail_again(store: Store) -> None:
    """Or one reader could stop what an editor lets go on, again and again."""
    anna, boris = await mailed(store, "anna", "boris")
    ours = make_bounce(reason=Reason.AUTHENTICATION)
    await store.returns.record(anna, ours, fingerprint="1")
    await store.returns.answer_faults(now=NOON)
    await store.returns.record(anna, ours, fingerprint="2")
    await store.returns.record(boris, ours, fingerprint="3")

    assert (await blamed(store)).readers == 1


async def test_an_old_issue_blames_nobody_unless_it_is_still_being_sent(store: Store) -> None:
    [anna] = await mailed(store, "anna")
    await store.returns.record(anna, make_bounce(reason=Reason.AUTHENTICATION), fingerprint="1")

    assert (await blamed(store, sealed_since=NOON + MINUTE)).readers == 1
    assert await store.outbox.close_balanced(now=NOON) == [ISSUE]
    assert (await blamed(store, sealed_since=NOON)).readers == 1
    assert (await blamed(store, sealed_since=NOON + MINUTE)).readers == 0


async def blamed(
    store: Store, issue: IssueId = ISSUE, *, sealed_since: datetime = NOON - DAY
) -> Faults:
    return await store.returns.faults(issue, since=NOON - MINUTE, sealed_since=sealed_since)


# --- Notices --------------------------------------------------------------------------------------


async def noticed(store: Store, name: str = "chief", *, key: str = "test:1") -> Returned:
    """A Notice that somebody was sent."""
    number = await SqlNotices(store.database).add(make_notice(key, name), now=NOON)
    await store.sending()
    returned = await store.returns.delivery(number)
    assert returned is not None
    return returned


async def test_a_notice_is_known_by_its_number_and_by_its_address(store: Store) -> None:
    first, second = await noticed(store), await noticed(store, key="test:2")

    assert first == Returned(
        delivery=first.delivery,
        issue=IssueId("notice:test:1"),
        edition=None,
        subscriber=SubscriberId(0),
        address=address("chief"),
        message_id=f"m{first.delivery}@embankment.test",
    )
    assert first.delivery < 0
    assert await store.returns.delivery(DeliveryId(-404)) is None
    assert await store.returns.recent(email=address("chief")) == [second, first]
    assert await store.returns.recent(email=address("chief"), edition=EDITION) == []


async def test_what_comes_back_of_a_notice_is_kept_once_and_suppresses_its_address(
    store: Store,
) -> None:
    chief = await noticed(store)
    unknown = make_bounce(reason=Reason.USER_UNKNOWN, status="5.1.1")

    assert await store.returns.record(chief, unknown, fingerprint="1", suppress=HARD)
    assert not await store.returns.record(chief, unknown, fingerprint="1", suppress=HARD)

    assert await store.returns.about([chief.delivery, DeliveryId(1)]) == {chief.delivery: [unknown]}
    [row] = await store.audience.suppressions(chief.address)
    assert (row.reason, row.note) == (HARD, "user_unknown 5.1.1")


async def test_a_reader_s_history_holds_what_came_back_of_notices_to_them(store: Store) -> None:
    [anna] = await mailed(store, "anna")
    notice = await noticed(store, "anna")
    first, second = make_bounce(at=NOON), make_bounce(at=NOON + MINUTE)
    await store.returns.record(anna, second, fingerprint="2")
    await store.returns.record(notice, first, fingerprint="1")

    assert await store.returns.history(anna.address, since=NOON) == [first, second]
    assert await store.returns.history(anna.address, since=NOON + MINUTE) == [second]
    await store.suppress("anna", SuppressionReason.LIFTED)  # at noon
    assert await store.returns.history(anna.address, since=NOON) == [second]


async def test_a_complaint_about_a_notice_ends_no_subscription(store: Store) -> None:
    [anna] = await mailed(store, "anna")
    notice = await noticed(store, "anna")
    complaint = make_bounce(kind=Kind.COMPLAINT, reason=Reason.COMPLAINT)

    await store.returns.record(
        notice, complaint, fingerprint="1", suppress=SuppressionReason.COMPLAINT
    )

    assert (await store.reader("anna")).subscriptions[0].left_at is None
    [row] = await store.audience.suppressions(anna.address)
    assert row.reason is SuppressionReason.COMPLAINT
