"""Article: our stored story in one language."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from publisher.model.names import ArticleId, Language, SectionId, SourceId, StoryKey
from publisher.model.sources import Rights, Sponsor

AgeMark = Literal[0, 6, 12, 16, 18]  # 436-FZ, article 6
AGE_MARKS: tuple[AgeMark, ...] = (0, 6, 12, 16, 18)
_NEARLY = 6  # half pixels off 3:2 that nobody sees


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """A picture served from our own address."""

    file: str  # "{hash}.{ext}", below public/media/ and /media/
    media_type: str
    width: int  # px
    height: int  # px
    size: int  # bytes
    alt: str
    caption: str
    credit: str | None  # law 11: without credit it is not printed
    src: str | None = None  # where it was found; one behind http(s) is fetched once

    @property
    def plate(self) -> "Image":
        """The same cut to 3:2, as it leads an issue; itself where it is that already."""
        if abs(2 * self.width - 3 * self.height) <= _NEARLY:
            return self
        stem, dot, extension = self.file.rpartition(".")
        width = min(self.width, max(1, self.height * 3 // 2))
        height = min(self.height, max(1, self.width * 2 // 3))
        return replace(self, file=f"{stem}-3x2{dot}{extension}", width=width, height=height)


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawal:
    """An editor took the article back: a court order, a mistake."""

    at: datetime
    by: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """Identity, section, texts, marks, rights: everything printing needs."""

    id: ArticleId
    source: SourceId
    key: str  # unique within its source
    story: StoryKey  # unique together with language
    language: Language
    section: SectionId | None  # None: held until an editor places it
    url: str
    title: str
    summary: str  # plain text
    body: str  # sanitised HTML; empty where rights are QUOTE
    authors: tuple[str, ...]
    published_at: datetime
    updated_at: datetime | None  # moved by material changes only
    collected_at: datetime
    available_at: datetime | None  # law 10; None: backlog of a first pass, never mailed
    age: AgeMark | None  # None: unrated, the legal profile decides
    rights: Rights
    credit: str | None  # of the source: "The Wire"
    image: Image | None
    related: tuple[StoryKey, ...]
    correction: str | None
    breaking: bool
    version: int  # from 1, moved by every change
    fingerprint: str  # hex SHA-256 of what a reader would notice
    guid: str | None = None  # the name its source gave it, if any
    alternates: tuple[tuple[Language, str], ...] = ()  # hreflang: where its other languages stand
    traces: tuple[int, ...] = ()  # of its text, for finding near-duplicates
    sponsored: Sponsor | None = None  # advertising: printed in a block of its own, never as news
    corrected_by: str | None = None  # whose hand wrote `correction`; None: its source, or nobody
    withdrawn: Withdrawal | None = None  # then it exists for no feed, issue or archive


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What one pass changed; `same` counts what was there already."""

    new: tuple[Article, ...] = ()
    changed: tuple[Article, ...] = ()  # version moved by one
    same: int = 0
