"""Relay: an SMTP server that takes our mail onward."""

from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from publisher.model.rates import Rate, WarmUp


class Security(Enum):
    NONE = "none"  # plain text; for a relay on this machine
    STARTTLS = "starttls"  # plain, then upgraded; refused where the server does not offer it
    TLS = "tls"  # TLS from the first byte


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
    connections: int = 20
    rates: tuple[Rate, ...] = ()  # all of them hold; none: as fast as it takes
    warm_up: WarmUp | None = None
    weight: int = 1  # its share of the mails, where relays' weights differ
