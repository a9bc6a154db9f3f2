"""`test`: an issue's digest to one address, for whoever looks it over."""

from collections.abc import Sequence
from typing import Annotated

import typer

from publisher import notice_room, worker
from publisher.app import App
from publisher.cli.call import command
from publisher.cli.desk import at_desk
from publisher.cli.issues import IssueArg
from publisher.cli.ledger import delivery_document
from publisher.cli.mailbox import bare
from publisher.cli.screen import Screen
from publisher.cli.sending import stop_signs
from publisher.model.deliveries import Attempt, Delivery, DeliveryStatus
from publisher.model.names import DeliveryId, IssueId, Language
from publisher.model.problems import Problem, msgid
from publisher.model.terms import Term

Lang = Annotated[
    str | None, typer.Option(help=msgid("Left out: the reader's, or the issue's first."))
]


@command
def test(
    context: typer.Context,
    issue: IssueArg,
    address: Annotated[
        str,
        typer.Argument(
            metavar="ADDRESS", help=msgid("Who looks it over; need not be a subscriber.")
        ),
    ],
    *,
    lang: Lang = None,  # noqa: PT028 - a command, no test of ours
) -> None:
    """Mail an issue's digest to one address; its links act on nothing and say so."""

    async def work(desk: App, screen: Screen) -> None:
        house = desk.house
        language = Language(lang) if lang else None
        notice = await notice_room.trial(house, IssueId(issue), bare(address), language=language)
        number = await house.notices.add(notice, now=house.clock())
        trouble = await _deliver(desk, number)
        row = await house.notices.row(number)
        if row is None:
            raise LookupError(f"a notice that is not stored: {number}")
        screen.document(
            {
                "issue": issue,
                "kind": notice.kind,
                "delivery": delivery_document(*row),
            }
        )
        _report(screen, row, trouble)

    at_desk(context, work)


async def _deliver(desk: App, number: DeliveryId) -> Problem | None:
    """Mail it ourselves, or watch the `run` that does; what kept it from going, if anything."""
    lock = desk.settings.root / "var" / "sender.lock"
    return await worker.mail_notice(desk.house, number, lock=lock, stop=stop_signs())


def _report(
    screen: Screen, row: tuple[Delivery, Sequence[Attempt]], trouble: Problem | None
) -> None:
    delivery, tries = row
    if delivery.status is DeliveryStatus.ACCEPTED:
        screen.say(msgid("{address} has it; its links act on nothing."), address=delivery.address)
        return
    said = f"{tries[-1].code or ''} {tries[-1].text}".strip() if tries else delivery.reason or "-"
    why = trouble or Problem(
        message=msgid("{address} does not have it yet ({status}): {words}"),
        args={
            "address": delivery.address,
            "status": Term(delivery.status.value),
            "words": said,
        },
    )
    screen.refuse([why])
