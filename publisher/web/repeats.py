"""Patience with programs that fetch the same feed again and again without asking for changes.

Off unless config names a span.  Bounded: whoever is forgotten is new, and nobody new is refused.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b
from ipaddress import IPv4Network, IPv6Network, ip_address
from math import ceil
from typing import Final

from starlette.types import Scope

Network = IPv4Network | IPv6Network
_MANY: Final = 10_000  # remembered at once: some 2 MB


@dataclass(frozen=True, slots=True, kw_only=True)
class Manners:
    """What the web asks of those who ask."""

    repeat: timedelta | None = None  # the same bytes unconditionally; None: as often as they like
    proxies: Collection[Network] = ()  # our own, who say for whom they ask


NO_LIMIT: Final = Manners()


class Repeats:
    """Who was given which bytes when."""

    def __init__(self, span: timedelta, *, most: int = _MANY) -> None:
        self._span, self._most = span, most
        self._given: dict[bytes, tuple[bytes, datetime]] = {}  # the oldest first

    def wait(self, who: bytes, path: str, etag: bytes, *, now: datetime) -> int:
        """Seconds until they may have the same again; 0: they may, and it is noted."""
        key = blake2b(who + b"\0" + path.encode(errors="replace"), digest_size=16).digest()
        before = self._given.get(key)
        if before is not None and before[0] == etag:
            left = before[1] + self._span - now
            if timedelta(0) < left <= self._span:  # more: a clock was put back
                return ceil(left.total_seconds())
        self._given.pop(key, None)
        self._given[key] = (etag, now)
        if len(self._given) > self._most:
            del self._given[next(iter(self._given))]
        return 0


def who_asks(
    scope: Scope, asked: Mapping[bytes, bytes], proxies: Collection[Network]
) -> bytes | None:
    """One program at one address; None where nobody can tell whose it is.

    A proxy of ours names whom it asks for last in X-Forwarded-For; what stands before it, anybody
    may have written.
    """
    client = scope.get("client")
    address = client[0] if client else ""
    if _is_of(address, proxies):
        hops = asked.get(b"x-forwarded-for", b"").decode("latin-1").split(",")
        address = next(
            (hop for hop in map(str.strip, reversed(hops)) if not _is_of(hop, proxies)), ""
        )
    if not address:
        return None
    return address.encode() + b"\0" + asked.get(b"user-agent", b"")


def _is_of(address: str, proxies: Collection[Network]) -> bool:
    try:
        found = ip_address(address)
    except ValueError:
        return False
    return any(found in network for network in proxies)
