"""Digest to Mail: the personal values spliced into compiled bytes, in microseconds."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from functools import cached_property, lru_cache
from html import escape
from operator import attrgetter, itemgetter

from publisher.model.addresses import is_plain
from publisher.model.digests import Digest, Mail, Slot
from publisher.model.moulds import mould
from publisher.model.names import DeliveryId
from publisher.render.headers import (
    LINE,
    Unmailable,
    ascii_uri,
    display_name,
    domain_of,
    encode_token,
    named_address,
    rfc5322_date,
    wire_address,
)
from publisher.render.mime import quoted_line
from publisher.render.transfer import VALUE, eight_bit, is_encoded

_SLOT = re.compile(rb"\0([a-z-]+)\0")
_UNSAID = "…"  # for who reads it can leave for the reader, and the ledger keeps what was wrong
SOME_DAY = datetime(2026, 1, 1, tzinfo=UTC)  # for proofs that nobody dates
_AS_IS = re.compile(r"(?!\.)[!-<>-~]+")  # in quoted-printable, on a line of its own
_WORD = r"(?!\.)[!#-%(-;?-~]+"  # and without what HTML or a header would have escaped
_THREE_WORDS = re.compile(f"{_WORD} {_WORD} {_WORD}")
_mail = mould(Mail)
_SPECIAL = re.compile("[&<>\"']")
_HTML_PART = b"\r\nContent-Type: text/html"


@dataclass(frozen=True, slots=True, kw_only=True)
class Personal:
    """The values of one reader."""

    address: str
    name: str = ""
    leave_url: str
    leave_by_mail: str = ""  # an address that unsubscribes by what is written to it
    message_id: str  # without angle brackets
    sent_at: datetime  # aware; its offset is printed


Write = Callable[[Personal], bytes]


class Splicer:
    """One compiled message, cut at its slots once; calling it makes it one reader's.

    Raises Unmailable for a value with a line break, a NUL or another control character, and for
    an address or link that a header cannot carry.
    """

    def __init__(self, compiled: bytes) -> None:
        self._compiled = compiled
        self._encoded = _Form(compiled)

    @property
    def fixed(self) -> tuple[bytes, ...]:
        """What every encoded mail of it shares; a mail has a value between each two of these."""
        return self._encoded.fixed

    def __call__(
        self,
        delivery: DeliveryId,
        personal: Personal,
        *,
        envelope_from: str,
        eight_bit: bool = False,
    ) -> Mail:
        """The Mail of a delivery; not transfer-encoded where `eight_bit` allows it."""
        form = self._eight_bit if eight_bit else self._encoded
        values = form.values(personal)
        if eight_bit and form.is_too_long(values):
            form, values = self._encoded, self._encoded.values(personal)
        eight = form.eight_bit or not b"".join(values).isascii()
        recipient, chunks = wire_address(personal.address), form.framed(values)
        mail: Mail = _mail(
            delivery, envelope_from, recipient, personal.message_id, chunks, True, eight
        )
        return mail

    def chunks(self, personal: Personal) -> tuple[bytes, ...]:
        """The message in its encoded form; joined, the chunks are its bytes."""
        return self._encoded.framed(self._encoded.values(personal))

    @cached_property
    def _eight_bit(self) -> "_Form":
        return _Form(eight_bit(self._compiled), raw=True)


class _Form:
    """A compiled message, cut at its slots."""

    def __init__(self, compiled: bytes, *, raw: bool = False) -> None:
        self._frame = _SLOT.split(compiled)  # chunk, slot, chunk, slot, … chunk
        self.fixed = tuple(self._frame[::2])
        self.eight_bit = not compiled.isascii()
        head_ends, html_begins = compiled.index(b"\r\n\r\n"), compiled.rfind(_HTML_PART)
        wanted: dict[tuple[Slot, bool, bool, bool, bool], int] = {}
        keys: list[int] = []
        read = 0
        for chunk, name in zip(self._frame[::2], self._frame[1::2], strict=False):
            read += len(chunk)
            in_head, in_html = read < head_ends, 0 <= html_begins < read
            as_it_is = raw and not (in_head or is_encoded(compiled, at=read))
            dots = as_it_is and chunk.endswith(b"\r\n")
            want = (Slot(name.decode("ascii")), in_head, in_html, as_it_is, dots)
            keys.append(wanted.setdefault(want, len(wanted)))
            read += len(name) + 2
        self._pick = _picker(keys)
        self._writers = [
            (
                _PLACES.get(slot, -1),
                _in_head(slot) if head else _in_body(slot, html=html, raw=raw, dots=dots),
            )
            for slot, head, html, raw, dots in wanted
        ]

    def values(self, personal: Personal) -> list[bytes]:
        """Each once, however often the message says it."""
        alike = _alike(personal)
        if alike is _NONE or not personal.leave_by_mail.isprintable():
            _refuse_controls(personal)
        return [alike[place] or write(personal) for place, write in self._writers]

    def framed(self, values: Sequence[bytes]) -> tuple[bytes, ...]:
        frame = self._frame.copy()
        frame[1::2] = self._pick(values)
        return tuple(frame)

    def is_too_long(self, values: Sequence[bytes]) -> bool:
        """Whether a value needs more room than the lines around it have."""
        return max(map(len, values), default=0) > VALUE


def _picker(keys: Sequence[int]) -> Callable[[Sequence[bytes]], Sequence[bytes]]:
    if len(keys) > 1:
        return itemgetter(*keys)
    return lambda values: [values[key] for key in keys]


def eml_preview(digest: Digest, *, sent_at: datetime = SOME_DAY) -> bytes:
    """The message as it would be sent, with values in its slots that say what they are."""
    domain = domain_of(digest.sender)
    personal = Personal(
        address=f"reader@{domain}",
        leave_url=f"https://{domain}/unsubscribe/preview",
        message_id=f"preview@{domain}",
        sent_at=sent_at,
    )
    return b"".join(Splicer(digest.compiled).chunks(personal))


# --- values -------------------------------------------------------------------------------------


def _refuse_controls(one: Personal) -> None:
    """A name is cleaned instead: it need not be right to be read."""
    if not (one.address and one.address.isprintable()):  # controls, and every line end of Unicode
        raise Unmailable("address", one.address)
    if not (one.leave_url and one.leave_url.isprintable()):
        raise Unmailable("link", _UNSAID)
    if not (one.message_id and one.message_id.isprintable()):
        raise Unmailable("message-id", one.message_id)
    if not one.leave_by_mail.isprintable():
        raise Unmailable("mailbox that unsubscribes", _UNSAID)


# Where in what _alike gives; all others are written one by one.
_PLACES = {Slot.ADDRESS: 0, Slot.LEAVE: 1, Slot.MESSAGE_ID: 2, Slot.TO: 3}
_NONE = (b"",) * 5


def _alike(one: Personal) -> Sequence[bytes]:
    """What is written alike wherever it stands, encoded or not; empty for what is not.

    Nearly all are, and are not to be looked through once for every place.
    """
    address = one.address
    said = f"{address} {one.leave_url} {one.message_id}"
    if not (_THREE_WORDS.fullmatch(said) and is_plain(address)):
        return _NONE
    values = said.encode("ascii").split(b" ")
    for place, value in enumerate(values):
        if len(value) >= LINE:
            values[place] = b""
    return *values, b"" if one.name else values[0], b""


def _in_head(slot: Slot) -> Write:
    return _HEAD[slot]


def _in_body(slot: Slot, *, html: bool, raw: bool, dots: bool) -> Write:
    """As the part is encoded; a dot that begins a line is doubled where the rest is, too."""
    read = _BODY[slot]
    encode = _doubled if dots else (str.encode if raw else _quoted)
    if html:
        return lambda personal: encode(_escaped(read(personal)))
    return lambda personal: encode(read(personal))


def _escaped(value: str) -> str:
    """As html.escape, which looks five times, for the many values in which there is nothing."""
    return escape(value) if _SPECIAL.search(value) else value


def _quoted(value: str) -> bytes:
    if len(value) < LINE and _AS_IS.fullmatch(value):
        return value.encode("ascii")
    return quoted_line(value.encode())


def _doubled(value: str) -> bytes:
    return f".{value}".encode() if value.startswith(".") else value.encode()


def _leave(personal: Personal) -> bytes:
    try:
        return encode_token("link", ascii_uri(personal.leave_url)).encode("ascii")
    except Unmailable:
        raise Unmailable("link", _UNSAID) from None


def _leave_by_mail(personal: Personal) -> bytes:
    if not personal.leave_by_mail:
        return b""
    try:
        address = encode_token("address", wire_address(personal.leave_by_mail))
        return f",\r\n <mailto:{address}?subject=unsubscribe>".encode("ascii")
    except (Unmailable, UnicodeEncodeError):
        raise Unmailable("mailbox that unsubscribes", _UNSAID) from None


def _date(personal: Personal) -> bytes:
    when = personal.sent_at
    return _dated(when, when.tzinfo, when.fold)


@lru_cache(maxsize=16)
def _dated(when: datetime, zone: tzinfo | None, fold: int) -> bytes:
    """Kept by zone and fold too: equal instants may be printed differently."""
    return rfc5322_date(when).encode("ascii")


_HEAD: Mapping[Slot, Write] = {
    Slot.TO: lambda one: named_address(one.name, one.address).encode(),
    Slot.ADDRESS: lambda one: wire_address(one.address).encode(),
    Slot.LEAVE: _leave,
    Slot.LEAVE_BY_MAIL: _leave_by_mail,
    Slot.MESSAGE_ID: lambda one: encode_token("message-id", one.message_id).encode("ascii"),
    Slot.DATE: _date,
}
_BODY: Mapping[Slot, Callable[[Personal], str]] = {
    Slot.ADDRESS: attrgetter("address"),
    Slot.NAME: lambda one: display_name(one.name),
    Slot.LEAVE: attrgetter("leave_url"),
    Slot.MESSAGE_ID: attrgetter("message_id"),
    Slot.DATE: lambda one: _date(one).decode("ascii"),
}
