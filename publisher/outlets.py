"""Small Protocols of the way out beside the ledger: whom, how fast, whether.  As in ports.py."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from publisher.model.deliveries import Attempt, Delivery
from publisher.model.issues import Issue
from publisher.model.names import DeliveryId
from publisher.model.notices import Notice
from publisher.model.pings import Ping
from publisher.model.rates import Limit
from publisher.model.variants import Group


class Readers(Protocol):
    """Who an issue would go to now."""

    async def groups(self, issue: Issue) -> Sequence[Group]:
        """Those who chose the same and are owed the same of its corrections, most readers first.

        Owed is what the ledger says was mailed before it was corrected (ACCEPTED or UNCERTAIN),
        and whose correction was not mailed yet.
        """
        ...

    async def zones(self, issue: Issue) -> Sequence[str]:
        """The time zones they live in, where they said so."""
        ...


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


class Stamps(Protocol):
    """Whether the database is the one this machine has worked with, or a backup put back."""

    async def paused_since(self, *, now: datetime) -> datetime | None:
        """Since when it is known to be a backup; None: it is the one we know."""
        ...

    async def stranger(self) -> tuple[str, str] | None:
        """Whose stamp lies here instead, another newsroom's, and ours: where the databases are."""
        ...

    async def resume(self) -> None:
        """Go on with it: from now on it is the one we know."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Want:
    """A wish for tokens of one limit."""

    name: str  # "relay:main:day"
    limit: Limit
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What there was of them: tokens to be used before `until`, or never."""

    count: int
    until: datetime
    opens_at: datetime  # when the next token lies in the bucket


@dataclass(frozen=True, slots=True, kw_only=True)
class Unused:
    """Tokens of one limit that were granted, and with which nothing went."""

    name: str
    limit: Limit
    count: int
    until: datetime  # as it was granted


class Allowances(Protocol):
    """The tokens of every limit; written down before they are used, so no restart exceeds it."""

    async def take(self, wants: Sequence[Want], *, now: datetime) -> Mapping[str, Grant]:
        """As many as there are, by the names of the limits."""
        ...

    async def put_back(self, unused: Sequence[Unused]) -> None:
        """Let others have them.  Whoever is not sure that it was done must not do it again."""
        ...
