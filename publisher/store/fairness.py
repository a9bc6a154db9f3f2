"""Which deliveries are claimed next: issues that are being sent share the senders fairly."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Select,
    Update,
    and_,
    exists,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from publisher.model.deliveries import DeliveryStatus
from publisher.model.names import IssueId
from publisher.store.delivery_rows import DUE_WORDS, is_, sealed, waiting
from publisher.store.plain_jobs import behind, in_turns
from publisher.store.tables import deliveries, issues

Instant = datetime | BindParameter[datetime]


async def fair_share(
    tx: AsyncConnection, *, limit: int, now: datetime, served: IssueId | None
) -> Sequence[int]:
    """Up to `limit` ids of due deliveries, locked; see `in_turns`, and `behind` for `served`."""
    going = behind(served, [IssueId(row.id) for row in await tx.execute(in_flight(now))])
    queries = [due(deliveries.c.id, of=issue, limit=limit, now=now) for issue in going]
    shares = [[int(row.id) for row in await tx.execute(query)] for query in queries]
    return in_turns(shares, limit=limit)


def in_flight(now: Instant) -> Select[Any]:
    """Issues being sent that have something due, oldest hour first."""
    some = exists().where(deliveries.c.issue == issues.c.id, _is_due(now))
    return select(issues.c.id).where(sealed(), some).order_by(issues.c.due_at, issues.c.id)


def due(
    *columns: ColumnElement[Any],
    of: IssueId | BindParameter[str],
    limit: int | BindParameter[int],
    now: Instant,
) -> Select[Any]:
    """Of one issue's deliveries, those that are due, oldest first and locked."""
    return (
        select(*columns)
        .where(deliveries.c.issue == of, _is_due(now))
        .order_by(deliveries.c.next_try_at, deliveries.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True, of=deliveries)  # PostgreSQL; SQLite has one writer
    )


def leased(
    ids: Sequence[int] | Select[Any],
    *,
    until: Instant,
    owner: str | BindParameter[str],
) -> Update:
    """Have the owner hold these for a while."""
    return (
        update(deliveries)
        .where(deliveries.c.id.in_(ids))
        .values(status=DeliveryStatus.CLAIMED.value, claimed_by=owner, claimed_until=until)
    )


def _is_due(now: Instant) -> ColumnElement[bool]:
    """It waits for nobody, or for a sender whose lease has run out."""
    return and_(
        waiting(),
        deliveries.c.next_try_at <= now,
        or_(
            deliveries.c.status.in_(DUE_WORDS),
            and_(is_(DeliveryStatus.CLAIMED), deliveries.c.claimed_until <= now),
        ),
    )
