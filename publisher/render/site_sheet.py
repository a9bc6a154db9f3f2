"""The nouns that the templates of the public site place: every word and address decided."""

from collections.abc import Mapping
from dataclasses import dataclass

from publisher.model.names import Language
from publisher.render.sheet import Door, Headline, Imprint, Photo


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """An instant as print and as programs have it."""

    iso: str
    words: str  # 10:28 MSK
    whole: str  # Nov 23, 2026 — 10:28


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteStory:
    """A story of the front page."""

    headline: Headline
    moment: Moment
    summary: str = ""
    byline: tuple[str, ...] = ()  # authors, credit
    photo: Photo | None = None
    notes: tuple[str, ...] = ()  # labels the law wants beside names, verbatim


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteBlock:
    """A section of the front page."""

    id: str
    title: str
    told: tuple[SiteStory, ...]
    briefs: tuple[SiteStory, ...]
    feed: Door


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedDoor:
    """A feed as the page of feeds lists it."""

    title: str
    holds: str
    format: str  # what the first format is called: "RSS"
    url: str
    others: Mapping[str, str]  # the other formats -> their addresses


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedRow:
    """Feeds to choose from: the whole, or sections, or editions."""

    title: str  # empty where a shelf has one row
    feeds: tuple[FeedDoor, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedShelf:
    """Feeds of one language, or of all."""

    title: str
    language: Language
    rows: tuple[FeedRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What is around every page of the public site."""

    name: str  # as registered
    url: str  # of this very page
    home: str  # of the front page in this language
    feeds: str  # of the page of feeds in this language
    today: str
    tongues: tuple[Door, ...]  # this page in other languages
    imprint: Imprint
    first: str  # this page in the site's first language
    doors: tuple[Door, ...] = ()  # feeds, past issues of every edition, what [site.links] names
    notes: tuple[str, ...] = ()  # labels of what is only named, verbatim


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontView:
    """The whole front page."""

    ticker: tuple[SiteStory, ...]
    lead: SiteStory | None
    lead_section: str
    blocks: tuple[SiteBlock, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedsView:
    """The whole page of feeds."""

    shelves: tuple[FeedShelf, ...]
    archives: bool
    hubs: bool
