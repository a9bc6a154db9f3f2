"""Which addresses a source may lie at.  Checked where a connection is made, on every hop.

A name may answer one look-up so and the next otherwise; what is connected to cannot.
"""

import re
import socket
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any

# What `is_global` of Python's ipaddress does not know to be inside (or did not in 3.11): shared
# space (RFC 6598), protocol assignments, and the metadata services of the big clouds.
_INSIDE = tuple(
    ip_network(one)
    for one in (
        "100.64.0.0/10",
        "192.0.0.0/24",
        "198.18.0.0/15",
        "168.63.129.16/32",
        "fc00::/7",
        "fec0::/10",
    )
)
_NAT64 = ip_network("64:ff9b::/96")  # RFC 6052: the last 32 bits are an IPv4 address
_REFUSED = "refused as private: "
_NAMED = re.compile(re.escape(_REFUSED) + r"([0-9A-Fa-f.:]+)")

AddressInfo = tuple[Any, Any, int, str, tuple[Any, ...]]


class PrivateAddress(OSError):
    """A source that may not lead inside the network led there."""


def is_public(address: str) -> bool:
    """Whether an IP address is one of the open internet; False for what is no address."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    inner = _inner(found)
    if inner is not None:
        return is_public(str(inner))
    if found.is_multicast or found.is_reserved or not found.is_global:
        return False
    return not any(found in network for network in _INSIDE if network.version == found.version)


def public_socket(info: AddressInfo) -> socket.socket:
    """A socket for an address that is public; raises PrivateAddress before anything is sent."""
    family, kind, protocol, _, place = info
    if not is_public(str(place[0])):
        raise PrivateAddress(f"{_REFUSED}{place[0]}")
    return socket.socket(family=family, type=kind, proto=protocol)


def refused_address(error: OSError) -> str | None:
    """Which private address a failed connection met, alone or among others tried with it."""
    found = _NAMED.search(str(error))
    return found[1].rstrip(".:") if found else None


def _inner(address: IPv4Address | IPv6Address) -> IPv4Address | None:
    """The IPv4 address that an IPv6 one stands for: mapped, 6to4, NAT64."""
    if isinstance(address, IPv4Address):
        return None
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour
