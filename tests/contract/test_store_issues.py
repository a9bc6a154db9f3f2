"""The port Issues."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from publisher.errors import MoveForbidden
from publisher.model.deliveries import DeliveryStatus
from publisher.model.issues import MOVES, Approval, Issue, IssueStatus
from publisher.model.names import EditionId, IssueId, StoryKey
from publisher.model.problems import Problem, Severity
from publisher.store.tables import audit
from tests.support.build import DUE, NOON, make_article, make_image, make_issue
from tests.support.stores import EDITION, ISSUE, Store, settled, starts

DAY = timedelta(days=1)
DRAFT, HELD, APPROVED = IssueStatus.DRAFT, IssueStatus.HELD, IssueStatus.APPROVED
SEALED, STOPPED = IssueStatus.SEALED, IssueStatus.STOPPED
SENT, CANCELLED, SKIPPED = IssueStatus.SENT, IssueStatus.CANCELLED, IssueStatus.SKIPPED
REST = frozenset({SKIPPED, SENT, CANCELLED})
PATHS = {  # how an issue comes to a state by the editor's hand
    DRAFT: (),
    HELD: (HELD,),
    APPROVED: (APPROVED,),
    SKIPPED: (SKIPPED,),
    CANCELLED: (CANCELLED,),
}


def numbered(number: int, **overrides: Any) -> Issue:
    """The issue of the n-th day, a story of its own in it."""
    due = DUE + number * DAY
    item = replace(make_issue().items[0], story=StoryKey(f"s{number}"))
    values = {"id": IssueId(f"i{number}"), "due_at": due, "items": (item,), "number": number}
    return make_issue(**(values | overrides))


async def issue_in(store: Store, status: IssueStatus) -> Issue:
    """An issue with two readers, brought to a state the way it gets there in life."""
    if status in PATHS:
        await store.issues.save(make_issue())
        for step in PATHS[status]:
            await store.issues.move(ISSUE, step, now=NOON, by="editor")
    else:
        await store.sealed("anna", "boris")
    if status is STOPPED:
        await store.issues.move(ISSUE, STOPPED, now=NOON, by="editor")
    if status is SENT:
        flying = await store.sending()
        await store.settle(*(settled(one, DeliveryStatus.ACCEPTED) for one in flying))
        await store.outbox.close_balanced(now=NOON)
    found = await store.issues.get(ISSUE)
    assert found is not None
    assert found.status is status
    return found


async def test_an_issue_comes_back_exactly_as_it_was_saved(store: Store) -> None:
    article = make_article(image=make_image(), updated_at=NOON, available_at=None, age=0)
    issue = make_issue(
        items=(replace(make_issue().items[0], versions=(article,), linked=True),),
        lead=None,
        age=None,
        approvals=(Approval(by="Анна", at=NOON),),
        problems=(
            Problem(message="{n} of {all}", args={"n": 1, "all": "1"}, severity=Severity.NOTE),
        ),
        profiles={},
    )

    await store.issues.save(issue)

    assert await store.issues.get(ISSUE) == issue


async def test_an_issue_nobody_made_is_none(store: Store) -> None:
    assert await store.issues.get(ISSUE) is None


@pytest.mark.parametrize("status", [DRAFT, HELD, APPROVED], ids=lambda one: one.value)
async def test_an_issue_may_be_saved_again_before_the_seal(
    store: Store, status: IssueStatus
) -> None:
    issue = replace(await issue_in(store, status), number=9)

    await store.issues.save(issue)

    assert await store.issues.get(ISSUE) == issue


@pytest.mark.parametrize("came_from", IssueStatus, ids=lambda one: one.value)
async def test_a_save_moves_an_unsealed_issue_by_the_table_and_never_seals(
    store: Store, came_from: IssueStatus
) -> None:
    standing = await issue_in(store, came_from)
    frozen = came_from in {SEALED, STOPPED} | REST
    allowed = frozenset() if frozen else (MOVES[came_from] | {came_from}) - {SEALED}

    for to in set(IssueStatus) - allowed:
        with pytest.raises(MoveForbidden):
            await store.issues.save(replace(standing, status=to, number=9))

    assert await store.issues.get(ISSUE) == standing


@pytest.mark.parametrize("status", [SEALED, STOPPED, SENT], ids=lambda one: one.value)
async def test_an_issue_is_not_born_sealed(store: Store, status: IssueStatus) -> None:
    """Only the seal makes deliveries, and it makes them for everyone (law 2)."""
    with pytest.raises(MoveForbidden):
        await store.issues.save(make_issue(status=status))

    assert await store.issues.get(ISSUE) is None


@pytest.mark.parametrize("came_from", IssueStatus, ids=lambda one: one.value)
async def test_a_move_the_table_does_not_name_is_forbidden(
    store: Store, came_from: IssueStatus
) -> None:
    standing = await issue_in(store, came_from)

    for to in set(IssueStatus) - MOVES[came_from]:
        with pytest.raises(MoveForbidden):
            await store.issues.move(ISSUE, to, now=NOON, by="editor")

    assert await store.issues.get(ISSUE) == standing


async def test_an_editor_cannot_seal_by_a_move(store: Store) -> None:
    """An issue that is SEALED without deliveries would be SENT to nobody."""
    await issue_in(store, APPROVED)

    with pytest.raises(MoveForbidden):
        await store.issues.move(ISSUE, SEALED, now=NOON, by="editor")


async def test_an_editor_cannot_call_an_issue_sent(store: Store) -> None:
    """SENT means that nothing waits, and only the ledger knows that."""
    await issue_in(store, SEALED)

    with pytest.raises(MoveForbidden):
        await store.issues.move(ISSUE, SENT, now=NOON, by="editor")


async def test_a_stopped_issue_is_resumed_by_a_move(store: Store) -> None:
    stopped = await issue_in(store, STOPPED)

    resumed = await store.issues.move(ISSUE, SEALED, now=NOON, by="editor")

    assert resumed == replace(stopped, status=SEALED)
    assert await store.issues.get(ISSUE) == resumed


async def test_an_issue_that_is_not_there_cannot_move(store: Store) -> None:
    with pytest.raises(MoveForbidden):
        await store.issues.move(ISSUE, HELD, now=NOON, by="editor")


async def test_the_books_keep_who_moved_an_issue_and_when(store: Store) -> None:
    await store.issues.save(make_issue())
    await store.issues.move(ISSUE, HELD, now=NOON, by="Анна")

    async with store.database.read() as tx:
        rows = (await tx.execute(select(audit))).all()

    assert [(row.at, row.by, row.what) for row in rows] == [
        (NOON, "Анна", f"{ISSUE}: draft -> held")
    ]


async def test_cancelling_ends_what_waits_in_the_same_breath(store: Store) -> None:
    """A crash behind the move must not leave deliveries waiting for an issue that never goes."""
    await store.sealed("anna", "boris", "clara", "dina")
    flying = await store.sending(limit=2)
    await store.settle(settled(flying[0], DeliveryStatus.ACCEPTED))
    await store.claimed(limit=1)
    await store.issues.move(ISSUE, STOPPED, now=NOON, by="editor")

    await store.issues.move(ISSUE, CANCELLED, now=NOON, by="editor")

    assert await store.statuses() == ["accepted", "sending", "cancelled", "cancelled"]


async def test_recent_issues_come_newest_first(store: Store) -> None:
    for number in (2, 1, 3):
        await store.issues.save(numbered(number))
    other = numbered(9, edition=EditionId("weekly"))
    await store.issues.save(other)

    async def recent(**asked: Any) -> list[str]:
        return [one.id for one in await store.issues.recent(**asked)]

    assert await recent() == ["i9", "i3", "i2", "i1"]
    assert await recent(limit=2) == ["i9", "i3"]
    assert await recent(edition=EDITION) == ["i3", "i2", "i1"]


async def test_issues_are_found_by_state_oldest_first(store: Store) -> None:
    for number, status in ((2, HELD), (1, DRAFT), (3, APPROVED)):
        await store.issues.save(numbered(number, status=status))

    found = await store.issues.with_status(DRAFT, HELD)

    assert [(one.id, one.status) for one in found] == [("i1", DRAFT), ("i2", HELD)]
    assert await store.issues.with_status() == []


async def test_two_issues_of_an_edition_cannot_be_due_at_once(store: Store) -> None:
    await store.issues.save(make_issue())

    with pytest.raises(Exception, match="(?i)unique"):
        await store.issues.save(make_issue(id=IssueId("another")))


async def test_the_last_sealed_issue_counts_even_when_it_was_cancelled_in_flight(
    store: Store,
) -> None:
    await store.enrolled("anna")
    for number in (1, 2):
        approved = numbered(number, status=APPROVED)
        await store.issues.save(approved)
        await store.seal(approved)
    await store.issues.save(numbered(3, status=APPROVED))
    await store.issues.save(numbered(4, status=CANCELLED))
    for to in (STOPPED, CANCELLED):
        await store.issues.move(IssueId("i2"), to, now=NOON, by="editor")

    last = await store.issues.last_sealed(EDITION)

    assert last is not None
    assert (last.id, last.status) == ("i2", CANCELLED)
    assert await store.issues.last_sealed(EditionId("weekly")) is None


async def test_stories_are_spent_by_sealed_issues_of_the_edition_only(store: Store) -> None:
    """Law 10."""
    for number in (1, 2, 3):
        await store.issues.save(numbered(number, status=APPROVED))
    for number in (1, 2):
        await store.seal(numbered(number, status=APPROVED))

    spent = await store.issues.spent([EDITION, EditionId("weekly")], since=DUE + DAY)

    assert spent == {EDITION: {"s1", "s2"}}
    assert await store.issues.spent([EDITION], since=DUE + 2 * DAY) == {EDITION: {"s2"}}
    assert await store.issues.spent([EditionId("weekly")], since=DUE) == {}
    assert await store.issues.spent([], since=DUE) == {}


async def test_what_the_seal_froze_is_not_changed_by_later_moves(store: Store) -> None:
    sealed = await store.sealed("anna")
    for to in (STOPPED, SEALED, STOPPED):
        await store.issues.move(ISSUE, to, now=NOON + DAY, by="editor")

    assert await store.issues.get(ISSUE) == replace(sealed, status=STOPPED)
    claimed = await store.claimed()
    assert claimed == []
    assert starts(claimed) == []
