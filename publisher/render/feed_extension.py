"""The one feedgen extension: what feedgen loses or gets wrong, put right at the XML.

Chooses nothing; see feeds.py.  The defects it repairs are listed in feedgen's issues #42, #122,
#135 and #143 and were measured with 1.0.0.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from typing import Final

from feedgen.ext.base import BaseEntryExtension, BaseExtension
from lxml import etree

from publisher.model.articles import AgeMark, Image
from publisher.model.feeds import Tombstone

_ATOM: Final = "http://www.w3.org/2005/Atom"
_DC: Final = "http://purl.org/dc/elements/1.1/"
_MEDIA: Final = "http://search.yahoo.com/mrss/"
_ENCODED: Final = "{http://purl.org/rss/1.0/modules/content/}encoded"
_HISTORY: Final = "http://purl.org/syndication/history/1.0"  # RFC 5005
_TOMBSTONES: Final = "http://purl.org/atompub/tombstones/1.0"  # RFC 6721
YANDEX: Final = "http://news.yandex.ru"
_LINK: Final = f"{{{_ATOM}}}link"
_UPDATED: Final = f"{{{_ATOM}}}updated"
_CREATOR: Final = f"{{{_DC}}}creator"
_RIGHTS: Final = f"{{{_DC}}}rights"
_CONTENT: Final = f"{{{_MEDIA}}}content"
_DESCRIPTION: Final = f"{{{_MEDIA}}}description"
_CREDIT: Final = f"{{{_MEDIA}}}credit"
_RATING: Final = f"{{{_MEDIA}}}rating"
_LANG: Final = "{http://www.w3.org/XML/1998/namespace}lang"
RATING_SCHEME: Final = "urn:ru:436-fz"  # the law the marks come from
# What XML 1.0 section 2.2 cannot hold; lxml raises on it.  \r is a line end that parsers change.
_ILLEGAL: Final = re.compile("[^\t\n\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def clean(text: str) -> str:
    """The text without what XML cannot hold; line ends are single line feeds."""
    # What can be printed can stand in XML; asking so is ten times as fast as the expression.
    if text.isprintable() or text.replace("\n", "").replace("\xa0", "").isprintable():
        return text
    return _ILLEGAL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """An Atom link with the attributes feedgen forgets."""

    href: str
    rel: str
    type: str | None = None
    hreflang: str | None = None
    title: str | None = None
    length: str | None = None

    def attributes(self) -> dict[str, str]:
        """As XML attributes, in a fixed order."""
        found = {
            "href": self.href,
            "rel": self.rel,
            "type": self.type,
            "hreflang": self.hreflang,
            "title": self.title,
            "length": self.length,
        }
        return {name: value for name, value in found.items() if value is not None}


class FeedExtension(BaseExtension):  # type: ignore[misc]  # feedgen has no types
    """What a whole feed says beyond feedgen."""

    def __init__(self) -> None:
        self.links: Sequence[Link] = ()  # beside self: other formats, hubs, archives
        self.age: AgeMark | None = None
        self.built_at: datetime | None = None  # RSS only
        self.is_archive = False
        self.tombstones: Sequence[Tombstone] = ()  # Atom only
        self.language: str | None = None  # Atom only; feedgen cannot leave it out
        self.is_yandex = False

    def extend_ns(self) -> Mapping[str, str]:
        """Prefixes; an entry's own would be called ns0."""
        spoken = {"dc": _DC, "media": _MEDIA}
        if self.is_archive:
            spoken["fh"] = _HISTORY
        if self.tombstones:
            spoken["at"] = _TOMBSTONES
        if self.is_yandex:
            spoken["yandex"] = YANDEX
        return spoken

    def extend_rss(self, feed: etree._Element) -> etree._Element:
        """Links, build date and mark, before the items."""
        channel = feed[0]
        for link in self.links:
            etree.SubElement(channel, _LINK, link.attributes())
        if self.built_at is not None:
            built = etree.SubElement(channel, "lastBuildDate")
            built.text = format_datetime(self.built_at)
        self._file(channel)
        _rate(channel, self.age)
        return feed

    def extend_atom(self, feed: etree._Element) -> etree._Element:
        """Links, the mark, and what was withdrawn."""
        for link in self.links:
            etree.SubElement(feed, "link", link.attributes())
        self._file(feed)
        _rate(feed, self.age)
        for one in self.tombstones:
            told = {"ref": one.id, "when": one.at.replace(microsecond=0).isoformat()}
            etree.SubElement(feed, f"{{{_TOMBSTONES}}}deleted-entry", told)
        return feed

    def _file(self, feed: etree._Element) -> None:
        if self.is_archive:
            etree.SubElement(feed, f"{{{_HISTORY}}}archive")


class EntryExtension(BaseEntryExtension):  # type: ignore[misc]  # feedgen has no types
    """What one entry says beyond feedgen."""

    def __init__(self) -> None:
        self.language = ""
        self.links: Sequence[Mapping[str, str]] = ()  # as attributes
        self.authors: Sequence[str] = ()
        self.rights = ""
        self.age: AgeMark | None = None
        self.image: Image | None = None
        self.image_url: str | None = None
        self.published_at: datetime | None = None  # RSS only
        self.updated_at: datetime | None = None  # RSS only, where later
        self.full_text: str | None = None  # Yandex only
        self.has_summary = True  # RSS only

    def extend_rss(self, item: etree._Element) -> etree._Element:
        """Language, dates, bylines, links, rights, picture, mark."""
        item.set(_LANG, self.language)
        if not self.has_summary and (body := item.find("description")) is not None:
            body.tag = _ENCODED  # without a summary feedgen takes the content for one
        if self.published_at is not None:
            _text(item, "pubDate", format_datetime(self.published_at))
        if self.updated_at is not None:
            _text(item, _UPDATED, self.updated_at.isoformat())
        for author in self.authors:
            _text(item, _CREATOR, author)  # <author> must be an address
        for link in self.links:
            etree.SubElement(item, _LINK, link)
        _text(item, _RIGHTS, self.rights)
        self._picture(item)
        if self.full_text is not None:
            _text(item, f"{{{YANDEX}}}genre", "message")
            _text(item, f"{{{YANDEX}}}full-text", self.full_text)
        return item

    def extend_atom(self, entry: etree._Element) -> etree._Element:
        """Language, links with their attributes, picture, mark."""
        entry.set(_LANG, self.language)
        for bare in entry.findall("link"):  # attributes are lost in all of them, #135
            entry.remove(bare)
        for link in self.links:
            etree.SubElement(entry, "link", link)
        self._picture(entry)
        return entry

    def _picture(self, element: etree._Element) -> None:
        if self.image is not None and self.image_url is not None:
            _picture(element, self.image, self.image_url)
        _rate(element, self.age)


def _picture(element: etree._Element, image: Image, url: str) -> None:
    content = etree.SubElement(
        element,
        _CONTENT,
        {
            "url": url,
            "fileSize": str(image.size),
            "type": image.media_type,
            "medium": "image",
            "width": str(image.width),
            "height": str(image.height),
        },
    )
    if image.caption or image.alt:
        _text(content, _DESCRIPTION, image.caption or image.alt).set("type", "plain")
    if image.credit:
        _text(content, _CREDIT, image.credit)


def _rate(element: etree._Element, age: AgeMark | None) -> None:
    if age is not None:
        _text(element, _RATING, f"{age}+").set("scheme", RATING_SCHEME)


def _text(parent: etree._Element, tag: str, text: str) -> etree._Element:
    element = etree.SubElement(parent, tag)
    element.text = text
    return element
