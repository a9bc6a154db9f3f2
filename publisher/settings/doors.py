"""Where what comes back is read: “maildir:…”, “imaps://…”, “lmtp://…” as a noun."""

import re
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import unquote, urlsplit

from publisher.model.inboxes import Inbox, Mailbox, Maildir, Socket
from publisher.model.problems import msgid
from publisher.settings.addresses import host_name
from publisher.settings.mistakes import Mistake
from publisher.settings.words import shown

_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})
_HIGHEST_PORT = 65535
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def bounces_door(value: str) -> str:
    """The value, if it names a place that mail can be read from."""
    inbox_of(value, root=Path("/"))
    return value


def inbox_of(value: str, *, root: Path) -> Inbox:
    """The place; relative folders begin at the root.  Raises Mistake."""
    scheme, colon, rest = value.partition(":")
    if _CONTROL.search(value) or not colon or not rest.strip("/ "):
        raise _nowhere(value)
    if scheme == "maildir":
        return Maildir(folder=root / rest)
    return _by_address(value)


def _by_address(value: str) -> Inbox:
    try:
        parts = urlsplit(value)
        host, port = parts.hostname or "", parts.port
        host_name(host)
    except (ValueError, Mistake) as error:
        raise _nowhere(value) from error
    if parts.password:
        raise Mistake(
            msgid("A password stands in {found}."),
            remedy=msgid("Take it out, and set PUBLISHER_BOUNCES_PASSWORD."),
            found=shown(f"{parts.scheme}://…@{host}"),
        )
    match parts.scheme:
        case "lmtp" | "smtp" if port is not None and parts.path in {"", "/"}:
            return Socket(host=host, port=port, lmtp=parts.scheme == "lmtp")
        case "imap" | "imaps" if parts.username:
            return _mailbox(host, port, parts.username, parts.path, tls=parts.scheme == "imaps")
    raise _nowhere(value)


def _mailbox(host: str, port: int | None, user: str, path: str, *, tls: bool) -> Mailbox:
    if not tls and not _is_here(host):
        raise Mistake(
            msgid("The password would cross the network in the clear: {found}."),
            remedy=msgid("Write imaps:// instead."),
            found=shown(f"imap://{host}"),
        )
    return Mailbox(
        host=host,
        port=port if port is not None else (993 if tls else 143),
        tls=tls,
        user=unquote(user),
        folder=unquote(path.strip("/")) or "INBOX",
    )


def _is_here(host: str) -> bool:
    try:
        return host in _LOCAL or ip_address(host).is_loopback
    except ValueError:
        return False


def _nowhere(value: str) -> Mistake:
    return Mistake(
        msgid("{found} is not a place bounces come in."),
        remedy=msgid("Write “maildir:FOLDER”, “imaps://USER@HOST/FOLDER” or “lmtp://HOST:PORT”."),
        found=shown(value),
    )
