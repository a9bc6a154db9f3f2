"""Small Protocols of the way out, beside the ledger; adapters live in the store."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from publisher.model.deliveries import Attempt, Delivery
from publisher.model.names import DeliveryId
from publisher.model.notices import Notice


class Notices(Protocol):
    """Mails outside an Issue; the Outbox hands them out ahead of every digest."""

    async def add(self, notice: Notice, *, now: datetime) -> DeliveryId:
        """Queue it; one whose key is known is not queued again, and gives the id it has."""
        ...

    async def notice(self, delivery: DeliveryId) -> Notice | None:
        """What that delivery mails."""
        ...

    async def row(self, delivery: DeliveryId) -> tuple[Delivery, Sequence[Attempt]] | None:
        """Its row of the ledger."""
        ...
