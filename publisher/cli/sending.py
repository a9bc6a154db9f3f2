"""`send`: an issue sealed, then delivered, with a bar."""

import asyncio
import signal
from dataclasses import replace
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from publisher import correcting, hand, pipeline, worker
from publisher.app import App
from publisher.cli.call import command
from publisher.cli.desk import at_desk, call_of
from publisher.cli.ledger import balance_document, issue_document, report_balance
from publisher.cli.progress import progress
from publisher.cli.screen import Screen
from publisher.errors import MoveForbidden, Refused
from publisher.model.issues import Issue, IssueStatus
from publisher.model.names import IssueId
from publisher.model.problems import Problem, Severity, msgid

_UNDER_WAY = frozenset({IssueStatus.SEALED, IssueStatus.SENT})


@command
def send(
    context: typer.Context,
    issue: Annotated[
        str | None, typer.Argument(metavar="ISSUE", help=msgid("As `publisher issues` shows it."))
    ] = None,
    *,
    no_wait: Annotated[
        bool, typer.Option("--no-wait", help=msgid("Seal, and leave it to run."))
    ] = False,
    correction_of: Annotated[
        str | None,
        typer.Option(metavar="ISSUE", help=msgid("What is mended, to those who were sent it.")),
    ] = None,
) -> None:
    """Seal an issue, then deliver until every delivery rests or waits for a retry."""
    if issue is None and correction_of is None:
        raise typer.BadParameter(msgid("say which issue"), param_hint="ISSUE")

    async def work(desk: App, screen: Screen) -> None:
        chosen = await _chosen(desk, issue, correction_of)
        if chosen.status not in _UNDER_WAY:
            await _seal(desk, chosen.id, by=call_of(context).by)
        told_to_stop = not no_wait and await deliver_on_screen(desk, screen, chosen)
        balance = await desk.house.ledger.balance(chosen.id)
        chosen = await hand.known_issue(desk.house, chosen.id)
        screen.document({"issue": issue_document(chosen), "balance": balance_document(balance)})
        await report_balance(desk, screen, chosen, balance)
        if told_to_stop and balance.waiting:
            screen.refuse([_broken_off(chosen)])

    at_desk(context, work, acting=True, quick=True)


async def _chosen(desk: App, issue: str | None, first: str | None) -> Issue:
    """The issue named, or the one that corrects the first."""
    if first is None:
        return await hand.known_issue(desk.house, IssueId(issue or ""))
    if issue is None or issue == first:
        return await correcting.correction_of(desk.house, IssueId(first))
    return await correcting.only_to(desk.house, IssueId(issue), IssueId(first))


async def _seal(desk: App, issue: IssueId, *, by: str) -> None:
    """Seal it, unless a `run` beside us was quicker."""
    try:
        await pipeline.seal(desk.house, issue, by=by)
    except (Refused, MoveForbidden):
        if (await hand.known_issue(desk.house, issue)).status not in _UNDER_WAY:
            raise


def _broken_off(issue: Issue) -> Problem:
    return Problem(
        message=msgid("The sending of {issue} was broken off before its end."),
        args={"issue": issue.id},
        remedy=msgid("It goes on with: publisher send {issue}"),
    )


async def deliver_on_screen(desk: App, screen: Screen, issue: Issue) -> bool:
    """Deliver with a bar; whether it was told to stop.

    Ctrl-C and SIGTERM stop starting and let what flies land.  Where another process holds the
    sender's lock, it delivers and we watch, until it lets go.
    """
    stop, house = stop_signs(), desk.house
    balance = await house.ledger.balance(issue.id)
    seconds = asyncio.get_running_loop().time
    with progress(screen, issue.id, balance, seconds=seconds) as bar:
        async with bar.following(lambda: house.ledger.balance(issue.id)):
            report = await worker.see_through(
                house,
                issue.id,
                lock=desk.settings.root / "var" / "sender.lock",
                stop=stop,
                stands=bar.stands,
            )
    screen.problems([replace(one, severity=Severity.WARN) for one in report.away])
    if report.trouble:
        raise Refused(report.trouble)
    site = house.newsroom.site.zone
    if report.resume_at is not None:
        screen.say(
            msgid("A limit is reached; it goes on from {when}."),
            when=_moment(report.resume_at, site),
        )
    elif report.opens_at is not None:
        screen.say(
            msgid("The limit of a mail house is reached; its readers get theirs from {when}."),
            when=_moment(report.opens_at, site),
        )
    return stop.is_set()


def _moment(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M:%S}"


def stop_signs() -> asyncio.Event:
    """An event that SIGTERM and Ctrl-C set, and a terminal that is closed, unless nohup says no."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGINT, signal.SIGTERM, getattr(signal, "SIGHUP", None)):
        hangs_up = sign not in {signal.SIGINT, signal.SIGTERM}
        if sign is None or (hangs_up and signal.getsignal(sign) is signal.SIG_IGN):
            continue
        loop.add_signal_handler(sign, stop.set)
    return stop
