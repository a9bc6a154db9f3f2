"""Digest to Mail: the personal values spliced into compiled bytes, in microseconds."""

import re
from dataclasses import dataclass
from enum import Enum
from html import escape

from publisher.model.deliveries import Delivery
from publisher.model.digests import Digest, Mail, Slot
from publisher.render.mime import Unmailable, domain_of, quoted_line, wire_address

_SLOT = re.compile(rb"\0([a-z-]+)\0")
_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]")
_ENDS_EARLY = re.compile(r"[<> ,]")
_HTML_PART = b"\r\nContent-Type: text/html"


class _Where(Enum):
    HEADER = "header"  # as it is
    TEXT = "text"  # quoted-printable
    HTML = "html"  # escaped, then quoted-printable


@dataclass(frozen=True, slots=True, kw_only=True)
class Personal:
    """The values of one reader; `leave_url` and `message_id` are ASCII."""

    address: str
    leave_url: str
    message_id: str  # without angle brackets


class Splicer:
    """One Digest, cut at its slots once; calling it makes it one reader's.

    Raises Unmailable for a value with a line break, a NUL or another control character, and for
    an address or link that a header cannot carry.
    """

    def __init__(self, digest: Digest) -> None:
        self._chunks: list[bytes] = []  # a value belongs behind every chunk but the last
        self._keys: list[int] = []
        self._wanted: list[tuple[Slot, _Where]] = []
        head_ends = digest.compiled.index(b"\r\n\r\n")
        html_begins = digest.compiled.rfind(_HTML_PART)
        read = 0
        for match in _SLOT.finditer(digest.compiled):
            where = _Where.HEADER if match.start() < head_ends else _Where.TEXT
            if html_begins >= 0 and match.start() > html_begins:
                where = _Where.HTML
            self._chunks.append(digest.compiled[read : match.start()])
            self._keys.append(self._key((Slot(match[1].decode("ascii")), where)))
            read = match.end()
        self._tail = digest.compiled[read:]

    @property
    def fixed(self) -> tuple[bytes, ...]:
        """What every mail of it shares; a mail has a value between each two of these."""
        return (*self._chunks, self._tail)

    def __call__(self, delivery: Delivery, *, envelope_from: str, leave_url: str) -> Mail:
        """The Mail of a started delivery, its message_id included."""
        if delivery.message_id is None:
            raise Unmailable("message-id", "")
        personal = Personal(
            address=delivery.address, leave_url=leave_url, message_id=delivery.message_id
        )
        return Mail(
            delivery=delivery.id,
            envelope_from=envelope_from,
            recipient=wire_address(delivery.address),
            message_id=delivery.message_id,
            chunks=self.chunks(personal),
        )

    def chunks(self, personal: Personal) -> tuple[bytes, ...]:
        """The message; joined, the chunks are its bytes."""
        values = _values(personal)
        written = [_written(values[slot], slot, where) for slot, where in self._wanted]
        made: list[bytes] = []
        for chunk, key in zip(self._chunks, self._keys, strict=True):
            made.append(chunk)
            made.append(written[key])
        made.append(self._tail)
        return tuple(made)

    def _key(self, want: tuple[Slot, _Where]) -> int:
        if want not in self._wanted:
            self._wanted.append(want)
        return self._wanted.index(want)


def splice(digest: Digest, delivery: Delivery, *, envelope_from: str, leave_url: str) -> Mail:
    """One Mail of one Digest; for many of them keep a Splicer."""
    return Splicer(digest)(delivery, envelope_from=envelope_from, leave_url=leave_url)


def eml_preview(digest: Digest) -> bytes:
    """The message as it would be sent, with values in its slots that say what they are."""
    domain = domain_of(digest.sender)
    personal = Personal(
        address=f"reader@{domain}",
        leave_url=f"https://{domain}/unsubscribe/preview",
        message_id=f"preview@{domain}",
    )
    return b"".join(Splicer(digest).chunks(personal))


def _values(personal: Personal) -> dict[Slot, str]:
    values = {
        Slot.ADDRESS: personal.address,
        Slot.LEAVE: personal.leave_url,
        Slot.MESSAGE_ID: personal.message_id,
    }
    for slot, value in values.items():
        if not value or _FORBIDDEN.search(value):
            raise Unmailable(slot.value, value)
    return values


def _written(value: str, slot: Slot, where: _Where) -> bytes:
    if where is _Where.HEADER:
        return _header(value, slot)
    return quoted_line((escape(value) if where is _Where.HTML else value).encode("utf-8"))


def _header(value: str, slot: Slot) -> bytes:
    """One unfolded value; angle brackets or blanks would end it early."""
    if slot is Slot.ADDRESS:
        return wire_address(value).encode("ascii")
    if not value.isascii() or _ENDS_EARLY.search(value):
        raise Unmailable(slot.value, value)
    return value.encode("ascii")
