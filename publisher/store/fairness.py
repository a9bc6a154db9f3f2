"""Which deliveries are claimed next: issues that are being sent share the senders fairly."""

from collections.abc import Sequence
from datetime import datetime
from itertools import chain, zip_longest
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from publisher.model.deliveries import DeliveryStatus
from publisher.model.names import IssueId
from publisher.store.delivery_rows import is_, sealed, waiting
from publisher.store.tables import deliveries, issues

_DUE = (DeliveryStatus.QUEUED.value, DeliveryStatus.DEFERRED.value)


async def fair_share(tx: AsyncConnection, *, limit: int, now: datetime) -> Sequence[int]:
    """Up to `limit` ids of due deliveries, locked: each issue gives one in turn, oldest first.

    An issue that has fewer leaves its turns to the others, so nothing due is passed over.
    """
    in_flight = [row.id for row in await tx.execute(_in_flight(now))]
    shares = [
        [int(row.id) for row in await tx.execute(_due(issue, limit, now))] for issue in in_flight
    ]
    turns = chain.from_iterable(zip_longest(*shares))
    return [one for one in turns if one is not None][:limit]


def _in_flight(now: datetime) -> Select[Any]:
    """Issues being sent that have something due, oldest hour first."""
    some = exists().where(deliveries.c.issue == issues.c.id, _is_due(now))
    return select(issues.c.id).where(sealed(), some).order_by(issues.c.due_at, issues.c.id)


def _due(issue: IssueId, limit: int, now: datetime) -> Select[Any]:
    return (
        select(deliveries.c.id)
        .where(deliveries.c.issue == issue, _is_due(now))
        .order_by(deliveries.c.next_try_at, deliveries.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True, of=deliveries)  # PostgreSQL; SQLite has one writer
    )


def _is_due(now: datetime) -> ColumnElement[bool]:
    """It waits for nobody, or for a sender whose lease has run out."""
    return and_(
        waiting(),
        deliveries.c.next_try_at <= now,
        or_(
            deliveries.c.status.in_(_DUE),
            and_(is_(DeliveryStatus.CLAIMED), deliveries.c.claimed_until <= now),
        ),
    )
