"""The other form of a compiled message: its parts as they are, for servers that take 8BITMIME."""

import binascii
import re

VALUE = 250  # octets a reader's value may take up within a line
_LONGEST = 998  # octets of a line, RFC 5322 section 2.1.1
_BOUNDARY = re.compile(rb'boundary="([^"]+)"')
_ENCODED_SLOT = re.compile(rb"=\r\n(\0[a-z-]+\0)=\r\n")
_SLOT = re.compile(rb"\0[a-z-]+\0")
_VERSION = b"\r\nMIME-Version:"
_VERSION_AND_ENCODING = b"\r\nContent-Transfer-Encoding: 8bit" + _VERSION
_ENCODED, _RAW = b"quoted-printable", b"8bit"


def eight_bit(compiled: bytes) -> bytes:
    """The message with its parts in UTF-8, and dots stuffed for SMTP.

    A part that has a line longer than mail may have stays encoded.
    """
    found = _BOUNDARY.search(compiled)
    if found is None:
        return compiled
    head, *parts = compiled.split(b"\r\n--" + found[1])
    made = [_decoded(part) for part in parts]
    if made != parts:  # RFC 2045 section 6.4: the whole says what its parts are
        head = head.replace(_VERSION, _VERSION_AND_ENCODING, 1)
    return (b"\r\n--" + found[1]).join((head, *made)).replace(b"\r\n.", b"\r\n..")


def _decoded(part: bytes) -> bytes:
    head, gap, body = part.partition(b"\r\n\r\n")
    if _ENCODED not in head:
        return part
    pieces = _ENCODED_SLOT.split(body)
    pieces[::2] = [binascii.a2b_qp(piece) for piece in pieces[::2]]
    raw = b"".join(pieces)
    if any(_length(line) > _LONGEST for line in raw.split(b"\r\n")):
        return part
    return head.replace(_ENCODED, _RAW) + gap + raw


def _length(line: bytes) -> int:
    return len(line) if len(line) < VALUE else len(_SLOT.sub(b" " * VALUE, line))
