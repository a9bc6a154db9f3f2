"""Feeds as bytes: Feed in, RSS 2.0 or Atom 1.0 out.  Chooses nothing; see compose/feeds.py."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from html import escape
from typing import Final
from zlib import crc32

# feedgen.feed first: feedgen.util by itself fails, it counts on lxml.etree being there.
from feedgen.feed import FeedEntry as Entry
from feedgen.feed import FeedGenerator

from publisher.model.articles import Image
from publisher.model.feeds import MEDIA_TYPES, Feed, FeedEntry, FeedKind
from publisher.render.feed_extension import EntryExtension, FeedExtension, Link, clean
from publisher.render.legible import legible

_GENERATOR: Final = "Publisher"
_TTL: Final = 15  # minutes
_RETURN: Final = b"&#13;"
_BODY: Final = b"<content:encoded>"
_BODY_ENDS: Final = b"</content:encoded>"
_HTML: Final = "text/html"
# RSS Best Practices Profile: in elements that are plain text "&" and "<" are hexadecimal, so that
# nobody takes them for markup.  Descriptions and contents are HTML.
_PLAIN: Final = re.compile(
    rb"(<(?:title|category|copyright|dc:\w+|media:\w+|yandex:full-text)\b[^<>]*>)([^<>]*)(</)"
)


def rss(feed: Feed) -> bytes:
    """RSS 2.0 by the RSS Best Practices Profile, UTF-8; the same feed gives the same bytes."""
    return _legibly(_rss, feed)


def atom(feed: Feed) -> bytes:
    """Atom 1.0 (RFC 4287), UTF-8; the same feed gives the same bytes."""
    return _legibly(_atom, feed)


def _legibly(write: Callable[[Feed], bytes], feed: Feed) -> bytes:
    """Cleaning every text costs a tenth of the time, and lxml tells of those few that need it.

    A carriage return it lets pass; parsers make another line end of it.
    """
    try:
        data = write(feed)
    except ValueError:
        return write(legible(feed))
    return write(legible(feed)) if _RETURN in data else data


def _rss(feed: Feed) -> bytes:
    generator = _generator(feed, "rss")
    generator.ttl(_TTL)
    # feedgen would stamp "now", and flip the process's locale to format it.
    generator._FeedGenerator__rss_lastBuildDate = None  # noqa: SLF001
    generator.publisher.built_at = whole_second(feed.updated_at)
    scheme = scheme_of(feed)
    for entry in feed.entries:
        _add_to_rss(generator, feed, entry, scheme)
    return _styled(unmistakable(generator.rss_str(pretty=True)), feed)


def _atom(feed: Feed) -> bytes:
    generator = _generator(feed, "atom")
    generator.id(feed.id)
    generator.updated(whole_second(feed.updated_at))
    generator.author(name=feed.author)
    generator.publisher.tombstones = feed.tombstones
    scheme = scheme_of(feed)
    for entry in feed.entries:
        _add_to_atom(generator, feed, entry, scheme)
    return _styled(bytes(generator.atom_str(pretty=True)), feed)


def _generator(feed: Feed, extension: str) -> FeedGenerator:
    generator = FeedGenerator()
    generator.register_extension("publisher", FeedExtension, EntryExtension)
    generator.title(feed.title)
    generator.subtitle(feed.subtitle or feed.title)
    if feed.language is not None:
        generator.language(feed.language)
    generator.rights(rights_of(feed))
    generator.generator(_GENERATOR)
    said = generator.publisher
    said.age, said.links = feed.age, _channel_links(feed, extension)
    said.is_archive = feed.paging.current is not None
    said.is_yandex = feed.kind is FeedKind.YANDEX
    generator.link(href=f"{feed.url}.{extension}", rel="self", type=MEDIA_TYPES[extension])
    # The last link is the channel's address in RSS, whatever its rel.
    generator.link(href=feed.home_url, rel="alternate", type=_HTML)
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


# feedgen's setters look over every value and take half the time; what they would look for is ours
# to keep.  The fields are those of 1.0 (feedgen<2), and the read-back proves every build.


def _entry(generator: FeedGenerator, feed: Feed, entry: FeedEntry) -> tuple[Entry, EntryExtension]:
    element = generator.add_entry(order="append")  # prepends by default; ours are in order
    said = element.publisher
    said.language, said.age, said.authors = entry.language, entry.age, entry.authors
    said.rights = entry.credit or feed.copyright
    said.image, said.image_url = credited(entry)
    return element, said


def _add_to_rss(generator: FeedGenerator, feed: Feed, entry: FeedEntry, scheme: str) -> None:
    element, said = _entry(generator, feed, entry)
    fields: dict[str, object] = {
        "title": entry.title,
        "link": entry.url,
        # RSS readers take a description for HTML, so plain words are escaped once more.
        "description": escape(entry.summary, quote=False),
        "guid": {"guid": entry.id, "permalink": False},
    }
    if entry.section is not None:
        label = entry.section_title or entry.section
        fields["category"] = [{"value": label, "domain": scheme}]
    if entry.content and entry.full_text is None:
        fields["content"] = {"content": entry.content, "type": "html"}
    image, url = said.image, said.image_url
    if image is not None and url is not None:
        fields["enclosure"] = {"url": url, "length": str(image.size), "type": image.media_type}
    for name, value in fields.items():
        setattr(element, f"_FeedEntry__rss_{name}", value)
    said.has_summary = bool(entry.summary)
    said.full_text = entry.full_text
    said.links = _links(entry, inside_rss=True)
    said.published_at = whole_second(entry.published_at)
    if entry.updated_at > entry.published_at:
        said.updated_at = whole_second(entry.updated_at)


def _add_to_atom(generator: FeedGenerator, feed: Feed, entry: FeedEntry, scheme: str) -> None:
    element, said = _entry(generator, feed, entry)
    said.links = _links(entry, inside_rss=False)
    fields: dict[str, object] = {
        "id": entry.id,
        "title": entry.title,
        "published": whole_second(entry.published_at),
        "updated": told_apart(entry),
        "author": [{"name": author} for author in entry.authors],
        "rights": said.rights,
    }
    if entry.section is not None:
        label = entry.section_title or entry.section
        fields["category"] = [{"term": entry.section, "scheme": scheme, "label": label}]
    if entry.summary:
        fields["summary"] = {"summary": entry.summary, "type": "text"}
    if entry.content:
        fields["content"] = {"content": entry.content, "type": "html"}
    else:  # feedgen asks for one; the extension writes it anew
        fields["link"] = [{"href": entry.url, "rel": "alternate"}]
    for name, value in fields.items():
        setattr(element, f"_FeedEntry__atom_{name}", value)


def _links(entry: FeedEntry, *, inside_rss: bool) -> list[Mapping[str, str]]:
    """The entry's own address, its other languages, what is related, its picture.

    In RSS <link> and <enclosure> say the first and the last of it.
    """
    own = {"href": entry.url, "rel": "alternate", "type": _HTML}
    # Each language once, else RFC 4287 section 4.1.2 is broken.
    others = {one.language: one for one in entry.alternates if one.language != entry.language}
    links: list[Mapping[str, str]] = [
        {"href": one.url, "rel": "alternate", "type": _HTML, "hreflang": one.language}
        for one in others.values()
    ]
    # Some programs take the first alternate for the article (fastfeedparser, also over RSS's
    # <link>), others the last (feedparser 6): ours is both, and without hreflang it is not the same
    # combination twice.
    named = {**own, "hreflang": entry.language}
    if links:
        links = [*([] if inside_rss and entry.full_text else [own]), *links, named]
    elif not inside_rss:
        links = [named]
    links += [
        {"href": one.url, "rel": "related", "type": _HTML, "title": one.title}
        for one in entry.related
    ]
    image, url = credited(entry)
    if not inside_rss and image is not None and url is not None:
        size = str(image.size)
        links.append({"href": url, "rel": "enclosure", "type": image.media_type, "length": size})
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
    """RSS with the signs of markup in plain text as the profile wants them.

    Contents are HTML and nearly all of the bytes: they are stepped over.
    """
    pieces, taken, at = list[bytes](), 0, 0
    while at < len(data):
        ends = data.find(_BODY, at)
        ends = len(data) if ends < 0 else ends
        words = data[at:ends]
        if b"&amp;" in words or b"&lt;" in words:
            pieces += (data[taken:at], _PLAIN.sub(_hexadecimal, words))
            taken = ends
        at = data.find(_BODY_ENDS, ends) if ends < len(data) else ends
    return b"".join((*pieces, data[taken:])) if pieces else data


def _hexadecimal(element: re.Match[bytes]) -> bytes:
    start, words, end = element.groups()
    return bytes(start + words.replace(b"&lt;", b"&#x3C;").replace(b"&amp;", b"&#x26;") + end)


def told_apart(entry: FeedEntry) -> datetime:
    """When it was updated, the fraction of the second its id's own: the same in every feed.

    Stories are published by the minute, translations at once; programs that sort by this date
    shuffle what bears the same, and the W3C validator warns of it.
    """
    fraction = crc32(entry.id.encode("utf-8", "replace")) % 1_000_000
    return whole_second(entry.updated_at) + timedelta(microseconds=fraction)


def whole_second(instant: datetime) -> datetime:
    """What every format can say."""
    return instant.replace(microsecond=0)
