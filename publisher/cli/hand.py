"""`approve`, `hold`, `cancel`, `stop`: the editor's hand on an issue."""

import typer

from publisher import hand
from publisher.app import App
from publisher.cli.call import command
from publisher.cli.desk import at_desk, call_of
from publisher.cli.issues import IssueArg, report_issue
from publisher.cli.ledger import balance_document
from publisher.cli.screen import Screen
from publisher.errors import MoveForbidden, Refused
from publisher.model.deliveries import Balance
from publisher.model.issues import IssueStatus
from publisher.model.names import IssueId
from publisher.model.problems import Problem, msgid
from publisher.model.terms import Term

_SOON, _LATE = 1.0, 16.0  # seconds in which mails under way land, of most servers and of slow ones
_LANDING = msgid(
    "{issue} is stopped, no other mail is started. Under way: {sending}."
    " Waiting for the server's answer, {seconds} s at most …"
)
_UNANSWERED = msgid(
    "{sending} of those that wait are under way without an answer: the server may still take them."
)
_NOT_YET = frozenset({IssueStatus.DRAFT.value, IssueStatus.APPROVED.value})


@command
def approve(context: typer.Context, issue: IssueArg) -> None:
    """Say yes to an issue."""

    async def work(desk: App, screen: Screen) -> None:
        by = call_of(context).by
        report_issue(screen, await hand.approve(desk.house, IssueId(issue), by=by))

    at_desk(context, work)


@command
def hold(context: typer.Context, issue: IssueArg) -> None:
    """Keep an issue back until it is composed again."""

    async def work(desk: App, screen: Screen) -> None:
        try:
            held = await hand.hold(desk.house, IssueId(issue), by=call_of(context).by)
        except MoveForbidden as error:
            raise _too_late(error) from error
        screen.document({"issue": held.id, "status": held.status})
        screen.say(msgid("{issue} is held."), issue=held.id)

    at_desk(context, work)


@command
def cancel(context: typer.Context, issue: IssueArg) -> None:
    """Say no to an issue; its stories go to the next one, unless it was being sent."""

    async def work(desk: App, screen: Screen) -> None:
        cancelled = await hand.cancel(desk.house, IssueId(issue), by=call_of(context).by)
        screen.document({"issue": cancelled.id, "status": cancelled.status})
        if not cancelled.sealed_at:
            screen.say(msgid("{issue} is cancelled."), issue=cancelled.id)
            return
        balance = await desk.house.ledger.balance(cancelled.id)
        screen.say(
            msgid(
                "{issue} is cancelled: {accepted} of {planned} were mailed, nobody else gets it."
            ),
            issue=cancelled.id,
            accepted=balance.accepted,
            planned=balance.planned,
        )

    at_desk(context, work)


@command
def stop(context: typer.Context, issue: IssueArg) -> None:
    """Halt the sending of an issue: no mail of it is started any more."""

    async def work(desk: App, screen: Screen) -> None:
        try:
            stopped = await hand.stop(desk.house, IssueId(issue), by=call_of(context).by)
        except MoveForbidden as error:
            raise Refused(_not_being_sent(error)) from error
        balance = await _landed(desk, screen, stopped.id)
        screen.document(
            {
                "issue": stopped.id,
                "status": stopped.status,
                "balance": balance_document(balance),
                "under_way": balance.sending,
            }
        )
        screen.say(
            msgid(
                "{issue} is stopped: {accepted} of {planned} were mailed, {waiting} wait.\n"
                "  publisher resume {issue}    they get it after all\n"
                "  publisher cancel {issue}    nobody else gets it"
            ),
            issue=stopped.id,
            accepted=balance.accepted,
            planned=balance.planned,
            waiting=balance.waiting,
        )
        if balance.sending:
            screen.say(_UNANSWERED, sending=balance.sending)

    at_desk(context, work)


async def _landed(desk: App, screen: Screen, issue: IssueId) -> Balance:
    """What became of what was under way; a slow server is waited for, and that is said."""
    balance = await hand.landed(desk.house, issue, within=_SOON)
    if not balance.sending:
        return balance
    screen.say(_LANDING, issue=issue, sending=balance.sending, seconds=round(_LATE - _SOON))
    return await hand.landed(desk.house, issue, within=_LATE - _SOON)


def _too_late(error: MoveForbidden) -> Exception:
    """What holds nothing back any more; other words only where there is something to do."""
    if error.came_from != IssueStatus.SEALED.value:
        return error
    return Refused(
        Problem(
            message=msgid("{issue} is being sent."),
            args={"issue": error.thing},
            remedy=msgid("To halt its sending: publisher stop {issue}"),
        )
    )


def _not_being_sent(error: MoveForbidden) -> Problem:
    return Problem(
        message=msgid("{issue} is not being sent: it is {status}."),
        args={"issue": error.thing, "status": Term(error.came_from)},
        remedy=msgid("To keep it back: publisher hold {issue}")
        if error.came_from in _NOT_YET
        else None,
    )
