"""What goes over the wire for one Mail: two commands and a dot-stuffed text.  Pure."""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from publisher.model.addresses import ascii_domain, is_plain
from publisher.model.deliveries import Outcome, Phase, Result
from publisher.model.digests import Mail
from publisher.model.moulds import mould

_BLANK_OR_BRACKET = re.compile("[ <>]")  # the other blanks are not printable
NO_UTF8 = "the server offers no SMTPUTF8 for this address"
TOO_LARGE = "too large"  # how the reason begins where the server announces that it takes less
OUR_SENDER = "sender address"  # how the reason begins when the fault is in our own address
_LOCAL, _PATH = 64, 254  # octets: RFC 5321 sections 4.5.3.1.1 and 4.5.3.1.3
EIGHT_BITS, UTF8 = "8bitmime", "smtputf8"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """The commands end in CRLF; the text, in parts, is stuffed and ends in the final dot."""

    mail: bytes
    rcpt: bytes
    text: Sequence[bytes]


_wording = mould(Wording)


class BadAddress(ValueError):
    """An envelope address that cannot be written into a command; says why."""


def word(mail: Mail, *, extensions: Collection[str]) -> Wording | Result:
    """The words for a server with these extensions (lower case); or why there are none.

    What is wrong with our own sender is phase CONNECT (no session should be tried), what is wrong
    with the reader's address or the text is phase MAIL.  Either way nothing was sent.
    """
    try:
        sender = envelope_address(mail.envelope_from) if mail.envelope_from else b""
    except BadAddress as error:
        return _refused(Phase.CONNECT, f"{OUR_SENDER}: {error}")
    try:
        recipient = envelope_address(mail.recipient)
    except BadAddress as error:
        return _refused(Phase.MAIL, f"recipient address: {error}")
    parameters = b""
    if not (sender.isascii() and recipient.isascii()):
        if UTF8 not in extensions:
            return _refused(Phase.MAIL, NO_UTF8)
        parameters += b" SMTPUTF8"
    text = b"" if mail.ready else b"".join(mail.chunks)
    if mail.eight_bit or not text.isascii():
        if EIGHT_BITS not in extensions:
            later = Outcome.TRANSIENT if mail.ready else Outcome.PERMANENT  # it has another form
            return _refused(Phase.MAIL, "the server offers no 8BITMIME for this text", later)
        parameters += b" BODY=8BITMIME"
    if not (mail.ready or _lines_end_well(text)):
        return _refused(Phase.MAIL, "a line of the text ends in a bare CR or LF")
    wording: Wording = _wording(
        b"MAIL FROM:<%b>%b\r\n" % (sender, parameters),
        b"RCPT TO:<%b>\r\n" % recipient,
        (*mail.chunks, b".\r\n") if mail.ready else (stuffed((text,)),),
    )
    return wording


def too_large(size: int, largest: int) -> Result:
    """What a mail comes to that is larger than the server takes (RFC 1870); nothing was said."""
    return _refused(
        Phase.MAIL,
        f"{TOO_LARGE}: the mail has {size:,} bytes, and the server takes {largest:,} at most",
    )


def envelope_address(address: str) -> bytes:
    """The address as a command carries it: the domain in IDNA, the local part as it is.

    Raises BadAddress for blanks, line breaks, brackets and whatever else could end the command
    early or begin another one.
    """
    if is_plain(address):
        return address.encode("ascii")
    local, at, domain = address.rpartition("@")
    if not (local and at and domain):
        raise BadAddress("not an address")
    if not address.isprintable() or _BLANK_OR_BRACKET.search(address):
        raise BadAddress("a character that no address may hold")
    try:
        wire_domain = ascii_domain(domain).encode("ascii")
        wire_local = local.encode("utf-8")
    except UnicodeError as error:
        raise BadAddress("not a domain") from error
    path = wire_local + b"@" + wire_domain
    if len(wire_local) > _LOCAL or len(path) > _PATH:
        raise BadAddress("too long")
    return path


def stuffed(chunks: Iterable[bytes]) -> bytes:
    """The text with its dots doubled, and the final dot (RFC 5321 section 4.5.2).

    A line that begins with a dot gets another one, wherever the chunks were cut.
    """
    text = b"".join(chunks).replace(b"\r\n.", b"\r\n..")
    if text.startswith(b"."):
        text = b"." + text
    if text and not text.endswith(b"\r\n"):
        text += b"\r\n"
    return text + b".\r\n"


def _lines_end_well(text: bytes) -> bool:
    """Whether CR and LF come only as CRLF: a bare one lets some servers see a final dot."""
    ends = text.count(b"\r\n")
    return text.count(b"\r") == ends == text.count(b"\n")


def _refused(phase: Phase, reason: str, outcome: Outcome = Outcome.PERMANENT) -> Result:
    return Result(outcome=outcome, phase=phase, reply=None, reason=reason)
