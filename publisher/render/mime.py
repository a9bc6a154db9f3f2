"""MIME as bytes, by our own hand: a Letter in, a compiled message with open slots out."""

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256

from publisher.model.digests import Slot
from publisher.model.names import Language
from publisher.render.headers import (
    LINE,
    Unmailable,
    ascii_uri,
    encode_header,
    encode_mailbox,
    encode_token,
    named,
)

_TOUCHED = (b".", b"From ")  # RFC 5321 section 4.5.2, and mailboxes in mbox form
_HALVES = re.compile("[\ud800-\udfff]")
_MARKERS = re.compile(r"\{\{slot:(" + "|".join(slot.value for slot in Slot) + r")\}\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class MailingList:
    """What mail to many says of itself (RFC 2369, 2919, 5064, and the big receivers)."""

    name: str
    id: str  # RFC 2919: "morning-ru.example.org"
    help: str  # an address of any kind that helps its readers
    archived_at: str  # this very issue, in the browser
    feedback_id: str  # Gmail: names no reader, ends in the sender
    message_type: str  # Mail.ru: Latin letters and digits, at most 32; the same for every issue


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What a message says; `html` and `text` hold slots as {{slot:address}}."""

    seed: str  # boundaries derive from it
    sender: str  # RFC 5322 mailbox
    reply_to: str | None
    subject: str
    language: Language
    html: str
    text: str
    list: MailingList | None = None  # None: a mail to one person, with nothing to leave


def compile_letter(letter: Letter) -> bytes:
    """The whole message: CRLF line ends, 7 bit, slots as NUL name NUL.

    Raises Unmailable for control characters in a header value, or for a NUL or a lone surrogate.
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


def quoted_printable(words: str) -> bytes:
    """The text in quoted-printable (RFC 2045 section 6.7) with CRLF; never ends mid-line.

    A last line without line end stays open, no longer than 75, so that a soft break fits.
    """
    lines = words.replace("\r\n", "\n").encode("utf-8").split(b"\n")
    return b"\r\n".join(quoted_line(line) for line in lines)


def quoted_line(line: bytes) -> bytes:
    """One line, softly broken; a space or tab at its end is encoded.

    No line of it begins with a dot or with "From ": nothing on the way has to touch it.
    """
    raw = binascii.b2a_qp(line, istext=False).replace(b"=\n", b"")
    if raw.startswith(_TOUCHED):
        raw = b"=%02X%b" % (raw[0], raw[1:])
    if len(raw) < LINE:
        return raw
    lines = _softly_broken(raw)
    if b"\r\n." in lines or b"\r\nFrom " in lines:
        lines = _softly_broken(raw.replace(b".", b"=2E").replace(b"From ", b"=46rom "))
    return lines


def _softly_broken(raw: bytes) -> bytes:
    pieces, start = [], 0
    while len(raw) - start >= LINE:
        end = start + LINE - 1
        escape = raw.rfind(b"=", end - 2, end)
        end = escape if escape > start else end
        pieces.append(raw[start:end])
        start = end
    return b"=\r\n".join((*pieces, raw[start:]))


def _head(letter: Letter, boundary: str) -> Iterator[str]:
    """The header block (RFC 5322, 3834), one field each."""
    yield f"From: {encode_mailbox(letter.sender)}"
    yield f"To: {nul_marker(Slot.TO)}"
    if letter.reply_to:
        yield f"Reply-To: {encode_mailbox(letter.reply_to)}"
    yield encode_header("Subject", letter.subject)
    yield f"Date: {nul_marker(Slot.DATE)}"
    yield f"Message-ID: <{nul_marker(Slot.MESSAGE_ID)}>"
    if letter.list:
        yield from _list_head(letter.list)
    yield "Auto-Submitted: auto-generated"
    yield f"Content-Language: {letter.language}"
    yield "MIME-Version: 1.0"
    yield f'Content-Type: multipart/alternative;\r\n boundary="{boundary}"'


def _list_head(mailing: MailingList) -> Iterator[str]:
    """What tells a list apart and lets its readers go (RFC 2369, 2919, 5064, 8058)."""
    own = encode_token("List-Id", mailing.id)
    yield f"List-Id: {named(mailing.name, own, first=len('List-Id: '))}"
    yield f"List-Unsubscribe: <{nul_marker(Slot.LEAVE)}>{nul_marker(Slot.LEAVE_BY_MAIL)}"
    yield "List-Unsubscribe-Post: List-Unsubscribe=One-Click"
    yield f"List-Help: <{encode_token('List-Help', ascii_uri(mailing.help))}>"
    yield f"Archived-At: <{encode_token('Archived-At', ascii_uri(mailing.archived_at))}>"
    yield f"Feedback-ID: {encode_token('Feedback-ID', mailing.feedback_id)}"
    yield f"X-Mailru-Msgtype: {encode_token('X-Mailru-Msgtype', mailing.message_type)}"
    yield "Precedence: bulk"


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
    if "\0" in words or _HALVES.search(words):
        raise Unmailable("part", "NUL, or half a letter")
    pieces = _MARKERS.split(words)  # text, slot, text, slot, … text
    made = []
    for position, piece in enumerate(pieces):
        if position % 2:
            made.append(b"=\r\n" + f"\0{piece}\0".encode("ascii") + b"=\r\n")
        else:
            made.append(quoted_printable(piece))
    return b"".join(made)
