"""Digest and Mail: an Issue rendered for one language, and made personal for one reader."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from publisher.model.names import DeliveryId, DigestId, IssueId, Language


class Slot(Enum):
    """The personal parts of a mail; everything else is the same for every reader."""

    ADDRESS = "address"  # the reader's address, for instance in the foot
    NAME = "name"  # the reader's name; empty where we know none
    TO = "to"  # name and address, in the head only
    LEAVE = "leave"  # https address that unsubscribes, signed
    LEAVE_BY_MAIL = "leave-by-mail"  # what follows it in List-Unsubscribe; may be empty
    MESSAGE_ID = "message-id"  # without angle brackets
    DATE = "date"  # when this mail was made ready to go


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """An Issue for one language and one variant.

    `html` and `text` are what a reader sees, with slots as {{slot:address}}.  `compiled` is the
    whole RFC 5322 message with CRLF line ends, encoded, with slots as NUL name NUL; no mail
    may hold a NUL, so nothing can be mistaken for one.
    """

    id: DigestId
    issue: IssueId
    language: Language
    variant: str  # "all" until readers choose sections
    subject: str
    sender: str  # RFC 5322 mailbox of From
    html: str
    text: str
    compiled: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A Digest made personal: an envelope and the bytes after DATA.

    `ready` says that nothing is left to look for in the chunks: all lines end in CRLF, the last
    one too, dots are stuffed (RFC 5321 section 4.5.2), and `eight_bit` tells the truth.
    """

    delivery: DeliveryId
    envelope_from: str
    recipient: str
    message_id: str
    chunks: Sequence[bytes]  # joined they are the message; CRLF line ends
    ready: bool = False
    eight_bit: bool = False  # not all of it is ASCII: the server must take 8BITMIME


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodedMail:
    """A message as a reader's client decodes it; what the legal gate reads."""

    subject: str
    html: str
    text: str
    headers: tuple[tuple[str, str], ...]  # names lower case, values decoded and unfolded
    size: int  # bytes of the HTML part, decoded


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodedFeed:
    """A feed as a reader's client decodes it; what the legal gate reads."""

    rights: str  # RSS copyright, Atom rights
    ratings: tuple[str, ...]  # media:rating of the channel: "16+"
    entries: tuple["DecodedEntry", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodedEntry:
    """One entry of a decoded feed."""

    id: str
    content: str  # HTML
    rating: str | None
    rights: str | None
