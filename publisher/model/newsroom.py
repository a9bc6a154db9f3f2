"""The newsroom itself: its site, its sections, and who its mail comes from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from publisher.model.addresses import address_of
from publisher.model.editions import Edition
from publisher.model.labels import LabelList
from publisher.model.legal import LegalProfile
from publisher.model.look import OURS, Look
from publisher.model.names import EditionId, Language, SectionId, SourceId
from publisher.model.sources import Pairing, Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Public facts of the newsroom; the first language is the default one."""

    name: Mapping[Language, str]
    base_url: str  # no trailing slash
    languages: tuple[Language, ...]
    zone: ZoneInfo
    feed_authority: str  # RFC 4151 authority and year: "embankment.test,2026"
    privacy: Mapping[Language, str]  # absolute URL per language; may be empty
    follow: tuple[str, ...]  # absolute URLs
    about: Mapping[Language, str] = field(default_factory=dict)  # as privacy: who we are
    feeds: Mapping[Language, str] = field(default_factory=dict)  # the page that lists the feeds
    print: Mapping[Language, str] = field(default_factory=dict)  # the editions on paper

    @property
    def root(self) -> str:
        """The path our own addresses begin with: "" but for a site below a folder."""
        return urlsplit(self.base_url).path.rstrip("/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A rubric; the order of sections is the order of config."""

    id: SectionId
    title: Mapping[Language, str]
    label: bool = False  # printed above each headline (Opinion)
    listing: bool = False  # every item needs its own age mark (City Guide)


@dataclass(frozen=True, slots=True, kw_only=True)
class MailIdentity:
    """Who writes to the readers."""

    sender: Mapping[Language, str]  # RFC 5322 mailbox: "The Embankment <digest@…>"
    reply_to: str | None  # the same: "The Editors <editors@…>", or an address alone

    @property
    def desk(self) -> str | None:
        """Where letters to us go: the bare address of `reply_to`."""
        return address_of(self.reply_to) if self.reply_to else None


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedChoice:
    """What one feed does otherwise than the others; None: like them."""

    items: int | None = None
    full: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedPolicy:
    """How outgoing feeds are made."""

    items: int = 50
    full: bool = True  # False: summaries only
    visible_legal_line: bool = True  # statement and mark at the foot of every entry's content
    hubs: tuple[str, ...] = ()  # WebSub hubs, told of every change
    private_hubs: bool = False  # they may lie on this machine or in a private network
    archives: bool = True  # a document for every month, so that nothing is missed
    yandex: tuple[Language, ...] = ()  # languages with a feed in the dialect of Yandex
    news_sitemap: bool = False  # the news sitemap of Google at /sitemap-news.xml
    each: Mapping[str, FeedChoice] = field(default_factory=dict)  # by "en/moscow"

    def of(self, name: str) -> FeedChoice:
        """What the feed of that name ("en/moscow", "all/all") carries, defaults filled in."""
        chosen = self.each.get(name, FeedChoice())
        return FeedChoice(
            items=self.items if chosen.items is None else chosen.items,
            full=self.full if chosen.full is None else chosen.full,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Newsroom:
    """Everything editors configure, checked and complete."""

    site: Site
    identity: MailIdentity
    sections: tuple[Section, ...]  # in print order
    sources: Mapping[SourceId, Source]
    editions: Mapping[EditionId, Edition]
    profiles: Mapping[str, tuple[LegalProfile, ...]]  # id -> versions, oldest first
    pairings: tuple[Pairing, ...] = ()
    feeds: FeedPolicy = FeedPolicy()
    labels: Mapping[str, LabelList] = field(default_factory=dict)  # lists of names, by id
    look: Look = OURS
    feeds_legal: str = "main"  # id of the legal profile the feeds carry

    def section(self, section: SectionId) -> Section:
        """The section of that id; KeyError when config has none."""
        for one in self.sections:
            if one.id == section:
                return one
        raise KeyError(section)
