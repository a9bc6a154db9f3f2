"""Inbox: a place where what comes back can be read."""

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Maildir:
    """A folder that a mail server delivers into."""

    folder: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """A folder of an IMAP server."""

    host: str
    port: int
    tls: bool
    user: str
    folder: str
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Socket:
    """An address we listen on, for a mail server to hand over to."""

    host: str
    port: int
    lmtp: bool  # else SMTP


Inbox = Maildir | Mailbox | Socket
