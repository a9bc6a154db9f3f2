"""Bounce, Complaint, and why a mail came back: later news about a Delivery."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from publisher.model.names import DeliveryId, EditionId, IssueId, SubscriberId


class Reason(Enum):
    """Why a mail came back, in words of our own; other tools' lists map onto them."""

    USER_UNKNOWN = "user_unknown"  # there is no such mailbox
    HOST_UNKNOWN = "host_unknown"  # the domain does not exist, or has no mail server
    MOVED = "moved"  # the mailbox was given up for another one
    TAKES_NO_MAIL = "takes_no_mail"  # the domain says that it takes no mail (RFC 7505)
    DISABLED = "disabled"  # the mailbox exists, and is switched off
    MAILBOX_FULL = "mailbox_full"  # over its quota
    REFUSED = "refused"  # by the reader's own filter, or without saying why
    EXPIRED = "expired"  # somebody on the way gave up trying
    UNREACHABLE = "unreachable"  # the reader's server did not answer
    BUSY = "busy"  # too much at once: try slower
    SYSTEM = "system"  # the reader's server has trouble of its own
    TOO_BIG = "too_big"  # the mail is larger than they take
    CONTENT = "content"  # what is in the mail: virus, attachment, form
    SPAM = "spam"  # taken for spam
    POLICY = "policy"  # against a rule of theirs
    BLOCKED = "blocked"  # our address or name is on a list
    AUTHENTICATION = "authentication"  # SPF, DKIM, DMARC, reverse DNS: ours to mend
    RELAYING = "relaying"  # a relay does not take our mail on
    PROTOCOL = "protocol"  # they did not understand our commands
    UNKNOWN = "unknown"  # it came back, and nothing says why
    COMPLAINT = "complaint"  # the reader called it spam
    LEFT = "left"  # the reader's mail program left for them


class Weight(Enum):
    """What a bounce says about the reader."""

    HARD = "hard"  # no mail will ever arrive there
    SOFT = "soft"  # not this time; scored, and the score fades
    OURS = "ours"  # our own fault: no reader is blamed, the lane is paused
    NEITHER = "neither"  # of this mail alone: content, size; or no bounce at all


WEIGHTS = {
    Reason.USER_UNKNOWN: Weight.HARD,
    Reason.HOST_UNKNOWN: Weight.HARD,
    Reason.MOVED: Weight.HARD,
    Reason.TAKES_NO_MAIL: Weight.HARD,
    Reason.DISABLED: Weight.SOFT,
    Reason.MAILBOX_FULL: Weight.SOFT,
    Reason.REFUSED: Weight.SOFT,
    Reason.EXPIRED: Weight.SOFT,
    Reason.UNREACHABLE: Weight.SOFT,
    Reason.SYSTEM: Weight.SOFT,
    Reason.UNKNOWN: Weight.SOFT,
    Reason.BUSY: Weight.NEITHER,
    Reason.TOO_BIG: Weight.NEITHER,
    Reason.CONTENT: Weight.NEITHER,
    Reason.SPAM: Weight.NEITHER,
    Reason.POLICY: Weight.NEITHER,
    Reason.PROTOCOL: Weight.NEITHER,
    Reason.BLOCKED: Weight.OURS,
    Reason.AUTHENTICATION: Weight.OURS,
    Reason.RELAYING: Weight.OURS,
    Reason.COMPLAINT: Weight.NEITHER,
    Reason.LEFT: Weight.NEITHER,
}


class Kind(Enum):
    """What came back."""

    BOUNCE = "bounce"  # a mail that could not be delivered
    DELAY = "delay"  # not yet; whoever has it goes on trying
    COMPLAINT = "complaint"  # a reader called it spam (ARF)
    LEAVE = "leave"  # a reader's mail program wrote to the mailbox that unsubscribes
    REPLY = "reply"  # an answering machine, or good news; says nothing about the address
    UNREAD = "unread"  # nobody here can make sense of it: kept aside


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """What one report says of one recipient; `recipient` is empty where it names nobody."""

    recipient: str
    reason: Reason
    status: str = ""  # RFC 3463: "5.1.1"
    text: str = ""  # what the server said

    @property
    def weight(self) -> Weight:
        """What it says about the reader."""
        return WEIGHTS[self.reason]


@dataclass(frozen=True, slots=True, kw_only=True)
class Traces:
    """What in a mail that came back tells which of ours it was; all but `addresses` are signed."""

    returns: tuple[str, ...] = ()  # local parts of our return paths, wherever they stand
    leaves: tuple[str, ...] = ()  # tokens in the unsubscribe links of the mail that is quoted
    message_ids: tuple[str, ...] = ()  # of the mail that is quoted, without brackets
    addresses: tuple[str, ...] = ()  # to look the others up by; prove nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What came back, read."""

    kind: Kind
    failures: tuple[Failure, ...] = ()
    spared: tuple[str, ...] = ()  # whom the same report says to have it, or to get it yet
    traces: Traces = Traces()
    wants_out: tuple[str, ...] = ()  # tokens of the mailboxes that unsubscribe it was written to
    reporter: str = ""  # the machine that says so


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounce:
    """Later news about a Delivery, as the ledger keeps it."""

    at: datetime
    kind: Kind
    reason: Reason
    status: str
    text: str
    recipient: str  # as the report names them; not always the address we wrote to
    reporter: str = ""

    @property
    def weight(self) -> Weight:
        """What it says about the reader."""
        return WEIGHTS[self.reason]


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """The delivery a bounce is about, and whom it went to."""

    delivery: DeliveryId
    issue: IssueId
    edition: EditionId | None  # None: it is a Notice, which is nobody's subscription
    subscriber: SubscriberId  # 0 for a Notice
    address: str  # the reader's now; a Notice's own
    message_id: str | None
