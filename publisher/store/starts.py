"""Recording what ended and starting what may start: the inside of Outbox.commit."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    Update,
    and_,
    bindparam,
    exists,
    func,
    insert,
    not_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from publisher.errors import MoveForbidden
from publisher.model.deliveries import MOVES, Attempt, Delivery, DeliveryStatus, Settled
from publisher.model.names import DeliveryId
from publisher.ports import Start
from publisher.store.article_rows import chunks
from publisher.store.audience import appended
from publisher.store.delivery_rows import QUEUED, attempt_values, is_, sealed, suppressed, whole
from publisher.store.seating import theirs
from publisher.store.snapshot import Row
from publisher.store.tables import (
    attempts,
    deliveries,
    digests,
    issues,
    subscribers,
    subscriptions,
)

_STOP = 5_170_902_612  # PostgreSQL's advisory lock: starts share it, a stop has it alone
_ENDS = MOVES[DeliveryStatus.SENDING]


async def settle(tx: AsyncConnection, settled: Sequence[Settled], owner: str) -> None:
    """Only what this owner started: a late word, or one said twice, changes nothing.

    Raises MoveForbidden for what cannot follow SENDING.
    """
    for one in settled:
        refuse_forbidden(one.delivery)
    for some in chunks(settled):
        flying = {row.id for row in await tx.execute(_flying(some, owner))}
        await _settle(tx, [one for one in some if one.delivery.id in flying])


def refuse_forbidden(delivery: Delivery) -> None:
    """Raise MoveForbidden for what cannot follow SENDING."""
    if delivery.status not in _ENDS:
        thing = f"delivery {delivery.id}"
        raise MoveForbidden(thing, DeliveryStatus.SENDING.value, delivery.status.value)


def _flying(settled: Sequence[Settled], owner: str) -> Select[Any]:
    """Those of them that this owner started and nobody ended yet."""
    return (
        select(deliveries.c.id)
        .where(
            deliveries.c.id.in_([one.delivery.id for one in settled]),
            deliveries.c.claimed_by == owner,
            is_(DeliveryStatus.SENDING),
        )
        .order_by(deliveries.c.id)
        .with_for_update()
    )


async def _settle(tx: AsyncConnection, settled: Sequence[Settled]) -> None:
    if settled:
        await tx.execute(end_one(), [end_values(one.delivery) for one in settled])
    tried = [try_values(one.delivery.id, one.attempt) for one in settled if one.attempt]
    if tried:
        await tx.execute(insert(attempts), tried)
    for one in settled:  # nobody lives there: the ledger never says so without the suppression
        if one.suppression is not None:
            await appended(tx, one.suppression)


def end_values(delivery: Delivery) -> dict[str, Any]:
    """A row for `end_one`."""
    return {
        "d_id": delivery.id,
        "d_status": delivery.status.value,
        "d_next": delivery.next_try_at,
        "d_tries": delivery.tries,
        "d_reason": delivery.reason,
    }


def try_values(delivery: DeliveryId, attempt: Attempt) -> dict[str, Any]:
    """A row of `attempts`."""
    return {"delivery": delivery, **attempt_values(attempt)}


def end_one() -> Update:
    """What SENDING was, and is no more."""
    return (
        update(deliveries)
        .where(deliveries.c.id == bindparam("d_id"))
        .values(
            status=bindparam("d_status"),
            next_try_at=bindparam("d_next"),
            tries=bindparam("d_tries"),
            reason=bindparam("d_reason"),
            claimed_by=None,
            claimed_until=None,
        )
    )


async def start(
    tx: AsyncConnection, starts: Sequence[Start], now: datetime, owner: str
) -> Sequence[Delivery]:
    """Law 7: this transaction sees every unsubscription and suppression before it."""
    wanted = {start.delivery: start for start in starts}
    started: list[Delivery] = []
    for some in chunks(sorted(wanted)):
        if tx.dialect.name != "sqlite":  # it has one writer
            await tx.execute(select(func.pg_advisory_xact_lock_shared(_STOP)))
            await tx.execute(_hold_readers(some))
        rows = await _startable(tx, some, owner)
        here = {row.id for row in rows}
        absent = [wanted[one] for one in some if one not in here]
        if again := await _taken_back(tx, absent, owner):
            rows = [*rows, *await _startable(tx, again, owner)]
        gone = [row for row in rows if row.sealed and (row.left or row.suppressed)]
        back = [row for row in rows if not row.sealed]
        go = [row for row in rows if row.sealed and not row.left and not row.suppressed]
        await _suppress(tx, gone)
        if back:
            ids = [row.id for row in back]
            await tx.execute(update(deliveries).where(deliveries.c.id.in_(ids)).values(QUEUED))
        if go:
            await tx.execute(start_one(), [start_values(wanted[row.id], row.digest) for row in go])
            found = await whole(tx, [row.id for row in go])
            started += [found[row.id] for row in go]
    return started


async def wait_for_starts(tx: AsyncConnection) -> None:
    """Till every start that may have seen an issue SEALED is committed; the next ones wait for us.

    Whoever stops an issue then knows all that is under way of it.  On PostgreSQL a start reads
    what was committed before it, and may be committed behind a stop.
    """
    if tx.dialect.name != "sqlite":
        await tx.execute(select(func.pg_advisory_xact_lock(_STOP)))


async def _startable(tx: AsyncConnection, ids: Sequence[DeliveryId], owner: str) -> Sequence[Row]:
    mine = startable().where(deliveries.c.id.in_(ids), deliveries.c.claimed_by == owner)
    locked = mine.order_by(deliveries.c.id).with_for_update(of=deliveries)
    rows: Sequence[Row] = (await tx.execute(locked)).all()
    return rows


async def _taken_back(
    tx: AsyncConnection, starts: Sequence[Start], owner: str
) -> Sequence[DeliveryId]:
    """Those that this very start has begun: the connection was lost while it committed.

    Whoever asks again never heard of it, so nothing of theirs went out: they are claimed as before.
    """
    taken: list[DeliveryId] = []
    for one in starts:
        mine = and_(deliveries.c.claimed_by == owner, deliveries.c.start_no == one.number)
        begun = and_(deliveries.c.id == one.delivery, mine, is_(DeliveryStatus.SENDING))
        back = update(deliveries).where(begun).values(status=DeliveryStatus.CLAIMED.value)
        if one.number and (await tx.execute(back)).rowcount:
            taken.append(one.delivery)
    return taken


def _hold_readers(ids: Sequence[DeliveryId]) -> Select[Any]:
    """Wait for whoever is just leaving, and let nobody leave until the start is committed.

    A statement of its own: on PostgreSQL a statement sees what was committed before it began,
    so one that waits for a lock and looks in the same breath looks at the past.  Starts share
    the lock.  (Issues are not locked so: many senders would keep an editor's stop waiting, for
    whoever shares a row's lock goes past it.  See `wait_for_starts`.)
    """
    readers = select(deliveries.c.subscriber).where(deliveries.c.id.in_(ids))
    return (
        select(subscribers.c.id)
        .where(subscribers.c.id.in_(readers))
        .order_by(subscribers.c.id)
        .with_for_update(read=True)
    )


def startable() -> Select[Any]:
    """What is claimed, with everything that may keep it from starting, and its digest."""
    return held(
        deliveries.c.id,
        sealed().label("sealed"),
        left().label("left"),
        suppressed().label("suppressed"),
        chosen_digest().label("digest"),
    )


def held(*columns: ColumnElement[Any]) -> Select[Any]:
    """Of what is claimed, with its issue and its reader."""
    return (
        select(*columns)
        .select_from(deliveries)
        .join(issues, issues.c.id == deliveries.c.issue)
        .join(subscribers, subscribers.c.id == deliveries.c.subscriber)
        .where(is_(DeliveryStatus.CLAIMED))
    )


def left() -> ColumnElement[bool]:
    """The reader is subscribed to the edition no more."""
    return not_(
        exists().where(
            subscriptions.c.subscriber == deliveries.c.subscriber,
            subscriptions.c.edition == issues.c.edition,
            subscriptions.c.left_at.is_(None),
        )
    )


def chosen_digest() -> ColumnElement[str]:
    """Of the reader's language and variant, else the language's first, else the issue's."""
    of_issue = select(digests.c.id).where(digests.c.issue == deliveries.c.issue)
    spoken = of_issue.where(digests.c.language == subscribers.c.language)
    own = spoken.where(theirs()).order_by(func.length(digests.c.variant).desc()).limit(1)
    plain = spoken.order_by(digests.c.position).limit(1)
    first = of_issue.order_by(digests.c.position).limit(1)
    return func.coalesce(own.scalar_subquery(), plain.scalar_subquery(), first.scalar_subquery())


def start_values(start: Start, digest: str) -> dict[str, Any]:
    """A row for `start_one`."""
    return {
        "s_id": start.delivery,
        "s_digest": digest,
        "s_message_id": start.message_id,
        "s_number": start.number,
        "s_behind": start.behind,
    }


def start_one() -> Update:
    """What was CLAIMED, and flies."""
    return (
        update(deliveries)
        .where(deliveries.c.id == bindparam("s_id"))
        .values(
            status=DeliveryStatus.SENDING.value,
            digest=bindparam("s_digest"),
            message_id=bindparam("s_message_id"),
            start_no=bindparam("s_number"),
            behind_no=bindparam("s_behind"),
        )
    )


async def _suppress(tx: AsyncConnection, rows: Sequence[Row]) -> None:
    for reason, some in (
        ("unsubscribed", [row.id for row in rows if row.left]),
        ("suppressed", [row.id for row in rows if not row.left]),
    ):
        if some:
            await tx.execute(
                update(deliveries)
                .where(deliveries.c.id.in_(some))
                .values(
                    status=DeliveryStatus.SUPPRESSED.value,
                    reason=reason,
                    next_try_at=None,
                    claimed_by=None,
                    claimed_until=None,
                )
            )
