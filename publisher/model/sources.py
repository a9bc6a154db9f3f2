"""Source and Entry: where we collect, and one item as found there, not yet ours."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from zoneinfo import ZoneInfo

from publisher.model.names import Language, SectionId, SourceId
from publisher.model.problems import Problem


class SourceKind(Enum):
    FEED = "feed"  # an RSS or Atom document behind an http(s) address
    FOLDER = "folder"  # Markdown files with front matter on this machine


class Rights(Enum):
    OWN = "own"  # ours: may be printed whole
    LICENSED = "licensed"  # paid for: may be printed whole
    QUOTE = "quote"  # headline, summary, credit and link only; no body, no image


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A place we collect from, with the defaults its items take."""

    id: SourceId
    kind: SourceKind
    language: Language | None  # None: a folder whose files name their language themselves
    zone: ZoneInfo  # for times that name no zone (feeds only; front matter must name it)
    rights: Rights
    url: str | None = None  # FEED
    path: str | None = None  # FOLDER, absolute
    every: timedelta | None = None  # None: one pass per tick of the metronome's own rhythm
    credit: Mapping[Language, str]
    age: int | None = None
    section: SectionId | None = None  # one for all
    sections: Mapping[str, SectionId]  # their category = our section
    otherwise: SectionId | None = None  # None: "hold", an editor must place it
    backlog: timedelta | None = None  # what the first pass may mail; None: nothing old


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchState:
    """What we remember of a source between passes; validators are echoed byte for byte."""

    source: SourceId
    url: str | None = None  # the address the validators belong to
    etag: str | None = None
    last_modified: str | None = None
    body_hash: str | None = None  # "{terms}:{hex SHA-256 of the last body}", see collect/gather.py
    checked_at: datetime | None = None
    succeeded_at: datetime | None = None
    first_pass_at: datetime | None = None  # when its first successful pass was made
    next_check_at: datetime | None = None
    failures: int = 0  # in a row
    problem: Problem | None = None  # why the last pass failed


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundImage:
    """A picture as an entry names it; `src` is an absolute path or URL."""

    src: str
    alt: str = ""
    caption: str = ""
    credit: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One item as found in a source, texts already sanitised, dates aware."""

    key: str  # guid, link or file path: unique and stable within its source
    language: Language
    title: str
    summary: str = ""  # plain text
    body: str = ""  # sanitised HTML
    url: str | None = None
    story: str | None = None  # explicit pairing key
    section: str | None = None  # our section, said outright by front matter
    categories: tuple[str, ...] = ()
    published_at: datetime | None = None
    updated_at: datetime | None = None
    embargo_until: datetime | None = None
    age: int | None = None
    authors: tuple[str, ...] = ()
    image: FoundImage | None = None
    related: tuple[str, ...] = ()  # story keys
    correction: str | None = None
    breaking: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Harvest:
    """One pass over one source: what was found, what could not be read, what to remember."""

    source: SourceId
    entries: tuple[Entry, ...]
    state: FetchState
    unchanged: bool = False  # 304, or the same bytes: entries are empty and mean nothing
    problems: tuple[Problem, ...] = ()  # single items that could not be read
