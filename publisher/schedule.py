"""The metronome: ticks that open the hallway's doors.

What is due is computed from stored windows at every tick, never remembered by a timer.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from publisher import pipeline
from publisher.collect.rhythm import is_due
from publisher.collect.websub import tend_hubs
from publisher.compose.approval import may_send
from publisher.compose.window import Lateness, goes_out, issue_id, last_firing, lateness
from publisher.errors import Refused
from publisher.house import House
from publisher.inlets import Page
from publisher.model.editions import Edition
from publisher.model.issues import Issue, IssueStatus
from publisher.model.names import SourceId
from publisher.model.sources import FetchState
from publisher.reminding import remind as reminders

Tick = Callable[[], Awaitable[object]]

_SENDABLE = frozenset({IssueStatus.DRAFT, IssueStatus.APPROVED})
_log = structlog.get_logger()


@asynccontextmanager
async def ticking(ticks: Mapping[str, tuple[timedelta, Tick]]) -> AsyncIterator[None]:
    """Call each tick at once, then every so often until the block ends.

    One run at a time each; those missed while one runs or the machine sleeps become one.  A tick
    that fails is logged and comes again.
    """
    metronome = AsyncIOScheduler(
        timezone="UTC",
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
    )
    for name, (every, tick) in ticks.items():
        guarded = _guarded(name, tick)
        await guarded()
        metronome.add_job(guarded, "interval", seconds=every.total_seconds(), id=name)
    metronome.start()
    try:
        yield
    finally:
        metronome.shutdown(wait=False)


async def collect_due(house: House) -> None:
    """A pass over the sources whose turn has come; feeds are built anew where that changed any."""
    states = {state.source: state for state in await house.states.all()}
    now = house.clock()
    due = [
        source.id
        for source in house.newsroom.sources.values()
        if is_due(source, states.get(source.id) or FetchState(source=source.id), now=now)
    ]
    if not due:
        return
    turns = await pipeline.collect(house, due)
    for turn in turns:
        if turn.failed:
            _log.warning("source failed", source=turn.source, why=turn.problems[0].message)
    if any(turn.new or turn.changed for turn in turns):
        await publish(house)


async def tend(house: House) -> None:
    """Ask the hubs of sources that name one; what they bring comes through the web (WebSub)."""
    asked = await tend_hubs(
        house.newsroom,
        hubs=house.hubs,
        states=house.states,
        fetcher=house.fetcher,
        now=house.clock(),
        token=house.token,
    )
    for one in asked:
        if one.problem is not None:
            _log.warning("hub not asked", source=one.source, hub=one.hub, why=one.problem.message)


async def take_in(house: House, source: SourceId, body: bytes, content_type: str) -> None:
    """What a hub brought for a source that is still in the config."""
    if source not in house.newsroom.sources:
        return
    url = house.newsroom.sources[source].url or ""
    page = Page(url=url, body=body, content_type=content_type, etag=None, last_modified=None)
    turn = await pipeline.absorb(house, source, page)
    if turn.new or turn.changed:
        await publish(house)


async def remind(house: House) -> bool:
    """Mail that a legal profile is to be reviewed; whether anything waits to be mailed."""
    return bool(await reminders(house))


async def publish(house: House) -> None:
    """Build the feeds; embargoes that ended since the last time show now."""
    published = await pipeline.publish_feeds(house)
    for problem in published.problems:
        _log.warning("left out of feeds", why=problem.message, rule=problem.rule, **problem.args)


async def issues_due(house: House) -> bool:
    """Compose what is due, seal what may go; whether anything was sealed."""
    sealed = [await _tend(house, edition) for edition in house.newsroom.editions.values()]
    return any(sealed)


async def _tend(house: House, edition: Edition) -> bool:
    now = house.clock()
    due = last_firing(edition.schedule, at=now + edition.draft)
    if due is None:
        return False
    standing = await house.issues.get(issue_id(edition, due))
    if standing is None or await _is_overtaken(house, standing):
        standing = await _composed(house, edition, due, now)
    if standing is None or standing.status not in _SENDABLE:
        return False
    if not goes_out(edition, due, now=now) or may_send(standing, edition, now=now):
        return False
    try:
        await pipeline.seal(house, standing.id, by="schedule")
    except Refused as refused:
        for problem in refused.problems:
            _log.error("issue held", issue=standing.id, why=problem.message, rule=problem.rule)
        return False
    _log.info("issue sealed", issue=standing.id)
    return True


async def _composed(house: House, edition: Edition, due: datetime, now: datetime) -> Issue | None:
    """The issue of an hour that has none yet, unless that hour is too far gone."""
    drafting = lateness(edition, due, now=now) is Lateness.DRAFT
    if not drafting and not goes_out(edition, due, now=now):
        return None
    made = await pipeline.compose(house, edition.id, final=not drafting)
    if made.issue is not None:
        _log.info("issue composed", issue=made.issue.id, status=made.issue.status.value)
    return made.issue


async def _is_overtaken(house: House, issue: Issue) -> bool:
    """An older issue was sealed late, after this draft was made of the same stories."""
    return issue.status in _SENDABLE and await pipeline.is_overtaken(house, issue)


def _guarded(name: str, tick: Tick) -> Tick:
    async def run() -> None:
        try:
            await tick()
        except Exception as error:  # noqa: BLE001 - one tick must not stop the others
            _log.error("tick failed", tick=name, error=repr(error))

    return run
