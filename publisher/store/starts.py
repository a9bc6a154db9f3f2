"""Recording what ended and starting what may start: the inside of Outbox.commit."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, Update, bindparam, exists, func, insert, not_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from publisher.model.deliveries import Delivery, DeliveryStatus, Settled
from publisher.model.names import DeliveryId
from publisher.ports import Start
from publisher.store.articles import chunks
from publisher.store.delivery_rows import QUEUED, is_, sealed, suppressed, whole
from publisher.store.snapshot import Row
from publisher.store.tables import (
    attempts,
    deliveries,
    digests,
    issues,
    subscribers,
    subscriptions,
)


async def settle(tx: AsyncConnection, settled: Sequence[Settled], owner: str) -> None:
    """Only what this owner started: a late word of one whose lease was lost changes nothing."""
    rows = [
        {
            "d_id": one.delivery.id,
            "d_status": one.delivery.status.value,
            "d_next": one.delivery.next_try_at,
            "d_tries": one.delivery.tries,
            "d_reason": one.delivery.reason,
        }
        for one in settled
    ]
    await tx.execute(_settle_one(owner), rows)
    tried = [
        {
            "delivery": one.delivery.id,
            "at": one.attempt.at,
            "phase": one.attempt.phase.value,
            "outcome": one.attempt.outcome.value,
            "code": one.attempt.code,
            "enhanced": one.attempt.enhanced,
            "text": one.attempt.text,
            "relay": one.attempt.relay,
        }
        for one in settled
        if one.attempt is not None
    ]
    if tried:
        await tx.execute(insert(attempts), tried)


def _settle_one(owner: str) -> Update:
    return (
        update(deliveries)
        .where(
            deliveries.c.id == bindparam("d_id"),
            deliveries.c.claimed_by == owner,
            is_(DeliveryStatus.SENDING),
        )
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
    wanted = {start.delivery: start.message_id for start in starts}
    started: list[Delivery] = []
    for some in chunks(sorted(wanted)):
        rows = (await tx.execute(_startable(some, owner))).all()
        gone = [row for row in rows if row.sealed and (row.left or row.suppressed)]
        back = [row for row in rows if not row.sealed]
        go = [row for row in rows if row.sealed and not row.left and not row.suppressed]
        await _suppress(tx, gone)
        if back:
            ids = [row.id for row in back]
            await tx.execute(update(deliveries).where(deliveries.c.id.in_(ids)).values(QUEUED))
        if go:
            await tx.execute(_start_one(), [_started(row, wanted[row.id]) for row in go])
            found = await whole(tx, [row.id for row in go])
            started += [found[row.id] for row in go]
    return started


def _startable(ids: Sequence[DeliveryId], owner: str) -> Select[Any]:
    """What the owner still holds, with everything that may keep it from starting."""
    left = not_(
        exists().where(
            subscriptions.c.subscriber == deliveries.c.subscriber,
            subscriptions.c.edition == issues.c.edition,
            subscriptions.c.left_at.is_(None),
        )
    )
    of_issue = select(digests.c.id).where(digests.c.issue == deliveries.c.issue)
    own = of_issue.where(digests.c.language == subscribers.c.language).limit(1)
    first = of_issue.order_by(digests.c.position).limit(1)
    return (
        select(
            deliveries.c.id,
            sealed().label("sealed"),
            left.label("left"),
            suppressed().label("suppressed"),
            func.coalesce(own.scalar_subquery(), first.scalar_subquery()).label("digest"),
        )
        .join(issues, issues.c.id == deliveries.c.issue)
        .join(subscribers, subscribers.c.id == deliveries.c.subscriber)
        .where(
            deliveries.c.id.in_(ids),
            deliveries.c.claimed_by == owner,
            is_(DeliveryStatus.CLAIMED),
        )
        .order_by(deliveries.c.id)
        .with_for_update(of=[deliveries, subscribers])
    )


def _started(row: Row, message_id: str) -> dict[str, Any]:
    return {"s_id": row.id, "s_digest": row.digest, "s_message_id": message_id}


def _start_one() -> Update:
    return (
        update(deliveries)
        .where(deliveries.c.id == bindparam("s_id"))
        .values(
            status=DeliveryStatus.SENDING.value,
            digest=bindparam("s_digest"),
            message_id=bindparam("s_message_id"),
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
