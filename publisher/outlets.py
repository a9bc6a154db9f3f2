"""Small Protocols of the way out, beside the ledger; adapters live in the store."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from publisher.model.deliveries import Attempt, Delivery
from publisher.model.names import DeliveryId
from publisher.model.notices import Notice
from publisher.model.pings import Ping


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


class HubPings(Protocol):
    """WebSub: what hubs were told of our feeds."""

    async def all(self) -> Sequence[Ping]:
        """In order of topic and hub."""
        ...

    async def begin(
        self, topic: str, hub: str, digest: str, *, now: datetime, until: datetime
    ) -> Ping | None:
        """Take a try in hand until `until`; nobody else begins one before.

        None where somebody has it in hand, where it is too early, or where the hub knows.
        """
        ...

    async def save(self, ping: Ping) -> None:
        """How a try ended; of one forgotten meanwhile nothing is kept."""
        ...

    async def forget(self, ones: Collection[tuple[str, str]]) -> None:
        """Drop these (topic, hub): the feed, or the hub, is none of ours any more."""
        ...
