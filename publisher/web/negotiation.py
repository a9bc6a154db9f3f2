"""Which form of a document somebody takes: content coding, feed or page (RFC 9110 section 12)."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from publisher.model.feeds import MEDIA_TYPES

IDENTITY: Final = "identity"
_WEIGHT: Final = re.compile(r"0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?")
_UNSAID: Final = 0.0001  # identity, where nobody speaks of it: acceptable, and the last resort
_PAGE: Final = "text/html"


def coding_for(accept_encoding: bytes | None, offered: tuple[str, ...]) -> str | None:
    """The content coding to send, of those offered, smallest first; None: nothing is acceptable.

    Nothing asked means identity: whoever cannot unpack says nothing.
    """
    if accept_encoding is None:
        return IDENTITY
    weights = _weights(accept_encoding)
    others = weights.get("*")

    def weight(coding: str) -> float:
        if (said := weights.get(coding, others)) is not None:
            return said
        return _UNSAID if coding == IDENTITY else 0

    best = max(offered, key=weight)
    return best if weight(best) > 0 else None


def prefers_page(accept: bytes | None) -> bool:
    """Whether a page is wanted more than a feed of any kind, as browsers say and readers do not."""
    if accept is None:
        return False
    weights = _weights(accept)
    return _liked(weights, _PAGE) > max(_liked(weights, kind) for kind in MEDIA_TYPES.values())


def _liked(weights: Mapping[str, float], kind: str) -> float:
    """The nearest range counts (RFC 9110 section 12.5.1)."""
    ranges = (kind, f"{kind.partition('/')[0]}/*", "*/*")
    return next((weights[one] for one in ranges if one in weights), 0)


def _weights(header: bytes) -> Mapping[str, float]:
    """What is named, lower case, and its weight; what is not well-formed is passed over."""
    found: dict[str, float] = {}
    for name, weight in _elements(header.decode("latin-1")):
        found.setdefault(name.removeprefix("x-"), weight)  # x-gzip is gzip (section 8.4.1.3)
    return found


def _elements(header: str) -> Iterator[tuple[str, float]]:
    for element in header.split(","):
        name, *parameters = (part.strip(" \t").lower() for part in element.split(";"))
        said = [one[2:] for one in parameters if one.startswith("q=")]
        if name and all(_WEIGHT.fullmatch(one) for one in said):
            yield name, float(said[0]) if said else 1
