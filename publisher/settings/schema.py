"""The schema of config: every key there is, and what may stand behind it.  Builds no nouns.

Validate with context=Known(…); see known.py.
"""

import re
from datetime import date
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
)

from publisher.compose.legal_rulesets import RULESETS
from publisher.compose.registration import FORMS
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
from publisher.model.relays import Security
from publisher.model.sources import Rights, SourceKind
from publisher.settings import fields as f
from publisher.settings.addresses import page_address
from publisher.settings.known import known_to
from publisher.settings.mistakes import Mistake
from publisher.settings.rhythm import Send, read_send, refuse_silent, schedule_of
from publisher.settings.words import calendar_of, choice, days, no_ics, shown

_INTAKE = re.compile(r"maildir:.+|(?:imaps?|lmtp)://.+")
_RULE = re.compile(r"L\d\d")
_LATER_KINDS = frozenset({"sitemap", "page"})


class Table(BaseModel):
    """A TOML table: nothing is guessed or turned into another type, nothing unknown passes."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, hide_input_in_errors=True, defer_build=True
    )


def _words(enum: Any) -> BeforeValidator:
    return f.one_of({member.value: member for member in enum})


# --- newsroom.toml ------------------------------------------------------------------------------


class Links(Table):
    """[site] links"""

    privacy: f.PageAddresses | None = None
    follow: list[f.PageAddress] = []


class Site(Table):
    """[site]"""

    name: f.Texts
    base_url: f.BaseAddress
    languages: f.Languages
    timezone: f.Zone
    feed_authority: f.FeedAuthority
    links: Links = Links()


class Mail(Table):
    """[mail]"""

    from_: f.Mailboxes = Field(alias="from")
    reply_to: f.Mailbox | None = None


class Alerts(Table):
    """[alerts]"""

    to: Annotated[list[f.Mailbox], f.Kept()] = []
    webhook: Annotated[f.WebAddress | None, f.Kept()] = None


class Section(Table):
    """[sections] NAME"""

    title: f.Texts
    label: bool = False
    listing: bool = False


def _kind(value: object) -> SourceKind:
    if isinstance(value, str) and value in _LATER_KINDS:
        raise Mistake(
            msgid("Sources of the kind “{kind}” are not part of this version."),
            remedy=msgid("Use “feed” or “folder”."),
            kind=value,
        )
    return choice({kind.value: kind for kind in SourceKind})(value)


class Source(Table):
    """[sources.NAME]"""

    kind: Annotated[SourceKind, BeforeValidator(_kind)]  # first: the fields below look at it
    url: f.WebAddress | None = Field(default=None, validate_default=True)
    path: f.Text | None = Field(default=None, validate_default=True)
    language: f.SiteLanguage | None = Field(default=None, validate_default=True)
    timezone: f.Zone | None = None
    every: f.Span | None = None
    rights: Annotated[Rights, _words(Rights)]
    backlog: f.Span | None = None
    credit: f.Texts | None = None
    age: f.Mark | None = None
    section: f.SectionMap | None = None
    otherwise: f.SectionOrHold = "hold"

    @field_validator("url", "path", "language")
    @classmethod
    def _fits_kind(cls, value: str | None, info: ValidationInfo) -> str | None:
        kind = info.data.get("kind")
        asked = {SourceKind.FEED: ("url", "language"), SourceKind.FOLDER: ("path",)}
        foreign = {SourceKind.FEED: ("path",), SourceKind.FOLDER: ("url",)}
        if kind and value is None and info.field_name in asked[kind]:
            raise Mistake(
                msgid("A source of the kind “{kind}” needs “{name}”."),
                remedy=msgid("Add the key “{name}”."),
                kind=kind.value,
                name=info.field_name or "",
            )
        if kind and value is not None and info.field_name in foreign[kind]:
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
    """[pairing.NAME]"""

    sources: Annotated[f.Sources, f.Kept()]
    by: Annotated[
        list[Annotated[str, f.one_of({"key": "key", "hreflang": "hreflang", "url": "url"})]],
        f.Kept(silent=(["key"],)),
    ] = ["key"]
    url: Annotated[PairingAddresses | None, f.Kept()] = None


Days = Annotated[tuple[date, ...], BeforeValidator(days)]


class CalendarDays(Table):
    """[calendars.NAME]"""

    off: list[Days] = []
    working: list[Days] = []

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
    """[editions.NAME] items"""

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
    """[editions.NAME]"""

    like: str | None = None
    title: f.Texts
    languages: f.SomeLanguages | None = None
    sections: f.Sections
    timezone: f.Zone | None = None  # before `send`, which looks at it
    calendar: f.CalendarName | None = None
    on_holiday: Annotated[OnHoliday, _words(OnHoliday)] | None = None
    send: Annotated[Send, BeforeValidator(read_send)]
    draft: f.Span | None = None
    approval: Annotated[int, f.one_of({"none": 0, "one": 1, "two": 2})] = 0
    unapproved: Annotated[Unapproved, _words(Unapproved)] = Unapproved.HOLD
    late: f.Span | None = None
    missed: Annotated[Missed, _words(Missed)] = Missed.MERGE
    backlog: f.Span | None = None
    items: Items = Items()
    subject: Annotated[SubjectRule, _words(SubjectRule)] = SubjectRule.COUNT
    fallback: Annotated[Fallback, _words(Fallback)] = Fallback.FLAG
    fallback_limit: f.Share = 0.4
    on_uncertain: Annotated[OnUncertain, _words(OnUncertain)] = OnUncertain.SKIP
    legal: f.Profiles = Field(default="main", validate_default=True)
    repeats: f.Editions = []

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


# --- legal profiles -----------------------------------------------------------------------------


class Approved(Table):
    """[[legal.NAME]] approved"""

    by: f.Line
    on: date


class RegistrationEntry(Table):
    """[[legal.NAME]] registration"""

    number: f.Line
    date: date
    authority: f.Line
    form: Annotated[str, f.one_of({form: form for form in FORMS})]


class Contacts(Table):
    """[[legal.NAME]] contacts"""

    email: f.AddressOrNothing = ""
    phone: f.Line = ""
    postal: f.Line = ""


class Age(Table):
    """[[legal.NAME]] age"""

    mark: f.Mark | None = None
    unrated: f.MarkOrHold = None


def _rule(value: str) -> str:
    if not _RULE.fullmatch(value):
        raise Mistake(
            msgid("{found} is not the number of a rule."),
            remedy=msgid("Write it as the check prints it, for example “L05”."),
            found=shown(value),
        )
    return value


class Acknowledged(Table):
    """[[legal.NAME]] acknowledged"""

    rule: Annotated[str, AfterValidator(_rule)]
    by: f.Text
    on: date


class Legal(Table):
    """[[legal.NAME]]: one dated version."""

    from_: date = Field(alias="from")
    review_by: date | None = None
    approved: Approved | None = None
    ruleset: Annotated[str, f.one_of({name: name for name in RULESETS})]
    registered_name: f.Line
    registration: RegistrationEntry | None = None
    founders: list[f.Line] = []
    editor_in_chief: f.Line = ""
    contacts: Contacts = Contacts()
    age: Age = Age()
    statement: dict[f.LanguageTag, f.Line] = {}
    copyright: dict[f.SiteLanguage, f.CopyrightLine] = {}
    acknowledged: list[Acknowledged] = []
    sample: bool = False


def _distinct_days(value: list[Legal]) -> list[Legal]:
    begins = [version.from_ for version in value]
    if twins := [day for at, day in enumerate(begins) if day in begins[:at]]:
        raise Mistake(
            msgid("Two versions of this legal profile begin on {day}."),
            remedy=msgid("Give the newer one a later day."),
            day=twins[0].isoformat(),
        )
    return value


Versions = Annotated[list[Legal], AfterValidator(f.some), AfterValidator(_distinct_days)]


# --- system.toml --------------------------------------------------------------------------------


class Storage(Table):
    """[storage]"""

    url: f.Database = "sqlite:///var/publisher.db"


class Web(Table):
    """[web]"""

    listen: f.Listen = ("127.0.0.1", 8080)


class Secrets(Table):
    """[secrets]"""

    keys_file: f.Text = "var/secret.key"


class RelayTable(Table):
    """[smtp.relays.NAME]"""

    host: f.Host = "127.0.0.1"
    port: int = Field(default=25, ge=1, le=65535)
    security: Annotated[Security, _words(Security)] = Security.NONE
    ca_file: f.Text | None = None
    username: f.Text | None = None
    connections: int = Field(default=20, ge=1, le=1000)
    rate: Annotated[f.Rate, f.Kept(silent=("unlimited",))] = "unlimited"
    weight: Annotated[int, f.Kept()] = Field(default=1, ge=1, le=1000)


def _intake(value: str) -> str:
    if not _INTAKE.fullmatch(value):
        raise Mistake(
            msgid("{found} is not a place bounces come in."),
            remedy=msgid("Write “maildir:FOLDER”, “imap://…” or “lmtp://HOST:PORT”."),
            found=shown(value),
        )
    return value


class Bounces(Table):
    """[smtp.bounces]"""

    domain: f.Host
    intake: Annotated[str, AfterValidator(_intake)] | None = None


class Selector(Table):
    """[smtp.dkim] selectors"""

    name: f.Text
    key_file: f.Text


class Selectors(Table):
    """[smtp.dkim] selectors"""

    rsa: Selector | None = None
    ed25519: Selector | None = None


class Dkim(Table):
    """[smtp.dkim]"""

    domain: f.Host
    selectors: Selectors


class Smtp(Table):
    """[smtp]"""

    relays: dict[f.Slug, RelayTable] = {}
    bounces: Annotated[Bounces | None, f.Kept()] = None
    dkim: Annotated[Dkim | None, f.Kept()] = None


class Feeds(Table):
    """[feeds]"""

    items: int = Field(default=50, ge=1, le=1000)
    content: Annotated[str, f.one_of({"full": "full", "summary": "summary"})] = "full"
    hubs: Annotated[list[f.WebAddress], f.Kept(silent=([],))] = []
    visible_legal_line: bool = True
    legal: f.ProfileName | None = None


class Config(Table):
    """Everything in config/*.toml."""

    site: Site
    mail: Mail
    alerts: Alerts = Alerts()
    sections: dict[f.Slug, Section] = Field(min_length=1)
    sources: dict[f.Slug, Source] = {}
    pairing: dict[f.Slug, Pairing] = {}
    calendars: dict[f.Slug, Annotated[CalendarDays, BeforeValidator(_no_file)]] = {}
    editions: dict[f.Slug, Edition] = {}
    legal: dict[f.Slug, Versions] = Field(min_length=1)
    storage: Storage = Storage()
    web: Web = Web()
    secrets: Secrets = Secrets()
    smtp: Smtp = Smtp()
    feeds: Feeds = Feeds()
