"""The hallway: collect, publish_feeds, compose, seal, deliver, absorb_bounces.

Each step calls rooms in order; deciders live in the rooms.  No step reaches SMTP or a feed without
the legal gate (law 1).
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from publisher import restoring
from publisher.bounce_room import KEPT_ASIDE, Absorbed, Fate, absorb_one
from publisher.bounces.boxes import Arrival, Box
from publisher.clearing import clear, standing_feeds
from publisher.collect.notebook import notebook
from publisher.collect.round import Note, Turn, take_turn
from publisher.compose import approval, legal
from publisher.compose import window as windows
from publisher.compose.desk import Composed, Shelves, compose_due
from publisher.compose.labels import lists_of
from publisher.compose.variants import Plan, plan, told_by
from publisher.compose.waves import waves_of
from publisher.deliver import fleet
from publisher.deliver.committer import Report
from publisher.deliver.traffic import Traffic
from publisher.errors import Refused
from publisher.feed_files import feed_files
from publisher.feed_gate import feeds_profile, gated_files
from publisher.feed_marks import made_of
from publisher.feed_room import open_feed_room, write_sitemap, write_stylesheet
from publisher.gate import examine, once
from publisher.hand import known_issue
from publisher.house import House
from publisher.inlets import Page
from publisher.lanes import fits, open_lanes
from publisher.model.editions import OnUncertain
from publisher.model.issues import Issue, IssueStatus, Order
from publisher.model.names import EditionId, IssueId, SourceId, StoryKey
from publisher.model.problems import Problem, msgid
from publisher.model.sources import FetchState, Source
from publisher.model.variants import Seating, Waves
from publisher.site_room import write_site

_WITHDRAWN = 1000  # articles, newest first: no feed holds older ones
_LOOK_AGAIN = timedelta(seconds=30)  # whether a backup that was put back may go
_WIDTH = 32  # sources at a time; requests: collect.at_once


# --- collect ------------------------------------------------------------------------------------


async def collect(
    house: House,
    sources: Iterable[SourceId],
    *,
    told: Callable[[Turn], object] = lambda turn: None,
) -> list[Turn]:
    """One pass over these sources, in their order; one that fails costs nobody else their turn.

    Those on one host take turns, so that a slow host holds up its own sources alone.
    """
    chosen = [house.newsroom.sources[source] for source in sources]
    states = {state.source: state for state in await house.states.all()}
    width = asyncio.Semaphore(_WIDTH)
    turns: dict[SourceId, Turn] = {}

    async def one_host(queue: Iterable[Source], note: Note) -> None:
        for source in queue:
            state = states.get(source.id) or FetchState(source=source.id)
            async with width:
                turn = await take_turn(house, source, state, now=house.clock(), note=note)
            turns[source.id] = turn
            told(turn)

    async with notebook(house.states) as note, asyncio.TaskGroup() as group:
        for host, queue in _by_host(chosen).items():
            group.create_task(one_host(queue, note), name=f"collect {host}")
    return [turns[source.id] for source in chosen]


def _by_host(sources: Iterable[Source]) -> Mapping[str, list[Source]]:
    hosts: dict[str, list[Source]] = {}
    for source in sources:
        host = urlsplit(source.url).hostname if source.url else None
        hosts.setdefault(host or str(source.id), []).append(source)
    return hosts


async def absorb(house: House, source: SourceId, page: Page) -> Turn:
    """A document that a hub brought: read like one that was fetched."""
    state = await house.states.get(source)
    async with notebook(house.states) as note:
        return await take_turn(
            house,
            house.newsroom.sources[source],
            state,
            now=house.clock(),
            note=note,
            pushed=page,
        )


# --- feeds --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """Which feed files there are, whether each is new; what was left out or kept back, and why."""

    written: Mapping[str, bool]  # path -> its bytes changed
    problems: tuple[Problem, ...]


async def publish_feeds(house: House) -> Published:
    """Build every feed that changed and the pages beside them, through the gate, and write them.

    An entry the gate refuses is left out; a feed or page it refuses keeps its last good file, less
    what was withdrawn.
    """
    now = house.clock()
    profile = feeds_profile(house, now)
    if not profile.sample:  # what nobody is bound by may be edited
        await house.ledger.feeds_carry(profile, now=now)
    withdrawn = await house.articles.listed(limit=_WITHDRAWN, withdrawn=True)
    room = await open_feed_room(house, profile, withdrawn, now)
    written: dict[str, bool] = {}
    problems = list(room.kept_back)
    lists = lists_of(profile, house.newsroom.labels)
    with feed_files(house, now) as files:
        async for feed, formats in room.feeds():
            paths = [f"{feed.path}.{extension}" for extension in formats]
            mark = made_of(feed, formats, profile, lists)
            if files.stand(paths, mark):
                written |= dict.fromkeys(paths, False)
                continue
            gated = await house.crunch(gated_files, feed, formats, profile, lists)
            problems += gated.problems
            kept = None if gated.problems else mark  # what is wrong is said at every build
            for path, data in gated.files.items():
                written[path] = await files.put(path, data, feed, made_of=kept)
        sitemap, refused = await write_sitemap(room, files)
        pages, unmade = await write_site(room, files)
        written |= sitemap | pages | await write_stylesheet(house, files)
        others = [one for one in standing_feeds(house) if one not in written]
        cleared = clear(house, others, withdrawn)
        files.mended(cleared.mended)
    written |= dict.fromkeys((*cleared.mended, *cleared.taken_away), True)
    return Published(
        written=written, problems=once([*problems, *refused, *unmade, *cleared.problems])
    )


# --- compose ------------------------------------------------------------------------------------


async def compose(
    house: House, edition: EditionId, *, at: datetime | None = None, final: bool = False
) -> Composed:
    """The due issue, through the gate and stored: DRAFT, or HELD with its problems.

    Too little to say is a reason, not an issue; only `final`, at the due hour, stores it as
    SKIPPED, which ends the window.
    """
    made = await draft(house, edition, at=at)
    issue = made.issue
    if issue is None or issue.status is IssueStatus.APPROVED:
        return made
    if issue.status is IssueStatus.SKIPPED:
        if final:
            await house.issues.save(issue)
        return Composed(issue=None, reason=issue.problems[0])
    standing = await house.issues.get(issue.id)
    if standing:  # whom an editor narrowed it to is no matter of what it carries
        issue = replace(issue, only_to=standing.only_to)
    examined = await examine(house, issue)
    if legal.blocking(examined.problems):
        issue = replace(issue, status=IssueStatus.HELD)
    issue = replace(issue, problems=once([*issue.problems, *examined.problems]))
    if standing and _is_the_same(standing, issue):  # what they said yes to is what there is
        issue = replace(issue, approvals=standing.approvals)
    await house.issues.save(issue)
    return Composed(issue=issue)


def _is_the_same(one: Issue, other: Issue) -> bool:
    """Nothing that a reader sees is different."""
    mine, theirs = (
        (issue.items, issue.lead, issue.corrections, issue.order) for issue in (one, other)
    )
    return mine == theirs


async def draft(
    house: House,
    edition: EditionId,
    *,
    at: datetime | None = None,
    order: Order | None = None,
) -> Composed:
    """What `compose` would make now, by that order; nothing is stored."""
    return await compose_due(
        house.newsroom,
        house.newsroom.editions[edition],
        Shelves(
            articles=house.articles,
            issues=house.issues,
            wishes=house.wishes,
            readers=house.readers,
        ),
        now=house.clock(),
        at=at,
        order=order,
    )


# --- seal ---------------------------------------------------------------------------------------


async def seal(house: House, issue_id: IssueId, *, by: str) -> Issue:
    """The point of no return (law 2): issue, digests and every Delivery in one transaction.

    Raises Refused, with the issue HELD, when the gate says no; nothing was opened towards SMTP.
    """
    await restoring.refuse_restored(house)
    issue = await known_issue(house, issue_id)
    edition = house.newsroom.editions[issue.edition]
    now = house.clock()
    if problem := approval.may_send(issue, edition, now=now):
        raise Refused(problem, *issue.problems)
    if issue.only_to:
        await refuse_while_it_goes(house, issue.only_to)
    if await is_overtaken(house, issue):
        raise Refused(_overtaken(issue))
    planned = await plan_of(house, issue)
    examined = await examine(house, issue, planned.pages)
    if refused := legal.blocking(examined.problems):
        held = replace(issue, status=IssueStatus.HELD, problems=examined.problems)
        await house.issues.save(held)
        raise Refused(*refused)
    if issue.status is IssueStatus.DRAFT:
        await house.issues.move(issue_id, IssueStatus.APPROVED, now=now, by=by)
    sealed = replace(issue, status=IssueStatus.SEALED, sealed_at=now, problems=examined.problems)
    pages = zip(examined.digests, planned.pages, strict=True)
    seating = Seating(
        seats=planned.seats,
        told={digest.id: told_by(page.layout) for digest, page in pages},
        waves=await _waves(house, issue, now),
    )
    await house.outbox.seal(sealed, examined.digests, now=now, seating=seating)
    return await known_issue(house, issue_id)


async def refuse_while_it_goes(house: House, first: IssueId) -> None:
    """Raises Refused while anybody may still be sent it: a correction would miss them.

    What rests never waits again, so nobody joins them between this look and the seal.
    """
    if waiting := (await house.ledger.balance(first)).waiting:
        raise Refused(_still_goes(first, waiting))


def _still_goes(first: IssueId, waiting: int) -> Problem:
    return Problem(
        message=msgid(
            "{issue} still goes: {n} may yet be sent it, and a correction would miss them."
        ),
        args={"issue": first, "n": waiting},
        remedy=msgid(
            "Wait for its end, or end it: publisher stop {issue}, then publisher cancel {issue}"
        ),
    )


async def _waves(house: House, issue: Issue, now: datetime) -> Waves:
    edition = house.newsroom.editions[issue.edition]
    zones = await house.readers.zones(issue) if edition.waves else ()
    return waves_of(edition, issue, zones, now=now)


async def plan_of(house: House, issue: Issue) -> Plan:
    """Every page the readers of now need, and which of them is given whom."""
    edition = house.newsroom.editions[issue.edition]
    return plan(issue, edition, house.newsroom, await house.readers.groups(issue))


async def is_overtaken(house: House, issue: Issue) -> bool:
    """Whether it must be composed again: its window moved, or its stories are not free any more.

    An issue sealed meanwhile carried some of them, or an article was withdrawn, or paired anew.
    """
    if issue.correction_of:  # it has no window, and carries no news
        return await _lost_an_article(house, issue)
    edition = house.newsroom.editions[issue.edition]
    last = await house.issues.last_sealed(issue.edition)
    spent = await house.issues.spent(
        windows.spending_editions(edition, house.newsroom),
        since=windows.spent_since(issue.window),
    )
    gone = frozenset[StoryKey]().union(*spent.values())
    overtaken = windows.overtaken(issue, last_sealed=last.window if last else None, spent=gone)
    return overtaken or await _lost_an_article(house, issue)


async def _lost_an_article(house: House, issue: Issue) -> bool:
    told = {(one.id, item.story) for item in issue.items for one in item.versions}
    told |= {(one.article.id, one.article.story) for one in issue.corrections}
    standing = await house.articles.versions_of({story for _, story in told})
    return not told <= {(article.id, article.story) for article in standing}


def _overtaken(issue: Issue) -> Problem:
    return Problem(
        message=msgid(
            "What {issue} was composed of has changed: another issue was sealed, or an article "
            "withdrawn or paired."
        ),
        args={"issue": issue.id, "edition": issue.edition},
        remedy=msgid("Compose it again: publisher hold {issue}, then publisher compose {edition}"),
    )


# --- deliver ------------------------------------------------------------------------------------


async def deliver(
    house: House,
    *,
    stop: asyncio.Event,
    told: Callable[[Report], object] = lambda report: None,
    notices_only: bool = False,
    traffic: Traffic | None = None,
) -> Report:
    """Send what is due, until every delivery rests or waits for a retry; Notices go ahead.

    The caller holds the sender's lock, and keeps `traffic` from round to round.  Nothing goes
    from a backup that was put back.
    """
    if restored := await restoring.paused(house):
        return Report(trouble=restored, resume_at=house.clock() + _LOOK_AGAIN)
    traffic = fits(traffic, house)
    async with open_lanes(house, traffic, notices_only=notices_only) as lanes:
        report = await fleet.deliver(lanes, traffic, stop=stop, told=told)
    await house.outbox.close_balanced(now=house.clock())
    return report


async def recover(house: House) -> int:
    """Mend the ledger after a crash; how many deliveries were under way.

    Only for the holder of the sender's lock: nobody else can be sending.
    """
    editions = house.newsroom.editions.values()
    resend = [one.id for one in editions if one.on_uncertain is OnUncertain.RESEND]
    unknown = await house.outbox.recover(now=house.clock(), resend=resend)
    await house.outbox.close_balanced(now=house.clock())
    return unknown


# --- absorb_bounces -----------------------------------------------------------------------------


async def absorb_bounces(
    house: House,
    box: Box,
    *,
    told: Callable[[Arrival, Absorbed], object] = lambda arrival, absorbed: None,
) -> Mapping[Fate, int]:
    """Take in what waits in a box, mail by mail; how many came to what.

    A mail leaves the box after it is in the ledger; what nobody could read is kept aside.
    """
    fates: Counter[Fate] = Counter()
    async with aclosing(box.waiting()) as arrivals:
        async for arrival in arrivals:
            absorbed = await absorb_one(house, arrival.raw, arrival.to)
            await box.settle(arrival, aside=absorbed.fate in KEPT_ASIDE)
            fates[absorbed.fate] += 1
            told(arrival, absorbed)
    return fates
