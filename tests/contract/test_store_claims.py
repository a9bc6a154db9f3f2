"""The port Outbox: claims are leases, exclusive and in order."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import psycopg
import pytest

from publisher.model.deliveries import DeliveryStatus
from publisher.model.issues import IssueStatus
from publisher.model.names import IssueId, StoryKey
from publisher.model.people import Choices
from tests.support.build import DUE, NOON, RU, make_applicant, make_issue
from tests.support.databases import PostgresServer
from tests.support.stores import (
    ISSUE,
    MINUTE,
    Store,
    given_back,
    names_of,
    open_store,
    settled,
)

DAY = timedelta(days=1)


async def test_a_claimed_delivery_is_not_given_twice(store: Store) -> None:
    await store.sealed("anna", "boris")

    assert names_of(await store.claimed(owner="one")) == ["anna", "boris"]
    assert await store.claimed(owner="two") == []
    assert await store.claimed(owner="one") == []


async def test_a_claim_takes_no_more_than_it_asked_for(store: Store) -> None:
    await store.sealed("anna", "boris", "clara")

    assert names_of(await store.claimed(limit=2)) == ["anna", "boris"]
    assert names_of(await store.claimed(limit=2)) == ["clara"]


async def test_a_claim_knows_the_reader_as_they_are_now(store: Store) -> None:
    await store.sealed("anna")
    await store.audience.enrol([make_applicant(language=RU)], now=NOON)

    claimed = await store.claimed()

    assert [(one.address, one.language) for one in claimed] == [("anna@readers.test", RU)]
    assert [one.status for one in claimed] == [DeliveryStatus.CLAIMED]


async def test_a_claimed_delivery_is_all_that_the_ledger_says_of_it(store: Store) -> None:
    name, chosen = '«Анна» "O\'Neil" \\ 🦊', Choices(timezone="Asia/Tokyo")
    await store.enrolled("anna", language=RU, name=name, choices=chosen)
    await store.sealed()
    [flying] = await store.sending()
    await store.settle(
        settled(flying, DeliveryStatus.DEFERRED, next_try_at=NOON + MINUTE, reason="greylisted")
    )

    claimed = await store.claimed(now=NOON + MINUTE)

    assert claimed == [one for one, _ in await store.ledger.deliveries(ISSUE)]
    assert (claimed[0].name, claimed[0].timezone) == (name, "Asia/Tokyo")
    assert (claimed[0].tries, claimed[0].reason) == (1, "greylisted")


async def test_a_lease_holds_until_its_last_instant_and_no_longer(store: Store) -> None:
    await store.sealed("anna")
    await store.claimed(owner="one")

    assert await store.claimed(now=NOON + 5 * MINUTE - timedelta(microseconds=1)) == []
    assert names_of(await store.claimed(now=NOON + 5 * MINUTE, owner="two")) == ["anna"]


async def test_who_lost_the_lease_cannot_start(store: Store) -> None:
    await store.sealed("anna")
    first = await store.claimed(owner="one")
    second = await store.claimed(now=NOON + 5 * MINUTE, owner="two")

    assert await store.started(first, owner="one") == []
    assert names_of(await store.started(second, owner="two")) == ["anna"]


async def test_what_was_started_is_never_claimed_however_old(store: Store) -> None:
    await store.sealed("anna")
    await store.sending()

    assert await store.claimed(now=NOON + DAY, owner="two") == []


async def test_nothing_is_claimed_before_it_is_due(store: Store) -> None:
    await store.sealed("anna")

    assert await store.claimed(now=NOON - MINUTE) == []
    assert names_of(await store.claimed(now=NOON)) == ["anna"]


async def test_a_deferred_delivery_is_due_again_at_its_instant(store: Store) -> None:
    await store.sealed("anna")
    [flying] = await store.sending()
    later = NOON + 10 * MINUTE
    await store.settle(settled(flying, DeliveryStatus.DEFERRED, next_try_at=later))

    assert await store.claimed(now=later - timedelta(microseconds=1)) == []
    assert names_of(await store.claimed(now=later)) == ["anna"]


async def test_issues_in_flight_give_one_in_turn_the_oldest_first(store: Store) -> None:
    await store.enrolled("anna", "boris")
    items = (make_issue().items[0],)
    await store.sealed(id=IssueId("second"), due_at=DUE + MINUTE, items=items, now=NOON + MINUTE)
    await store.sealed(id=IssueId("first"), due_at=DUE)

    claimed = await store.claimed(limit=3, now=NOON + MINUTE)

    assert [(one.issue, name) for one, name in zip(claimed, names_of(claimed), strict=True)] == [
        ("first", "anna"),
        ("second", "anna"),
        ("first", "boris"),
    ]


async def test_a_small_issue_does_not_wait_for_a_large_one_and_nothing_due_is_passed_over(
    store: Store,
) -> None:
    await store.enrolled(*(f"r{number:02}" for number in range(12)))
    items = (make_issue().items[0],)
    await store.sealed(id=IssueId("large"), due_at=DUE, items=items)
    for number in range(9):
        await store.leave(f"r{number:02}")
    await store.sealed(id=IssueId("small"), due_at=DUE + MINUTE, items=items, now=NOON + MINUTE)

    turns = [
        [one.issue for one in await store.claimed(limit=4, now=NOON + MINUTE)] for _ in range(5)
    ]

    assert turns[0] == ["large", "small", "large", "small"]
    assert turns[1] == ["large", "small", "large", "large"]
    assert sum(map(len, turns)) == 12 + 3


async def test_claims_of_one_take_turns_too(store: Store) -> None:
    await store.enrolled("anna", "boris", "clara")
    items = (make_issue().items[0],)
    for hour, issue in enumerate(("first", "second", "third")):
        at = hour * MINUTE
        await store.sealed(id=IssueId(issue), due_at=DUE + at, items=items, now=NOON + at)

    claims = [await store.claimed(limit=1, now=NOON + 3 * MINUTE) for _ in range(9)]

    assert [one.issue for [one] in claims] == ["first", "second", "third"] * 3


async def test_what_waits_longest_goes_before_what_was_put_off(store: Store) -> None:
    await store.sealed("anna", "boris", "clara")
    flying = await store.sending(limit=2)
    await store.settle(
        settled(flying[0], DeliveryStatus.DEFERRED, next_try_at=NOON + 2 * MINUTE),
        given_back(flying[1], next_try_at=NOON + MINUTE),
    )

    claims = [await store.claimed(limit=1, now=NOON + DAY) for _ in range(3)]

    assert [names_of(claim) for claim in claims] == [["clara"], ["boris"], ["anna"]]


@pytest.mark.parametrize("status", [IssueStatus.STOPPED, IssueStatus.CANCELLED])
async def test_nothing_is_claimed_of_an_issue_that_is_not_being_sent(
    store: Store, status: IssueStatus
) -> None:
    await store.sealed("anna")
    await store.issues.move(ISSUE, IssueStatus.STOPPED, now=NOON, by="editor")
    if status is IssueStatus.CANCELLED:
        await store.issues.move(ISSUE, IssueStatus.CANCELLED, now=NOON, by="editor")

    assert await store.claimed() == []


async def test_a_resumed_issue_goes_on_where_it_stopped(store: Store) -> None:
    await store.sealed("anna", "boris")
    await store.sending(limit=1)
    for to in (IssueStatus.STOPPED, IssueStatus.SEALED):
        await store.issues.move(ISSUE, to, now=NOON, by="editor")

    assert names_of(await store.claimed()) == ["boris"]


async def test_released_deliveries_are_due_at_once_and_flying_ones_are_not(store: Store) -> None:
    """SIGTERM."""
    await store.sealed("anna", "boris", "clara")
    await store.sending(limit=1)
    await store.claimed(limit=1)
    await store.claimed(limit=1, owner="two")

    assert await store.outbox.release("sender-1", now=NOON) == 1

    assert await store.statuses() == ["sending", "queued", "claimed"]
    assert names_of(await store.claimed(owner="three")) == ["boris"]
    assert await store.outbox.release("nobody", now=NOON) == 0


async def test_only_what_the_owner_holds_and_has_not_started_is_put_off(store: Store) -> None:
    await store.sealed("anna", "boris", "clara")
    held = [
        *await store.sending(limit=1),
        *await store.claimed(limit=1, owner="two"),
        *await store.claimed(limit=1),
    ]

    await store.outbox.put_off({one.id: NOON + MINUTE for one in held}, owner="sender-1")

    assert await store.statuses() == ["sending", "claimed", "queued"]


async def test_the_sender_wakes_when_the_next_delivery_is_due(store: Store) -> None:
    assert await store.outbox.wakes_at() is None
    await store.sealed("anna", "boris")
    assert await store.outbox.wakes_at() == NOON

    flying = await store.sending()
    await store.settle(
        settled(flying[0], DeliveryStatus.DEFERRED, next_try_at=NOON + 9 * MINUTE),
        settled(flying[1], DeliveryStatus.DEFERRED, next_try_at=NOON + 5 * MINUTE),
    )
    assert await store.outbox.wakes_at() == NOON + 5 * MINUTE

    assert await store.outbox.wakes_at(ISSUE) == NOON + 5 * MINUTE
    assert await store.outbox.wakes_at(IssueId("another")) is None

    await store.issues.move(ISSUE, IssueStatus.STOPPED, now=NOON, by="editor")
    assert await store.outbox.wakes_at() is None
    assert await store.outbox.wakes_at(ISSUE) is None


async def test_a_ledger_at_rest_wakes_nobody(store: Store) -> None:
    await store.sealed("anna")
    [flying] = await store.sending()
    await store.settle(settled(flying, DeliveryStatus.ACCEPTED))

    assert await store.outbox.wakes_at() is None


@pytest.mark.postgres
async def test_senders_on_many_machines_share_what_is_due(postgres: PostgresServer) -> None:
    """SKIP LOCKED: nobody waits for another's claim, nobody gets what another has."""
    url = postgres.emptied()
    async with open_store(url) as one, open_store(url) as two:
        await one.sealed(*(f"r{number}" for number in range(200)))
        async with asyncio.TaskGroup() as group:
            claims = [
                group.create_task(store.claimed(limit=10, owner=f"sender-{number}"))
                for number in range(10)
                for store in (one, two)
            ]

    given = [delivery.id for claim in claims for delivery in claim.result()]
    assert len(given) == len(set(given)) == 200
    assert {len(claim.result()) for claim in claims} == {10}


async def test_a_claim_of_many_is_given_whole(store: Store) -> None:
    await store.sealed(*(f"r{number}" for number in range(1_200)), lead=StoryKey("bridge"))

    assert len(await store.claimed(limit=1_100)) == 1_100


@pytest.mark.postgres
async def test_a_stop_knows_of_a_start_that_is_committed_late(postgres: PostgresServer) -> None:
    """It had seen the issue sealed; a slow disk, or a standby that is waited for, holds it up."""
    url = postgres.emptied()
    async with open_store(url) as store, open_store(url) as desk:
        await store.sealed("anna", "boris")
        first, second = await store.claimed(limit=2)
        async with held_up(postgres, url):
            starting = asyncio.ensure_future(store.started([first]))
            await waiting(postgres, url)
            stopping = asyncio.ensure_future(
                desk.issues.move(ISSUE, IssueStatus.STOPPED, now=NOON, by="editor")
            )
            await asyncio.wait({stopping}, timeout=0.5)
            early = stopping.done()
        begun = await starting
        await stopping
        balance = await desk.ledger.balance(ISSUE)

        assert not early
        assert [one.id for one in begun] == [first.id]
        assert (balance.sending, balance.waiting) == (1, 2)
        assert await store.started([second]) == []


@asynccontextmanager
async def held_up(postgres: PostgresServer, url: str) -> AsyncIterator[None]:
    """No start ends before the block does."""
    body = "BEGIN PERFORM pg_advisory_xact_lock(1); RETURN NEW; END"
    postgres.run(f"CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS '{body}'", url=url)
    postgres.run(
        "CREATE TRIGGER dawdles BEFORE UPDATE ON deliveries FOR EACH ROW "
        "WHEN (NEW.status = 'sending') EXECUTE FUNCTION dawdle()",
        url=url,
    )
    try:
        async with await psycopg.AsyncConnection.connect(url) as other:
            await other.execute("SELECT pg_advisory_xact_lock(1)")
            yield
    finally:
        drop = "DROP FUNCTION dawdle CASCADE"  # it waits for the start that was held up
        await asyncio.to_thread(postgres.run, drop, url=url)


async def waiting(postgres: PostgresServer, url: str) -> None:
    """Till somebody is held up."""
    query = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    async with (
        asyncio.timeout(60),
        await psycopg.AsyncConnection.connect(url, autocommit=True) as other,
    ):
        while await (await other.execute(query)).fetchone() == (0,):
            await asyncio.sleep(0.01)
