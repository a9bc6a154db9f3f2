"""Any feed, however ill-formed, by feedparser: the one door to it."""

from collections.abc import Mapping
from io import BytesIO
from typing import Any


def read(document: str) -> Mapping[str, Any] | None:
    """`version` and `entries`, as feedparser calls things; None for what it stumbles over.

    No entity is declared in a document that begins with its root element: feedparser keeps those
    it holds harmless, and a long one repeated is not.
    """
    import feedparser  # noqa: PLC0415 - half of what starting a helper costs; few feeds need it

    try:
        parsed: Mapping[str, Any] = feedparser.parse(
            BytesIO(document.encode("utf-8")),  # bare bytes it would take for the name of a file
            response_headers={"content-type": "application/xml; charset=utf-8"},
            sanitize_html=False,
            resolve_relative_uris=False,
        )
    except Exception:  # noqa: BLE001 - whatever it stumbles over, it costs this document alone
        return None
    return parsed
