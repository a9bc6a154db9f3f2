"""`resume`: a stopped issue goes on; or all of them, after a backup was put back."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

import typer

from publisher import hand, restoring
from publisher.app import App
from publisher.cli.call import command
from publisher.cli.desk import at_desk, call_of
from publisher.cli.screen import Screen
from publisher.errors import MoveForbidden, Refused
from publisher.model.issues import IssueStatus
from publisher.model.names import IssueId
from publisher.model.problems import Problem, Severity, msgid
from publisher.model.terms import Term
from publisher.restoring import UNSEALED, Gone


@command
def resume(
    context: typer.Context,
    issue: Annotated[
        str | None, typer.Argument(metavar="ISSUE", help=msgid("As `publisher issues` shows it."))
    ] = None,
    *,
    after_restore: Annotated[
        bool,
        typer.Option(
            "--after-restore", help=msgid("A backup was put back: show what may have gone.")
        ),
    ] = False,
) -> None:
    """Let the sending of a stopped issue go on; mails nothing by itself."""
    if (issue is None) is not after_restore:
        words = msgid("say which issue, or --after-restore")
        if after_restore:
            words = msgid("--after-restore is for all of them; leave the issue out")
        raise typer.BadParameter(words, param_hint="ISSUE")

    async def one(desk: App, screen: Screen) -> None:
        try:
            resumed = await hand.resume(desk.house, IssueId(issue or ""), by=call_of(context).by)
        except MoveForbidden as error:
            raise Refused(_not_stopped(error)) from error
        screen.document({"issue": resumed.id, "status": resumed.status})
        screen.say(
            msgid(
                "{issue} may be sent: `publisher run` goes on with it, or publisher send {issue}"
            ),
            issue=resumed.id,
        )
        if problem := await restoring.paused(desk.house):
            screen.problems([replace(problem, severity=Severity.WARN)])

    at_desk(context, _after_restore if after_restore else one)


def _not_stopped(error: MoveForbidden) -> Problem:
    unsealed = {IssueStatus.DRAFT.value, IssueStatus.APPROVED.value}
    return Problem(
        message=msgid("{issue} was not stopped: it is {status}."),
        args={"issue": error.thing, "status": Term(error.came_from)},
        remedy=msgid("To send it: publisher send {issue}") if error.came_from in unsealed else None,
    )


async def _after_restore(desk: App, screen: Screen) -> None:
    """Show what may have gone since the backup was made; from then on it may be sent."""
    house = desk.house
    restored = await restoring.paused(house) is not None
    gone = await restoring.may_have_gone(house) if restored else []
    await house.stamps.resume()
    screen.document({"restored": restored, "issues": [_document(one) for one in gone]})
    if not restored:
        screen.say(msgid("No backup was put back; there is nothing to resume."))
        return
    _show(screen, gone, desk)


def _document(one: Gone) -> dict[str, object]:
    return {
        "issue": one.issue,
        "due_at": one.due_at,
        "status": one.status,
        "waiting": one.waiting,
        "known": one.status is not None,
    }


def _show(screen: Screen, gone: Sequence[Gone], desk: App) -> None:
    zone = desk.settings.newsroom.site.zone
    screen.table(
        (msgid("Issue"), msgid("Due"), msgid("Status"), msgid("Waiting")),
        [
            (
                one.issue,
                f"{one.due_at.astimezone(zone):%Y-%m-%d %H:%M}",
                screen.state(one.status),
                one.waiting,
            )
            for one in gone
        ],
    )
    if gone:
        screen.say(
            msgid(
                "These may have gone since the backup was made, to some of their readers or to all."
            )
        )
    if any(one.status is IssueStatus.SEALED for one in gone):
        screen.say(msgid("  publisher stop ISSUE      sealed: nobody else gets it until resume"))
    if any(one.status in UNSEALED for one in gone):
        screen.say(
            msgid(
                "  publisher hold ISSUE      not sealed: nobody gets it until it is composed again"
            )
        )
    if any(one.status for one in gone):
        screen.say(msgid("  publisher cancel ISSUE    after either: nobody else gets it at all"))
    if not all(one.status for one in gone):
        screen.say(msgid("A dash: the backup knows of no such issue, and it may be made again."))
    screen.say(msgid("From now on mail goes again."))
