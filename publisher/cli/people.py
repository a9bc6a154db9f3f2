"""`publisher subscribers …`: the people who asked for mail, one by one or as CSV."""

import csv
import sys
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated, TextIO

import typer

from publisher.app import App
from publisher.cli.desk import at_desk
from publisher.cli.screen import Screen
from publisher.errors import Refused
from publisher.model.addresses import normalise
from publisher.model.names import EditionId, Language
from publisher.model.people import Applicant, Consent, Subscriber, Suppression
from publisher.model.problems import Place, Problem, msgid

COLUMNS = ("email", "language", "editions", "name", "consent_text", "consent_at", "consent_source")
_MOST_PROBLEMS = 100  # of one import; more would not be read

app = typer.Typer(no_args_is_help=True)
Address = Annotated[str, typer.Argument(help="The reader's address.")]


@app.command()
def add(  # noqa: PLR0913 - one option per column of the CSV
    context: typer.Context,
    email: Address,
    *,
    language: Annotated[str, typer.Option(help="en or ru.")],
    edition: Annotated[list[str], typer.Option(help="May be given several times.")],
    consent_text: Annotated[str, typer.Option(help="What the reader agreed to, word for word.")],
    consent_source: Annotated[str, typer.Option(help="Where: a form, a letter.")] = "editor",
    name: Annotated[str | None, typer.Option()] = None,
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
        }
        problems: list[Problem] = []
        people = list(_applicants([(1, row)], desk, Place(), problems))
        if problems:
            raise Refused(*problems)
        new, known = await desk.house.audience.enrol(people, now=desk.house.clock())
        screen.document({"new": new, "known": known})
        screen.say(msgid("Added: {email}."), email=people[0].email)

    at_desk(context, work)


@app.command("import")
def import_(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="CSV with a header line; - reads stdin.")],
) -> None:
    """Add people from CSV: email,language,editions,name,consent_text,consent_at,consent_source."""

    async def work(desk: App, screen: Screen) -> None:
        problems: list[Problem] = []
        with nullcontext(sys.stdin) if str(file) == "-" else _opened(file) as lines:
            people = _applicants(_rows(lines, file), desk, Place(file=str(file)), problems)
            new, known = await desk.house.audience.enrol(people, now=desk.house.clock())
        screen.document({"new": new, "known": known, "refused": len(problems)})
        screen.say(msgid("New: {new}. Known before: {known}."), new=new, known=known)
        if problems:
            screen.refuse(problems)

    at_desk(context, work)


@app.command()
def export(
    context: typer.Context,
    file: Annotated[Path | None, typer.Argument(help="Left out: stdout.")] = None,
) -> None:
    """Write everyone with a running subscription as CSV; `import` reads it back."""

    async def work(desk: App, screen: Screen) -> None:
        target = file.open("w", encoding="utf-8", newline="") if file else nullcontext(sys.stdout)
        with target as out:
            writer = csv.writer(out, lineterminator="\n")
            writer.writerow(COLUMNS)
            async for person in desk.house.audience.everyone():
                if running := [tie.edition for tie in person.subscriptions if not tie.left_at]:
                    writer.writerow(_row(person, running))

    at_desk(context, work)


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
            (msgid("Edition"), msgid("Since"), msgid("Left")),
            [
                (tie.edition, _day(tie.since), tie.left_at and _day(tie.left_at))
                for tie in person.subscriptions
            ],
        )
        screen.table(
            (msgid("Consent"), msgid("Given"), msgid("Where")),
            [(proof.text, _day(proof.at), proof.source) for proof in person.consents],
        )
        for row in blocked:
            screen.say(msgid("Suppressed: {reason}."), reason=row.reason.value)

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
        person = await desk.house.audience.find(normalise(email))
    except ValueError:
        person = None
    if person is None:
        raise Refused(Problem(message=msgid("Nobody here has {email}."), args={"email": email}))
    return person


def _opened(file: Path) -> TextIO:
    try:
        return file.open(encoding="utf-8-sig", newline="")
    except OSError as error:
        raise Refused(
            Problem(
                message=msgid("Cannot read {file}: {words}."),
                args={"file": str(file), "words": error.strerror or str(error)},
            )
        ) from error


def _rows(lines: Iterable[str], file: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Each row with its line, the last one where it has several; raises Refused for no CSV."""
    reader = csv.DictReader(lines, strict=True)
    try:
        missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
        if missing:
            raise Refused(_header_lacks(missing, file))
        for row in reader:
            yield (
                reader.line_num,
                {name: value or "" for name, value in row.items() if name in COLUMNS},
            )
    except UnicodeDecodeError as error:
        raise Refused(_not_utf8(file)) from error
    except csv.Error as error:
        raise Refused(_no_csv(file, reader.line_num, error)) from error


def _header_lacks(missing: list[str], file: Path) -> Problem:
    return Problem(
        message=msgid("The header lacks: {columns}."),
        args={"columns": ", ".join(missing), "header": ",".join(COLUMNS)},
        remedy=msgid("Begin the file with: {header}"),
        place=Place(file=str(file), line=1),
    )


def _not_utf8(file: Path) -> Problem:
    return Problem(
        message=msgid("The file is not UTF-8."),
        remedy=msgid("Save the file as UTF-8."),
        place=Place(file=str(file)),
    )


def _no_csv(file: Path, line: int, error: csv.Error) -> Problem:
    return Problem(
        message=msgid("From here on this is no CSV: {words}."),
        args={"words": str(error)},
        remedy=msgid(
            "Look for a lost quote here or above, and import it again; nobody comes twice."
        ),
        place=Place(file=str(file), line=line),
    )


def _applicants(
    rows: Iterable[tuple[int, dict[str, str]]], desk: App, place: Place, problems: list[Problem]
) -> Iterator[Applicant]:
    """The good rows as people; the others become Problems with their line."""
    for number, row in rows:
        try:
            yield _applicant(row, desk)
        except ValueError as error:
            problems.append(
                Problem(
                    message=msgid("This row is left out: {words}."),
                    args={"words": str(error)},
                    place=Place(file=place.file, line=number if place.file else None),
                )
            )
            if len(problems) == _MOST_PROBLEMS:
                raise Refused(*problems) from error


def _applicant(row: dict[str, str], desk: App) -> Applicant:
    newsroom = desk.settings.newsroom
    editions = tuple(EditionId(name) for name in row["editions"].replace(",", " ").split())
    unknown = [edition for edition in editions if edition not in newsroom.editions]
    if unknown or not editions:
        raise ValueError(f"unknown edition {', '.join(unknown) or '(none)'}")
    if row["language"] not in newsroom.site.languages:
        raise ValueError(f"unknown language {row['language']!r}")
    if not row["consent_text"].strip():
        raise ValueError("no consent_text: nobody is mailed without having asked")
    given = datetime.fromisoformat(row["consent_at"])
    if given.tzinfo is None:
        raise ValueError(f"consent_at {row['consent_at']} names no time zone")
    language = Language(row["language"])
    return Applicant(
        email=normalise(row["email"]),
        language=language,
        editions=editions,
        name=row["name"].strip() or None,
        consent=Consent(
            text=row["consent_text"].strip(),
            at=given,
            source=row["consent_source"].strip() or "import",
            language=language,
        ),
    )


def _row(person: Subscriber, running: list[EditionId]) -> tuple[str, ...]:
    proof = person.consents[-1] if person.consents else None
    return (
        person.email,
        person.language,
        " ".join(running),
        person.name or "",
        proof.text if proof else "",
        proof.at.isoformat() if proof else "",
        proof.source if proof else "",
    )


def _document(person: Subscriber, blocked: Iterable[Suppression]) -> dict[str, object]:
    return {**asdict(person), "suppressions": [asdict(row) for row in blocked]}
