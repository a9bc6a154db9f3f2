"""What every statement on deliveries shares: conditions, and a row as a noun."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, Update, and_, func, literal_column, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from publisher.model.deliveries import (
    MOVES,
    WAITING,
    Attempt,
    Delivery,
    DeliveryStatus,
    Outcome,
    Phase,
)
from publisher.model.issues import IssueStatus
from publisher.model.people import SuppressionReason
from publisher.store.article_rows import chunks
from publisher.store.snapshot import Row
from publisher.store.tables import deliveries, issues, subscribers, suppressions

QUEUED: Mapping[str, Any] = {
    "status": DeliveryStatus.QUEUED.value,
    "claimed_by": None,
    "claimed_until": None,
}


def spelled(statuses: Iterable[DeliveryStatus]) -> list[ColumnElement[str]]:
    """As words in the statement, not values beside it."""
    return [literal_column(f"'{one}'") for one in sorted(status.value for status in statuses)]


WAITING_WORDS = spelled(WAITING)
DUE_WORDS = spelled([DeliveryStatus.QUEUED, DeliveryStatus.DEFERRED])
_CANCELLABLE = sorted(one.value for one in MOVES if DeliveryStatus.CANCELLED in MOVES[one])


def waiting() -> ColumnElement[bool]:
    """The delivery does not rest yet.

    Whatever waits has its hour; SQLite takes the index of those that have one only where it reads
    so in the statement.
    """
    return and_(deliveries.c.next_try_at.is_not(None), deliveries.c.status.in_(WAITING_WORDS))


def taken() -> ColumnElement[bool]:
    """A sender has it, CLAIMED or SENDING: few, and found by an index of their own."""
    return deliveries.c.claimed_by.is_not(None)


def cancel() -> Update:
    """End what waits and is not flying; the caller says of which issues."""
    return (
        update(deliveries)
        .where(waiting(), deliveries.c.status.in_(_CANCELLABLE))
        .values(
            status=DeliveryStatus.CANCELLED.value,
            next_try_at=None,
            claimed_by=None,
            claimed_until=None,
        )
    )


def is_(status: DeliveryStatus) -> ColumnElement[bool]:
    """The delivery is in this state."""
    return deliveries.c.status == status.value


def sealed() -> ColumnElement[bool]:
    """The issue is being sent: neither stopped nor over."""
    return issues.c.status == IssueStatus.SEALED.value


def suppressed(address: ColumnElement[str] = subscribers.c.email) -> ColumnElement[bool]:
    """The newest row on an address counts; LIFTED ends what came before."""
    newest = (
        select(suppressions.c.reason)
        .where(suppressions.c.email == address)
        .order_by(suppressions.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    return func.coalesce(newest, SuppressionReason.LIFTED.value) != SuppressionReason.LIFTED.value


def select_whole() -> Select[Any]:
    """Deliveries with their readers, by id."""
    return (
        select(
            deliveries,
            subscribers.c.email,
            subscribers.c.name,
            subscribers.c.language,
            subscribers.c.timezone,
        )
        .join(subscribers, subscribers.c.id == deliveries.c.subscriber)
        .order_by(deliveries.c.id)
    )


async def whole(tx: AsyncConnection, ids: Sequence[int]) -> dict[int, Delivery]:
    """These deliveries as they stand in this transaction, by id."""
    found: dict[int, Delivery] = {}
    for some in chunks(ids):
        query = select_whole().where(deliveries.c.id.in_(some))
        found |= {row.id: delivery_of(row) for row in await tx.execute(query)}
    return found


def delivery_of(row: Row) -> Delivery:
    """The noun of a delivery's row joined with its subscriber's."""
    return Delivery(
        id=row.id,
        issue=row.issue,
        subscriber=row.subscriber,
        address=row.email,
        name=row.name,
        timezone=row.timezone,
        language=row.language,
        status=DeliveryStatus(row.status),
        due_at=row.due_at,
        next_try_at=row.next_try_at,
        tries=row.tries,
        digest=row.digest,
        message_id=row.message_id,
        reason=row.reason,
    )


def attempt_of(row: Row) -> Attempt:
    """The noun of an attempt's row."""
    return Attempt(
        at=row.at,
        phase=Phase(row.phase),
        outcome=Outcome(row.outcome),
        code=row.code,
        enhanced=row.enhanced,
        text=row.text,
        relay=row.relay,
    )


def attempt_values(attempt: Attempt) -> dict[str, Any]:
    """What the row of an attempt says, whatever it was an attempt at."""
    return {
        "at": attempt.at,
        "phase": attempt.phase.value,
        "outcome": attempt.outcome.value,
        "code": attempt.code,
        "enhanced": attempt.enhanced,
        "text": attempt.text,
        "relay": attempt.relay,
    }
