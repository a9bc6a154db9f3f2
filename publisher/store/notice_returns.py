"""Notices that came back: which one it is, and the statements that read what came of them."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncConnection

from publisher.links import NOBODY
from publisher.model.bounces import Returned
from publisher.model.names import DeliveryId
from publisher.model.notices import issue_of
from publisher.store.notice_tables import notice_bounces, notices
from publisher.store.snapshot import Row


async def the_notice(tx: AsyncConnection, delivery: DeliveryId) -> Returned | None:
    """The Notice of this number."""
    row = (await tx.execute(_whole().where(notices.c.id == -delivery))).first()
    return _returned(row) if row else None


async def notices_to(tx: AsyncConnection, address: str, *, limit: int) -> list[Returned]:
    """The newest Notices to an address."""
    query = _whole().where(notices.c.address == address).order_by(notices.c.id.desc())
    return [_returned(row) for row in await tx.execute(query.limit(limit))]


def of_notices(deliveries: Collection[DeliveryId]) -> Select[Any]:
    """What came back of those among them that are Notices, in the order it was read."""
    query = select(notice_bounces, (-notice_bounces.c.notice).label("delivery"))
    numbers = [-one for one in deliveries if one < 0]
    return query.where(notice_bounces.c.notice.in_(numbers)).order_by(notice_bounces.c.id)


def _whole() -> Select[Any]:
    return select(notices.c.id, notices.c.key, notices.c.address, notices.c.message_id)


def _returned(row: Row) -> Returned:
    return Returned(
        delivery=DeliveryId(-row.id),
        issue=issue_of(row.key),
        edition=None,
        subscriber=NOBODY,
        address=row.address,
        message_id=row.message_id,
    )
