"""The ports of what comes in; those of everything else, and what all promise: ports.py."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, TypeVar

from publisher.model.articles import Article, Changes
from publisher.model.bounces import Bounce, Returned
from publisher.model.hubs import HubSubscription
from publisher.model.names import (
    DeliveryId,
    EditionId,
    IssueId,
    Language,
    SourceId,
    StoryKey,
    SubscriberId,
)
from publisher.model.people import SuppressionReason
from publisher.model.sources import FetchState

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What a server answered; `body` is None for "not modified"."""

    url: str  # after redirects
    body: bytes | None
    content_type: str
    etag: str | None
    last_modified: str | None
    moved_to: str | None = None  # where 301 and 308 alone led, from the first address on
    headers: Mapping[str, str] = field(default_factory=dict)  # names lower case, repeats joined


class Fetcher(Protocol):
    """Polite HTTP: one request at a time and a gap per host, safe against what is out there."""

    async def fetch(
        self,
        url: str,
        *,
        etag: str | None = None,
        last_modified: str | None = None,
        allow_private: bool = False,
    ) -> Page:
        """Get one document; raises collect.fetch.FetchError with the reason.

        `allow_private`: it may lie on this machine or in a private network.
        """
        ...

    async def post(self, url: str, form: Mapping[str, str], *, allow_private: bool = False) -> None:
        """Post a form under the same limits; any 2xx is a yes, FetchError everything else."""
        ...


class SourceStates(Protocol):
    """What we remember of sources between passes."""

    async def get(self, source: SourceId) -> FetchState:
        """The stored state, or a fresh one."""
        ...

    async def save(self, *states: FetchState) -> None:
        """Remember these in one transaction."""
        ...

    async def all(self) -> Sequence[FetchState]: ...


class Admission(Protocol):
    """What is stored, for weighing one source's entries: nobody else stores meanwhile.

    Its answers are not awaited: one transaction is one go, and in SQLite one crossing of threads.
    """

    def known(self, source: SourceId, keys: Collection[str]) -> Mapping[str, Article]:
        """Those of `keys` that are stored, by key; withdrawn ones too."""
        ...

    def at(self, addresses: Collection[str]) -> Mapping[str, Sequence[Article]]:
        """The articles whose page stands at these addresses (plain_address), by address."""
        ...

    def naming(self, addresses: Collection[str]) -> Mapping[str, Sequence[Article]]:
        """The articles that name these addresses as their alternates, by address."""
        ...

    def alike(self, traces: Collection[int], *, since: datetime) -> Sequence[Article]:
        """Those published at or after `since` that share a trace."""
        ...

    def claimed_stories(
        self, stories: Collection[StoryKey]
    ) -> Mapping[tuple[StoryKey, Language], Article]:
        """Which (story, language) pairs are taken, and by which article."""
        ...

    def save(self, changes: Changes, *states: FetchState) -> None:
        """Store new articles, new versions, and what to remember of the sources."""
        ...


class Intake(Protocol):
    """The door through which articles come into the store."""

    async def known(self, source: SourceId, keys: Collection[str]) -> Mapping[str, Article]:
        """As Admission.known, in a moment of its own."""
        ...

    async def admit(self, weigh: Callable[[Admission], T]) -> T:
        """Weigh and store in one transaction, one at a time; what it raises leaves nothing behind.

        `weigh` may run in another thread, and waits for nothing but the store.
        """
        ...


class Hubs(Protocol):
    """WebSub: what we asked of hubs, by source."""

    async def get(self, source: SourceId) -> HubSubscription | None: ...

    async def by_token(self, token: str) -> HubSubscription | None: ...

    async def save(self, subscription: HubSubscription) -> None: ...

    async def all(self) -> Sequence[HubSubscription]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """How many readers' mail came back by our own fault, of how many the servers took."""

    domains: Mapping[str, int]  # readers, by the domain of their address
    accepted: int  # never more than twenty for each of them is counted
    planned: int  # to be sent in all; never more than a thousand are counted

    @property
    def readers(self) -> int:
        """In all."""
        return sum(self.domains.values())


class Returns(Protocol):
    """What came back, each piece tied to the Delivery it is about; a Notice's is one too."""

    async def delivery(self, delivery: DeliveryId) -> Returned | None: ...

    async def recent(
        self,
        *,
        subscriber: SubscriberId | None = None,
        email: str | None = None,
        edition: EditionId | None = None,
    ) -> Sequence[Returned]:
        """The newest hundred deliveries to a reader, newest issue first.

        By address alone also the newest Notices to it.
        """
        ...

    async def history(self, address: str, *, since: datetime) -> Sequence[Bounce]:
        """What came back of mails to whoever has this address now, or of Notices to it.

        Oldest first; nothing from before a LIFTED row.
        """
        ...

    async def record(
        self,
        returned: Returned,
        bounce: Bounce,
        *,
        fingerprint: str,
        suppress: SuppressionReason | None = None,
    ) -> bool:
        """One transaction: the row, and what follows; False for a mail that was recorded before.

        A complaint ends the subscription the delivery was of; `suppress` suppresses the address,
        unless it is.
        """
        ...

    async def faults(self, issue: IssueId, *, since: datetime, sealed_since: datetime) -> Faults:
        """Of one issue, those that nobody has answered yet; of a delivery answered once, none.

        None of an issue that was sealed before `sealed_since`, unless it is being sent.
        """
        ...

    async def answer_faults(self, *, now: datetime) -> int:
        """The sending was stopped because of them: they do not count again."""
        ...

    async def about(
        self, deliveries: Collection[DeliveryId]
    ) -> Mapping[DeliveryId, Sequence[Bounce]]:
        """What came back of these, in the order it was read."""
        ...
