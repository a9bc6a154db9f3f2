"""The main job on the sample newsroom: collect, publish, compose, seal, send, and say so."""

import asyncio
import csv
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from publisher import pipeline
from publisher.app import App, load_settings, running
from publisher.collect.round import Turn
from publisher.compose.window import last_firing
from publisher.demo.layout import is_laid_out, lay_out_config, lay_out_content
from publisher.demo.mailbox import Mailbox, receiving
from publisher.demo.site import demo_routes
from publisher.gate import examine
from publisher.model.deliveries import Balance
from publisher.model.issues import Issue
from publisher.model.names import EditionId
from publisher.model.people import Applicant
from publisher.model.problems import Problem
from publisher.ports import Clock
from publisher.render.splice import eml_preview
from publisher.settings.build import Settings
from publisher.web.public import application
from publisher.web.server import serving

EDITION = EditionId("morning")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What the demo did, for the table it prints."""

    turns: list[Turn]
    feed_files: int
    issue: Issue | None  # None: nothing new was due
    reason: Problem | None
    balance: Balance | None
    mails: int
    url: str


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
        relay = app.house.relay
        routes = demo_routes(app.house, folder, mailbox)
        web = application(app.reception, extra=routes)
        async with receiving(mailbox, relay.host, relay.port), serving(web, *settings.listen):
            url = settings.newsroom.site.base_url
            yield Demo(app=app, mailbox=mailbox, folder=folder, url=url)


async def perform(demo: Demo, applicants: list[Applicant]) -> Outcome:
    """The main job, once; a second run finds nothing new and sends nothing."""
    house = demo.app.house
    await house.audience.enrol(applicants, now=house.clock())
    turns = await pipeline.collect(house, list(house.newsroom.sources))
    published = await pipeline.publish_feeds(house)
    made = await pipeline.compose(house, EDITION)
    issue, balance = made.issue, None
    if issue is not None:
        await _write_previews(demo, issue)
        issue = await pipeline.seal(house, issue.id, by="demo")
        await pipeline.deliver(house, stop=asyncio.Event())
        balance = await house.ledger.balance(issue.id)
    return Outcome(
        turns=turns,
        feed_files=len(published.written),
        issue=issue,
        reason=made.reason,
        balance=balance,
        mails=len(demo.mailbox),
        url=demo.url,
    )
