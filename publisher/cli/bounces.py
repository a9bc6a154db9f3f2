"""`bounces`: what came back, from files or from where config says, into the ledger."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from publisher import pipeline
from publisher.app import App
from publisher.bounce_room import KEPT_ASIDE, Absorbed, Fate
from publisher.bounces.boxes import Arrival, Box, Files
from publisher.cli.call import command
from publisher.cli.desk import at_desk
from publisher.cli.screen import Screen
from publisher.errors import Refused
from publisher.inbox import box_of
from publisher.model.inboxes import Socket
from publisher.model.problems import Problem, Severity, msgid

_SHOWN = 1000  # mails that the document lists; all of them count


@command
def bounces(
    context: typer.Context,
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="FILE", help=msgid("Mails, Maildirs, mbox files; none of them moves.")
        ),
    ] = None,
) -> None:
    """Take in what came back: from these files, or from where smtp.bounces.intake says."""

    async def work(desk: App, screen: Screen) -> None:
        listed: list[dict[str, Any]] = []
        stopped: set[str] = set()

        def told(arrival: Arrival, absorbed: Absorbed) -> None:
            stopped.update(absorbed.stopped)
            if len(listed) < _SHOWN:
                listed.append(_mail_document(arrival, absorbed))

        box = Files(files) if files else _box(desk)
        fates = await pipeline.absorb_bounces(desk.house, box, told=told)
        screen.document(
            {
                "read": sum(fates.values()),
                "fates": {fate.value: fates.get(fate, 0) for fate in Fate},
                "stopped": sorted(stopped),
                "mails": listed,
            }
        )
        _report(screen, listed, fates)
        screen.problems([_stopped(issue) for issue in sorted(stopped)])

    at_desk(context, work)


def _box(desk: App) -> Box:
    """Where config says that bounces come; raises Refused where that is no box."""
    inbox = desk.settings.inbox
    box = box_of(inbox) if inbox else None
    if box is not None:
        return box
    handed = isinstance(inbox, Socket)
    raise Refused(
        Problem(
            message=msgid("Mail that comes back is handed to `publisher run`: nothing waits here.")
            if handed
            else msgid("Config names no place where bounces come in."),
            remedy=msgid("Name the files to read: publisher bounces FILE…")
            if handed
            else msgid("Set smtp.bounces.intake, or name the files: publisher bounces FILE…"),
        )
    )


def _mail_document(arrival: Arrival, absorbed: Absorbed) -> dict[str, Any]:
    failure, returned = absorbed.failure, absorbed.returned
    return {
        "file": arrival.name,
        "fate": absorbed.fate,
        "kind": absorbed.kind,
        "reason": failure and failure.reason,
        "weight": failure and failure.weight,
        "status": failure and (failure.status or None),
        "text": failure and failure.text,
        "recipient": failure and (failure.recipient or None),
        "delivery": returned and returned.delivery,
        "issue": returned and returned.issue,
        "address": returned and returned.address,
        "suppressed": absorbed.suppressed,
    }


def _report(screen: Screen, listed: list[dict[str, Any]], fates: Mapping[Fate, int]) -> None:
    if listed:
        screen.table(
            (msgid("Mail"), msgid("Came to"), msgid("Reason"), msgid("Address"), msgid("Issue")),
            [
                (
                    Path(one["file"]).name,
                    one["fate"].value,
                    one["reason"] and one["reason"].value,
                    one["address"] or one["recipient"],
                    one["issue"],
                )
                for one in listed
            ],
        )
    screen.say(
        msgid("{n} read, {recorded} new in the ledger, {left} left, {aside} kept aside."),
        n=sum(fates.values()),
        recorded=fates.get(Fate.RECORDED, 0),
        left=fates.get(Fate.LEFT, 0),
        aside=sum(fates.get(fate, 0) for fate in KEPT_ASIDE),
    )


def _stopped(issue: str) -> Problem:
    return Problem(
        message=msgid("The sending of {issue} is stopped: mail comes back by our own fault."),
        args={"issue": issue},
        remedy=msgid("See publisher deliveries {issue}; mend it, then: publisher resume {issue}"),
        severity=Severity.WARN,
    )
