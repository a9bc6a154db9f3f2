"""JSON Feed 1.0 and 1.1, in the shape that feedparser gives (jsonfeed.org/version/1.1)."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from publisher.collect.clean import strip_illegal

_VERSION = "://jsonfeed.org/version/"
_PICTURES = ("image", "banner_image")


def read(document: str) -> Mapping[str, Any] | None:
    """`version`, `entries`, `hub` and `topic`; None for what is no JSON Feed."""
    try:
        feed = json.loads(document)
    except (ValueError, RecursionError):
        return None
    if not isinstance(feed, dict) or _VERSION not in str(feed.get("version", "")):
        return None
    items = feed.get("items")
    return {
        "version": "json",
        "entries": [_item(one) for one in (items if isinstance(items, list) else ())],
        "hub": next(_hubs(feed), None),
        "topic": _text(feed, "feed_url") or None,
    }


def _item(one: object) -> dict[str, Any]:
    """An item that is no object has nothing, and is left out for want of a title."""
    if not isinstance(one, dict):
        return {}
    link = _text(one, "url") or _text(one, "external_url")
    found = {
        "id": _text(one, "id"),
        "link": link,
        "title": _text(one, "title"),
        "title_detail": {"type": "text/plain"},
        "summary": _text(one, "summary"),
        "content": list(_contents(one)),
        "published": _text(one, "date_published"),
        "updated": _text(one, "date_modified"),
        "tags": [{"term": tag} for tag in _list(one, "tags") if isinstance(tag, str)],
        "authors": list(_authors(one)),
        "enclosures": list(_pictures(one)),
    }
    return {name: value for name, value in found.items() if value}


def _contents(one: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    if html := _text(one, "content_html"):
        yield {"type": "text/html", "value": html}
    elif text := _text(one, "content_text"):
        yield {"type": "text/plain", "value": text}


def _authors(one: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    for author in (*_list(one, "authors"), one.get("author")):
        if isinstance(author, dict) and (name := _text(author, "name")):
            yield {"name": name}


def _pictures(one: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    for name in _PICTURES:
        if url := _text(one, name):
            yield {"href": url, "type": "image"}
    for found in _list(one, "attachments"):
        if isinstance(found, dict) and (url := _text(found, "url")):
            yield {"href": url, "type": _text(found, "mime_type")}


def _hubs(feed: Mapping[str, Any]) -> Iterator[str]:
    for hub in _list(feed, "hubs"):
        if isinstance(hub, dict) and str(hub.get("type", "")).lower() == "websub":
            yield _text(hub, "url")


def _list(one: Mapping[str, Any], name: str) -> list[Any]:
    value = one.get(name)
    return value if isinstance(value, list) else []


def _text(one: Mapping[str, Any], name: str) -> str:
    """A text, or a number as one: ids may be either (1.0, "id")."""
    value = one.get(name)
    return strip_illegal(str(value)).strip() if isinstance(value, str | int | float) else ""
