"""Small Protocols, in the words of those who call them.  Adapters live in the rooms.

Every method that touches the database raises StoreBusy when it is locked or gone, and then has
changed nothing.  Instants are aware and UTC.
"""

from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import ParamSpec, Protocol, TypeVar

from publisher.model.articles import Article
from publisher.model.deliveries import (
    Attempt,
    Balance,
    Delivery,
    DeliveryStatus,
    Settled,
)
from publisher.model.digests import Digest
from publisher.model.issues import Issue, IssueStatus
from publisher.model.legal import LegalProfile, ProfileUse
from publisher.model.names import (
    DeliveryId,
    DigestId,
    EditionId,
    IssueId,
    Language,
    StoryKey,
    SubscriberId,
)
from publisher.model.people import Applicant, Subscriber, Suppression
from publisher.model.variants import ALL_ALIKE, Seating

P = ParamSpec("P")
T = TypeVar("T")


class Clock(Protocol):
    """The only way to learn the time; app.py owns the real one."""

    def __call__(self) -> datetime: ...


class Crunch(Protocol):
    """Where CPU-heavy work is done: here, or in a spawned process beside the sender."""

    async def __call__(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call `work`, which must be importable by name, with arguments that pickle."""
        ...


# --- articles ---------------------------------------------------------------------------------


class Articles(Protocol):
    """Our stored articles, for those who print; withdrawn ones are never among them."""

    async def available(self, *, since: datetime, until: datetime) -> Sequence[Article]:
        """Those with since <= available_at < until and a section, oldest first."""
        ...

    async def newest(self, *, language: Language, limit: int, now: datetime) -> Sequence[Article]:
        """For feeds: published at or before `now`, with a section, newest first.

        Ordered by published_at descending, then id.  Backlog is included.
        """
        ...

    async def days(self, *, language: Language, now: datetime) -> Sequence[date]:
        """The UTC days on which `newest` has something, oldest first."""
        ...

    async def versions_of(self, stories: Collection[StoryKey]) -> Sequence[Article]:
        """Every language version of these stories."""
        ...

    async def listed(
        self, *, limit: int, held: bool = False, withdrawn: bool = False
    ) -> Sequence[Article]:
        """For `publisher articles`: newest first; `held`: only those without a section.

        `withdrawn`: only those that were, the one place where they show.
        """
        ...


class Issues(Protocol):
    """Issues and their frozen contents."""

    async def get(self, issue: IssueId) -> Issue | None: ...

    async def save(self, issue: Issue) -> None:
        """Insert or replace an issue that is not sealed.

        Raises MoveForbidden where the stored status does not allow the new one (the table of
        moves; the same status is always allowed before the seal, and never after it).  Only
        Outbox.seal makes an issue SEALED.
        """
        ...

    async def move(self, issue: IssueId, to: IssueStatus, *, now: datetime, by: str) -> Issue:
        """Change the status alone, by the table of moves; raises MoveForbidden.

        Not the ledger's own moves: APPROVED to SEALED, SEALED to SENT.  To CANCELLED ends the
        waiting deliveries in the same transaction.
        """
        ...

    async def recent(self, *, edition: EditionId | None = None, limit: int = 50) -> Sequence[Issue]:
        """Newest due time first."""
        ...

    async def with_status(self, *statuses: IssueStatus) -> Sequence[Issue]:
        """All in these states, oldest due time first."""
        ...

    async def last_sealed(self, edition: EditionId) -> Issue | None:
        """The issue sealed last, by due time, whatever became of it after the seal.

        One cancelled in flight counts too: what left, left.  One made to correct another has no
        window and does not count.
        """
        ...

    async def spent(
        self, editions: Collection[EditionId], *, since: datetime
    ) -> Mapping[EditionId, frozenset[StoryKey]]:
        """Stories carried by sealed issues due at or after `since` (law 10)."""
        ...


class Audience(Protocol):
    """Subscribers, their ties, consents and suppressions."""

    async def enrol(self, applicants: Iterable[Applicant], *, now: datetime) -> tuple[int, int]:
        """Add people or editions to people; commits per 5,000 rows.  Returns (new, known).

        A person is known by their normalised address.  A known person gains missing editions and
        the new consent; language and name follow the newest.  Someone who left an edition is
        in it again only by a consent given after they left: an old list brings nobody back.
        """
        ...

    async def find(self, email: str) -> Subscriber | None: ...

    async def get(self, subscriber: SubscriberId) -> Subscriber | None: ...

    def everyone(self) -> AsyncIterator[Subscriber]:
        """For export: in order of id, memory flat."""
        ...

    async def leave(self, subscriber: SubscriberId, edition: EditionId, *, now: datetime) -> bool:
        """End one subscription; True when it was running.  Idempotent."""
        ...

    async def remove(self, email: str, *, now: datetime) -> bool:
        """End every subscription of an address; False when the address is not known."""
        ...

    async def suppress(self, suppression: Suppression) -> None:
        """Append a row (reason LIFTED ends the ones before)."""
        ...

    async def suppressions(self, email: str) -> Sequence[Suppression]:
        """Oldest first."""
        ...


# --- the ledger -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """A wish to begin a try, and the identity its mail will carry."""

    delivery: DeliveryId
    message_id: str
    number: int = 0  # of this start, given once by its owner
    behind: int | None = None  # of the owner's start whose end its own text waits for


Heard = Callable[[Sequence[Delivery] | None], object]


class HandOver(Protocol):
    """Outbox.commit for a sender that does not wait, where somebody takes it at once."""

    def __call__(
        self,
        settled: Sequence[Settled],
        starts: Sequence[Start],
        *,
        owner: str,
        then: Heard,
    ) -> bool:
        """Whether it was taken; then `then` is called, once, with what `commit` would return.

        With None where all was not done, or nobody knows: to `commit` the same again does what is
        left of it, and says what is wrong.  Several are done in the order in which they came.
        """
        ...


class Outbox(Protocol):
    """The table of Deliveries: the ledger."""

    async def seal(
        self,
        issue: Issue,
        digests: Sequence[Digest],
        *,
        now: datetime,
        seating: Seating = ALL_ALIKE,
    ) -> int:
        """Freeze issue, digests and every Delivery in one transaction (law 2).

        Deliveries: everyone with a running subscription to the edition whose address is not
        suppressed and who has a consent (rule L16), less those `seating` has nothing for; where
        the issue is `only_to` another, only those who were sent that one.  `issue` carries status
        SEALED and sealed_at; the stored one must be APPROVED, else MoveForbidden; Refused where
        one of its articles was withdrawn or tells another story meanwhile.  Returns the planned
        count.  With nobody to send to the issue is SENT at once.
        """
        ...

    async def claim(
        self, *, limit: int, now: datetime, lease: timedelta, owner: str
    ) -> Sequence[Delivery]:
        """Lease due deliveries of SEALED issues (QUEUED, or DEFERRED and due), oldest first.

        An expired lease (CLAIMED) is due again; it never touches SENDING.
        """
        ...

    async def commit(
        self,
        settled: Sequence[Settled],
        starts: Sequence[Start],
        *,
        now: datetime,
        owner: str,
    ) -> Sequence[Delivery]:
        """One transaction: record what ended, and start what `owner` still holds CLAIMED.

        Law 7: a start sees every unsubscription and suppression before it; such a delivery
        becomes SUPPRESSED (reason "unsubscribed" or "suppressed") and is not returned.  Neither
        is one whose lease was lost or whose issue is not SEALED any more (STOPPED, CANCELLED);
        that one goes back to QUEUED or is left alone.  Returned ones are SENDING, with language
        and address read afresh and `digest` chosen: in the reader's language, of the variant the
        seal gave them, with advertising where they agree to it now; else the language's first
        digest, else the issue's.
        """
        ...

    async def put_off(self, waits: Mapping[DeliveryId, datetime], *, owner: str) -> None:
        """What `owner` holds CLAIMED is QUEUED until then; no try is counted."""
        ...

    async def release(self, owner: str, *, now: datetime) -> int:
        """Give back everything `owner` holds CLAIMED (SIGTERM); returns how many."""
        ...

    async def recover(self, *, now: datetime, resend: Collection[EditionId]) -> int:
        """Mend the ledger after a crash; only for the one who holds the sender's lock.

        CLAIMED -> QUEUED, and so is what was SENDING `behind` another that still is: none of its
        text went out.  Every other SENDING -> UNCERTAIN, each with an attempt (phase DOT, outcome
        UNCERTAIN, text "sender died").  For editions in `resend` the delivery becomes DEFERRED
        and due now instead.  Returns how many were unknown so.
        """
        ...

    async def close_balanced(self, *, now: datetime) -> Sequence[IssueId]:
        """Move SEALED issues whose `waiting` is 0 to SENT; returns them.

        What came back from a try after its issue was cancelled becomes CANCELLED.
        """
        ...

    async def wakes_at(self, issue: IssueId | None = None) -> datetime | None:
        """The earliest next_try_at of waiting deliveries of SEALED issues, or of this one alone."""
        ...


class Ledger(Protocol):
    """Reading and mending the books."""

    async def balance(self, issue: IssueId) -> Balance: ...

    async def deliveries(
        self,
        issue: IssueId,
        *,
        status: DeliveryStatus | None = None,
        address: str | None = None,
        after: DeliveryId | None = None,
        limit: int = 1000,
    ) -> Sequence[tuple[Delivery, Sequence[Attempt]]]:
        """In order of id, from the one behind `after`; of one status, or to one address."""
        ...

    async def cancel_waiting(self, issue: IssueId, *, now: datetime) -> int:
        """Every waiting delivery that is not SENDING becomes CANCELLED."""
        ...

    async def profiles_used(self) -> Sequence[ProfileUse]:
        """Which versions of legal profiles sealed issues and feeds carried (rule L20)."""
        ...

    async def feeds_carry(self, profile: LegalProfile, *, now: datetime) -> None:
        """Note that feeds carry this version from now on; said again, it changes nothing."""
        ...


class Digests(Protocol):
    """Rendered digests, stored with the seal."""

    async def get(self, digest: DigestId) -> Digest | None: ...

    async def of(self, issue: IssueId) -> Sequence[Digest]: ...

    async def subjects(
        self, issues: Collection[IssueId]
    ) -> Mapping[Language, Mapping[IssueId, str]]:
        """What each of these issues was called by the digest that shows everything."""
        ...


class Files(Protocol):
    """The public folder: feeds and media, written atomically."""

    def remove(self, path: str) -> bool:
        """Take a file away, with its packed forms; False when there was none."""
        ...

    def write(
        self,
        path: str,
        data: bytes,
        *,
        packed: Mapping[str, bytes] = {},
        modified: datetime | None = None,
    ) -> bool:
        """Write below the public folder by rename; False when the bytes were there already.

        `packed`: forms of these bytes that stand beside them, by suffix; without it those of the
        old bytes go.  `modified`: the time that the files bear.
        """
        ...

    def read(self, path: str) -> bytes | None: ...

    @property
    def root(self) -> Path: ...
