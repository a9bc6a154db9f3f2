"""Header values by our own hand: names, addresses, subjects, dates, as RFC 5322 and 2047 want them.

Python's email package folds List-Unsubscribe into encoded words, leaves the first line of a
Cyrillic From empty and glues words of mixed subjects, so nothing here uses it.
"""

import re
from base64 import b64encode
from datetime import datetime
from urllib.parse import quote, urlsplit, urlunsplit

from publisher.errors import PublisherError
from publisher.model.addresses import address_of, ascii_domain, is_plain

LINE = 76  # RFC 2045 section 6.7, RFC 2047 section 2
_WORD_START, _WORD_END = "=?utf-8?B?", "?="
_AROUND = len(_WORD_START + _WORD_END)
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]*")  # RFC 5322 section 3.2.3, and spaces
_TOKEN = re.compile(r"[!-;=?-~]+")  # no blanks, no angle brackets
_PRINTABLE = re.compile(r"[\x20-\x7e]*")
_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")  # controls, and halves of letters
_ENDS_ADDRESS = re.compile(r"[ <>,]")
_URI = "%!#$&'()*+,/:;=?@[]~"  # stay as they are
_LONGEST_NAME = 100
_LONGEST_ADDRESS = 254  # octets, RFC 5321 section 4.5.3.1.3
_LONGEST_TOKEN = (
    900  # octets; a line of the head has 998 (RFC 5322 section 2.1.1), its name included
)
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


def domain_of(mailbox: str) -> str:
    """The domain of an RFC 5322 mailbox, in punycode."""
    return wire_address(address_of(mailbox)).rpartition("@")[2]


def encode_mailbox(mailbox: str) -> str:
    """A mailbox as a header value; a display name that is not ASCII becomes encoded words."""
    if _FORBIDDEN.search(mailbox):
        raise Unmailable("mailbox", mailbox)
    name = mailbox.rpartition("<")[0].strip()
    address = wire_address(address_of(mailbox))
    if not address.isascii():
        raise Unmailable("mailbox", mailbox)
    if name.startswith('"') and name.endswith('"') and len(name) > 1:
        name = name[1:-1].replace('\\"', '"').replace("\\\\", "\\")
    return named(name, address, first=len("Reply-To: ")) if name else address


def named_address(name: str, address: str) -> str:
    """A reader's mailbox for To; a local part that is not ASCII stays as it is (RFC 6532)."""
    if not name:
        return wire_address(address)
    name, inner = display_name(name), wire_address(address)
    return named(name, inner, first=len("To: ")) if name else inner


def display_name(name: str) -> str:
    """A name on one line, without anything unseen; empty where it would only repeat an address."""
    if not name.isprintable():
        name = "".join(one if one.isprintable() else " " for one in name)
    name = " ".join(name.split())[:_LONGEST_NAME].rstrip()
    return "" if "@" in name else name


def wire_address(address: str) -> str:
    """An address as SMTP takes it: the domain in punycode, the local part as it is.

    One that is not ASCII needs SMTPUTF8.  Raises Unmailable for what could break a header.
    """
    if is_plain(address):
        return address
    local, at, domain = address.rpartition("@")
    whole = local and at and domain and address.isprintable()
    if not whole or _ENDS_ADDRESS.search(address):
        raise Unmailable("address", address)
    try:
        wire = address if domain.isascii() else f"{local}@{ascii_domain(domain)}"
    except UnicodeError as error:
        raise Unmailable("address", address) from error
    if len(wire.encode()) > _LONGEST_ADDRESS:
        raise Unmailable("address", address)
    return wire


def ascii_uri(address: str) -> str:
    """A web or mail address as a header can carry it (RFC 3987 section 3.1)."""
    if address.isascii():
        return address
    try:
        parts = urlsplit(address)
        host = ascii_domain(parts.hostname or "")
        port = f":{parts.port}" if parts.port else ""
        return quote(urlunsplit(parts._replace(netloc=host + port)), safe=_URI)
    except ValueError as error:
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


def encode_token(field: str, value: str) -> str:
    """A value that needs no encoding, is not folded, and holds nothing that could end it early."""
    if not _TOKEN.fullmatch(value) or len(value) > _LONGEST_TOKEN:
        raise Unmailable(field, value)
    return value


def named(name: str, inner: str, *, first: int) -> str:
    """`name <inner>`, folded before the bracket where the line would grow too long.

    The first word stays on the line of the field's name: an empty first line costs trust.
    """
    words = _phrase(name, first=first)
    used = len(words.rpartition("\r\n")[2]) + (0 if "\r\n" in words else first)
    space = " " if used + len(inner) + 3 <= LINE else "\r\n "
    return f"{words}{space}<{inner}>"


def rfc5322_date(when: datetime) -> str:
    """Fri, 08 Sep 2017 10:28:00 +0300: always the offset, never a name."""
    offset = when.strftime("%z")[:5]
    if not offset:
        raise ValueError(f"a naive datetime means nothing: {when}")
    day, month = _DAYS[when.weekday()], _MONTHS[when.month - 1]
    return f"{day}, {when.day:02} {month} {when.year} {when:%H:%M:%S} {offset}"


def _phrase(name: str, *, first: int) -> str:
    """A display name: atoms as they are, ASCII quoted, everything else in encoded words.

    So is what looks like an encoded word: many read one inside quotes, too (RFC 2047 section 5).
    """
    if not name.isprintable() and _FORBIDDEN.search(name):
        raise Unmailable("name", name)
    if not name.isascii() or len(name) + first > LINE:
        return "\r\n ".join(_encoded_words(name, first=first))
    if _ATOMS.fullmatch(name) and _reads_as_is(name):
        return name
    if _PRINTABLE.fullmatch(name) and "=?" not in name and len(name) + first < LINE - 2:
        escaped = name.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    return "\r\n ".join(_encoded_words(name, first=first))


def _reads_as_is(value: str) -> bool:
    """Whether a reader would take it for nothing else, and keep every space."""
    return "=?" not in value and value == value.strip() and bool(value)


def _encoded_words(value: str, *, first: int) -> list[str]:
    """B words (RFC 2047 section 4.1), none longer than 75, none splitting a character.

    `first` is what stands before the first word on its line.
    """
    whole = value.encode("utf-8")
    if _b64_size(len(whole)) <= LINE - first - _AROUND:
        return [_word(whole)]
    words, chunk, room = list[str](), b"", LINE - first
    for character in value:
        octets = character.encode("utf-8")
        if _b64_size(len(chunk) + len(octets)) > room - _AROUND:
            words.append(_word(chunk))
            chunk, room = b"", LINE - 1
        chunk += octets
    return [*words, _word(chunk)]


def _b64_size(octets: int) -> int:
    return (octets + 2) // 3 * 4


def _word(octets: bytes) -> str:
    return f"{_WORD_START}{b64encode(octets).decode('ascii')}{_WORD_END}"
