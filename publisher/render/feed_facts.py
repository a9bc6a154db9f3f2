"""What a feed tells, format by format: from the noun, and from the bytes read again.

The two are compared before new bytes replace old ones: whatever a library lost, changed or could
not hold is found then.  Facts are plain dictionaries; a format that cannot say one leaves it out.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from html import unescape
from typing import Any, Final

from lxml import etree

from publisher.model.feeds import Feed, FeedEntry
from publisher.render.feed_extension import YANDEX, clean
from publisher.render.feeds import credited, rights_of, whole_second

Facts = Mapping[str, Any]
_NAMES: Final = {
    "atom": "http://www.w3.org/2005/Atom",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "media": "http://search.yahoo.com/mrss/",
    "at": "http://purl.org/atompub/tombstones/1.0",
    "yandex": YANDEX,
}
_LANG: Final = "{http://www.w3.org/XML/1998/namespace}lang"


def facts_of(feed: Feed, extension: str) -> Facts:
    """What the document in this format must tell."""
    paging = feed.paging
    pages = (paging.previous, paging.next, paging.current)
    if extension == "json":
        pages = (paging.previous, None, None)
    return {
        "title": clean(feed.title),
        "home": clean(feed.home_url),
        "self": f"{clean(feed.url)}.{extension}",
        "language": feed.language,
        "rights": rights_of(feed),
        "age": _mark(feed.age),
        "hubs": [clean(hub) for hub in feed.hubs],
        "pages": [page and f"{clean(page)}.{extension}" for page in pages],
        "updated": None if extension == "json" else whole_second(feed.updated_at),
        "tombstones": [clean(one.id) for one in feed.tombstones] if extension == "atom" else [],
        "entries": [_facts_of_entry(feed, entry, extension) for entry in feed.entries],
    }


def facts_in(data: bytes, extension: str) -> Facts:
    """What the document tells.  Raises ValueError or XMLSyntaxError for what cannot be read."""
    if extension == "json":
        return _in_json(json.loads(data))
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    root = etree.fromstring(data, parser)
    return _in_rss(root[0]) if extension == "rss" else _in_atom(root)


def differences(feed: Feed, extension: str, data: bytes) -> list[str]:
    """Where the bytes tell something else than the feed, in short; none: they are proved."""
    try:
        found, meant = facts_in(data, extension), facts_of(feed, extension)
    except (ValueError, etree.XMLSyntaxError, LookupError, AttributeError) as error:
        return [f"{type(error).__name__}: {error}"]
    wrong = [name for name in meant if name != "entries" and meant[name] != found.get(name)]
    if len(meant["entries"]) != len(found["entries"]):
        return [*wrong, "entries"]
    for ours, theirs in zip(meant["entries"], found["entries"], strict=True):
        wrong += [f"{ours['id']} {name}" for name in ours if ours[name] != theirs.get(name)]
    return wrong


def _mark(age: int | None) -> str | None:
    return None if age is None else f"{age}+"


def _facts_of_entry(feed: Feed, entry: FeedEntry, extension: str) -> Facts:
    image, url = credited(entry)
    others = {one.language: clean(one.url) for one in entry.alternates}
    others.pop(entry.language, None)
    rss = extension == "rss"
    later = entry.updated_at if entry.updated_at > entry.published_at or not rss else None
    content = clean(entry.content) if entry.full_text is None else ""
    return {
        "id": clean(entry.id),
        "url": clean(entry.url),
        "title": clean(entry.title),
        "summary": clean(entry.summary),
        "content": content,
        "full_text": clean(entry.full_text) if entry.full_text is not None else None,
        "language": entry.language,
        "authors": [clean(name) for name in entry.authors],
        "section": clean(entry.section_title or "") or None,
        "published": whole_second(entry.published_at),
        "updated": later and whole_second(later),
        "age": _mark(entry.age),
        "rights": clean(entry.credit or feed.copyright),
        "image": image and (clean(url or ""), image.media_type, str(image.size)),
        "size": image and (image.width, image.height, clean(image.credit or "")),
        "others": others,
        "related": [(clean(one.title), clean(one.url)) for one in entry.related],
    }


# --- RSS ----------------------------------------------------------------------------------------


def _in_rss(channel: etree._Element) -> Facts:
    return {
        **_shared(channel),
        "title": _text(channel, "title"),
        "home": _text(channel, "link"),
        "language": _text(channel, "language"),
        "rights": _text(channel, "copyright") or "",
        "updated": _rfc822(_text(channel, "lastBuildDate")),
        "tombstones": [],
        "entries": [_in_item(item) for item in channel.iterfind("item")],
    }


def _in_item(item: etree._Element) -> Facts:
    enclosure = item.find("enclosure")
    summary = _text(item, "description")
    return {
        **_of_entry(item),
        "id": _text(item, "guid") or "",
        "url": _text(item, "link") or "",
        "title": _text(item, "title") or "",
        "summary": unescape(summary or ""),  # RSS takes a description for HTML
        "content": _text(item, "content:encoded") or "",
        "full_text": _text(item, "yandex:full-text"),
        "authors": [one.text or "" for one in item.iterfind("dc:creator", _NAMES)],
        "section": _text(item, "category"),
        "published": _rfc822(_text(item, "pubDate")),
        "updated": _rfc3339(_text(item, "atom:updated")),
        "rights": _text(item, "dc:rights") or "",
        "image": _attributes(enclosure, "url", "type", "length"),
    }


# --- Atom ---------------------------------------------------------------------------------------


def _in_atom(feed: etree._Element) -> Facts:
    return {
        **_shared(feed),
        "title": _text(feed, "atom:title"),
        "home": next(_links(feed, "alternate", type_="text/html"), None),
        "language": feed.get(_LANG),
        "rights": _text(feed, "atom:rights") or "",
        "updated": _rfc3339(_text(feed, "atom:updated")),
        "tombstones": [one.get("ref") for one in feed.iterfind("at:deleted-entry", _NAMES)],
        "entries": [_in_entry(entry) for entry in feed.iterfind("atom:entry", _NAMES)],
    }


def _in_entry(entry: etree._Element) -> Facts:
    enclosed = entry.find("atom:link[@rel='enclosure']", _NAMES)
    category = entry.find("atom:category", _NAMES)
    return {
        **_of_entry(entry),
        "id": _text(entry, "atom:id") or "",
        "url": next(_links(entry, "alternate"), ""),
        "title": _text(entry, "atom:title") or "",
        "summary": _text(entry, "atom:summary") or "",
        "content": _text(entry, "atom:content") or "",
        "full_text": None,
        "authors": [one.text or "" for one in entry.iterfind("atom:author/atom:name", _NAMES)],
        "section": None if category is None else category.get("label"),
        "published": _rfc3339(_text(entry, "atom:published")),
        "updated": _to_the_second(_text(entry, "atom:updated")),
        "rights": _text(entry, "atom:rights") or "",
        "image": _attributes(enclosed, "href", "type", "length"),
    }


# --- both ---------------------------------------------------------------------------------------


def _shared(feed: etree._Element) -> dict[str, Any]:
    rels = ("prev-archive", "next-archive", "current")
    return {
        "self": next(_links(feed, "self"), None),
        "age": _text(feed, "media:rating"),
        "hubs": list(_links(feed, "hub")),
        "pages": [next(_links(feed, rel), None) for rel in rels],
    }


def _of_entry(entry: etree._Element) -> dict[str, Any]:
    own = entry.get(_LANG)
    links = entry.findall("atom:link", _NAMES)
    alternates = [one for one in links if one.get("rel") == "alternate" and one.get("hreflang")]
    related = [one for one in links if one.get("rel") == "related"]
    return {
        "language": own,
        "age": _text(entry, "media:rating"),
        "size": _size(entry.find("media:content", _NAMES)),
        "others": {
            one.get("hreflang"): one.get("href") for one in alternates if one.get("hreflang") != own
        },
        "related": [(one.get("title"), one.get("href")) for one in related],
    }


def _size(media: etree._Element | None) -> tuple[int, int, str] | None:
    if media is None:
        return None
    size = int(media.get("width", "0")), int(media.get("height", "0"))
    return *size, _text(media, "media:credit") or ""


def _links(element: etree._Element, rel: str, type_: str | None = None) -> Any:
    for link in element.iterfind("atom:link", _NAMES):
        if link.get("rel") == rel and type_ in {None, link.get("type")}:
            yield link.get("href")


def _attributes(element: etree._Element | None, *names: str) -> tuple[str | None, ...] | None:
    return None if element is None else tuple(element.get(name) for name in names)


def _text(element: etree._Element, path: str) -> str | None:
    found = element.find(path, _NAMES)
    return None if found is None else found.text or ""


def _rfc822(words: str | None) -> datetime | None:
    return parsedate_to_datetime(words) if words else None


def _to_the_second(words: str | None) -> datetime | None:
    found = _rfc3339(words)
    return found and whole_second(found)


def _rfc3339(words: str | None) -> datetime | None:
    return datetime.fromisoformat(words).astimezone(UTC) if words else None


# --- JSON ---------------------------------------------------------------------------------------


def _in_json(document: Mapping[str, Any]) -> Facts:
    legal = document.get("_legal", {})
    return {
        "title": document["title"],
        "home": document["home_page_url"],
        "self": document["feed_url"],
        "language": document.get("language"),
        "rights": legal.get("rights", ""),
        "age": legal.get("age", {}).get("mark"),
        "hubs": [hub["url"] for hub in document.get("hubs", ())],
        "pages": [document.get("next_url"), None, None],
        "updated": None,
        "tombstones": [],
        "entries": [_in_json_item(item) for item in document["items"]],
    }


def _in_json_item(item: Mapping[str, Any]) -> Facts:
    legal, image = item.get("_legal", {}), item.get("_image")
    enclosed = next(iter(item.get("attachments", ())), None)
    return {
        "id": item["id"],
        "url": item["url"],
        "title": item.get("title", ""),
        "summary": item.get("summary", ""),
        "content": item["content_html"],
        "full_text": None,
        "language": item["language"],
        "authors": [one["name"] for one in item.get("authors", ())],
        "section": next(iter(item.get("tags", ())), None),
        "published": _rfc3339(item["date_published"]),
        "updated": _rfc3339(item["date_modified"]),
        "age": legal.get("age", {}).get("mark"),
        "rights": legal.get("rights", ""),
        "image": enclosed
        and (enclosed["url"], enclosed["mime_type"], str(enclosed["size_in_bytes"])),
        "size": image and (image["width"], image["height"], image.get("credit", "")),
        "others": {one["language"]: one["url"] for one in item.get("_alternates", ())},
        "related": [(one["title"], one["url"]) for one in item.get("_related", ())],
    }
