"""Notices in the ledger: the port, and what the Outbox does with them in its transactions."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Select,
    and_,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from publisher.model.deliveries import (
    Attempt,
    Delivery,
    DeliveryStatus,
    Outcome,
    Phase,
    Settled,
)
from publisher.model.names import DeliveryId, Language, SubscriberId
from publisher.model.notices import Notice, NoticeKind, issue_of, number_of
from publisher.ports import Start
from publisher.store.audience import appended
from publisher.store.database import Database
from publisher.store.delivery_rows import (
    DUE_WORDS,
    QUEUED,
    WAITING_WORDS,
    attempt_of,
    attempt_values,
    suppressed,
)
from publisher.store.notice_tables import notice_attempts, notices
from publisher.store.snapshot import Row

_NOBODY = SubscriberId(0)


class SqlNotices:
    """The port Notices on SQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, notice: Notice, *, now: datetime) -> DeliveryId:
        values = {
            "key": notice.key,
            "kind": notice.kind.value,
            "address": notice.address,
            "name": notice.name,
            "language": notice.language,
            "compiled": notice.compiled,
            "leave_url": notice.leave_url,
            "leave_by_mail": notice.leave_by_mail,
            "status": DeliveryStatus.QUEUED.value,
            "due_at": now,
            "next_try_at": now,
        }
        sqlite_here = self._database.dialect == "sqlite"
        made = (sqlite.insert if sqlite_here else postgresql.insert)(notices)
        known = select(notices.c.id).where(notices.c.key == notice.key)
        async with self._database.write() as tx:
            await tx.execute(made.values(**values).on_conflict_do_nothing())
            return DeliveryId(-(await tx.execute(known)).scalar_one())

    async def notice(self, delivery: DeliveryId) -> Notice | None:
        async with self._database.read() as tx:
            row = (await tx.execute(select(notices).where(notices.c.id == -delivery))).first()
        if row is None:
            return None
        return Notice(
            key=row.key,
            kind=NoticeKind(row.kind),
            address=row.address,
            name=row.name,
            language=Language(row.language),
            compiled=row.compiled,
            leave_url=row.leave_url,
            leave_by_mail=row.leave_by_mail,
        )

    async def row(self, delivery: DeliveryId) -> tuple[Delivery, Sequence[Attempt]] | None:
        tries = select(notice_attempts).where(notice_attempts.c.notice == -delivery)
        async with self._database.read() as tx:
            row = (await tx.execute(_rows().where(notices.c.id == -delivery))).first()
            attempts = await tx.execute(tries.order_by(notice_attempts.c.id))
            return (_delivery(row), [attempt_of(one) for one in attempts]) if row else None


# --- within the Outbox's transactions -------------------------------------------------------------


async def claim_notices(
    tx: AsyncConnection, *, limit: int, now: datetime, until: datetime, owner: str
) -> list[Delivery]:
    """Lease those that are due, oldest first; an expired lease is due again."""
    ids = (await tx.execute(due_notices(limit=limit, now=now))).scalars().all()
    if not ids:
        return []
    values = {"status": DeliveryStatus.CLAIMED.value, "claimed_by": owner, "claimed_until": until}
    await tx.execute(update(notices).where(notices.c.id.in_(ids)).values(values))
    return await _whole(tx, ids)


def due_notices(
    *, limit: int | BindParameter[int], now: datetime | BindParameter[datetime]
) -> Select[Any]:
    """Those that are due, oldest first and locked."""
    return (
        select(notices.c.id)
        .where(
            _waits(),
            notices.c.next_try_at <= now,
            or_(
                notices.c.status.in_(DUE_WORDS),
                and_(_is(DeliveryStatus.CLAIMED), notices.c.claimed_until <= now),
            ),
        )
        .order_by(notices.c.next_try_at, notices.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )


async def settle_notices(tx: AsyncConnection, settled: Sequence[Settled], owner: str) -> None:
    """Record what became of those that this owner started; a late word changes nothing."""
    for one in settled:
        mine = and_(
            notices.c.id == number_of(one.delivery),
            notices.c.claimed_by == owner,
            _is(DeliveryStatus.SENDING),
        )
        ended = update(notices).where(mine).values(_values(one.delivery))
        if (await tx.execute(ended)).rowcount == 0:
            continue
        if one.attempt is not None:
            kept = _attempt(number_of(one.delivery), one.attempt)
            await tx.execute(insert(notice_attempts).values(kept))
        if one.suppression is not None:
            await appended(tx, one.suppression)


async def start_notices(
    tx: AsyncConnection, starts: Sequence[Start], owner: str
) -> Sequence[Delivery]:
    """Start what this owner holds; one whose address is suppressed is SUPPRESSED instead."""
    begun: list[int] = []
    for one in starts:
        held = and_(
            notices.c.id == -one.delivery,
            notices.c.claimed_by == owner,
            _is(DeliveryStatus.CLAIMED),
        )
        query = select(suppressed(notices.c.address).label("gone")).where(held).with_for_update()
        row = (await tx.execute(query)).first()
        if row is None:
            continue
        if row.gone:
            await tx.execute(update(notices).where(held).values(_SUPPRESSED))
            continue
        going = {"status": DeliveryStatus.SENDING.value, "message_id": one.message_id}
        await tx.execute(update(notices).where(held).values(going))
        begun.append(-one.delivery)
    return await _whole(tx, begun) if begun else []


async def put_off_notices(
    tx: AsyncConnection, waits: Mapping[DeliveryId, datetime], owner: str
) -> None:
    """Back to the queue until then, where this owner still holds them."""
    for one, at in waits.items():
        held = and_(
            notices.c.id == -one, notices.c.claimed_by == owner, _is(DeliveryStatus.CLAIMED)
        )
        await tx.execute(update(notices).where(held).values({**QUEUED, "next_try_at": at}))


async def release_notices(tx: AsyncConnection, owner: str) -> int:
    """Give back what this owner holds."""
    held = and_(notices.c.claimed_by == owner, _is(DeliveryStatus.CLAIMED))
    return (await tx.execute(update(notices).where(held).values(QUEUED))).rowcount


async def recover_notices(tx: AsyncConnection, *, now: datetime, lost: str) -> int:
    """After a crash: what was claimed is queued; what flew is sent again, for it may be lost.

    A confirmation twice does no harm, one that never comes does.
    """
    await tx.execute(update(notices).where(_waits(), _is(DeliveryStatus.CLAIMED)).values(QUEUED))
    flew = select(notices.c.id).where(_waits(), _is(DeliveryStatus.SENDING))
    ids = (await tx.execute(flew)).scalars().all()
    attempt = Attempt(
        at=now,
        phase=Phase.DOT,
        outcome=Outcome.UNCERTAIN,
        code=None,
        enhanced=None,
        text=lost,
        relay="",
    )
    for one in ids:
        await tx.execute(insert(notice_attempts).values(_attempt(one, attempt)))
    await tx.execute(
        update(notices)
        .where(notices.c.id.in_(ids))
        .values(
            status=DeliveryStatus.DEFERRED.value,
            next_try_at=now,
            tries=notices.c.tries + 1,
            claimed_by=None,
            claimed_until=None,
        )
    )
    return len(ids)


async def notices_wake_at(tx: AsyncConnection) -> datetime | None:
    """The earliest next_try_at of those that wait."""
    query = select(func.min(notices.c.next_try_at)).where(_waits())
    instant: datetime | None = (await tx.execute(query)).scalar()
    return instant


# --- rows -----------------------------------------------------------------------------------------

_SUPPRESSED = {
    "status": DeliveryStatus.SUPPRESSED.value,
    "reason": "suppressed",
    "next_try_at": None,
    "claimed_by": None,
    "claimed_until": None,
}


def _is(status: DeliveryStatus) -> ColumnElement[bool]:
    return notices.c.status == status.value


def _waits() -> ColumnElement[bool]:
    """Spelled out, not bound: SQLite takes a partial index only by its own words."""
    return notices.c.status.in_(WAITING_WORDS)


def _rows() -> Any:
    """Without the message itself."""
    return select(*(column for column in notices.c if column.name != "compiled"))


async def _whole(tx: AsyncConnection, ids: Sequence[int]) -> list[Delivery]:
    rows = await tx.execute(_rows().where(notices.c.id.in_(ids)).order_by(notices.c.id))
    return [_delivery(row) for row in rows]


def _delivery(row: Row) -> Delivery:
    return Delivery(
        id=DeliveryId(-row.id),
        issue=issue_of(row.key),
        subscriber=_NOBODY,
        address=row.address,
        name=row.name,
        language=Language(row.language),
        status=DeliveryStatus(row.status),
        due_at=row.due_at,
        next_try_at=row.next_try_at,
        tries=row.tries,
        message_id=row.message_id,
        reason=row.reason,
    )


def _values(delivery: Delivery) -> dict[str, Any]:
    return {
        "status": delivery.status.value,
        "next_try_at": delivery.next_try_at,
        "tries": delivery.tries,
        "reason": delivery.reason,
        "claimed_by": None,
        "claimed_until": None,
    }


def _attempt(number: int, attempt: Attempt) -> dict[str, Any]:
    return {"notice": number, **attempt_values(attempt)}
