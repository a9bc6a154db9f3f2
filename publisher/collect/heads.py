"""The head of an answer, fit to be kept: text that is text, and not too long.  Pure.

aiohttp hands bytes that are not UTF-8 on as lone surrogates, and no database takes those.
"""

import re
from collections.abc import Iterable, Mapping
from urllib.parse import urldefrag, urljoin

_LONGEST = 4000  # characters
_STRAY = re.compile("[\udc80-\udcff]")


def kept(pairs: Iterable[tuple[str, str]]) -> Mapping[str, str]:
    """Names in lower case, repeats joined by a comma (RFC 9110 section 5.3)."""
    found: dict[str, str] = {}
    for name, value in pairs:
        key = name.lower()
        joined = f"{found[key]}, {value}" if key in found else value
        found[key] = readable(joined)[:_LONGEST]
    return found


def readable(words: str) -> str:
    """With a question mark for each byte that is no text."""
    return words if words.isascii() else words.encode("utf-8", "replace").decode("utf-8")


def onward(url: str, location: str) -> str:
    """Where a Location leads from an address (RFC 9110 section 10.2.2); ValueError for nowhere.

    Bytes that are not UTF-8 are percent-encoded as they stand, as browsers do.
    """
    written = _STRAY.sub(lambda found: f"%{ord(found[0]) - 0xDC00:02X}", location)
    return urldefrag(urljoin(url, written)).url
