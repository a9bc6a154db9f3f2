"""Unsubscribe links: read, and as they were made before they were signed for an address."""

import hmac
from base64 import urlsafe_b64encode

from publisher.links import KeyRing, Leave, is_leave, leave_named
from publisher.model.names import EditionId, SubscriberId


def old_token(key: bytes, subscriber: SubscriberId, edition: EditionId) -> str:
    number, payload = int(subscriber), bytearray()
    while number > 0x7F:
        payload.append(number & 0x7F | 0x80)
        number >>= 7
    said = bytes((*payload, number)) + edition.encode()
    mac = hmac.digest(hmac.digest(key, b"publisher leave 1", "sha256"), said, "sha256")[:16]
    return urlsafe_b64encode(mac + said).rstrip(b"=").decode()


def read_leave(ring: KeyRing, token: str, address: str = "", *, old: bool = False) -> Leave | None:
    """What a token says to who has that address; None unless it was signed for them."""
    return leave_named(token) if is_leave(ring, token, address, old=old) else None
