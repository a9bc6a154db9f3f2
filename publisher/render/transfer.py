"""The other form of a compiled message: its parts as they are, for servers that take 8BITMIME."""

import binascii
import re
from collections.abc import Iterator

VALUE = 250  # octets a reader's value may take up within a line
_LONGEST = 998  # octets of a line, RFC 5322 section 2.1.1
_BOUNDARY = re.compile(rb'boundary="([^"]+)"')
_ENCODED_SLOT = re.compile(rb"=\r\n(\0[a-z-]+\0)=\r\n")
_SLOT = re.compile(rb"\0[a-z-]+\0")
_FROM = re.compile(rb"(?:\A|\n)From ")  # mailboxes in mbox form put a ">" before it
_VERSION = b"\r\nMIME-Version:"
_VERSION_AND_ENCODING = b"\r\nContent-Transfer-Encoding: 8bit" + _VERSION
_ENCODED, _RAW = b"quoted-printable", b"8bit"
_HTML = b"Content-Type: text/html"
_MARKUP = re.compile(  # whole elements and comments whose blanks count, tags, words
    rb"<!--.*?-->|<(style|script|pre|textarea|title)\b.*?</\1>"
    rb"|<[^\s<>\"'][^<>\"']*(?:\"[^\"]*\"[^<>\"']*|'[^']*'[^<>\"']*)*>|[^<\s]+|\s|<",
    re.DOTALL | re.IGNORECASE,
)


def eight_bit(compiled: bytes) -> bytes:
    """The message with its parts in UTF-8, and dots stuffed for SMTP.

    Long lines of HTML are broken where a blank means the same; a part stays encoded that still
    has a line longer than mail may have, or one that begins with "From ".
    """
    found = _BOUNDARY.search(compiled)
    if found is None:
        return compiled
    head, *parts = compiled.split(b"\r\n--" + found[1])
    made = [_decoded(part) for part in parts]
    if made != parts:  # RFC 2045 section 6.4: the whole says what its parts are
        head = head.replace(_VERSION, _VERSION_AND_ENCODING, 1)
    return (b"\r\n--" + found[1]).join((head, *made)).replace(b"\r\n.", b"\r\n..")


def is_encoded(message: bytes, *, at: int) -> bool:
    """Whether the part there is: some stay so in this form, too."""
    found = _BOUNDARY.search(message)
    begins = message.rfind(b"\r\n--" + found[1], 0, at) if found else 0
    head = message[begins : message.index(b"\r\n\r\n", begins)]
    return _ENCODED in head


def _decoded(part: bytes) -> bytes:
    head, gap, body = part.partition(b"\r\n\r\n")
    if _ENCODED not in head:
        return part
    pieces = _ENCODED_SLOT.split(body)
    pieces[::2] = [binascii.a2b_qp(piece) for piece in pieces[::2]]
    raw = b"".join(pieces)
    if _HTML in head and _too_long(raw):
        raw = b"".join(_broken(raw))
    return part if _too_long(raw) or _FROM.search(raw) else head.replace(_ENCODED, _RAW) + gap + raw


def _broken(html: bytes) -> Iterator[bytes]:
    """The same page with line ends for blanks between words, and within tags behind their name."""
    column = 0
    for token in (found[0] for found in _MARKUP.finditer(html)):
        made = token
        if column + _length(token) > _LONGEST - VALUE and token[:1] == b"<" and token[1:2] != b"!":
            made = re.sub(rb"\s", b"\r\n", token, count=1)
        elif column > _LONGEST - 2 * VALUE and token == b" ":
            made = b"\r\n"
        yield made
        last = made.rpartition(b"\n")[2]
        column = _length(last) if b"\n" in made else column + _length(last)


def _too_long(text: bytes) -> bool:
    return any(_length(line) > _LONGEST for line in text.split(b"\r\n"))


def _length(line: bytes) -> int:
    return len(_SLOT.sub(b" " * VALUE, line)) if b"\0" in line else len(line)
