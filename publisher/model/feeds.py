"""Feed: an outgoing document, the same for every format."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from publisher.model.articles import AgeMark, Image
from publisher.model.names import EditionId, Language, SectionId

MEDIA_TYPES: Mapping[str, str] = {
    "rss": "application/rss+xml",
    "atom": "application/atom+xml",
    "json": "application/feed+json",
}
FORMATS = tuple(MEDIA_TYPES)
NEWS_SITEMAP = "sitemap-news.xml"  # below the public folder


class FeedKind(Enum):
    WHOLE = "whole"  # everything in one language
    SECTION = "section"  # one section in one language
    EDITION = "edition"  # the issues of an edition, each an entry
    COMBINED = "combined"  # everything in every language
    ARCHIVE = "archive"  # a month of a whole feed (RFC 5005 section 4)
    YANDEX = "yandex"  # the dialect of Yandex: full texts as plain words


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedPlace:
    """A feed the newsroom publishes, and where; `path` is without extension."""

    path: str  # "feeds/en/moscow"
    kind: FeedKind
    language: Language | None  # None: every language
    title: str  # in its language, or in the site's first
    section: SectionId | None = None
    edition: EditionId | None = None
    formats: tuple[str, ...] = FORMATS  # extensions


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternate:
    """The same story in another language."""

    language: Language
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Related:
    """A related story, by headline and address."""

    title: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedEntry:
    """One article in a feed; `id` never changes (RFC 4151 tag), distinct per language."""

    id: str
    language: Language
    url: str
    title: str
    summary: str  # plain text
    content: str  # HTML with absolute addresses, correction and legal line included
    authors: tuple[str, ...]
    section: SectionId | None  # None: of an issue, which has many
    section_title: str | None
    published_at: datetime
    updated_at: datetime  # equals published_at until a material change
    age: AgeMark | None
    credit: str | None
    image: Image | None
    image_url: str | None
    alternates: tuple[Alternate, ...]
    related: tuple[Related, ...]
    full_text: str | None = None  # plain words, a paragraph a line; for dialects that ask for it


@dataclass(frozen=True, slots=True, kw_only=True)
class Tombstone:
    """An entry that was withdrawn (RFC 6721); its reason is nobody's business."""

    id: str  # the entry's
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Paging:
    """Where the archive goes on (RFC 5005 section 4); addresses without extension."""

    previous: str | None = None  # the month before, of those with entries
    next: str | None = None  # the month after; an archive's alone
    current: str | None = None  # the feed this is an archive of; None: no archive itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """One outgoing feed.  `path` is without extension: "feeds/en/moscow"."""

    path: str
    id: str  # RFC 4151 tag
    language: Language | None  # None: each entry says its own
    section: SectionId | None
    kind: FeedKind = FeedKind.WHOLE
    title: str
    subtitle: str
    home_url: str
    url: str  # address without extension: "https://…/feeds/en/moscow"
    updated_at: datetime  # newest change of its entries; of the legal profile when empty
    author: str
    statement: str  # the registration statement, verbatim
    copyright: str
    age: AgeMark | None
    entries: tuple[FeedEntry, ...]  # newest first
    hubs: tuple[str, ...] = ()  # WebSub: who tells of changes
    stylesheet: str | None = None  # address of a CSS file for browsers
    paging: Paging = Paging()
    tombstones: tuple[Tombstone, ...] = ()  # newest first
    show_legal_line: bool = True  # every entry's content shows statement and mark
