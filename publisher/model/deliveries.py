"""Delivery, Attempt, Reply, Outcome, Balance: the ledger's nouns and the moves between states."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from publisher.model.names import DeliveryId, DigestId, IssueId, Language, SubscriberId
from publisher.model.people import Suppression


class _Named(Enum):
    """Members are one each, so where they are says who they are.

    Enum hashes their names each time, in Python: a mail asks a dozen times.
    """

    __hash__ = object.__hash__


class DeliveryStatus(_Named):
    QUEUED = "queued"  # waits for its hour and a sender
    CLAIMED = "claimed"  # leased to a sender; back to QUEUED when the lease ends
    SENDING = "sending"  # its start is committed, MAIL may have gone out
    ACCEPTED = "accepted"  # the server said 250 after the dot
    REJECTED = "rejected"  # the server said never, or the last retry is over
    UNCERTAIN = "uncertain"  # lost after the dot: nobody can know
    DEFERRED = "deferred"  # the server said later; next_try_at says when
    SUPPRESSED = "suppressed"  # the reader left, or may not be mailed
    CANCELLED = "cancelled"  # the editor cancelled the issue


MOVES: Mapping[DeliveryStatus, frozenset[DeliveryStatus]] = {
    DeliveryStatus.QUEUED: frozenset(
        {DeliveryStatus.CLAIMED, DeliveryStatus.SUPPRESSED, DeliveryStatus.CANCELLED}
    ),
    DeliveryStatus.CLAIMED: frozenset(
        {
            DeliveryStatus.QUEUED,
            DeliveryStatus.SENDING,
            DeliveryStatus.SUPPRESSED,
            DeliveryStatus.CANCELLED,
        }
    ),
    DeliveryStatus.SENDING: frozenset(
        {
            DeliveryStatus.ACCEPTED,
            DeliveryStatus.REJECTED,
            DeliveryStatus.UNCERTAIN,
            DeliveryStatus.DEFERRED,
            DeliveryStatus.QUEUED,  # started, but MAIL never went out: SIGTERM, no connection
        }
    ),
    DeliveryStatus.DEFERRED: frozenset(
        {DeliveryStatus.CLAIMED, DeliveryStatus.SUPPRESSED, DeliveryStatus.CANCELLED}
    ),
    DeliveryStatus.ACCEPTED: frozenset(),
    DeliveryStatus.REJECTED: frozenset(),
    DeliveryStatus.UNCERTAIN: frozenset(),
    DeliveryStatus.SUPPRESSED: frozenset(),
    DeliveryStatus.CANCELLED: frozenset(),
}
WAITING = frozenset(
    {
        DeliveryStatus.QUEUED,
        DeliveryStatus.CLAIMED,
        DeliveryStatus.SENDING,
        DeliveryStatus.DEFERRED,
    }
)


class Phase(_Named):
    """How far an SMTP try came; everything up to DATA is safe to repeat."""

    CONNECT = "connect"  # no session: refused, time-out, TLS or AUTH failed
    MAIL = "mail"  # MAIL FROM
    RCPT = "rcpt"  # RCPT TO
    DATA = "data"  # DATA, and the text before the final dot
    DOT = "dot"  # the final dot went out


class Outcome(_Named):
    ACCEPTED = "accepted"  # 250 after the dot
    TRANSIENT = "transient"  # 4xx, or lost before the dot: try later
    PERMANENT = "permanent"  # 5xx: never with this mail
    UNCERTAIN = "uncertain"  # lost after the dot


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What the server said (RFC 5321 section 4.2, RFC 3463)."""

    code: int
    text: str
    enhanced: str | None = None  # "5.1.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of one SMTP try; `reply` is None where the connection was lost."""

    outcome: Outcome
    phase: Phase
    reply: Reply | None
    reason: str = ""  # for the ledger when there is no reply: "connection lost", "timeout"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One SMTP try as the ledger keeps it."""

    at: datetime
    phase: Phase
    outcome: Outcome
    code: int | None
    enhanced: str | None
    text: str
    relay: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """The duty to send one Issue to one Subscriber."""

    id: DeliveryId
    issue: IssueId
    subscriber: SubscriberId
    address: str
    language: Language  # the reader's, read afresh when claimed and when started
    status: DeliveryStatus
    due_at: datetime
    next_try_at: datetime | None  # None once it rests
    tries: int  # attempts so far
    name: str | None = None  # the reader's, read afresh like the address
    timezone: str | None = None  # where the reader lives, if they said so
    digest: DigestId | None = None  # chosen when started
    message_id: str | None = None  # without brackets; set when started
    reason: str | None = None  # why it rests where no reply says so: "unsubscribed", "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """A Delivery after a try: its new state, and the attempt to be kept."""

    delivery: Delivery
    attempt: Attempt | None  # None: no try was made, it only goes back to QUEUED
    suppression: Suppression | None = None  # nobody lives there: recorded in the same breath


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """planned = accepted + rejected + suppressed + cancelled + uncertain + waiting."""

    planned: int
    accepted: int
    rejected: int
    suppressed: int
    cancelled: int
    uncertain: int
    waiting: int
    deferred: int = 0  # of those that wait: put off after a try
    sending: int = 0  # of those that wait: begun, and not answered yet

    @property
    def balanced(self) -> bool:
        """Whether every planned delivery is in exactly one column."""
        rested = self.accepted + self.rejected + self.suppressed + self.cancelled + self.uncertain
        return self.planned == rested + self.waiting
