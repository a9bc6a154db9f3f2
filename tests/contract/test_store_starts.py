"""The port Outbox: commit, which records what ended and starts what may start (laws 3 and 7)."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from publisher.errors import MoveForbidden
from publisher.model.deliveries import Delivery, DeliveryStatus, Phase, Settled
from publisher.model.issues import IssueStatus
from publisher.model.names import DeliveryId, DigestId, Language
from publisher.model.people import Choices, Suppression, SuppressionReason
from publisher.ports import Start
from publisher.store.audience import appended, ended
from tests.support.build import EN, NOON, RU, make_applicant
from tests.support.databases import PostgresServer
from tests.support.stores import (
    EDITION,
    ISSUE,
    MINUTE,
    OWNER,
    Store,
    address,
    given_back,
    make_attempt,
    names_of,
    open_store,
    settled,
    starts,
)

RESTS = [DeliveryStatus.ACCEPTED, DeliveryStatus.REJECTED, DeliveryStatus.UNCERTAIN]


async def row(store: Store, number: int = 0) -> Delivery:
    return (await store.ledger.deliveries(ISSUE))[number][0]


async def test_a_started_delivery_carries_its_digest_and_message_id(store: Store) -> None:
    await store.enrolled("anna", choices=Choices(timezone="Asia/Tokyo"))
    await store.sealed()
    [claimed] = await store.claimed()

    [started] = await store.started([claimed])

    assert started == replace(
        claimed,
        status=DeliveryStatus.SENDING,
        digest=DigestId(f"{ISSUE}/en/all"),
        message_id=f"m{claimed.id}@embankment.test",
    )
    assert await row(store) == started


@pytest.mark.parametrize(
    ("language", "digest"), [(EN, "en"), (RU, "ru"), (Language("fr"), "en")], ids=["en", "ru", "fr"]
)
async def test_the_digest_is_in_the_readers_language_or_the_issues_first(
    store: Store, language: Language, digest: str
) -> None:
    await store.enrolled("anna", language=language)
    await store.sealed()

    [started] = await store.sending()

    assert (started.language, started.digest) == (language, f"{ISSUE}/{digest}/all")


async def test_a_language_changed_after_the_claim_counts(store: Store) -> None:
    await store.sealed("anna")
    claimed = await store.claimed()
    await store.audience.enrol([make_applicant(language=RU)], now=NOON)

    [started] = await store.started(claimed)

    assert (started.language, started.digest) == (RU, f"{ISSUE}/ru/all")


async def test_a_name_changed_after_the_claim_counts(store: Store) -> None:
    await store.sealed("anna")
    claimed = await store.claimed()
    await store.audience.enrol([make_applicant(name="Анна Орлова")], now=NOON)

    [started] = await store.started(claimed)

    assert started.name == "Анна Орлова"


async def test_only_what_the_owner_claimed_is_started(store: Store) -> None:
    await store.sealed("anna", "boris", "clara")
    others = await store.claimed(limit=1, owner="two")
    [mine] = await store.claimed(limit=1)
    queued = await row(store, 2)

    started = await store.started([*others, mine, queued, replace(mine, id=DeliveryId(404))])

    assert names_of(started) == ["boris"]
    assert await store.statuses() == ["claimed", "sending", "queued"]


async def test_a_start_asked_for_twice_is_given_once(store: Store) -> None:
    await store.sealed("anna")
    claimed = await store.claimed()

    assert names_of(await store.started(claimed)) == ["anna"]
    assert await store.started(claimed) == []
    assert names_of(await store.started([])) == []


async def test_a_start_whose_answer_was_lost_is_given_when_it_is_asked_for_again(
    store: Store,
) -> None:
    """The same start: whoever numbers it anew heard of the first one."""
    await store.sealed("anna", "boris", "clara")
    asked = [
        replace(one, number=number) for number, one in enumerate(starts(await store.claimed()), 7)
    ]
    first = await store.outbox.commit([], asked, now=NOON, owner=OWNER)
    await store.leave("boris")
    again = await store.outbox.commit([], asked, now=NOON, owner=OWNER)
    anew = [replace(one, number=one.number + 10) for one in asked]

    assert [one.id for one in first] == [1, 2, 3]
    assert again == [first[0], first[2]]
    assert await store.outbox.commit([], anew, now=NOON, owner=OWNER) == []
    assert await store.outbox.commit([], asked, now=NOON, owner="another") == []
    assert await store.statuses() == ["sending", "suppressed", "sending"]


# --- law 7 ----------------------------------------------------------------------------------------


async def test_who_left_between_seal_and_start_is_not_mailed(store: Store) -> None:
    await store.sealed("anna", "boris")
    claimed = await store.claimed()
    await store.leave("anna")

    assert names_of(await store.started(claimed)) == ["boris"]

    left = await row(store)
    assert (left.status, left.reason) == (DeliveryStatus.SUPPRESSED, "unsubscribed")
    assert (left.next_try_at, left.digest, left.message_id) == (None, None, None)


async def test_who_was_suppressed_between_seal_and_start_is_not_mailed(store: Store) -> None:
    await store.sealed("anna", "boris")
    claimed = await store.claimed()
    await store.suppress("anna")

    assert names_of(await store.started(claimed)) == ["boris"]

    gone = await row(store)
    assert (gone.status, gone.reason) == (DeliveryStatus.SUPPRESSED, "suppressed")


async def test_who_was_lifted_before_the_start_is_mailed(store: Store) -> None:
    await store.sealed("anna")
    claimed = await store.claimed()
    for reason in (SuppressionReason.HARD_BOUNCE, SuppressionReason.LIFTED):
        await store.suppress("anna", reason)

    assert names_of(await store.started(claimed)) == ["anna"]


async def test_who_left_another_edition_is_mailed(store: Store) -> None:
    await store.enrolled("anna", editions=(EDITION, "weekly"))
    await store.sealed()
    anna = await store.reader("anna")
    await store.audience.leave(anna.id, type(EDITION)("weekly"), now=NOON)

    assert names_of(await store.sending()) == ["anna"]


async def _leave(store: Store, then: Callable[[], Awaitable[None]]) -> None:
    anna = await store.reader("anna")
    async with store.database.write() as tx:
        assert await ended(tx, anna.id, now=NOON, edition=EDITION) == 1
        await then()


async def _suppress(store: Store, then: Callable[[], Awaitable[None]]) -> None:
    complaint = Suppression(email=address("anna"), reason=SuppressionReason.COMPLAINT, at=NOON)
    async with store.database.write() as tx:
        await appended(tx, complaint)
        await then()


@pytest.mark.parametrize("going", [_leave, _suppress], ids=["leaving", "suppressing"])
async def test_a_start_waits_for_one_who_is_just_going(
    store: Store, going: Callable[..., Awaitable[None]]
) -> None:
    """The start is asked for while the leaving is written and not yet committed."""
    await store.sealed("anna")
    claimed = await store.claimed()

    async with asyncio.TaskGroup() as group:

        async def start_meanwhile() -> None:
            begun.append(group.create_task(store.started(claimed)))
            await _waits_for_a_lock(store)

        begun: list[asyncio.Task[object]] = []
        await going(store, start_meanwhile)

    assert begun[0].result() == []
    assert await store.statuses() == ["suppressed"]


async def _waits_for_a_lock(store: Store) -> None:
    """On SQLite there is one writer, so a second write does not even begin."""
    if store.database.dialect == "sqlite":
        await asyncio.sleep(0)
        return
    waiting = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
    async with asyncio.timeout(10):
        while True:
            async with store.database.read() as tx:
                if (await tx.execute(waiting)).scalar():
                    return
            await asyncio.sleep(0.01)


# --- the issue ------------------------------------------------------------------------------------


async def test_a_stopped_issue_starts_nothing_and_its_deliveries_wait(store: Store) -> None:
    await store.sealed("anna", "boris")
    claimed = await store.claimed()
    await store.leave("boris")
    await store.issues.move(ISSUE, IssueStatus.STOPPED, now=NOON, by="editor")

    assert await store.started(claimed) == []
    assert await store.statuses() == ["queued", "queued"]

    await store.issues.move(ISSUE, IssueStatus.SEALED, now=NOON, by="editor")
    assert names_of(await store.sending()) == ["anna"]


async def test_a_cancelled_issue_starts_nothing(store: Store) -> None:
    await store.sealed("anna")
    claimed = await store.claimed()
    for to in (IssueStatus.STOPPED, IssueStatus.CANCELLED):
        await store.issues.move(ISSUE, to, now=NOON, by="editor")

    assert await store.started(claimed) == []
    assert await store.statuses() == ["cancelled"]


@pytest.mark.parametrize("to", [DeliveryStatus.DEFERRED, DeliveryStatus.QUEUED])
async def test_what_flew_while_the_issue_was_cancelled_does_not_fly_again(
    store: Store, to: DeliveryStatus
) -> None:
    """Every delivery can reach an end state: nobody would ever claim it again."""
    await store.sealed("anna")
    [flying] = await store.sending()
    for move in (IssueStatus.STOPPED, IssueStatus.CANCELLED):
        await store.issues.move(ISSUE, move, now=NOON, by="editor")
    ended_so = (
        settled(flying, to, next_try_at=NOON)
        if to is DeliveryStatus.DEFERRED
        else given_back(flying)
    )

    await store.settle(ended_so)
    assert await store.outbox.close_balanced(now=NOON) == []

    assert await store.statuses() == ["cancelled"]
    assert (await row(store)).next_try_at is None


# --- what ended -----------------------------------------------------------------------------------


@pytest.mark.parametrize("to", RESTS, ids=lambda one: one.value)
async def test_what_ended_is_kept_with_its_attempt(store: Store, to: DeliveryStatus) -> None:
    await store.sealed("anna")
    [flying] = await store.sending()
    end = settled(flying, to, reason="because")

    await store.settle(end)

    assert await store.ledger.deliveries(ISSUE) == [(end.delivery, [end.attempt])]


async def test_attempts_are_kept_in_their_order_and_whole(store: Store) -> None:
    await store.sealed("anna")
    kept = []
    for number, phase in enumerate((Phase.RCPT, Phase.DATA, Phase.DOT)):
        [flying] = await store.sending(now=NOON + number * MINUTE)
        attempt = make_attempt(at=NOON + timedelta(seconds=number), phase=phase, text="Позже 😀")
        if phase is Phase.DATA:
            attempt = replace(attempt, code=None, enhanced=None)
        later = settled(flying, DeliveryStatus.DEFERRED, next_try_at=NOON)
        await store.settle(replace(later, attempt=attempt))
        kept.append(attempt)

    [(delivery, attempts)] = await store.ledger.deliveries(ISSUE)
    assert attempts == kept
    assert delivery.tries == 3


async def test_what_goes_back_has_no_attempt(store: Store) -> None:
    await store.sealed("anna")
    [flying] = await store.sending()

    await store.settle(given_back(flying, next_try_at=NOON + MINUTE))

    [(delivery, attempts)] = await store.ledger.deliveries(ISSUE)
    assert (delivery.status, delivery.tries, attempts) == (DeliveryStatus.QUEUED, 0, [])
    assert delivery.next_try_at == NOON + MINUTE


async def test_a_late_word_changes_nothing(store: Store) -> None:
    """Somebody else mended the ledger meanwhile, or the word came twice."""
    await store.sealed("anna", "boris")
    anna, boris = await store.sending()
    await store.settle(settled(anna, DeliveryStatus.ACCEPTED))
    await store.outbox.recover(now=NOON, resend=[])
    before = await store.ledger.deliveries(ISSUE)

    await store.settle(
        settled(anna, DeliveryStatus.REJECTED), settled(boris, DeliveryStatus.ACCEPTED)
    )

    assert await store.ledger.deliveries(ISSUE) == before


async def test_the_word_of_another_owner_changes_nothing(store: Store) -> None:
    await store.sealed("anna")
    [flying] = await store.sending()

    await store.settle(settled(flying, DeliveryStatus.ACCEPTED), owner="two")

    assert await store.ledger.deliveries(ISSUE) == [(flying, [])]


@pytest.mark.parametrize(
    "to",
    [
        DeliveryStatus.CLAIMED,
        DeliveryStatus.SUPPRESSED,
        DeliveryStatus.CANCELLED,
        DeliveryStatus.SENDING,
    ],
)
async def test_an_end_the_table_does_not_name_is_forbidden(
    store: Store, to: DeliveryStatus
) -> None:
    await store.sealed("anna", "boris")
    anna, boris = await store.sending()
    wrong = Settled(delivery=replace(boris, status=to), attempt=None)

    with pytest.raises(MoveForbidden):
        await store.settle(settled(anna, DeliveryStatus.ACCEPTED), wrong)

    assert await store.statuses() == ["sending", "sending"]


async def test_ends_and_starts_are_one_transaction(store: Store) -> None:
    """A start nobody can read back (its digest is gone) takes the ends with it."""
    await store.sealed("anna", "boris")
    [anna] = await store.sending(limit=1)
    [boris] = await store.claimed()
    broken = Start(delivery=boris.id, message_id=None)  # type: ignore[arg-type]  # what breaks it

    with pytest.raises(Exception, match=".+"):
        await store.outbox.commit(
            [settled(anna, DeliveryStatus.ACCEPTED)],
            [broken, object()],  # type: ignore[list-item]  # what breaks it
            now=NOON,
            owner=OWNER,
        )

    assert await store.statuses() == ["sending", "claimed"]


async def test_hundreds_end_and_start_in_one_go(store: Store) -> None:
    await store.sealed(*(f"r{number}" for number in range(1_300)))
    flying = await store.sending(limit=600)
    claimed = await store.claimed(limit=700)
    await store.leave("r600")
    ends = [settled(one, DeliveryStatus.ACCEPTED) for one in flying]

    started = await store.outbox.commit(ends, starts(claimed), now=NOON, owner=OWNER)

    assert [one.id for one in started] == [one.id for one in claimed[1:]]
    balance = await store.ledger.balance(ISSUE)
    assert (balance.accepted, balance.suppressed, balance.waiting) == (600, 1, 699)


async def test_one_cannot_be_settled_and_started_again_in_one_go(store: Store) -> None:
    await store.sealed("anna")
    [flying] = await store.sending()
    later = settled(flying, DeliveryStatus.DEFERRED, next_try_at=NOON)

    assert await store.outbox.commit([later], starts([flying]), now=NOON, owner=OWNER) == []
    assert await store.statuses() == ["deferred"]


@pytest.mark.postgres
async def test_two_senders_with_the_same_readers_do_not_lock_each_other_out(
    postgres: PostgresServer,
) -> None:
    """They start deliveries of two issues to the same people, in opposite orders."""
    url = postgres.emptied()
    async with open_store(url) as one, open_store(url) as two:
        names = [f"r{number}" for number in range(50)]
        await one.sealed(*names)
        await one.sealed(id="second", due_at=NOON)
        first = await one.claimed(limit=50, owner="one")
        second = await two.claimed(limit=50, owner="two")
        async with asyncio.TaskGroup() as group:
            started = [
                group.create_task(one.started(first, owner="one")),
                group.create_task(two.started(list(reversed(second)), owner="two")),
            ]

    assert [len(task.result()) for task in started] == [50, 50]
