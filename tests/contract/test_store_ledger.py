"""The port Ledger."""

from publisher.model.deliveries import Balance, DeliveryStatus
from publisher.model.issues import IssueStatus
from publisher.model.names import IssueId
from tests.support.build import NOON
from tests.support.stores import ISSUE, Store, names_of, settled


async def test_the_balance_counts_every_planned_delivery_once(store: Store) -> None:
    await store.sealed("anna", "boris", "clara", "dina", "egor", "faina", "gleb")
    flying = await store.sending(limit=4)
    ends = (DeliveryStatus.ACCEPTED, DeliveryStatus.REJECTED, DeliveryStatus.UNCERTAIN)
    await store.settle(*(settled(one, to) for one, to in zip(flying, ends, strict=False)))
    await store.leave("egor")
    await store.started(await store.claimed(limit=1))
    await store.claimed(limit=1)

    balance = await store.ledger.balance(ISSUE)

    assert balance == Balance(
        planned=7,
        accepted=1,
        rejected=1,
        suppressed=1,
        cancelled=0,
        uncertain=1,
        waiting=3,
        sending=1,
    )
    assert balance.balanced


async def test_an_issue_without_deliveries_balances_at_nothing(store: Store) -> None:
    balance = await store.ledger.balance(IssueId("none"))

    assert (balance.planned, balance.waiting, balance.balanced) == (0, 0, True)


async def test_deliveries_are_read_by_order_of_id_in_pages(store: Store) -> None:
    await store.sealed("anna", "boris", "clara")
    first = [one for one, _ in await store.ledger.deliveries(ISSUE, limit=2)]
    rest = [one for one, _ in await store.ledger.deliveries(ISSUE, after=first[-1].id)]

    assert names_of(first) == ["anna", "boris"]
    assert names_of(rest) == ["clara"]
    assert await store.ledger.deliveries(IssueId("none")) == []


async def test_deliveries_are_read_by_state(store: Store) -> None:
    await store.sealed("anna", "boris")
    [anna] = await store.sending(limit=1)
    await store.settle(end := settled(anna, DeliveryStatus.ACCEPTED))

    accepted = await store.ledger.deliveries(ISSUE, status=DeliveryStatus.ACCEPTED)

    assert accepted == [(end.delivery, [end.attempt])]
    assert await store.ledger.deliveries(ISSUE, status=DeliveryStatus.CLAIMED) == []


async def test_cancelling_what_waits_leaves_what_flies_and_what_rests(store: Store) -> None:
    await store.sealed("anna", "boris", "clara", "dina", "egor")
    anna, _, clara = await store.sending(limit=3)
    await store.settle(
        settled(anna, DeliveryStatus.ACCEPTED),
        settled(clara, DeliveryStatus.DEFERRED, next_try_at=NOON),
    )
    await store.claimed(limit=1)
    await store.issues.move(ISSUE, IssueStatus.STOPPED, now=NOON, by="editor")

    assert await store.ledger.cancel_waiting(ISSUE, now=NOON) == 3

    rows = [one for one, _ in await store.ledger.deliveries(ISSUE)]
    assert [one.status.value for one in rows] == [
        "accepted",
        "sending",
        "cancelled",
        "cancelled",
        "cancelled",
    ]
    assert {one.next_try_at for one in rows[2:]} == {None}
    assert await store.ledger.cancel_waiting(ISSUE, now=NOON) == 0


async def test_cancelling_one_issue_leaves_the_others(store: Store) -> None:
    await store.sealed("anna")
    await store.sealed(id=IssueId("second"), due_at=NOON)

    assert await store.ledger.cancel_waiting(IssueId("second"), now=NOON) == 1
    assert await store.statuses() == ["queued"]
