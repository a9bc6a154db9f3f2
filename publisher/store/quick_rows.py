"""Rows of SQLite's own driver as Deliveries, in few steps."""

from typing import Any

from publisher.model.deliveries import Delivery, DeliveryStatus
from publisher.model.moulds import mould
from publisher.store.plain_jobs import NEXT_TRY_AT
from publisher.store.prepared import instant_of
from publisher.store.tables import deliveries, subscribers

# In the order of Delivery's fields.
COLUMNS = (
    deliveries.c.id,
    deliveries.c.issue,
    deliveries.c.subscriber,
    subscribers.c.email,
    subscribers.c.language,
    deliveries.c.status,
    deliveries.c.due_at,
    deliveries.c.next_try_at,
    deliveries.c.tries,
    subscribers.c.name,
    subscribers.c.timezone,
    deliveries.c.digest,
    deliveries.c.message_id,
    deliveries.c.reason,
)
_STATUS, _DUE_AT, _DIGEST, _MESSAGE_ID = 5, 6, 11, 12
_made = mould(Delivery)


def claimed_from(row: list[Any]) -> Delivery:
    """The noun of a row of COLUMNS, which is used up: now it is CLAIMED."""
    row[_STATUS] = DeliveryStatus.CLAIMED
    row[_DUE_AT], row[NEXT_TRY_AT] = instant_of(row[_DUE_AT]), instant_of(row[NEXT_TRY_AT])
    return _made(*row)


def started_from(row: list[Any], digest: str, message_id: str) -> Delivery:
    """The same: now it is SENDING."""
    row[_STATUS], row[_DIGEST], row[_MESSAGE_ID] = DeliveryStatus.SENDING, digest, message_id
    row[_DUE_AT], row[NEXT_TRY_AT] = instant_of(row[_DUE_AT]), instant_of(row[NEXT_TRY_AT])
    return _made(*row)
