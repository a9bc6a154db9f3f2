"""What the demo's site shows of the mails in its mailbox: decoded, as a reader's client would."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import policy
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from itertools import islice
from pathlib import Path

from publisher.demo.mailbox import Mailbox

NEWEST = 200  # mails in a list
_FACTS = ("From", "To", "Date", "List-Unsubscribe")  # what a list and a page name
_HEAD = re.compile(r"<head\b[^>]*>", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """A mail in the list."""

    name: str  # of its file
    recipient: str  # as the envelope said
    subject: str
    language: str  # as the mail declares it


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A mail, opened."""

    envelope: Envelope
    headers: tuple[tuple[str, str], ...]  # all of them, decoded and unfolded
    text: str
    size: int  # bytes


def envelopes(mailbox: Mailbox) -> tuple[Envelope, ...]:
    """The newest mails, newest first; bounded."""
    newest = sorted(mailbox.files(), key=_arrival, reverse=True)
    return tuple(islice((_envelope(path.name, _headers(path)) for path in newest), NEWEST))


def opened(mailbox: Mailbox, name: str) -> Letter | None:
    """One mail; None where there is none of that name."""
    message = mailbox.read(name)
    if message is None:
        return None
    return Letter(
        envelope=_envelope(name, message),
        headers=tuple((key, str(value)) for key, value in message.items()),
        text=_part(message, "plain"),
        size=len(raw(mailbox, name) or b""),
    )


def facts(letter: Letter) -> Iterator[tuple[str, str]]:
    """The headers a person looks for first, in their order."""
    known = dict(letter.headers)
    yield from ((name, known[name]) for name in _FACTS if name in known)


def raw(mailbox: Mailbox, name: str) -> bytes | None:
    """The bytes as they lie in the mailbox."""
    return next((path.read_bytes() for path in mailbox.files() if path.name == name), None)


def html_part(mailbox: Mailbox, name: str) -> str | None:
    """The HTML of one mail, its links opening beside it: a frame must not be led away."""
    message = mailbox.read(name)
    html = _part(message, "html") if message is not None else ""
    return _HEAD.sub(lambda head: f'{head[0]}<base target="_blank">', html, count=1) or None


def _arrival(path: Path) -> tuple[int, str]:
    return path.stat().st_mtime_ns, path.name


def _headers(path: Path) -> EmailMessage:
    with path.open("rb") as file:
        return BytesHeaderParser(policy=policy.default).parse(file)


def _envelope(name: str, message: EmailMessage) -> Envelope:
    return Envelope(
        name=name,
        recipient=str(message.get("X-RcptTo", "")),
        subject=str(message.get("Subject", "")),
        language=str(message.get("Content-Language", "")),
    )


def _part(message: EmailMessage, kind: str) -> str:
    body = message.get_body(preferencelist=(kind,))
    return str(body.get_content()) if body is not None else ""
