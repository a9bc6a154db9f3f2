"""`collect`, `articles`, `sources`, `feeds`: what comes in, and what is published of it."""

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress

from publisher import pipeline
from publisher.app import App
from publisher.cli.desk import at_desk
from publisher.cli.screen import Screen
from publisher.collect.round import Turn
from publisher.errors import Refused
from publisher.model.names import SourceId
from publisher.model.problems import Problem, Severity, msgid
from publisher.store.files import PublicFiles


def collect(
    context: typer.Context,
    source: Annotated[list[str] | None, typer.Argument(help="Left out: all of them.")] = None,
) -> None:
    """One polite pass over the sources."""

    async def work(desk: App, screen: Screen) -> None:
        chosen = _chosen(desk, source or ())
        with Progress(
            console=screen.err, transient=True, disable=not screen.err.is_terminal
        ) as bar:
            task = bar.add_task("", total=len(chosen))
            turns = await pipeline.collect(desk.house, chosen, told=lambda _: bar.advance(task))
        report_turns(screen, turns)

    at_desk(context, work)


def report_turns(screen: Screen, turns: list[Turn]) -> None:
    """A row per source, then what is wrong; exit code 1 where an item or a source was lost."""
    screen.document(
        [
            {
                "source": turn.source,
                "new": len(turn.changes.new),
                "changed": len(turn.changes.changed),
                "same": turn.changes.same,
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
                len(turn.changes.new),
                len(turn.changes.changed),
                turn.changes.same,
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


def articles(
    context: typer.Context,
    *,
    held: Annotated[bool, typer.Option(help="Only those no section was found for.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 50,
) -> None:
    """List the stored articles, newest first."""

    async def work(desk: App, screen: Screen) -> None:
        found = await desk.house.articles.listed(limit=limit, held=held)
        screen.document(
            [
                {
                    "id": one.id,
                    "story": one.story,
                    "language": one.language,
                    "section": one.section,
                    "title": one.title,
                    "url": one.url,
                    "published_at": one.published_at,
                    "updated_at": one.updated_at,
                    "available_at": one.available_at,
                    "age": one.age,
                    "rights": one.rights,
                    "version": one.version,
                    "source": one.source,
                }
                for one in found
            ]
        )
        zone = desk.settings.newsroom.site.zone
        screen.table(
            (msgid("Published"), msgid("Lang"), msgid("Section"), msgid("Title"), msgid("Story")),
            [
                (
                    f"{one.published_at.astimezone(zone):%Y-%m-%d %H:%M}",
                    one.language,
                    one.section,
                    one.title,
                    one.story,
                )
                for one in found
            ],
        )

    at_desk(context, work)


def sources(context: typer.Context) -> None:
    """Show every source and how it is doing."""

    async def work(desk: App, screen: Screen) -> None:
        states = {state.source: state for state in await desk.house.states.all()}
        rows = []
        for source in desk.settings.newsroom.sources.values():
            state = states.get(source.id) or await desk.house.states.get(source.id)
            rows.append((source, state))
        screen.document(
            [
                {
                    "source": source.id,
                    "kind": source.kind,
                    "from": source.url or source.path,
                    "succeeded_at": state.succeeded_at,
                    "next_check_at": state.next_check_at,
                    "failures": state.failures,
                    "problem": state.problem and screen.plain(state.problem),
                }
                for source, state in rows
            ]
        )
        zone = desk.settings.newsroom.site.zone
        screen.table(
            (msgid("Source"), msgid("Kind"), msgid("Last success"), msgid("What is wrong")),
            [
                (
                    source.id,
                    source.kind.value,
                    state.succeeded_at and f"{state.succeeded_at.astimezone(zone):%Y-%m-%d %H:%M}",
                    state.problem and screen.text.problem(state.problem),
                )
                for source, state in rows
            ],
        )

    at_desk(context, work)


def feeds(
    context: typer.Context,
    *,
    out: Annotated[Path | None, typer.Option(help="Left out: the public folder.")] = None,
) -> None:
    """Build every feed into OUT/feeds."""

    async def work(desk: App, screen: Screen) -> None:
        house = replace(desk.house, files=PublicFiles(out)) if out else desk.house
        published = await pipeline.publish_feeds(house)
        count = Counter(published.written.values())
        screen.document(
            {
                "written": sorted(path for path, new in published.written.items() if new),
                "unchanged": sorted(path for path, new in published.written.items() if not new),
                "problems": [screen.plain(problem) for problem in published.problems],
            }
        )
        screen.say(
            msgid("Feed files written: {new}; unchanged: {same}; in {folder}."),
            new=count[True],
            same=count[False],
            folder=str(house.files.root / "feeds"),
        )
        if any(one.severity is Severity.BLOCK for one in published.problems):
            screen.refuse(published.problems)
        screen.problems(published.problems)

    at_desk(context, work)


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
