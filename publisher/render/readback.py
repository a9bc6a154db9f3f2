"""A feed's final bytes as a reader's client decodes them: what the legal gate reads."""

import json
from html import escape
from typing import Any, Final

from lxml import etree

from publisher.errors import Refused
from publisher.model.digests import DecodedEntry, DecodedFeed
from publisher.model.problems import Problem, msgid

_NAMES: Final = {
    "atom": "http://www.w3.org/2005/Atom",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "media": "http://search.yahoo.com/mrss/",
}


def decode_feed(data: bytes) -> DecodedFeed:
    """Parse an RSS 2.0, Atom 1.0 or JSON Feed document, no entity resolved and nothing fetched.

    Raises Refused for what is neither, is not well-formed, or brings a DTD.
    """
    if data[:1] == b"{":
        return _json(data)
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise Refused(_unreadable(str(error))) from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise Refused(_unreadable("DTD"))
    if root.tag == "rss" and (channel := root.find("channel")) is not None:
        return _rss(channel)
    if root.tag == f"{{{_NAMES['atom']}}}feed":
        return _atom(root)
    raise Refused(_unreadable(str(root.tag)))


def _json(data: bytes) -> DecodedFeed:
    try:
        document = json.loads(data)
        legal = document.get("_legal", {})
        mark = legal.get("age", {}).get("mark")
        return DecodedFeed(
            rights=legal.get("rights", ""),
            ratings=() if mark is None else (mark,),
            entries=tuple(_json_item(item) for item in document["items"]),
        )
    except (ValueError, LookupError, AttributeError, TypeError) as error:
        raise Refused(_unreadable(str(error))) from error


def _json_item(item: dict[str, Any]) -> DecodedEntry:
    legal = item.get("_legal", {})
    return DecodedEntry(
        id=item["id"],
        content=item.get("content_html") or escape(item.get("summary", ""), quote=False),
        rating=legal.get("age", {}).get("mark"),
        rights=legal.get("rights"),
    )


def _rss(channel: etree._Element) -> DecodedFeed:
    return DecodedFeed(
        rights=_text(channel, "copyright") or "",
        ratings=_ratings(channel),
        entries=tuple(
            DecodedEntry(
                id=_text(item, "guid") or "",
                content=_text(item, "content:encoded") or _text(item, "description") or "",
                rating=_text(item, "media:rating"),
                rights=_text(item, "dc:rights"),
            )
            for item in channel.findall("item")
        ),
    )


def _atom(feed: etree._Element) -> DecodedFeed:
    return DecodedFeed(
        rights=_text(feed, "atom:rights") or "",
        ratings=_ratings(feed),
        entries=tuple(
            DecodedEntry(
                id=_text(entry, "atom:id") or "",
                content=_html(entry, "atom:content") or _html(entry, "atom:summary"),
                rating=_text(entry, "media:rating"),
                rights=_text(entry, "atom:rights"),
            )
            for entry in feed.findall("atom:entry", _NAMES)
        ),
    )


def _ratings(element: etree._Element) -> tuple[str, ...]:
    return tuple((one.text or "").strip() for one in element.findall("media:rating", _NAMES))


def _text(element: etree._Element, path: str) -> str | None:
    found = element.find(path, _NAMES)
    return None if found is None else (found.text or "").strip()


def _html(entry: etree._Element, path: str) -> str:
    """An Atom text as HTML (RFC 4287 section 3.1): plain unless it says otherwise."""
    found = entry.find(path, _NAMES)
    if found is None:
        return ""
    words = found.text or ""
    return words if found.get("type") == "html" else escape(words, quote=False)


def _unreadable(what: str) -> Problem:
    return Problem(
        message=msgid("A feed just built cannot be read again: {what}"),
        args={"what": what},
        remedy=msgid("The last good file stays in place. This is a fault of the program."),
        rule="L12",
    )
