"""Relay: an SMTP server that takes our mail onward."""

from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from publisher.model.rates import Rate, WarmUp


class Security(Enum):
    NONE = "none"  # plain text; for a relay on this machine
    STARTTLS = "starttls"  # plain, then upgraded; refused where the server does not offer it
    TLS = "tls"  # TLS from the first byte


class LogIn(Enum):
    """Ways to log in (SASL mechanisms)."""

    PLAIN = "plain"  # the password itself, RFC 4616
    LOGIN = "login"  # the same in two steps, older than any RFC
    CRAM_MD5 = "cram-md5"  # an answer made with the password, RFC 2195


@dataclass(frozen=True, slots=True, kw_only=True)
class Relay:
    """Where and how to hand over mail; certificates are always verified."""

    name: str
    host: str
    port: int
    security: Security = Security.NONE
    ca_file: Path | None = None  # a private CA
    username: str | None = None
    password: str | None = field(default=None, repr=False)  # from the environment only
    login: LogIn | None = None  # the only way to log in; None: those that the server offers
    connections: int = 20
    rates: tuple[Rate, ...] = ()  # all of them hold; none: as fast as it takes
    warm_up: WarmUp | None = None
    weight: int = 1  # its share of the mails, where relays' weights differ
