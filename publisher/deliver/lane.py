"""A lane: one way out for deliveries, and the pace of a round over it.  Does nothing itself."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from publisher.deliver.pool import Pool
from publisher.model.deliveries import Delivery, Result, Settled
from publisher.model.digests import Mail
from publisher.model.editions import OnUncertain
from publisher.model.names import DeliveryId, IssueId
from publisher.ports import Clock, HandOver, Heard, Outbox, Start


class Compose(Protocol):
    """How a started delivery becomes a mail; `eight_bit`: the server takes 8BITMIME."""

    async def __call__(self, delivery: Delivery, *, eight_bit: bool) -> Mail:
        """Raises PublisherError for one that can never be sent."""
        ...


class Gate(Protocol):
    """What lets claimed deliveries go: rates, hours, the mail houses' pace."""

    @property
    def paced(self) -> bool:
        """Whether it is no use to start one before the mail before it is taken."""
        ...

    def house(self, delivery: Delivery) -> str:
        """The mail house whose pace holds for it."""
        ...

    @property
    def over(self) -> bool:
        """Whether its round is to end: another gate will stand here."""
        ...

    def take(self, delivery: Delivery, *, now: datetime) -> bool:
        """Whether it may go now; then it counts as under way until it `landed`."""
        ...

    def delay(self, delivery: Delivery, *, ahead: bool = False) -> float:
        """Seconds until the MAIL of one that was let go may go out.

        0: at once; then it counts as gone.  Infinity: not any more, or, `ahead`, not together with
        a text that the server may take its time over.
        """
        ...

    def landed(self, delivery: Delivery, result: Result | None, *, now: datetime) -> None:
        """What became of it; without a result it says nothing about where it was to go."""
        ...

    def never_left(self, delivery: Delivery) -> None:
        """It was let go, and its MAIL did not go out: it has used up nothing."""
        ...

    def room(self, house: str | None = None, *, now: datetime) -> int | None:
        """How many may go at once now, to one house or to whoever; None: as many as there are."""
        ...

    def opens(self, house: str | None = None, *, now: datetime) -> datetime | None:
        """When it is worth asking again, for one house or for all; None: once one has landed."""
        ...

    async def prepare(
        self, held: Sequence[Delivery], *, now: datetime
    ) -> Mapping[DeliveryId, datetime]:
        """Fetch what they need to go; those that cannot for a while, and until when."""
        ...

    def put_off(self) -> Collection[datetime]:
        """Until when mail houses whose limits are reached have what `prepare` put off wait."""
        ...

    def batch(self, most: int, *, now: datetime) -> int:
        """How many are worth claiming at once."""
        ...


class Open:
    """A gate that lets everything go."""

    paced = over = False

    def house(self, delivery: Delivery) -> str:
        return ""

    def take(self, delivery: Delivery, *, now: datetime) -> bool:
        return True

    def delay(self, delivery: Delivery, *, ahead: bool = False) -> float:
        return 0.0

    def landed(self, delivery: Delivery, result: Result | None, *, now: datetime) -> None:
        return None

    def never_left(self, delivery: Delivery) -> None:
        return None

    def room(self, house: str | None = None, *, now: datetime) -> int | None:
        return None

    def opens(self, house: str | None = None, *, now: datetime) -> datetime | None:
        return None

    async def prepare(
        self, held: Sequence[Delivery], *, now: datetime
    ) -> Mapping[DeliveryId, datetime]:
        return {}

    def put_off(self) -> Collection[datetime]:
        return ()

    def batch(self, most: int, *, now: datetime) -> int:
        return most


async def _unprepared(claimed: Sequence[Delivery]) -> None:
    """Where nothing is made before its turn."""


def _not_taken(
    settled: Sequence[Settled],
    starts: Sequence[Start],
    *,
    owner: str,
    then: Heard,
) -> bool:
    """Where every commit is waited for."""
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """One way out: the ledger, a relay's pool, and how a started delivery becomes a mail."""

    outbox: Outbox
    pool: Pool
    compose_mail: Compose
    message_id: Callable[[Delivery], str]  # without brackets, the same at every try
    on_uncertain: Callable[[IssueId], Awaitable[OnUncertain]]
    clock: Clock
    owner: str  # whose leases; one per process and relay
    gate: Gate = field(default_factory=Open)
    hand_over: HandOver = _not_taken
    foresee: Callable[[Sequence[Delivery]], Awaitable[None]] = _unprepared  # what starts soon
    begun: Callable[[Sequence[Delivery]], object] = lambda started: None  # of one commit, at once
    beside: Sequence[Pool] = ()  # of other relays, which may take what this one does not


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How a busy store is waited for; seconds."""

    first: float = 0.05
    longest: float = 2.0
    once_halted: float = 30.0  # then the results are given up; the ledger calls them UNCERTAIN


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How a round goes."""

    batch: int = 500  # deliveries claimed at once, at most
    lease: timedelta = timedelta(minutes=5)
    poll: float = 1.0  # seconds between looks for what has become due
    rest: float = 5.0  # seconds until a line that found no session tries again
    lately: float = 30.0  # seconds after a session in which "no more sessions" is no trouble
    hung: float = 10.0  # seconds in which no line asks for more: what is claimed is given back
    grace: float = 10.0  # seconds that flying mails get once we are told to stop
    fresh: float = 0.5  # seconds from a start to its MAIL: an editor's stop is to hold within one
    patience: Patience = field(default_factory=Patience)
