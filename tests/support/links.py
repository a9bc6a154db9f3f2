"""Unsubscribe links as they were made before they named an address."""

import hmac
from base64 import urlsafe_b64encode

from publisher.model.names import EditionId, SubscriberId


def old_token(key: bytes, subscriber: SubscriberId, edition: EditionId) -> str:
    number, payload = int(subscriber), bytearray()
    while number > 0x7F:
        payload.append(number & 0x7F | 0x80)
        number >>= 7
    said = bytes((*payload, number)) + edition.encode()
    mac = hmac.digest(hmac.digest(key, b"publisher leave 1", "sha256"), said, "sha256")[:16]
    return urlsafe_b64encode(mac + said).rstrip(b"=").decode()
