"""Feeds as bytes: Feed in, RSS 2.0 or Atom 1.0 out.  Chooses nothing; see compose/feeds.py."""

import re
from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime
from html import escape
from typing import Final

# feedgen.feed first: feedgen.util by itself fails, it counts on lxml.etree being there.
from feedgen.feed import FeedEntry as Entry
from feedgen.feed import FeedGenerator
from lxml import etree

from publisher.model.articles import Image
from publisher.model.feeds import Feed, FeedEntry
from publisher.render.feed_extension import EntryExtension, FeedExtension, Link, clean

_GENERATOR: Final = "Publisher"
_TTL: Final = 15  # minutes
_RSS: Final = "application/rss+xml"
_ATOM: Final = "application/atom+xml"
_HTML: Final = "text/html"
_ELSEWHERE: Final = frozenset({"alternate", "related"})
# RSS Best Practices Profile: in elements that are plain text "&" and "<" are hexadecimal, so that
# nobody takes them for markup.  Descriptions and contents are HTML.
_PLAIN: Final = re.compile(
    rb"(<(?:title|category|copyright|dc:\w+|media:\w+)\b[^<>]*>)([^<>]*)(</)"
)


def rss(feed: Feed) -> bytes:
    """RSS 2.0 by the RSS Best Practices Profile, UTF-8; the same feed gives the same bytes."""
    generator = _generator(feed, form=_RSS)
    generator.ttl(_TTL)
    # feedgen would stamp "now", and flip the process's locale to format it.
    generator._FeedGenerator__rss_lastBuildDate = None  # noqa: SLF001
    generator.publisher.built_at = _whole(feed.updated_at)
    generator.publisher.links = [_twin(feed, ".atom", _ATOM)]
    _add_entries(generator, feed, _add_to_rss)
    return _PLAIN.sub(_hexadecimal, generator.rss_str(pretty=True))


def atom(feed: Feed) -> bytes:
    """Atom 1.0 (RFC 4287), UTF-8; the same feed gives the same bytes."""
    generator = _generator(feed, form=_ATOM)
    generator.id(clean(feed.id))
    generator.updated(_whole(feed.updated_at))
    generator.author(name=clean(feed.author))
    _add_entries(generator, feed, _add_to_atom)
    return bytes(generator.atom_str(pretty=True))


def without(data: bytes, *, ids: Collection[str], urls: Collection[str]) -> bytes:
    """A feed of ours less these entries, and less the links of others to these addresses.

    The same bytes where it has none of them; what is left is left as it was.  Raises
    lxml.etree.XMLSyntaxError for what is no XML.
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    tree = etree.ElementTree(etree.fromstring(data, parser))
    gone: list[etree._Element] = []
    for entry in tree.iter("item", _tag("entry")):
        name = entry.findtext("guid") or entry.findtext(_tag("id")) or ""
        gone += [entry] if name.strip() in ids else _links_to(urls, entry)
    for element in gone:
        parent = element.getparent()
        if parent is not None:
            parent.remove(element)  # with the white space behind it
    if not gone:
        return data
    left = etree.tostring(tree, xml_declaration=True, encoding="UTF-8")
    return _PLAIN.sub(_hexadecimal, left) if tree.getroot().tag == "rss" else left


def _links_to(urls: Collection[str], entry: etree._Element) -> list[etree._Element]:
    """Its other languages and what is related; never its own address."""
    links = entry.findall(_tag("link"))
    own = entry.findtext("link") or next((one.get("href") for one in links), None)
    return [
        one
        for one in links
        if one.get("rel") in _ELSEWHERE and one.get("href") in urls and one.get("href") != own
    ]


def _tag(name: str) -> str:
    return f"{{http://www.w3.org/2005/Atom}}{name}"


def _generator(feed: Feed, *, form: str) -> FeedGenerator:
    generator = FeedGenerator()
    generator.register_extension("publisher", FeedExtension, EntryExtension)
    generator.title(clean(feed.title))
    generator.subtitle(clean(feed.subtitle) or clean(feed.title))
    generator.language(feed.language)
    generator.rights(clean(f"{feed.copyright}\n{feed.statement}".strip()))
    generator.generator(_GENERATOR)
    generator.publisher.age = feed.age
    own, twin = (".rss", _twin(feed, ".atom", _ATOM))
    if form == _ATOM:
        own, twin = ".atom", _twin(feed, ".rss", _RSS)
        generator.link(**twin.attributes())
    generator.link(href=clean(feed.url) + own, rel="self", type=form)
    # The last link is the channel's address in RSS, whatever its rel.
    generator.link(href=clean(feed.home_url), rel="alternate", type=_HTML, hreflang=feed.language)
    return generator


def _twin(feed: Feed, extension: str, form: str) -> Link:
    """The same feed in the other format."""
    return Link(href=feed.url + extension, rel="alternate", type=form, title=feed.title)


def _add_entries(
    generator: FeedGenerator, feed: Feed, add: Callable[[Entry, FeedEntry], None]
) -> None:
    for entry in feed.entries:
        element = generator.add_entry(order="append")  # prepends by default; ours are in order
        element.id(clean(entry.id))  # as guid it is no permalink
        element.title(clean(entry.title))
        element.link(href=clean(entry.url), rel="alternate")
        element.category(
            term=clean(entry.section), scheme=_scheme(feed), label=clean(entry.section_title)
        )
        extension = element.publisher
        extension.language = entry.language
        extension.age = entry.age
        extension.authors = entry.authors
        extension.rights = entry.credit or feed.copyright
        extension.image, extension.image_url = _credited(entry)
        extension.links = _links(entry)
        add(element, entry)


def _add_to_rss(element: Entry, entry: FeedEntry) -> None:
    # RSS readers take a description for HTML, so plain words are escaped once more.
    element.description(clean(escape(entry.summary, quote=False)), isSummary=True)
    if entry.content:
        element.content(clean(entry.content), type="html")
    image, url = _credited(entry)
    if image is not None and url is not None:
        element.enclosure(url=clean(url), length=str(image.size), type=image.media_type)
    element.publisher.published_at = _whole(entry.published_at)
    if entry.updated_at > entry.published_at:
        element.publisher.updated_at = _whole(entry.updated_at)


def _add_to_atom(element: Entry, entry: FeedEntry) -> None:
    element.published(_whole(entry.published_at))
    element.updated(_whole(entry.updated_at))
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
    # Some programs take the first alternate for the article, others the last (feedparser 6, also
    # over RSS's <link>): ours is both, and without hreflang it is not the same combination twice.
    links = [replace(own, hreflang=None), *links, own] if links else [own]
    links += [
        Link(href=one.url, rel="related", type=_HTML, title=one.title) for one in entry.related
    ]
    image, url = _credited(entry)
    if image is not None and url is not None:
        links.append(Link(href=url, rel="enclosure", type=image.media_type, length=str(image.size)))
    return links


def _credited(entry: FeedEntry) -> tuple[Image | None, str | None]:
    """The picture, if it may be printed: law 11 wants a credit."""
    if entry.image is None or entry.image_url is None or not entry.image.credit:
        return None, None
    return entry.image, entry.image_url


def _scheme(feed: Feed) -> str:
    """Whose sections these are, as an RFC 4151 tag beside the feed's own."""
    authority = feed.id.split(":")[1] if feed.id.startswith("tag:") else ""
    return clean(f"tag:{authority}:sections" if authority else f"{feed.home_url}#sections")


def _hexadecimal(element: re.Match[bytes]) -> bytes:
    start, words, end = element.groups()
    return bytes(start + words.replace(b"&lt;", b"&#x3C;").replace(b"&amp;", b"&#x26;") + end)


def _whole(instant: datetime) -> datetime:
    return instant.replace(microsecond=0)
