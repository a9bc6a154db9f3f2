"""Feed: an outgoing document, the same for every format."""

from dataclasses import dataclass
from datetime import datetime

from publisher.model.articles import AgeMark, Image
from publisher.model.names import Language, SectionId


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
    section: SectionId
    section_title: str
    published_at: datetime
    updated_at: datetime  # equals published_at until a material change
    age: AgeMark | None
    credit: str | None
    image: Image | None
    image_url: str | None
    alternates: tuple[Alternate, ...]
    related: tuple[Related, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A language, whole or one section.  `path` is without extension: "feeds/en/moscow"."""

    path: str
    id: str  # RFC 4151 tag
    language: Language
    section: SectionId | None
    title: str
    subtitle: str
    home_url: str
    url: str  # address without extension: "https://…/feeds/en/moscow"
    updated_at: datetime  # newest change of its entries; the epoch's start when empty
    author: str
    statement: str  # the registration statement, verbatim
    copyright: str
    age: AgeMark | None
    entries: tuple[FeedEntry, ...]  # newest first
