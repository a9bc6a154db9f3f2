"""The main job on the sample newsroom: collect, publish, compose, seal, send."""

import asyncio
import csv
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from publisher import pipeline
from publisher.app import App, load_settings, running
from publisher.collect.round import Turn
from publisher.compose.window import last_firing
from publisher.demo.layout import claim, is_laid_out, lay_out_config, lay_out_content
from publisher.demo.mailbox import Mailbox, receiving
from publisher.demo.site import demo_routes
from publisher.errors import Refused
from publisher.gate import examine
from publisher.model.deliveries import Balance
from publisher.model.issues import Issue
from publisher.model.names import EditionId, Language
from publisher.model.people import Applicant, Consent
from publisher.model.problems import Problem
from publisher.ports import Clock
from publisher.render.proofs import write_proofs
from publisher.settings.load import Settings
from publisher.web.public import application
from publisher.web.server import serving

EDITION = EditionId("morning")
_MANY = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What the demo did, for the table it prints."""

    turns: list[Turn]
    articles: Mapping[Language, int]  # stored, by language
    feed_files: int
    issue: Issue | None  # None: nothing new was due
    reason: Problem | None
    balance: Balance | None
    mails: int  # in the mailbox


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo:
    """A demo newsroom at work, its mail server and web up."""

    app: App
    mailbox: Mailbox
    folder: Path
    url: str


@asynccontextmanager
async def demonstrating(
    folder: Path, environ: Mapping[str, str], clock: Clock
) -> AsyncIterator[Demo]:
    """Lay the newsroom out where it is not yet, and open its doors on this machine."""
    settings = _laid_out(folder, environ, clock())
    mailbox = Mailbox(folder / "mailbox")
    async with running(settings, clock=clock) as app:
        relay = app.house.relays[0]
        routes = demo_routes(app.house, app.templates, folder, mailbox)
        made = app.site()
        pages = (*app.archive(), *made.static(), *made.feeds(), *routes)
        web = application(app.reception(), extra=pages)
        async with receiving(mailbox, relay.host, relay.port), serving(web, *settings.listen):
            url = settings.newsroom.site.base_url
            yield Demo(app=app, mailbox=mailbox, folder=folder, url=url)


async def perform(show: Demo) -> Outcome:
    """The main job, once; a second run finds nothing new and sends nothing.

    Raises Refused when a source or the gate fails.
    """
    house = show.app.house
    await house.audience.enrol(_readers(show.folder / "subscribers.csv"), now=house.clock())
    turns = await pipeline.collect(house, list(house.newsroom.sources))
    if failed := [turn for turn in turns if turn.failed]:
        raise Refused(*(problem for turn in failed for problem in turn.problems))
    published = await pipeline.publish_feeds(house)
    made = await pipeline.compose(house, EDITION)
    issue = made.issue and await _send(show, made.issue)
    return Outcome(
        turns=turns,
        articles={
            language: len(
                await house.articles.newest(language=language, limit=_MANY, now=house.clock())
            )
            for language in house.newsroom.site.languages
        },
        feed_files=sum(path.startswith("feeds/") for path in published.written),
        issue=issue,
        reason=made.reason,
        balance=await house.ledger.balance(issue.id) if issue else None,
        mails=len(show.mailbox),
    )


async def _send(show: Demo, issue: Issue) -> Issue:
    house = show.app.house
    examined, sent_at = (
        await examine(house, issue),
        issue.due_at.astimezone(house.newsroom.site.zone),
    )
    write_proofs(show.folder / "preview", examined.digests, sent_at=sent_at)
    sealed = await pipeline.seal(house, issue.id, by="demo")
    await pipeline.deliver(house, stop=asyncio.Event())
    return sealed


def _laid_out(folder: Path, environ: Mapping[str, str], now: datetime) -> Settings:
    """The demo's settings; the newsroom is laid out once, its times in the last due window."""
    fresh = not is_laid_out(folder)
    if fresh:
        claim(folder)
        lay_out_config(folder)
    settings = load_settings(folder / "config", environ)
    if fresh:
        edition = settings.newsroom.editions[EDITION]
        due = last_firing(edition.schedule, at=now) or now
        lay_out_content(folder, due=due, base_url=settings.newsroom.site.base_url)
    return settings


def _readers(file: Path) -> list[Applicant]:
    with file.open(encoding="utf-8", newline="") as lines:
        return [
            Applicant(
                email=row["email"],
                language=Language(row["language"]),
                editions=tuple(EditionId(name) for name in row["editions"].split()),
                name=row["name"],
                consent=Consent(
                    text=row["consent_text"],
                    at=datetime.fromisoformat(row["consent_at"]),
                    source=row["consent_source"],
                    language=Language(row["language"]),
                ),
            )
            for row in csv.DictReader(lines)
        ]
