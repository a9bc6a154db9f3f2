"""`collect`, `articles`, `sources`, `feeds`: what comes in, and what is published of it."""

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)

from publisher import pipeline
from publisher.app import App
from publisher.cli.call import command
from publisher.cli.desk import at_desk
from publisher.cli.hubs import ping_document, report_hubs
from publisher.cli.screen import Screen
from publisher.collect.health import STATUS_WORDS, health
from publisher.collect.rhythm import wants_quiet
from publisher.collect.round import Turn
from publisher.errors import Refused
from publisher.house import House
from publisher.model.names import SourceId
from publisher.model.problems import Problem, Severity, msgid
from publisher.model.sources import FetchState
from publisher.pinging import tell_hubs
from publisher.store.files import PublicFiles

_HUBS = timedelta(minutes=1)  # telling; what is left waits for the next time


@command
def collect(
    context: typer.Context,
    source: Annotated[
        list[str] | None, typer.Argument(metavar="SOURCE", help=msgid("Left out: all of them."))
    ] = None,
) -> None:
    """One polite pass over the sources."""

    async def work(desk: App, screen: Screen) -> None:
        chosen = _chosen(desk, source or ())
        asked = chosen if source else await _left_in_peace(desk, screen, chosen)
        with _progress(screen) as bar:
            task = bar.add_task("", total=len(asked), new=0, failed=0, last="")

            def told(turn: Turn) -> None:
                fields = bar.tasks[task].fields
                bar.update(
                    task,
                    advance=1,
                    new=fields["new"] + turn.new,
                    failed=fields["failed"] + turn.failed,
                    last=turn.source,
                )

            turns = await pipeline.collect(desk.house, asked, told=told)
        report_turns(screen, turns)

    at_desk(context, work, helped=True, acting=True)


def _progress(screen: Screen) -> Progress:
    """A bar on a terminal, nothing elsewhere: how far, what came, who failed, how long still."""
    counts = screen.text.say(
        msgid("{new} new, {failed} failed"),
        new="{task.fields[new]}",
        failed="{task.fields[failed]}",
    )
    return Progress(
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn(counts),
        TimeRemainingColumn(),
        TextColumn("{task.fields[last]}"),
        console=screen.err,
        transient=True,
        disable=not screen.err.is_terminal,
    )


async def _left_in_peace(desk: App, screen: Screen, chosen: list[SourceId]) -> list[SourceId]:
    """Without those that asked not to be asked; an editor may still name them."""
    states = {state.source: state for state in await desk.house.states.all()}
    now, sources = desk.house.clock(), desk.settings.newsroom.sources
    asked = []
    for one in chosen:
        state = states.get(one)
        if state and wants_quiet(sources[one], state, now=now):
            screen.problems([_quiet(desk, state)])
        else:
            asked.append(one)
    return asked


def _quiet(desk: App, state: FetchState) -> Problem:
    if state.gone_at is not None and state.problem is not None:
        return replace(state.problem, severity=Severity.WARN)
    zone = desk.settings.newsroom.site.zone
    until = state.not_before
    return Problem(
        message=msgid("{source} asked for quiet until {until} and is left alone."),
        args={
            "source": state.source,
            "until": f"{until.astimezone(zone):%Y-%m-%d %H:%M}" if until else "-",
        },
        remedy=msgid("To ask it all the same: publisher collect {source}"),
        severity=Severity.WARN,
    )


def report_turns(screen: Screen, turns: list[Turn]) -> None:
    """A row per source, then what is wrong; exit code 1 where an item or a source was lost."""
    screen.document(
        [
            {
                "source": turn.source,
                "new": turn.new,
                "changed": turn.changed,
                "same": turn.same,
                "doubled": turn.doubled,
                "unchanged": turn.unchanged,
                "failed": turn.failed,
                "problems": [screen.plain(problem) for problem in turn.problems],
            }
            for turn in turns
        ]
    )
    screen.table(
        (msgid("Source"), msgid("New"), msgid("Changed"), msgid("Same"), msgid("Result")),
        [
            (
                turn.source,
                turn.new,
                turn.changed,
                turn.same,
                screen.text.say(_result(turn)),
            )
            for turn in turns
        ],
    )
    problems = [problem for turn in turns for problem in turn.problems]
    if any(problem.severity is Severity.BLOCK for problem in problems):
        screen.refuse(problems)
    screen.problems(problems)


def _result(turn: Turn) -> str:
    if turn.failed:
        return msgid("failed")
    return msgid("unchanged") if turn.unchanged else msgid("read")


@command
def sources(context: typer.Context) -> None:
    """Show every source and how it is doing."""

    async def work(desk: App, screen: Screen) -> None:
        now, zone = desk.house.clock(), desk.settings.newsroom.site.zone
        states = {state.source: state for state in await desk.house.states.all()}
        weekly = await desk.house.newsdesk.weekly(now=now)
        healths = [
            health(source, states.get(source.id) or FetchState(source=source.id), now=now)
            for source in desk.settings.newsroom.sources.values()
        ]
        screen.document(
            [
                {
                    "source": one.source.id,
                    "kind": one.source.kind,
                    "from": one.address,
                    "status": one.status,
                    "succeeded_at": one.state.succeeded_at,
                    "rhythm_seconds": int(one.rhythm.total_seconds()),
                    "next_check_at": one.next_check_at,
                    "articles_per_week": round(weekly.get(one.source.id, 0.0), 1),
                    "identity": one.state.identity,
                    "moved_from": [move.left for move in one.state.moves],
                    "failures": one.state.failures,
                    "problem": one.problem and screen.plain(one.problem),
                }
                for one in healths
            ]
        )
        screen.table(
            (
                msgid("Source"), msgid("Kind"), msgid("Status"), msgid("Last success"),
                msgid("Rhythm"), msgid("Next check"), msgid("A week"),
            ),
            [
                (
                    one.source.id,
                    one.source.kind.value,
                    screen.text.say(STATUS_WORDS[one.status]),
                    _minute(one.state.succeeded_at, zone),
                    _span(one.rhythm),
                    _minute(one.next_check_at, zone),
                    f"{weekly.get(one.source.id, 0.0):.0f}",
                )
                for one in healths
            ],
        )  # fmt: skip
        wrong = ((one.source.id, one.problem) for one in healths)
        screen.pairs([(name, screen.text.problem(why)) for name, why in wrong if why is not None])

    at_desk(context, work)


def _minute(at: datetime | None, zone: ZoneInfo) -> str | None:
    return f"{at.astimezone(zone):%m-%d %H:%M}" if at else None


_AN_HOUR = 3600


def _span(length: timedelta) -> str:
    """As config writes spans: 20s, 15m, 1h30m."""
    seconds = int(length.total_seconds())
    seconds -= seconds % 60 if seconds > _AN_HOUR else 0
    parts = ((seconds // 3600, "h"), (seconds // 60 % 60, "m"), (seconds % 60, "s"))
    return "".join(f"{many}{unit}" for many, unit in parts if many) or "0s"


@command
def feeds(
    context: typer.Context,
    *,
    out: Annotated[Path | None, typer.Option(help=msgid("Left out: the public folder."))] = None,
) -> None:
    """Build feeds and public pages into OUT; hubs are told of what changed in the public folder."""

    async def work(desk: App, screen: Screen) -> None:
        house = replace(desk.house, files=PublicFiles(out)) if out else desk.house
        published = await pipeline.publish_feeds(house)
        told = await tell_hubs(house, within=_HUBS) if _tells(house, out) else None
        count = Counter(published.written.values())
        screen.document(
            {
                "written": sorted(path for path, new in published.written.items() if new),
                "unchanged": sorted(path for path, new in published.written.items() if not new),
                "hubs": [ping_document(one, screen) for one in told.pings] if told else [],
                "problems": [screen.plain(problem) for problem in published.problems],
            }
        )
        screen.say(
            msgid("Files of feeds and pages written: {new}; unchanged: {same}; in {folder}."),
            new=count[True],
            same=count[False],
            folder=str(house.files.root),
        )
        if told:
            report_hubs(told, screen)
        if any(one.severity is Severity.BLOCK for one in published.problems):
            screen.refuse(published.problems)
        screen.problems(published.problems)

    at_desk(context, work, acting=True)


def _tells(house: House, out: Path | None) -> bool:
    """Bytes in another folder are not those a hub would fetch."""
    return out is None and bool(house.newsroom.feeds.hubs)


def _chosen(desk: App, names: list[str] | tuple[()]) -> list[SourceId]:
    known = desk.settings.newsroom.sources
    unknown = [name for name in names if name not in known]
    if unknown:
        raise Refused(
            *(
                Problem(
                    message=msgid("There is no source “{name}”."),
                    args={"name": name, "known": ", ".join(known)},
                    remedy=msgid("Sources: {known}"),
                )
                for name in unknown
            )
        )
    return [SourceId(name) for name in names] or list(known)
