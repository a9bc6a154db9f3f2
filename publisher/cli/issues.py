"""`compose` to `deliveries`: an issue from its draft to the ledger."""

import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from publisher import hand, pipeline
from publisher.app import App
from publisher.cli.call import command
from publisher.cli.desk import at_desk, call_of
from publisher.cli.ledger import (
    balance_document,
    deliveries_document,
    issue_document,
    list_deliveries,
    report_balance,
)
from publisher.cli.ledger_csv import Only, write_csv
from publisher.cli.mailbox import bare
from publisher.cli.screen import Screen
from publisher.cli.streams import data_out
from publisher.errors import Misconfigured, Refused
from publisher.gate import examine, once
from publisher.model.deliveries import DeliveryStatus
from publisher.model.digests import Digest
from publisher.model.issues import Issue, IssueStatus
from publisher.model.names import EditionId, IssueId
from publisher.model.problems import Problem, Severity, msgid
from publisher.model.terms import Term
from publisher.notice_room import nothing_for
from publisher.render.proofs import write_proofs

Edition = Annotated[
    str, typer.Argument(metavar="EDITION", help=msgid("The edition's id in config."))
]
_SHOWN = 1000
_EARLIEST, _LATEST = (datetime(year, 1, 1, tzinfo=UTC) for year in (1990, 2100))
IssueArg = Annotated[
    str, typer.Argument(metavar="ISSUE", help=msgid("As `publisher issues` shows it."))
]


@command
def compose(
    context: typer.Context,
    edition: Edition,
    *,
    at: Annotated[
        str | None, typer.Option(help=msgid("The due time, ISO 8601 with a zone."))
    ] = None,
) -> None:
    """Make the issue of an edition that is due."""

    async def work(desk: App, screen: Screen) -> None:
        made = await pipeline.compose(desk.house, known_edition(desk, edition), at=_instant(at))
        if made.issue is None:
            reason = made.reason and screen.text.problem(made.reason)
            screen.document({"issue": None, "reason": reason})
            screen.problems([made.reason] if made.reason else [])
            return
        report_issue(screen, made.issue)

    at_desk(context, work, acting=True)


def report_issue(screen: Screen, issue: Issue) -> None:
    """One issue in words; exit code 1 where it is held."""
    screen.document({"issue": issue.id, "status": issue.status, "stories": len(issue.items)})
    screen.say(
        msgid("{issue}: {status}, {stories}"),
        issue=issue.id,
        status=Term(issue.status.value),
        stories=screen.text.plural("{n} story", "{n} stories", n=len(issue.items)),
    )
    if issue.status is IssueStatus.HELD:
        screen.refuse(issue.problems)
    screen.problems(issue.problems)


@command
def preview(
    context: typer.Context,
    issue: Annotated[
        str,
        typer.Argument(
            metavar="EDITION|ISSUE", help=msgid("The next one of an edition, or one there is.")
        ),
    ],
    *,
    lang: Annotated[str | None, typer.Option(help=msgid("One language; left out: all."))] = None,
    out: Annotated[Path | None, typer.Option(help=msgid("Left out: preview/."))] = None,
) -> None:
    """Write what would be sent: LANG.html, LANG.txt, LANG.eml."""

    async def work(desk: App, screen: Screen) -> None:
        folder = out or desk.settings.root / "preview"
        chosen = await _issue_or_next(desk, issue)
        printed, problems = await _printed(desk, chosen)
        digests = [one for one in printed if lang in {None, one.language}]
        if not digests:
            too_little = [replace(one, severity=Severity.BLOCK) for one in chosen.problems]
            lacking = nothing_for(lang, chosen, printed)
            raise Refused(*([] if printed else too_little) or [lacking])
        sent_at = chosen.due_at.astimezone(desk.house.newsroom.site.zone)
        write_proofs(folder, digests, sent_at=sent_at)
        screen.document(
            {
                "issue": chosen.id,
                "folder": str(folder),
                "languages": [digest.language for digest in digests],
                "problems": [screen.plain(problem) for problem in problems],
            }
        )
        screen.problems(problems)
        for digest in digests:
            screen.say(
                msgid("{language}: {subject}"), language=digest.language, subject=digest.subject
            )
        screen.say(msgid("Written to {folder}."), folder=str(folder))

    at_desk(context, work)


@command
def issues(
    context: typer.Context,
    *,
    edition: Annotated[str | None, typer.Option(help=msgid("Of this edition only."))] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help=msgid("How many at most."))] = 20,
) -> None:
    """List the issues, newest first."""

    async def work(desk: App, screen: Screen) -> None:
        only = known_edition(desk, edition) if edition else None
        found = await desk.house.issues.recent(edition=only, limit=limit)
        screen.document([issue_document(one) for one in found])
        screen.table(
            (msgid("Issue"), msgid("Number"), msgid("Status"), msgid("Stories"), msgid("Why")),
            [
                (
                    one.id,
                    one.number,
                    screen.state(one.status),
                    len(one.items),
                    "; ".join(screen.text.problem(p).partition("\n")[0] for p in blockers(one)),
                )
                for one in found
            ],
        )

    at_desk(context, work)


def blockers(issue: Issue) -> Sequence[Problem]:
    """What keeps it back, for one who reads the list."""
    return [problem for problem in issue.problems if problem.severity is Severity.BLOCK]


@command
def deliveries(
    context: typer.Context,
    issue: IssueArg,
    *,
    status: Annotated[
        str | None, typer.Option(help=msgid("accepted, rejected, uncertain…"))
    ] = None,
    address: Annotated[str | None, typer.Option(help=msgid("One reader's."))] = None,
    limit: Annotated[
        int | None,
        typer.Option(min=1, max=100_000_000, help=msgid("Left out: 1000; all with --csv.")),
    ] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help=msgid("As CSV on stdout."))] = False,
) -> None:
    """The ledger of an issue: who got it, when, and what the server said."""
    if as_csv and call_of(context).json:
        raise typer.BadParameter(msgid("either --csv or --json"), param_hint="--csv")

    async def work(desk: App, screen: Screen) -> None:
        chosen = await hand.stored_issue(desk.house, IssueId(issue))
        only = Only(status=_status(status, screen), address=bare(address) if address else None)
        if as_csv:
            data_out()
            await write_csv(desk, chosen.id, sys.stdout, only=only, limit=limit)
            return
        balance = await desk.house.ledger.balance(chosen.id)
        most = limit or _SHOWN
        found = await desk.house.ledger.deliveries(
            chosen.id, status=only.status, address=only.address, limit=most + 1
        )
        rows = found[:most]
        returned = await desk.house.returns.about([one.id for one, _ in rows])
        screen.document(
            {
                "issue": issue_document(chosen),
                "balance": balance_document(balance),
                "deliveries": deliveries_document(rows, returned),
            }
        )
        list_deliveries(screen, rows, returned, desk.settings.newsroom.site.zone)
        if len(found) > len(rows):
            screen.say(msgid("The first {n}; --limit shows more, --csv all of them."), n=most)
        elif not rows and (only.status or only.address):
            screen.say(msgid("None of its deliveries is what you ask for."))
        await report_balance(desk, screen, chosen, balance)

    at_desk(context, work)


def known_edition(desk: App, name: str) -> EditionId:
    """The edition of that id; raises Misconfigured where config has none."""
    editions = desk.settings.newsroom.editions
    if name in editions:
        return EditionId(name)
    raise Misconfigured(
        Problem(
            message=msgid("There is no edition “{name}”."),
            args={"name": name, "known": ", ".join(editions)},
            remedy=msgid("Editions: {known}"),
        )
    )


async def _printed(desk: App, issue: Issue) -> tuple[Sequence[Digest], Sequence[Problem]]:
    """Its plain digests: as they were sealed, or as they would be now."""
    if issue.sealed_at:
        stored = await desk.house.digests.of(issue.id)
        return plain_ones(stored), issue.problems
    examined = await examine(desk.house, issue)
    return examined.digests, once([*issue.problems, *examined.problems])


def plain_ones(digests: Sequence[Digest]) -> list[Digest]:
    """The first digest of every language: the one for readers of whom nothing is known."""
    first: dict[str, Digest] = {}
    for digest in digests:
        first.setdefault(digest.language, digest)
    return list(first.values())


async def _issue_or_next(desk: App, name: str) -> Issue:
    """An issue by its id, or what the edition of that name would make now, not stored."""
    if name not in desk.settings.newsroom.editions:
        return await hand.known_issue(desk.house, IssueId(name))
    made = await pipeline.draft(desk.house, EditionId(name))
    if made.issue is None:
        raise Refused(*([made.reason] if made.reason else []))
    return made.issue


def _instant(words: str | None) -> datetime | None:
    if words is None:
        return None
    try:
        instant = datetime.fromisoformat(words)
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None:
        raise Misconfigured(
            Problem(
                message=msgid("“{words}” is no time with a zone."),
                args={"words": words},
                remedy=msgid("Write it like 2026-11-23T08:00+03:00."),
            )
        )
    if not _EARLIEST <= instant < _LATEST:
        raise Misconfigured(
            Problem(message=msgid("{words} is before 1990 or after 2099."), args={"words": words})
        )
    return instant


def _status(name: str | None, screen: Screen) -> DeliveryStatus | None:
    """By its key, or as the list calls it."""
    called = {screen.text.raw(one.value): one for one in DeliveryStatus}
    called |= {one.value: one for one in DeliveryStatus}
    if name is None or name in called:
        return called[name] if name else None
    raise Misconfigured(
        Problem(
            message=msgid("“{name}” is no status of a delivery."),
            args={"name": name, "known": ", ".join(one.value for one in DeliveryStatus)},
            remedy=msgid("There are: {known}"),
        )
    )
