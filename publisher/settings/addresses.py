"""Addresses as editors write them: mailboxes, web and listening addresses, databases."""

import re
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from urllib.parse import quote, urlsplit

from publisher.model.addresses import ascii_domain, normalise
from publisher.model.problems import msgid
from publisher.settings.mistakes import Mistake
from publisher.settings.words import shown

Network = IPv4Network | IPv6Network

_MAILBOX = re.compile(r"(?:(?P<name>[^<>]*?)\s*<(?P<inner>[^<>]*)>|(?P<bare>[^<>]+))")
# RFC 5322 section 3.2.3: what a display name may hold only inside quotes; dots are read by all.
_SPECIAL = re.compile(r"[()<>\[\]:;@\\,\"]")
_QUOTED_NAME = re.compile(r'"(?:[^"\\]|\\["\\])+"')
_CONTROL = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]")
_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?", re.ASCII)
_LISTEN = re.compile(
    r"(?:\[(?P<six>[0-9A-Fa-f:.]+)\]|(?P<host>[^\s:\[\]]+)):(?P<port>\d{1,5})", re.ASCII
)
_AUTHORITY = re.compile(
    r"(?:[A-Za-z0-9._-]+@)?[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?,"
    r"\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?"
)
_SQLITE, _POSTGRESQL = "sqlite:///", ("postgresql://", "postgres://")
_HIGHEST_PORT = 65535
_LONGEST = 700  # octets of a web address: a line of mail has 998, and more follows


def mailbox(value: str) -> str:
    """A mailbox of RFC 5322 section 3.4, as written: "The Embankment <digest@embankment.test>"."""
    found = _MAILBOX.fullmatch(value.strip())
    if _CONTROL.search(value) or not found:
        raise _no_mailbox(value)
    name = found["name"] or ""
    if _SPECIAL.search(name) and not _QUOTED_NAME.fullmatch(name):
        raise Mistake(
            msgid("The name in {found} holds a character that needs quotes around the name."),
            remedy=msgid("Write the name in quotes: '\"Smith, Jones\" <mail@example.test>'"),
            found=shown(value),
        )
    bare_address(found["inner"] if found["bare"] is None else found["bare"], whole=value)
    return value.strip()


def bare_address(value: str, *, whole: str | None = None) -> str:
    """The address of a mailbox, its domain in the form the mail system knows."""
    try:
        address = normalise(value)
    except ValueError as error:
        raise _no_mailbox(whole or value) from error
    if not address.isascii():  # RFC 6531 is not spoken by every relay
        raise _no_mailbox(whole or value)
    return address


def address_in(mail: str) -> str:
    """The bare address inside a mailbox that was checked."""
    found = _MAILBOX.fullmatch(mail.strip())
    inner = found["inner"] or found["bare"] if found else mail
    return normalise(inner or mail)


def web_address(value: str) -> str:
    """An absolute http or https address without a password."""
    try:
        parts = urlsplit(value)
        host, port = parts.hostname, parts.port
    except ValueError as error:  # brackets, or a port that is none
        raise _no_url(value) from error
    sound = parts.scheme in {"http", "https"} and host and _is_host(host)
    if not sound or port == 0 or parts.password is not None or _unsafe(value):
        raise _no_url(value)
    if len(quote(value)) > _LONGEST:
        raise _no_url(value)
    return value


def base_address(value: str) -> str:
    """An address that others are built on: nothing behind its path, and no slash at its end."""
    web_address(value)
    if value.endswith("/") or "?" in value or "#" in value:
        raise Mistake(
            msgid("{found} is to be the beginning of other addresses, and ends in the wrong way."),
            remedy=msgid("Write it without a slash, “?” or “#” at the end."),
            found=shown(value),
        )
    return value


def page_address(value: str) -> str:
    """An absolute address, or a path of the site: "/ru/privacy"."""
    if value.startswith("/") and not value.startswith("//") and not _unsafe(value):
        return value
    return web_address(value)


def listen_address(value: str) -> tuple[str, int]:
    """Host and port of "127.0.0.1:8080" or "[::1]:8080"; port 0 asks for a free one."""
    found = _LISTEN.fullmatch(value.strip())
    host = (found["six"] or found["host"]) if found else ""
    if not found or int(found["port"]) > _HIGHEST_PORT or not _is_host(host):
        raise Mistake(
            msgid("{found} is not an address to listen on."),
            remedy=msgid("Write host and port, for example “127.0.0.1:8080”."),
            found=shown(value),
        )
    return host, int(found["port"])


def network(value: object) -> Network:
    """One address, or many: "127.0.0.1", "10.0.0.0/8", "fd00::/8"."""
    try:
        return ip_network(value.strip() if isinstance(value, str) else "")
    except ValueError as error:
        raise Mistake(
            msgid("{found} is neither an address nor a network."),
            remedy=msgid("Write numbers such as “127.0.0.1”, “10.0.0.0/8” or “fd00::/8”."),
            found=shown(value),
        ) from error


def host_name(value: str) -> str:
    """A host by name or number, and nothing else."""
    if not _is_host(value):
        raise Mistake(
            msgid("{found} is not the name of a host."),
            remedy=msgid("Write a name or a number such as “mail.example.test” or “127.0.0.1”."),
            found=shown(value),
        )
    return value


def mail_domain(value: str) -> str:
    """What stands behind the @ of addresses, in the form the mail system knows."""
    host_name(value)
    return ascii_domain(value).lower()


def signing_domain(value: str) -> str:
    """The domain of a signature (RFC 6376 section 3.5, d=), as DNS knows it."""
    try:
        return normalise(f"x@{value}").removeprefix("x@")
    except ValueError as error:
        raise Mistake(
            msgid("{found} is not a domain that mail can be signed by."),
            remedy=msgid("Write the domain of your addresses, for example “example.test”."),
            found=shown(value),
        ) from error


def feed_authority(value: str) -> str:
    """The authority and year of RFC 4151 tags: "embankment.test,2026"."""
    if not _AUTHORITY.fullmatch(value):
        raise Mistake(
            msgid("{found} cannot stand in the ids of feeds."),
            remedy=msgid("Write your domain, a comma and a year in which you owned it."),
            found=shown(value),
        )
    return value


def database(value: str) -> str:
    """The address of a database: sqlite:///FILE, postgresql://…."""
    if value.startswith(_SQLITE) and value.removeprefix(_SQLITE).strip("/") not in {"", ":memory:"}:
        return value
    if value.startswith(_POSTGRESQL) and not _unsafe(value):
        return value
    raise Mistake(
        msgid("{found} is not the address of a database."),
        remedy=msgid("Write “sqlite:///var/publisher.db” or “postgresql://user@host/name”."),
        found=_without_password(value),
    )


def _unsafe(value: str) -> bool:
    """Whether something in it ends an address early, or cannot be seen at all."""
    return not value.isprintable() or any(one.isspace() or one in '<>"\\^`{|}' for one in value)


def _is_host(text: str) -> bool:
    """Whether it is a name, in any script, or a number of IPv4 or IPv6."""
    if ":" in text:
        return _is_number(text)
    try:
        return bool(_NAME.fullmatch(ascii_domain(text)))
    except UnicodeError:
        return False


def _is_number(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _without_password(value: str) -> str:
    return shown(re.sub(r"//[^@/]*@", "//…@", value))


def _no_mailbox(value: str) -> Mistake:
    return Mistake(
        msgid("{found} is not an e-mail address."),
        remedy=msgid("Write “name@example.test” or “Name <name@example.test>”."),
        found=shown(value),
    )


def _no_url(value: str) -> Mistake:
    return Mistake(
        msgid("{found} is not a web address."),
        remedy=msgid("Write a whole address that begins with http:// or https://"),
        found=shown(value),
    )
