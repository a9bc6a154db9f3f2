"""A lane: one way out for deliveries, and the pace of a round over it.  Does nothing itself."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

from publisher.deliver.committer import Patience
from publisher.deliver.pool import Pool
from publisher.model.deliveries import Delivery
from publisher.model.digests import Mail
from publisher.model.editions import OnUncertain
from publisher.model.names import IssueId
from publisher.ports import Clock, Outbox


class Compose(Protocol):
    """How a started delivery becomes a mail; `eight_bit`: the server takes 8BITMIME."""

    async def __call__(self, delivery: Delivery, *, eight_bit: bool) -> Mail:
        """Raises PublisherError for one that can never be sent."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """One way out: the ledger, a relay's pool, and how a started delivery becomes a mail."""

    outbox: Outbox
    pool: Pool
    compose_mail: Compose
    message_id: Callable[[Delivery], str]  # without brackets, the same at every try
    on_uncertain: Callable[[IssueId], Awaitable[OnUncertain]]
    clock: Clock
    owner: str  # whose leases; one per process


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How a round goes."""

    batch: int = 500  # deliveries claimed at once
    lease: timedelta = timedelta(minutes=5)
    poll: float = 1.0  # seconds between looks for what has become due
    rest: float = 5.0  # seconds until a line that found no session tries again
    grace: float = 10.0  # seconds that flying mails get once we are told to stop
    fresh: float = 0.5  # seconds from a start to its MAIL: an editor's stop is to hold within one
    patience: Patience = field(default_factory=Patience)
