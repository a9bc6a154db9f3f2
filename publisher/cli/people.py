"""`publisher subscribers …`: the people who asked for mail, one by one or as CSV."""

import sys
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import nullcontext
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated, TextIO

import typer

from publisher.app import App
from publisher.cli.desk import at_desk
from publisher.cli.people_csv import (
    CHOICES,
    COLUMNS,
    Reading,
    applicants,
    choices_of,
    opened,
    row_of,
    rows_of,
    standard_input,
)
from publisher.cli.screen import Screen
from publisher.cli.sheet import Sheet
from publisher.cli.streams import data_out
from publisher.errors import Refused
from publisher.model.addresses import normalise
from publisher.model.people import Subscriber, Suppression, SuppressionReason
from publisher.model.problems import Place, Problem, msgid

app = typer.Typer(no_args_is_help=True)
_SUPPRESSED = {
    SuppressionReason.HARD_BOUNCE: msgid("Not mailed: the address does not exist."),
    SuppressionReason.COMPLAINT: msgid("Not mailed: the reader called it spam."),
    SuppressionReason.ERASURE: msgid("Not mailed: the reader asked to be forgotten."),
    SuppressionReason.OPERATOR: msgid("Not mailed: the newsroom decided so."),
    SuppressionReason.LIFTED: msgid("Mailed again: the reader has subscribed anew."),
}
Address = Annotated[str, typer.Argument(metavar="ADDRESS", help=msgid("The reader's address."))]


@app.command()
def add(  # noqa: PLR0913 - one option per column of the CSV
    context: typer.Context,
    email: Address,
    *,
    language: Annotated[str, typer.Option(help=msgid("en or ru."))],
    edition: Annotated[list[str], typer.Option(help=msgid("May be given several times."))],
    consent_text: Annotated[
        str, typer.Option(help=msgid("What the reader agreed to, word for word."))
    ],
    consent_source: Annotated[str, typer.Option(help=msgid("Where: a form, a letter."))] = "editor",
    name: Annotated[str | None, typer.Option(help=msgid("What they are called."))] = None,
    section: Annotated[
        list[str] | None,
        typer.Option(help=msgid("A section they chose; several times. all: every one.")),
    ] = None,
    advertising: Annotated[
        bool | None, typer.Option(help=msgid("Whether they agreed to advertising."))
    ] = None,
    timezone: Annotated[
        str | None, typer.Option(help=msgid("Where they live, for issues in waves: Asia/Tokyo."))
    ] = None,
) -> None:
    """Add one person, with the proof that they asked."""

    async def work(desk: App, screen: Screen) -> None:
        row = {
            "email": email,
            "language": language,
            "editions": " ".join(edition),
            "name": name or "",
            "consent_text": consent_text,
            "consent_at": desk.house.clock().isoformat(),
            "consent_source": consent_source,
            "sections": " ".join(section or ()),
            "advertising": "" if advertising is None else ("yes" if advertising else "no"),
            "timezone": timezone or "",
        }
        reading = Reading()
        people = list(applicants([(1, row)], desk, Place(), reading))
        if reading.left_out:
            raise Refused(*reading.left_out)
        new, known = await desk.house.audience.enrol(people, now=desk.house.clock())
        screen.document({"new": new, "known": known})
        screen.say(msgid("Added: {email}."), email=people[0].email)

    at_desk(context, work)


@app.command("import")
def import_(
    context: typer.Context,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help=msgid("CSV with a header line; - reads stdin."))
    ],
) -> None:
    """Add people from CSV: email,language,editions,name,consent_text,consent_at,consent_source.

    Three more columns may follow: sections (`business culture`, or `morning=business,culture`;
    `all`), advertising (yes or no), and timezone (`Asia/Tokyo`).  An empty cell leaves what they
    chose before.
    """

    async def work(desk: App, screen: Screen) -> None:
        reading = Reading()
        with nullcontext(standard_input()) if str(file) == "-" else opened(file) as lines:
            people = applicants(rows_of(lines, file), desk, Place(file=str(file)), reading)
            new, known = await desk.house.audience.enrol(people, now=desk.house.clock())
        refused, ended = len(reading.left_out), reading.ended
        if ended and not (new or known or refused):
            raise Refused(ended)
        unread = {"unread_from": ended.place.line} if ended else {}
        screen.document({"new": new, "known": known, "refused": refused, **unread})
        screen.say(msgid("New: {new}. Known before: {known}."), new=new, known=known)
        if refused:
            screen.say(msgid("Left out: {n}."), n=refused)
        if ended or refused:
            screen.say(msgid("Mend what is named and import the file again: nobody comes twice."))
            screen.refuse([*reading.left_out, *([ended] if ended else [])])

    at_desk(context, work)


@app.command()
def export(
    context: typer.Context,
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", help=msgid("Left out: stdout."))
    ] = None,
) -> None:
    """Write everyone with a running subscription as CSV; `import` reads it back.

    With --json on stdout: a list of the same rows.
    """

    async def work(desk: App, screen: Screen) -> None:
        columns = COLUMNS + CHOICES[: await _choices(desk)]
        if file:
            with file.open("w", encoding="utf-8", newline="") as out:
                written = await _write_csv(desk, columns, out)
            screen.document({"file": str(file), "written": written})
        elif screen.json:
            await screen.documents(_cells(desk, columns))
        else:
            data_out()
            await _write_csv(desk, columns, sys.stdout)

    at_desk(context, work)


async def _write_csv(desk: App, columns: Sequence[str], out: TextIO) -> int:
    """How many people were written."""
    sheet, written = Sheet(out), 0
    sheet.write(columns)
    async for cells in _cells(desk, columns):
        sheet.write(tuple(cells.values()))
        written += 1
    return written


async def _cells(desk: App, columns: Sequence[str]) -> AsyncIterator[dict[str, str]]:
    async for person in desk.house.audience.everyone():
        if running := [tie.edition for tie in person.subscriptions if not tie.left_at]:
            yield dict(zip(columns, row_of(person, running), strict=False))


async def _choices(desk: App) -> int:
    """How many of the optional columns somebody needs."""
    most = 0
    async for person in desk.house.audience.everyone():
        most = max(most, choices_of(person))
    return most


@app.command()
def show(context: typer.Context, email: Address) -> None:
    """One person: subscriptions, consents, suppressions."""

    async def work(desk: App, screen: Screen) -> None:
        person = await _found(desk, email)
        blocked = await desk.house.audience.suppressions(person.email)
        screen.document(_document(person, blocked))
        screen.say(
            msgid("{email}, {language}, since {date}"),
            email=person.email,
            language=person.language,
            date=screen.text.date(person.created_at, desk.settings.newsroom.site.zone),
        )
        screen.table(
            (msgid("Edition"), msgid("Since"), msgid("Left"), msgid("Sections")),
            [
                (
                    tie.edition,
                    _day(tie.since),
                    tie.left_at and _day(tie.left_at),
                    " ".join(sorted(tie.sections)) if tie.sections else None,
                )
                for tie in person.subscriptions
            ],
        )
        screen.table(
            (msgid("Consent"), msgid("Given"), msgid("Where")),
            [(proof.text, _day(proof.at), proof.source) for proof in person.consents],
        )
        if person.agrees_to_advertising and person.advertising_at:
            screen.say(msgid("Agreed to advertising: {time}."), time=_day(person.advertising_at))
        for row in blocked:
            screen.say(_SUPPRESSED[row.reason])

    at_desk(context, work)


@app.command()
def remove(context: typer.Context, email: Address) -> None:
    """End every subscription of one person."""

    async def work(desk: App, screen: Screen) -> None:
        person = await _found(desk, email)
        await desk.house.audience.remove(person.email, now=desk.house.clock())
        screen.document({"email": person.email, "removed": True})
        screen.say(msgid("{email} gets no more mail."), email=person.email)

    at_desk(context, work)


def _day(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d %H:%MZ}"


async def _found(desk: App, email: str) -> Subscriber:
    try:
        kept_as = normalise(email)
    except ValueError:  # it may have been let in when less was looked at
        kept_as = email.encode("utf-8", "replace").decode()
    person = await desk.house.audience.find(kept_as)
    if person is None:
        raise Refused(Problem(message=msgid("Nobody here has {email}."), args={"email": email}))
    return person


def _document(person: Subscriber, blocked: Iterable[Suppression]) -> dict[str, object]:
    said = asdict(person)
    del said["had_old_links"]  # nobody's business but the links'
    return {**said, "suppressions": [asdict(row) for row in blocked]}
