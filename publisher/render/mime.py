"""MIME as bytes, by our own hand: a Letter in, a compiled message with open slots out.

Python's email package folds List-Unsubscribe into encoded words, leaves the first line of a
Cyrillic From empty and glues words of mixed subjects, so nothing here uses it.
"""

import binascii
import re
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from publisher.errors import PublisherError
from publisher.model.addresses import ascii_domain
from publisher.model.digests import Slot
from publisher.model.names import Language

LINE = 76  # RFC 2045 section 6.7, RFC 2047 section 2
_WORD_START, _WORD_END = "=?utf-8?B?", "?="
_MARKERS = re.compile(r"\{\{slot:(" + "|".join(slot.value for slot in Slot) + r")\}\}")
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]*")  # RFC 5322 section 3.2.3, and spaces
_PRINTABLE = re.compile(r"[\x20-\x7e]*")
_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f]")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")  # RFC 5322 section 3.3, not English
_MONTHS = (
    *("Jan", "Feb", "Mar", "Apr", "May", "Jun"),
    *("Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
)


class Unmailable(PublisherError):
    """A value cannot stand in a message: it would break or forge a header."""

    def __init__(self, what: str, value: str) -> None:
        super().__init__(f"{what}: {value!r}")
        self.what, self.value = what, value


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What a message says; `html` and `text` hold slots as {{slot:address}}."""

    seed: str  # boundaries derive from it
    sender: str  # RFC 5322 mailbox
    reply_to: str | None
    subject: str
    sent_at: datetime  # aware; its offset is printed
    list_name: str
    list_id: str  # RFC 2919: "morning-ru.example.org"
    language: Language
    html: str
    text: str


def compile_letter(letter: Letter) -> bytes:
    """The whole message: CRLF line ends, 7 bit, slots as NUL name NUL.

    Raises Unmailable for control characters in a header value or a NUL in a part.
    """
    boundary = f"=_{sha256(letter.seed.encode()).hexdigest()[:40]}"
    parts = (("plain", letter.text), ("html", letter.html))
    body = b"".join(_part(boundary, kind, words, letter.language) for kind, words in parts)
    head = "".join(f"{line}\r\n" for line in _head(letter, boundary))
    return head.encode("ascii") + b"\r\n" + body + f"--{boundary}--\r\n".encode("ascii")


def marker(slot: Slot) -> str:
    """How a slot is written in what people may read."""
    return f"{{{{slot:{slot.value}}}}}"


def nul_marker(slot: Slot) -> str:
    """How a slot is written in compiled bytes."""
    return f"\0{slot.value}\0"


def domain_of(mailbox: str) -> str:
    """The domain of an RFC 5322 mailbox, in punycode."""
    return wire_address(address_of(mailbox)).rpartition("@")[2]


def address_of(mailbox: str) -> str:
    """The bare address of an RFC 5322 mailbox: "A <a@b.test>" -> "a@b.test"."""
    inner = mailbox.rpartition("<")[2].partition(">")[0] if "<" in mailbox else mailbox
    return inner.strip()


def encode_mailbox(mailbox: str) -> str:
    """A mailbox as a header value; a display name that is not ASCII becomes encoded words."""
    if _FORBIDDEN.search(mailbox):
        raise Unmailable("mailbox", mailbox)
    name = mailbox.rpartition("<")[0].strip()
    address = wire_address(address_of(mailbox))
    if name.startswith('"') and name.endswith('"') and len(name) > 1:
        name = name[1:-1].replace('\\"', '"').replace("\\\\", "\\")
    return _named(name, address, first=len("Reply-To: ")) if name else address


def wire_address(address: str) -> str:
    """An address as SMTP without SMTPUTF8 takes it: the domain in punycode.

    Raises Unmailable when the local part is not ASCII or anything could break a header.
    """
    local, at, domain = address.rpartition("@")
    if not (local and at and domain) or _FORBIDDEN.search(address) or not local.isascii():
        raise Unmailable("address", address)
    try:
        return address if domain.isascii() else f"{local}@{ascii_domain(domain)}"
    except UnicodeError as error:
        raise Unmailable("address", address) from error


def encode_header(name: str, value: str) -> str:
    """A whole header field with an unstructured value; folded lines are at most 76 bytes.

    What goes in comes out of any RFC 2047 reader, character by character.
    """
    if _FORBIDDEN.search(value):
        raise Unmailable(name, value)
    plain = f"{name}: {value}"
    if _PRINTABLE.fullmatch(value) and _reads_as_is(value) and len(plain) <= LINE:
        return plain
    return f"{name}: " + "\r\n ".join(_encoded_words(value, first=len(name) + 2))


def rfc5322_date(when: datetime) -> str:
    """Fri, 08 Sep 2017 10:28:00 +0300: always the offset, never a name."""
    offset = when.strftime("%z")[:5]
    if not offset:
        raise ValueError(f"a naive datetime means nothing: {when}")
    day, month = _DAYS[when.weekday()], _MONTHS[when.month - 1]
    return f"{day}, {when.day:02} {month} {when.year} {when:%H:%M:%S} {offset}"


def quoted_printable(words: str) -> bytes:
    """The text in quoted-printable (RFC 2045 section 6.7) with CRLF; never ends mid-line.

    A last line without line end stays open, no longer than 75, so that a soft break fits.
    """
    lines = words.replace("\r\n", "\n").encode("utf-8").split(b"\n")
    return b"\r\n".join(quoted_line(line) for line in lines)


def quoted_line(line: bytes) -> bytes:
    """One line, softly broken; a space or tab at its end is encoded."""
    raw = binascii.b2a_qp(line, istext=False).replace(b"=\n", b"")
    if len(raw) < LINE:
        return raw
    pieces, start = [], 0
    while len(raw) - start >= LINE:
        end = start + LINE - 1
        escape = raw.rfind(b"=", end - 2, end)
        end = escape if escape > start else end
        pieces.append(raw[start:end])
        start = end
    return b"=\r\n".join((*pieces, raw[start:]))


def _head(letter: Letter, boundary: str) -> Iterator[str]:
    """The header block of a bulk letter (RFC 5322, 2369, 2919, 3834, 8058), one field each."""
    yield f"From: {encode_mailbox(letter.sender)}"
    yield f"To: {nul_marker(Slot.ADDRESS)}"
    if letter.reply_to:
        yield f"Reply-To: {encode_mailbox(letter.reply_to)}"
    yield encode_header("Subject", letter.subject)
    yield f"Date: {rfc5322_date(letter.sent_at)}"
    yield f"Message-ID: <{nul_marker(Slot.MESSAGE_ID)}>"
    yield f"List-Id: {_named(letter.list_name, letter.list_id, first=len('List-Id: '))}"
    yield f"List-Unsubscribe: <{nul_marker(Slot.LEAVE)}>"
    yield "List-Unsubscribe-Post: List-Unsubscribe=One-Click"
    yield "Auto-Submitted: auto-generated"
    yield "Precedence: bulk"
    yield f"Content-Language: {letter.language}"
    yield "MIME-Version: 1.0"
    yield f'Content-Type: multipart/alternative;\r\n boundary="{boundary}"'


def _part(boundary: str, kind: str, words: str, language: Language) -> bytes:
    head = (
        f"--{boundary}\r\n"
        f"Content-Type: text/{kind}; charset=utf-8\r\n"
        "Content-Transfer-Encoding: quoted-printable\r\n"
        f"Content-Language: {language}\r\n"
        "\r\n"
    )
    return head.encode("ascii") + _slotted(words) + b"\r\n"


def _slotted(words: str) -> bytes:
    """Quoted-printable text in which every slot stands alone between two soft line breaks."""
    if "\0" in words:
        raise Unmailable("part", "NUL")
    pieces = _MARKERS.split(words)  # text, slot, text, slot, … text
    made = []
    for position, piece in enumerate(pieces):
        if position % 2:
            made.append(b"=\r\n" + f"\0{piece}\0".encode("ascii") + b"=\r\n")
        else:
            made.append(quoted_printable(piece))
    return b"".join(made)


def _named(name: str, inner: str, *, first: int) -> str:
    """`name <inner>`, folded before the bracket where the line would grow too long.

    The first word stays on the line of the field's name: an empty first line costs trust.
    """
    words = _phrase(name, first=first)
    used = len(words.rpartition("\r\n")[2]) + (0 if "\r\n" in words else first)
    space = " " if used + len(inner) + 3 <= LINE else "\r\n "
    return f"{words}{space}<{inner}>"


def _phrase(name: str, *, first: int) -> str:
    """A display name: atoms as they are, ASCII quoted, everything else in encoded words."""
    if _FORBIDDEN.search(name):
        raise Unmailable("name", name)
    if _ATOMS.fullmatch(name) and _reads_as_is(name) and len(name) + first <= LINE:
        return name
    if _PRINTABLE.fullmatch(name) and len(name) + first < LINE - 2:
        escaped = name.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    return "\r\n ".join(_encoded_words(name, first=first))


def _reads_as_is(value: str) -> bool:
    """Whether a reader would take it for nothing else, and keep every space."""
    return "=?" not in value and value == value.strip() and bool(value)


def _encoded_words(value: str, *, first: int) -> Iterator[str]:
    """B words (RFC 2047 section 4.1), none longer than 75, none splitting a character.

    `first` is what stands before the first word on its line.
    """
    room = LINE - first
    chunk = b""
    for character in value:
        octets = character.encode("utf-8")
        if _b64_size(len(chunk) + len(octets)) > room - len(_WORD_START + _WORD_END):
            yield _word(chunk)
            chunk, room = b"", LINE - 1
        chunk += octets
    yield _word(chunk)


def _b64_size(octets: int) -> int:
    return (octets + 2) // 3 * 4


def _word(octets: bytes) -> str:
    return f"{_WORD_START}{b64encode(octets).decode('ascii')}{_WORD_END}"
