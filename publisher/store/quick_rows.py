"""Rows of SQLite's own driver as Deliveries, in few steps."""

from typing import Any

from publisher.model.deliveries import Delivery, DeliveryStatus
from publisher.model.moulds import mould
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
_STATUS, _DUE_AT, _NEXT_TRY_AT = 5, 6, 7
_made = mould(Delivery)


def delivery_from(values: list[Any], status: DeliveryStatus) -> Delivery:
    """The noun of a row of COLUMNS, which is used up; `status` is what has just been written."""
    values[_STATUS] = status
    values[_DUE_AT] = instant_of(values[_DUE_AT])
    values[_NEXT_TRY_AT] = instant_of(values[_NEXT_TRY_AT])
    return _made(*values)
