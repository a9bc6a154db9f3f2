"""Feeds as JSON Feed 1.1 (jsonfeed.org/version/1.1); the same feed gives the same bytes.

What the format has no field for stands in objects of our own, which begin with an underscore
(section "Extensions"): `_legal`, `_alternates`, `_related`, `_image`.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from publisher.model.feeds import Feed, FeedEntry
from publisher.render.feed_extension import RATING_SCHEME, clean
from publisher.render.feeds import credited, rights_of, whole_second

_VERSION: Final = "https://jsonfeed.org/version/1.1"


def json_feed(feed: Feed) -> bytes:
    """The whole feed, UTF-8."""
    document = {
        "version": _VERSION,
        "title": clean(feed.title),
        "home_page_url": clean(feed.home_url),
        "feed_url": clean(feed.url) + ".json",
        "description": clean(feed.subtitle) or clean(feed.title),
        "next_url": f"{clean(feed.paging.previous)}.json" if feed.paging.previous else None,
        "language": feed.language,
        "authors": [{"name": clean(feed.author)}],
        "hubs": [{"type": "WebSub", "url": clean(hub)} for hub in feed.hubs],
        "_legal": _present({"rights": rights_of(feed), "age": _mark(feed.age)}),
        "items": [_item(feed, entry) for entry in feed.entries],
    }
    return written(_present(document, keep=("items",)))


def written(document: Mapping[str, Any]) -> bytes:
    """JSON as these feeds are written: letters as they are, an item a line."""
    items = document.get("items", [])
    head = json.dumps({**document, "items": []}, ensure_ascii=False)[: -len("]}")]
    lines = ",\n".join(json.dumps(item, ensure_ascii=False) for item in items)
    return f"{head}\n{lines}\n]}}\n".encode()


def _item(feed: Feed, entry: FeedEntry) -> dict[str, Any]:
    image, url = credited(entry)
    item: dict[str, Any] = {
        "id": clean(entry.id),
        "url": clean(entry.url),
        "title": clean(entry.title),
        "summary": clean(entry.summary),
        "image": clean(url) if url else None,
        "date_published": _instant(entry.published_at),
        "date_modified": _instant(entry.updated_at),
        "authors": [{"name": clean(name)} for name in entry.authors],
        "tags": [clean(entry.section_title)] if entry.section_title else [],
        "language": entry.language,
        "_section": entry.section,
        "_alternates": [
            {"language": one.language, "url": clean(one.url)} for one in entry.alternates
        ],
        "_related": [{"title": clean(one.title), "url": clean(one.url)} for one in entry.related],
        "_legal": _present(
            {"age": _mark(entry.age), "rights": clean(entry.credit or feed.copyright)}
        ),
    }
    if image is not None and url is not None:
        item["attachments"] = [
            {"url": clean(url), "mime_type": image.media_type, "size_in_bytes": image.size}
        ]
        item["_image"] = _present(
            {
                "width": image.width,
                "height": image.height,
                "caption": clean(image.caption or image.alt),
                "credit": clean(image.credit or ""),
            }
        )
    # One of the two contents must be there, even empty.
    return _present(item) | {"content_html": clean(entry.content)}


def _mark(age: int | None) -> dict[str, str] | None:
    return None if age is None else {"mark": f"{age}+", "scheme": RATING_SCHEME}


def _instant(at: datetime) -> str:
    return whole_second(at).isoformat().replace("+00:00", "Z")


def _present(values: Mapping[str, Any], *, keep: Iterable[str] = ()) -> dict[str, Any]:
    """Without what is empty, for an empty value says more than none."""
    kept = frozenset(keep)
    return {name: value for name, value in values.items() if name in kept or value}
