"""The schema of config: every key there is, and what may stand behind it.  Builds no nouns.

Validate with context=Known(…); see known.py.
"""

from datetime import date
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, field_validator

from publisher.model.editions import (
    Calendar,
    Fallback,
    Missed,
    OnHoliday,
    OnUncertain,
    SubjectRule,
    Unapproved,
)
from publisher.model.problems import msgid
from publisher.model.sources import PairBy, Rights, SourceKind, Sponsor
from publisher.settings import fields as f
from publisher.settings.addresses import page_address
from publisher.settings.known import known_to
from publisher.settings.mistakes import Mistake
from publisher.settings.rhythm import Send, read_send, refuse_silent, schedule_of
from publisher.settings.schema_legal import Labels, Versions
from publisher.settings.schema_look import LookTable
from publisher.settings.schema_system import Collect, Feeds, Secrets, Smtp, Storage, Web
from publisher.settings.table import Table, words_of
from publisher.settings.words import calendar_of, days, no_ics, shown


class Links(Table):
    """[site] links."""

    about: f.PageAddresses | None = None
    privacy: f.PageAddresses | None = None
    feeds: f.PageAddresses | None = None
    print: f.PageAddresses | None = None
    follow: list[f.PageAddress] = Field(default_factory=list)


class Site(Table):
    """[site]."""

    name: f.Texts
    base_url: f.BaseAddress
    languages: f.Languages
    timezone: f.Zone
    feed_authority: f.FeedAuthority
    links: Links = Links()


class Mail(Table):
    """[mail]."""

    from_: f.Mailboxes = Field(alias="from")
    reply_to: f.Mailbox | None = None


class Alerts(Table):
    """[alerts]."""

    to: Annotated[list[f.Mailbox], f.Kept()] = Field(default_factory=list)
    webhook: Annotated[f.WebAddress | None, f.Kept()] = None


class Section(Table):
    """[sections] NAME."""

    title: f.Texts
    label: bool = False
    listing: bool = False


_NEEDS = {
    SourceKind.FEED: ("url", "language"),
    SourceKind.SITEMAP: ("url", "language"),
    SourceKind.PAGE: ("url", "language", "links"),
    SourceKind.FOLDER: ("path",),
}
_FOREIGN = {
    SourceKind.FEED: ("path", "links"),
    SourceKind.SITEMAP: ("path", "links"),
    SourceKind.PAGE: ("path",),
    SourceKind.FOLDER: ("url", "links"),
}


class Sponsored(Table):
    """[sources.NAME] sponsored: everything of it is advertising."""

    advertiser: f.Text
    erid: str = ""

    def noun(self) -> Sponsor:
        """The noun."""
        return Sponsor(advertiser=self.advertiser, erid=self.erid)


class Source(Table):
    """[sources.NAME]."""

    kind: Annotated[SourceKind, words_of(SourceKind)]  # first: the fields below look at it
    url: f.WebAddress | None = Field(default=None, validate_default=True)
    path: f.Text | None = Field(default=None, validate_default=True)
    links: f.Selector | None = Field(default=None, validate_default=True)
    language: f.SiteLanguage | None = Field(default=None, validate_default=True)
    timezone: f.Zone | None = None
    every: f.Span | None = None
    allow_private: bool = False
    embargo: bool = False
    rights: Annotated[Rights, words_of(Rights)]
    backlog: f.Span | None = None
    credit: f.Texts | None = None
    age: f.Mark | None = None
    section: f.SectionMap | None = None
    otherwise: f.SectionOrHold = "hold"
    sponsored: Sponsored | None = None

    @field_validator("url", "path", "links", "language")
    @classmethod
    def _fits_kind(cls, value: str | None, info: ValidationInfo) -> str | None:
        kind = info.data.get("kind")
        if kind and value is None and info.field_name in _NEEDS[kind]:
            raise Mistake(
                msgid("A source of the kind “{kind}” needs “{name}”."),
                remedy=msgid("Add the key “{name}”."),
                kind=kind.value,
                name=info.field_name or "",
            )
        if kind and value is not None and info.field_name in _FOREIGN[kind]:
            raise Mistake(
                msgid("A source of the kind “{kind}” has no “{name}”."),
                remedy=msgid("Take it out, or correct the kind."),
                kind=kind.value,
                name=info.field_name or "",
            )
        return value


def _pairing_address(value: str) -> str:
    page_address(value.replace("{key}", "key"))
    if value.count("{key}") != 1:
        raise Mistake(
            msgid("{found} does not say where the key of a story stands."),
            remedy=msgid("Put the word “key”, in braces, where it stands in the address."),
            found=shown(value),
        )
    return value


PairingAddresses = Annotated[
    dict[f.SiteLanguage, Annotated[str, AfterValidator(_pairing_address)]],
    AfterValidator(f.every_language),
]


class Pairing(Table):
    """[pairing.NAME]."""

    sources: f.Sources
    by: list[Annotated[PairBy, words_of(PairBy)]] = Field(
        default_factory=lambda: [PairBy.KEY], min_length=1
    )
    url: PairingAddresses | None = Field(default=None, validate_default=True)

    @field_validator("url")
    @classmethod
    def _rule_for_url(
        cls, value: dict[str, str] | None, info: ValidationInfo
    ) -> dict[str, str] | None:
        if value is None and PairBy.URL in info.data.get("by", ()):
            raise Mistake(
                msgid("Pairing by “url” needs the key “url”."),
                remedy=msgid("Say where the key of a story stands in each language's address."),
            )
        return value


Days = Annotated[tuple[date, ...], BeforeValidator(days)]


class CalendarDays(Table):
    """[calendars.NAME]."""

    off: list[Days] = Field(default_factory=list)
    working: list[Days] = Field(default_factory=list)

    @field_validator("working")
    @classmethod
    def _not_both(cls, value: list[Any], info: ValidationInfo) -> list[Any]:
        off = info.data.get("off", [])
        calendar_of(_flat(off), _flat(value))
        return value

    def calendar(self) -> Calendar:
        """The noun."""
        return calendar_of(_flat(self.off), _flat(self.working))


def _flat(lists: list[tuple[date, ...]]) -> list[date]:
    return [day for some in lists for day in some]


def _no_file(value: object) -> object:
    if isinstance(value, str):
        raise no_ics(value)
    return value


class Items(Table):
    """[editions.NAME] items."""

    min: int = Field(default=1, ge=0, le=1000)
    max: int = Field(default=24, ge=1, le=1000)
    per_section: int = Field(default=6, ge=1, le=1000)

    @field_validator("max")
    @classmethod
    def _not_below_min(cls, value: int, info: ValidationInfo) -> int:
        least = info.data.get("min", 0)
        if value < least:
            raise Mistake(
                msgid("At most {most} stories, but at least {least}: no issue can be both."),
                remedy=msgid("Make items.max the larger one."),
                most=value,
                least=least,
            )
        return value


class Edition(Table):
    """[editions.NAME]."""

    like: str | None = None
    title: f.Texts
    languages: f.SomeLanguages | None = None
    sections: f.Sections
    timezone: f.Zone | None = None  # before `send`, which looks at it
    calendar: f.CalendarName | None = None
    on_holiday: Annotated[OnHoliday, words_of(OnHoliday)] | None = None
    send: Annotated[Send, BeforeValidator(read_send)]
    draft: f.Span | None = None
    approval: Annotated[int, f.one_of({"none": 0, "one": 1, "two": 2})] = 0
    unapproved: Annotated[Unapproved, words_of(Unapproved)] = Unapproved.HOLD
    late: f.Span | None = None
    hours: f.OpenHours | None = None
    waves: bool = False
    missed: Annotated[Missed, words_of(Missed)] = Missed.MERGE
    backlog: f.Span | None = None
    items: Items = Items()
    subject: Annotated[SubjectRule, words_of(SubjectRule)] = SubjectRule.COUNT
    fallback: Annotated[Fallback, words_of(Fallback)] = Fallback.FLAG
    fallback_limit: f.Share = 0.4
    on_uncertain: Annotated[OnUncertain, words_of(OnUncertain)] = OnUncertain.SKIP
    legal: f.Profiles = Field(default="main", validate_default=True)
    repeats: f.Editions = Field(default_factory=list)

    @field_validator("send")
    @classmethod
    def _fires(cls, value: Send, info: ValidationInfo) -> Send:
        known = known_to(info)
        own, name = info.data.get("timezone"), info.data.get("calendar")
        calendar = known.calendars.get(name) if name else Calendar()
        zone = own or known.zone
        if {"timezone", "calendar", "on_holiday"} <= info.data.keys() and zone and calendar:
            schedule = schedule_of(
                value, zone=zone, calendar=calendar, on_holiday=info.data["on_holiday"]
            )
            refuse_silent(schedule, now=known.now)
        return value


class Config(Table):
    """Everything in config/*.toml."""

    site: Site
    mail: Mail
    alerts: Alerts = Alerts()
    sections: dict[f.Slug, Section] = Field(min_length=1)
    sources: dict[f.Slug, Source] = Field(default_factory=dict)
    pairing: dict[f.Slug, Pairing] = Field(default_factory=dict)
    calendars: dict[f.Slug, Annotated[CalendarDays, BeforeValidator(_no_file)]] = Field(
        default_factory=dict
    )
    editions: dict[f.Slug, Edition] = Field(default_factory=dict)
    legal: dict[f.Slug, Versions] = Field(min_length=1)
    labels: dict[f.Slug, Labels] = Field(default_factory=dict)
    storage: Storage = Storage()
    collect: Collect = Collect()
    web: Web = Web()
    secrets: Secrets = Secrets()
    smtp: Smtp = Smtp()
    feeds: Feeds = Feeds()
    look: LookTable = LookTable()
