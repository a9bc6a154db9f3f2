"""Feeds as bytes: Feed in, RSS 2.0 or Atom 1.0 out.  Chooses nothing; see compose/feeds.py."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from html import escape
from typing import Final

# feedgen.feed first: feedgen.util by itself fails, it counts on lxml.etree being there.
from feedgen.feed import FeedEntry as Entry
from feedgen.feed import FeedGenerator

from publisher.model.articles import Image
from publisher.model.feeds import MEDIA_TYPES, Feed, FeedEntry, FeedKind
from publisher.render.feed_extension import EntryExtension, FeedExtension, Link, clean

_GENERATOR: Final = "Publisher"
_TTL: Final = 15  # minutes
_HTML: Final = "text/html"
# RSS Best Practices Profile: in elements that are plain text "&" and "<" are hexadecimal, so that
# nobody takes them for markup.  Descriptions and contents are HTML.
_PLAIN: Final = re.compile(
    rb"(<(?:title|category|copyright|dc:\w+|media:\w+|yandex:full-text)\b[^<>]*>)([^<>]*)(</)"
)


def rss(feed: Feed) -> bytes:
    """RSS 2.0 by the RSS Best Practices Profile, UTF-8; the same feed gives the same bytes."""
    generator = _generator(feed, "rss")
    generator.ttl(_TTL)
    # feedgen would stamp "now", and flip the process's locale to format it.
    generator._FeedGenerator__rss_lastBuildDate = None  # noqa: SLF001
    generator.publisher.built_at = whole_second(feed.updated_at)
    _add_entries(generator, feed, _add_to_rss)
    return _styled(unmistakable(generator.rss_str(pretty=True)), feed)


def atom(feed: Feed) -> bytes:
    """Atom 1.0 (RFC 4287), UTF-8; the same feed gives the same bytes."""
    generator = _generator(feed, "atom")
    generator.id(clean(feed.id))
    generator.updated(whole_second(feed.updated_at))
    generator.author(name=clean(feed.author))
    generator.publisher.tombstones = feed.tombstones
    _add_entries(generator, feed, _add_to_atom)
    return _styled(bytes(generator.atom_str(pretty=True)), feed)


def _generator(feed: Feed, extension: str) -> FeedGenerator:
    generator = FeedGenerator()
    generator.register_extension("publisher", FeedExtension, EntryExtension)
    generator.title(clean(feed.title))
    generator.subtitle(clean(feed.subtitle) or clean(feed.title))
    if feed.language is not None:
        generator.language(feed.language)
    generator.rights(rights_of(feed))
    generator.generator(_GENERATOR)
    said = generator.publisher
    said.age, said.links = feed.age, _channel_links(feed, extension)
    said.is_archive = feed.paging.current is not None
    said.is_yandex = feed.kind is FeedKind.YANDEX
    generator.link(href=f"{clean(feed.url)}.{extension}", rel="self", type=MEDIA_TYPES[extension])
    # The last link is the channel's address in RSS, whatever its rel.
    generator.link(href=clean(feed.home_url), rel="alternate", type=_HTML)
    return generator


def rights_of(feed: Feed) -> str:
    """What a channel says of its rights: copyright line, then the registration statement."""
    return clean(f"{feed.copyright}\n{feed.statement}".strip())


def _channel_links(feed: Feed, extension: str) -> list[Link]:
    """The same feed in the other formats, who tells of changes, where the archive goes on."""
    others = [one for one in MEDIA_TYPES if one != extension and feed.kind is not FeedKind.YANDEX]
    links = [
        Link(href=f"{feed.url}.{one}", rel="alternate", type=MEDIA_TYPES[one], title=feed.title)
        for one in others
    ]
    links += [Link(href=hub, rel="hub") for hub in feed.hubs]
    pages = {
        "prev-archive": feed.paging.previous,
        "next-archive": feed.paging.next,
        "current": feed.paging.current,
    }
    links += [
        Link(href=f"{page}.{extension}", rel=rel, type=MEDIA_TYPES[extension])
        for rel, page in pages.items()
        if page is not None
    ]
    # newsboat takes the last alternate of an Atom feed for its page, others the first (and
    # fastfeedparser over RSS's <link>): ours is both, and in Atom no combination of type and
    # hreflang is there twice (RFC 4287 section 4.1.1).
    home = Link(href=feed.home_url, rel="alternate", type=_HTML)
    if extension == "rss":
        return [home, *links] if others else links
    return [*links, replace(home, type=_HTML if feed.language else None, hreflang=feed.language)]


def _styled(data: bytes, feed: Feed) -> bytes:
    """With the instruction by which a browser finds the style sheet (W3C xml-stylesheet)."""
    if feed.stylesheet is None:
        return data
    href = escape(clean(feed.stylesheet))
    told = f'<?xml-stylesheet type="text/css" href="{href}"?>'.encode()
    head, mark, rest = data.partition(b"?>\n")
    return head + mark + told + b"\n" + rest


def _add_entries(
    generator: FeedGenerator, feed: Feed, add: Callable[[Entry, FeedEntry], None]
) -> None:
    for entry in feed.entries:
        element = generator.add_entry(order="append")  # prepends by default; ours are in order
        element.id(clean(entry.id))  # as guid it is no permalink
        element.title(clean(entry.title))
        element.link(href=clean(entry.url), rel="alternate")
        if entry.section is not None:
            label = clean(entry.section_title or entry.section)
            element.category(term=clean(entry.section), scheme=scheme_of(feed), label=label)
        extension = element.publisher
        extension.language = entry.language
        extension.age = entry.age
        extension.authors = entry.authors
        extension.rights = entry.credit or feed.copyright
        extension.image, extension.image_url = credited(entry)
        extension.links = _links(entry)
        extension.full_text = entry.full_text
        add(element, entry)


def _add_to_rss(element: Entry, entry: FeedEntry) -> None:
    element.publisher.has_summary = bool(clean(entry.summary))
    # RSS readers take a description for HTML, so plain words are escaped once more.
    element.description(clean(escape(entry.summary, quote=False)), isSummary=True)
    if entry.content and entry.full_text is None:
        element.content(clean(entry.content), type="html")
    image, url = credited(entry)
    if image is not None and url is not None:
        element.enclosure(url=clean(url), length=str(image.size), type=image.media_type)
    element.publisher.published_at = whole_second(entry.published_at)
    if entry.updated_at > entry.published_at:
        element.publisher.updated_at = whole_second(entry.updated_at)


def _add_to_atom(element: Entry, entry: FeedEntry) -> None:
    element.published(whole_second(entry.published_at))
    element.updated(whole_second(entry.updated_at))
    for author in entry.authors:
        element.author(name=clean(author))
    if entry.summary:
        element.summary(clean(entry.summary), type="text")
    if entry.content:
        element.content(clean(entry.content), type="html")
    element.rights(clean(element.publisher.rights))


def _links(entry: FeedEntry) -> list[Link]:
    """The entry's own address, its other languages, what is related, its picture."""
    own = Link(href=entry.url, rel="alternate", type=_HTML, hreflang=entry.language)
    # Each language once, else RFC 4287 section 4.1.2 is broken.
    others = {one.language: one for one in entry.alternates if one.language != entry.language}
    links = [
        Link(href=one.url, rel="alternate", type=_HTML, hreflang=one.language)
        for one in others.values()
    ]
    # Some programs take the first alternate for the article (fastfeedparser, also over RSS's
    # <link>), others the last (feedparser 6): ours is both, and without hreflang it is not the same
    # combination twice.
    links = [replace(own, hreflang=None), *links, own] if links else [own]
    links += [
        Link(href=one.url, rel="related", type=_HTML, title=one.title) for one in entry.related
    ]
    image, url = credited(entry)
    if image is not None and url is not None:
        links.append(Link(href=url, rel="enclosure", type=image.media_type, length=str(image.size)))
    return links


def credited(entry: FeedEntry) -> tuple[Image | None, str | None]:
    """The picture, if it may be printed: law 11 wants a credit."""
    if entry.image is None or entry.image_url is None or not entry.image.credit:
        return None, None
    return entry.image, entry.image_url


def scheme_of(feed: Feed) -> str:
    """Whose sections these are, as an RFC 4151 tag beside the feed's own."""
    authority = feed.id.split(":")[1] if feed.id.startswith("tag:") else ""
    return clean(f"tag:{authority}:sections" if authority else f"{feed.home_url}#sections")


def unmistakable(data: bytes) -> bytes:
    """RSS with the signs of markup in plain text as the profile wants them."""
    return _PLAIN.sub(_hexadecimal, data)


def _hexadecimal(element: re.Match[bytes]) -> bytes:
    start, words, end = element.groups()
    return bytes(start + words.replace(b"&lt;", b"&#x3C;").replace(b"&amp;", b"&#x26;") + end)


def whole_second(instant: datetime) -> datetime:
    """What every format can say."""
    return instant.replace(microsecond=0)
