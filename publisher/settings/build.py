"""Settings: a checked config as the nouns of the house.  Refuses nothing; see load.py for that."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from publisher.model.addresses import ascii_domain
from publisher.model.dkim import DkimFiles
from publisher.model.editions import Calendar, Edition, Limits
from publisher.model.inboxes import Inbox, Mailbox
from publisher.model.legal import Acknowledgement, LegalProfile, Registration
from publisher.model.names import EditionId, Language, SectionId, SourceId
from publisher.model.newsroom import FeedChoice, FeedPolicy, MailIdentity, Newsroom, Section, Site
from publisher.model.problems import Place, Problem
from publisher.model.rates import DomainGroup
from publisher.model.relays import Relay
from publisher.model.sources import Pairing, Source
from publisher.settings import schema
from publisher.settings.addresses import Network, address_in
from publisher.settings.build_look import build_look
from publisher.settings.build_smtp import build_dkim, build_groups, build_relays
from publisher.settings.doors import inbox_of
from publisher.settings.environment import Environment
from publisher.settings.rhythm import schedule_of
from publisher.settings.schema_legal import Legal
from publisher.settings.schema_system import Bounces

_SQLITE = "sqlite:///"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything config and environment say, checked and complete; paths are absolute."""

    root: Path  # the folder above config/
    newsroom: Newsroom
    calendars: Mapping[str, Calendar]
    storage_url: str = field(repr=False)  # may hold a password
    gap: timedelta  # between two requests to one host
    at_once: int  # requests at the same time, over all hosts
    listen: tuple[str, int]
    proxies: tuple[Network, ...]  # ours, before the web
    repeat: timedelta | None  # until the same feed is given again unconditionally; None: at once
    keys_file: Path
    secret_keys: tuple[bytes, ...] | None = field(repr=False)  # from the environment
    relays: Mapping[str, Relay]  # in the order of config, never empty
    groups: Mapping[str, DomainGroup]  # mail houses, each with its domains and its pace
    envelope_from: str  # where bounces go: the address of the first language's From
    bounces_domain: str | None  # of VERP and of leaving by mail; None: nobody reads there
    inbox: Inbox | None  # where what comes back is read
    dkim: DkimFiles | None  # None: the relay signs, or nobody
    public: Path
    notes: tuple[Problem, ...] = ()
    places: Mapping[str, Place] = field(default_factory=dict, repr=False)  # dotted key -> place

    @property
    def relay(self) -> Relay:
        """The relay that takes the mail: the first one."""
        return next(iter(self.relays.values()))

    def place(self, key: str) -> Place:
        """File and line of a dotted key, or of the nearest table around it."""
        return _place(self.places, key)


def build(
    config: schema.Config,
    data: Mapping[str, Any],
    environment: Environment,
    *,
    root: Path,
    places: Mapping[str, Place],
) -> Settings:
    """The Settings of a valid config; `data` is what it was read from."""
    newsroom = build_newsroom(config, data, root=root)
    first = newsroom.site.languages[0]
    url = environment.storage_url or config.storage.url
    return Settings(
        root=root,
        newsroom=newsroom,
        calendars={name: table.calendar() for name, table in config.calendars.items()},
        storage_url=_storage_url(url, root),
        gap=config.collect.gap,
        at_once=config.collect.at_once,
        listen=config.web.listen,
        proxies=tuple(config.web.proxies),
        repeat=config.web.repeat,
        keys_file=root / config.secrets.keys_file,
        secret_keys=environment.secret_keys,
        relays=build_relays(config.smtp.relays, environment.passwords, root),
        groups=build_groups(config.smtp.groups),
        envelope_from=address_in(newsroom.identity.sender[first]),
        bounces_domain=_bounces_domain(config.smtp.bounces),
        inbox=_inbox(config.smtp.bounces, environment, root),
        dkim=build_dkim(config.smtp.dkim, root, _key_places(places)) if config.smtp.dkim else None,
        public=root / "public",
        places=places,
    )


def build_newsroom(config: schema.Config, data: Mapping[str, Any], *, root: Path) -> Newsroom:
    """The editors' half."""
    site = _site(config.site)
    profiles = {
        name: tuple(
            sorted(
                (
                    _profile(name, one, raw)
                    for one, raw in zip(versions, data["legal"][name], strict=True)
                ),
                key=lambda profile: profile.valid_from,
            )
        )
        for name, versions in config.legal.items()
    }
    calendars = {name: table.calendar() for name, table in config.calendars.items()}
    return Newsroom(
        site=site,
        identity=MailIdentity(
            sender=_by_language(config.mail.from_), reply_to=config.mail.reply_to
        ),
        sections=tuple(
            Section(
                id=SectionId(name),
                title=_by_language(one.title),
                label=one.label,
                listing=one.listing,
            )
            for name, one in config.sections.items()
        ),
        sources={
            SourceId(name): _source(name, one, site=site, root=root)
            for name, one in config.sources.items()
        },
        editions={
            EditionId(name): _edition(name, one, site=site, calendars=calendars)
            for name, one in config.editions.items()
        },
        profiles=profiles,
        pairings=tuple(_pairing(name, one) for name, one in config.pairing.items()),
        feeds=FeedPolicy(
            items=config.feeds.items,
            full=config.feeds.content == "full",
            visible_legal_line=config.feeds.visible_legal_line,
            hubs=tuple(dict.fromkeys(config.feeds.hubs)),
            private_hubs=config.feeds.private_hubs,
            archives=config.feeds.archives,
            yandex=tuple(Language(one) for one in config.feeds.yandex),
            news_sitemap=config.feeds.news_sitemap,
            each={
                name: FeedChoice(
                    items=one.items, full=None if one.content is None else one.content == "full"
                )
                for name, one in config.feeds.each.items()
            },
        ),
        labels={name: table.noun(name) for name, table in config.labels.items()},
        look=build_look(config.look),
        feeds_legal=config.feeds.legal or ("main" if "main" in profiles else next(iter(profiles))),
    )


def _site(site: schema.Site) -> Site:
    return Site(
        name=_by_language(site.name),
        base_url=site.base_url,
        languages=tuple(Language(one) for one in site.languages),
        zone=site.timezone,
        feed_authority=site.feed_authority,
        about=_pages(site.links.about, site.base_url),
        privacy=_pages(site.links.privacy, site.base_url),
        feeds=_pages(site.links.feeds, site.base_url),
        print=_pages(site.links.print, site.base_url),
        follow=tuple(_absolute(page, site.base_url) for page in site.links.follow),
    )


def _source(name: str, table: schema.Source, *, site: Site, root: Path) -> Source:
    whole = table.section if isinstance(table.section, str) else None
    mapped = table.section if isinstance(table.section, dict) else {}
    return Source(
        id=SourceId(name),
        kind=table.kind,
        language=Language(table.language) if table.language else None,
        zone=table.timezone or site.zone,
        rights=table.rights,
        url=table.url,
        path=str(root / table.path) if table.path else None,
        links=table.links,
        every=table.every,
        allow_private=table.allow_private,
        embargo=table.embargo,
        credit=_by_language(table.credit or {}),
        age=table.age,
        section=SectionId(whole) if whole else None,
        sections={category: SectionId(section) for category, section in mapped.items()},
        otherwise=None if table.otherwise == "hold" else SectionId(table.otherwise),
        backlog=table.backlog,
        sponsored=table.sponsored.noun() if table.sponsored else None,
    )


def _pairing(name: str, table: schema.Pairing) -> Pairing:
    return Pairing(
        id=name,
        sources=tuple(SourceId(one) for one in table.sources),
        by=tuple(table.by),
        url=_by_language(table.url or {}),
    )


def _edition(
    name: str, table: schema.Edition, *, site: Site, calendars: Mapping[str, Calendar]
) -> Edition:
    languages = tuple(
        one for one in site.languages if table.languages is None or one in table.languages
    )
    profiles = (
        dict.fromkeys(languages, table.legal)
        if isinstance(table.legal, str)
        else {language: table.legal[language] for language in languages}
    )
    given = {"draft": table.draft, "late": table.late}  # left out: the noun's own
    return Edition(
        id=EditionId(name),
        title=_by_language(table.title),
        languages=languages,
        sections=tuple(SectionId(one) for one in table.sections),
        schedule=schedule_of(
            table.send,
            zone=table.timezone or site.zone,
            calendar=calendars[table.calendar] if table.calendar else Calendar(),
            on_holiday=table.on_holiday,
        ),
        legal=profiles,
        approval=table.approval,
        unapproved=table.unapproved,
        hours=table.hours,
        waves=table.waves,
        missed=table.missed,
        backlog=table.backlog,
        limits=Limits(
            min=table.items.min, max=table.items.max, per_section=table.items.per_section
        ),
        subject=table.subject,
        fallback=table.fallback,
        fallback_limit=table.fallback_limit,
        on_uncertain=table.on_uncertain,
        repeats=tuple(EditionId(one) for one in table.repeats),
        **{key: value for key, value in given.items() if value is not None},
    )


def _profile(name: str, table: Legal, raw: Mapping[str, Any]) -> LegalProfile:
    entry = table.registration
    return LegalProfile(
        id=name,
        valid_from=table.from_,
        review_by=table.review_by,
        approved_by=table.approved.by if table.approved else "",
        approved_on=table.approved.on if table.approved else table.from_,
        ruleset=table.ruleset[0],
        also=tuple(table.ruleset[1:]),
        countries=tuple(table.countries),
        owner=table.owner,
        responsible=table.responsible,
        labels=tuple(table.labels),
        ad_word=_by_language(table.ads.word),
        ad_token=table.ads.erid,
        registered_name=table.registered_name,
        registration=Registration(
            number=entry.number, date=entry.date, authority=entry.authority, form=entry.form
        )
        if entry
        else None,
        founders=tuple(table.founders),
        editor_in_chief=table.editor_in_chief,
        email=table.contacts.email,
        phone=table.contacts.phone,
        postal=table.contacts.postal,
        age=table.age.mark,
        unrated=table.age.unrated,
        statements=_by_language(table.statement),
        copyright=_by_language(table.copyright),
        acknowledged=tuple(
            Acknowledgement(rule=one.rule, by=one.by, on=one.on) for one in table.acknowledged
        ),
        sample=table.sample,
        version=version_of(name, raw),
    )


def version_of(name: str, raw: Mapping[str, Any]) -> str:
    """Hex SHA-256 over the canonical JSON of a profile as config holds it, its name included.

    Keys sorted, no spaces, UTF-8, days as ISO 8601: the order of lines and comments change nothing.
    """
    text = json.dumps(
        {"id": name, "profile": raw},
        ensure_ascii=False,
        sort_keys=True,
        separators=(",", ":"),
        default=date.isoformat,
    )
    return sha256(text.encode()).hexdigest()


def _bounces_domain(table: Bounces | None) -> str | None:
    """None where nobody reads: a way out that nobody watches is none (law 7)."""
    return ascii_domain(table.domain) if table and table.intake else None


def _inbox(table: Bounces | None, environment: Environment, root: Path) -> Inbox | None:
    if table is None or table.intake is None:
        return None
    inbox = inbox_of(table.intake, root=root)
    if isinstance(inbox, Mailbox):
        return replace(inbox, password=environment.bounces_password)
    return inbox


def _key_places(places: Mapping[str, Place]) -> dict[str, Place]:
    names = ("rsa", "ed25519")
    return {name: _place(places, f"smtp.dkim.selectors.{name}.key_file") for name in names}


def _place(places: Mapping[str, Place], key: str) -> Place:
    parts = key.split(".")
    for length in range(len(parts), 0, -1):
        if near := places.get(".".join(parts[:length])):
            return Place(file=near.file, line=near.line, key=key)
    return Place(key=key)


def _storage_url(url: str, root: Path) -> str:
    """SQLite paths are relative to the root: sqlite:///var/x.db -> sqlite:////home/…/var/x.db."""
    if not url.startswith(_SQLITE):
        return url
    return _SQLITE + str(root / url.removeprefix(_SQLITE))


def _pages(pages: Mapping[str, str] | None, base_url: str) -> dict[Language, str]:
    return {Language(one): _absolute(page, base_url) for one, page in (pages or {}).items()}


def _absolute(page: str, base_url: str) -> str:
    return base_url + page if page.startswith("/") else page


def _by_language(words: Mapping[str, str]) -> dict[Language, str]:
    return {Language(language): text for language, text in words.items()}
