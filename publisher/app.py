"""The only wiring: Settings to Ports to a running newsroom on one exit stack.  Owns the clock."""

import gc
import os
import secrets
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from random import SystemRandom
from typing import Any

from starlette.routing import BaseRoute

from publisher.assets import Assets
from publisher.beside import Beside, here
from publisher.collect.fetch import open_fetcher
from publisher.gate import show_logo
from publisher.house import House
from publisher.i18n.catalogs import load_catalogs
from publisher.links import KeyRing, open_ring
from publisher.model.dkim import Dkim
from publisher.model.rates import groups_of
from publisher.ports import Clock
from publisher.render.templates import Templates
from publisher.settings.addresses import address_in
from publisher.settings.build import Settings
from publisher.settings.load import load
from publisher.store.articles import SqlArticles
from publisher.store.audience import SqlAudience
from publisher.store.buckets import SqlAllowances
from publisher.store.database import file_of, is_sqlite, open_database
from publisher.store.digests import SqlDigests
from publisher.store.files import PublicFiles
from publisher.store.hubs import SqlHubs
from publisher.store.intake import SqlIntake
from publisher.store.issues import SqlIssues
from publisher.store.ledger import SqlLedger
from publisher.store.newsdesk import SqlNewsdesk
from publisher.store.notices import SqlNotices
from publisher.store.outbox import SqlOutbox
from publisher.store.past_issues import SqlPastIssues
from publisher.store.pings import SqlHubPings
from publisher.store.returns import SqlReturns
from publisher.store.schema import migrate
from publisher.store.seating import SqlReaders
from publisher.store.sources import SqlSourceStates
from publisher.store.stamps import SqlStamps
from publisher.store.wishes import SqlWishes
from publisher.web.archive import Archive
from publisher.web.archive_list import ArchiveList, PastIssues
from publisher.web.leaves import Leaves
from publisher.web.public import Reception
from publisher.web.repeats import Manners
from publisher.web.site import PublicSite


def utc_now() -> datetime:
    """The real clock."""
    return datetime.now(UTC)


def load_settings(config: Path, environ: Mapping[str, str]) -> Settings:
    """The config as it stands now; raises Misconfigured with everything that is wrong."""
    return load(config, environ, now=utc_now())


@dataclass(slots=True, kw_only=True)
class App:
    """A running newsroom.  `house` and `settings` are replaced when config changes."""

    settings: Settings
    house: House
    templates: Templates
    past_issues: PastIssues

    def reception(self) -> Reception:
        """What the readers' web needs; it sees a changed config."""
        return Reception(
            newsroom=lambda: self.house.newsroom,
            text=lambda: self.house.text,
            audience=self.house.audience,
            keys=self.house.keys,
            pages=self.templates,
            clock=self.house.clock,
            public=self.settings.public,
            manners=Manners(repeat=self.settings.repeat, proxies=self.settings.proxies),
        )

    def archive(self) -> tuple[BaseRoute, ...]:
        """Sealed issues in the browser, and their lists; they see a changed config."""
        issues = Archive(
            newsroom=lambda: self.house.newsroom,
            issues=self.house.issues,
            digests=self.house.digests,
            articles=self.house.articles,
        )
        lists = ArchiveList(
            newsroom=lambda: self.house.newsroom,
            text=lambda: self.house.text,
            past=self.past_issues,
            pages=self.templates,
            clock=self.house.clock,
        )
        return (*issues.routes(), *lists.routes())

    def site(self) -> PublicSite:
        """Front page and page of feeds; it sees a changed config."""
        public = self.settings.public
        return PublicSite(
            newsroom=lambda: self.house.newsroom, public=public, leaves=Leaves(public)
        )

    def adopt(self, settings: Settings) -> None:
        """Go on with a changed config; storage, web address and keys stay as they were."""
        self.house = replace(self.house, **_configured(settings))
        show_logo(self.house)
        self.settings = settings


@asynccontextmanager
async def running(
    settings: Settings, *, clock: Clock = utc_now, beside: int = 0
) -> AsyncIterator[App]:
    """Open everything, and close it again.  `beside`: processes that heavy work goes to.

    A SQLite database is brought to this version first; PostgreSQL is left to `migrate`.
    """
    async with AsyncExitStack() as stack:
        if is_sqlite(settings.storage_url):
            migrate(settings.storage_url)
        database = await stack.enter_async_context(open_database(settings.storage_url))
        stamps = SqlStamps(
            database,
            folder=settings.root / "var",
            of=file_of(settings.storage_url),
            name=lambda: secrets.token_hex(8),
        )
        outbox = SqlOutbox(database, stamps=stamps)
        house = House(
            **_configured(settings),
            keys=_keys(settings),
            clock=clock,
            dice=SystemRandom(),
            token=lambda: secrets.token_urlsafe(32),
            owner=f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}",
            crunch=stack.enter_context(Beside(beside)) if beside else here,
            fetcher=await stack.enter_async_context(
                open_fetcher(_agent(settings), gap=settings.gap, at_once=settings.at_once)
            ),
            files=PublicFiles(settings.public),
            aside=PublicFiles(settings.root / "var" / "withdrawn"),
            states=SqlSourceStates(database),
            hubs=SqlHubs(database),
            pings=SqlHubPings(database),
            intake=SqlIntake(database),
            articles=SqlArticles(database),
            newsdesk=SqlNewsdesk(database),
            issues=SqlIssues(database),
            wishes=SqlWishes(database),
            readers=SqlReaders(database),
            audience=SqlAudience(database),
            outbox=outbox,
            hand_over=outbox.hand_over,
            urgent=SqlOutbox(database, notices_only=True, stamps=stamps),
            notices=SqlNotices(database),
            allowances=SqlAllowances(database),
            stamps=stamps,
            ledger=SqlLedger(database),
            digests=SqlDigests(database),
            returns=SqlReturns(database),
        )
        templates = Templates(house.assets.folders("templates"))
        show_logo(house)
        if beside:  # there is much to do: what stands by now is not looked over for garbage
            gc.freeze()
        yield App(
            settings=settings,
            house=house,
            templates=templates,
            past_issues=SqlPastIssues(database),
        )


def _configured(settings: Settings) -> dict[str, Any]:
    """The parts of a House that config decides."""
    assets = Assets(newsroom=settings.root)
    languages = settings.newsroom.site.languages
    return {
        "newsroom": settings.newsroom,
        "text": load_catalogs(assets.folders("locales"), languages),
        "assets": assets,
        "relays": tuple(settings.relays.values()),
        "groups": groups_of(settings.groups),
        "envelope_from": settings.envelope_from,
        "bounces_domain": settings.bounces_domain,
        "dkim": signing_of(settings),
        "root": settings.root,
    }


def signing_of(settings: Settings) -> Dkim | None:
    """The DKIM keys, read and checked; raises Misconfigured."""
    if settings.dkim is None:
        return None
    from publisher.deliver.dkim_keys import read_dkim  # noqa: PLC0415 - OpenSSL: 0.1 s

    return read_dkim(settings.dkim)


def _keys(settings: Settings) -> KeyRing:
    if settings.secret_keys:
        return KeyRing(keys=settings.secret_keys)
    return open_ring(settings.keys_file, token_hex=secrets.token_hex)


def _agent(settings: Settings) -> str:
    """Who asks, and how to reach us (RFC 9110 section 10.1.5)."""
    identity, site = settings.newsroom.identity, settings.newsroom.site
    mailbox = address_in(identity.reply_to or identity.sender[site.languages[0]])
    return f"Publisher/{version('publisher')} (+{site.base_url}; {mailbox})"
