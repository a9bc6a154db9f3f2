"""Source and Entry: where we collect, and one item as found there, not yet ours."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from zoneinfo import ZoneInfo

from publisher.model.names import Language, SectionId, SourceId
from publisher.model.problems import Problem


class SourceKind(Enum):
    FEED = "feed"  # an RSS, RDF, Atom or JSON Feed document behind an http(s) address
    SITEMAP = "sitemap"  # a news sitemap, a plain one, or an index of them
    PAGE = "page"  # a listing page whose links lead to articles
    FOLDER = "folder"  # Markdown files with front matter on this machine


class Rights(Enum):
    OWN = "own"  # ours: may be printed whole
    LICENSED = "licensed"  # paid for: may be printed whole
    QUOTE = "quote"  # headline, summary, credit and link only; no body, no image


class Identity(Enum):
    """What tells a source's items apart; a source only ever moves down this list by itself."""

    GUID = "guid"  # the name the item gives itself
    LINK = "link"  # its guids repeat or churn
    LINK_AND_DATE = "link_and_date"  # its links repeat too: one page for many items
    CONTENT = "content"  # nothing else tells them apart


@dataclass(frozen=True, slots=True, kw_only=True)
class Sponsor:
    """Whose advertising an article is (38-FZ, article 18.1)."""

    advertiser: str
    erid: str = ""  # the token of the advertisement


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A place we collect from, with the defaults its items take."""

    id: SourceId
    kind: SourceKind
    language: Language | None  # None: a folder whose files name their language themselves
    zone: ZoneInfo  # for times that name no zone (feeds only; front matter must name it)
    rights: Rights
    url: str | None = None  # every kind but FOLDER
    path: str | None = None  # FOLDER, absolute
    links: str | None = None  # PAGE: the CSS selector of the links that lead to articles
    every: timedelta | None = None  # None: its own rhythm, see collect/rhythm.py
    allow_private: bool = False  # may lie on this machine or in a private network
    embargo: bool = False  # dates in the future are embargoes, not a wrong clock
    credit: Mapping[Language, str]
    age: int | None = None
    section: SectionId | None = None  # one for all
    sections: Mapping[str, SectionId]  # their category = our section
    otherwise: SectionId | None = None  # None: "hold", an editor must place it
    backlog: timedelta | None = None  # what the first pass may mail; None: nothing old
    sponsored: Sponsor | None = None  # all of it is this one's advertising


class PairBy(Enum):
    """What says that two articles are one story in two languages; nothing is ever guessed."""

    KEY = "key"  # the same guid in both sources
    HREFLANG = "hreflang"  # one names the other as its alternate
    URL = "url"  # their addresses differ only as the rule says


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairing:
    """Sources whose articles are language versions of each other, and how that is told."""

    id: str
    sources: tuple[SourceId, ...]
    by: tuple[PairBy, ...]  # the first that answers counts
    url: Mapping[Language, str]  # PairBy.URL: "/ru/news/{key}", a path or a whole address


@dataclass(frozen=True, slots=True, kw_only=True)
class Hints:
    """What a document asks of those who poll it (RSS 2.0: ttl, skipHours, skipDays)."""

    ttl: timedelta | None = None
    skip_hours: tuple[int, ...] = ()  # 0 to 23, in UTC
    skip_days: tuple[int, ...] = ()  # 0: Monday … 6: Sunday, in UTC


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A source that was moved for good: 301 or 308 twice in a row."""

    at: datetime
    left: str
    reached: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchState:
    """What we remember of a source between passes; validators are echoed byte for byte."""

    source: SourceId
    url: str | None = None  # the address in the config that all of this belongs to
    address: str | None = None  # where it moved for good; None: `url`
    moved_to: str | None = None  # where the last pass was sent for good; twice is a move
    moves: tuple[Move, ...] = ()  # oldest first, at most ten
    etag: str | None = None
    last_modified: str | None = None
    body_hash: str | None = None  # "{terms}:{hex SHA-256 of the last body}", see collect/gather.py
    checked_at: datetime | None = None
    succeeded_at: datetime | None = None
    first_pass_at: datetime | None = None  # when its first successful pass was made
    next_check_at: datetime | None = None
    every: timedelta | None = None  # the config's, when next_check_at was reckoned
    not_before: datetime | None = None  # the server asked for quiet until then (Retry-After)
    gone_at: datetime | None = None  # it answered 410: it is asked only by name
    failures: int = 0  # in a row
    problem: Problem | None = None  # why the last pass failed
    hints: Hints = Hints()
    gap: timedelta | None = None  # the mean one between its recent items
    newest_at: datetime | None = None  # when its newest item was published
    identity: Identity = Identity.GUID
    hub: str | None = None  # WebSub: the hub its last document named
    topic: str | None = None  # WebSub: the address it calls itself


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
    guid: str | None = None  # the name the item gave itself, if any
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
    sponsored: Sponsor | None = None
    alternates: tuple[tuple[Language, str], ...] = ()  # hreflang: the same story elsewhere
    words: str = ""  # hex SHA-256 of what is material: title, summary and text as plain words
    traces: tuple[int, ...] = ()  # of its text, for finding near-duplicates; see collect/alike.py


@dataclass(frozen=True, slots=True, kw_only=True)
class Harvest:
    """One pass over one source: what was found, what could not be read, what to remember."""

    source: SourceId
    entries: tuple[Entry, ...]
    state: FetchState
    unchanged: bool = False  # 304, or the same bytes: entries are empty and mean nothing
    problems: tuple[Problem, ...] = ()  # single items that could not be read
