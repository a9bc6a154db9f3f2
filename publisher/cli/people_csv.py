"""People as CSV: read with every mistake in its line, written so that `import` reads it back."""

import csv
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from io import TextIOWrapper
from itertools import chain
from pathlib import Path
from typing import TextIO

from publisher.app import App
from publisher.errors import Refused
from publisher.model.addresses import NotAnAddress, normalise
from publisher.model.names import EditionId, Language, SectionId
from publisher.model.newsroom import Newsroom
from publisher.model.people import Applicant, Choices, Consent, Subscriber
from publisher.model.problems import Place, Problem, msgid
from publisher.model.terms import Term
from publisher.model.zones import known_zones

COLUMNS = ("email", "language", "editions", "name", "consent_text", "consent_at", "consent_source")
CHOICES = ("sections", "advertising", "timezone")  # columns that may be missing
ALL_SECTIONS = "all"
_TRUTH = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}
_KNOWN = frozenset((*COLUMNS, *CHOICES))
_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)  # nobody asked for a newsletter by mail before
_AHEAD = timedelta(days=1)  # of our clock: theirs, or a zone written wrongly
_PARTED_BY = (",", ";", "\t")
_MOST_PROBLEMS = 100  # of one import; more would not be read


def opened(file: Path) -> TextIO:
    """The file for reading; raises Refused where it cannot be."""
    try:
        return file.open(encoding="utf-8-sig", newline="")
    except OSError as error:
        raise Refused(
            Problem(
                message=msgid("Cannot read {file}: {words}."),
                args={"file": str(file), "words": Term(error.strerror or str(error))},
            )
        ) from error


def standard_input() -> TextIO:
    """stdin, read as a file is: UTF-8 whatever the terminal's alphabet is."""
    if isinstance(sys.stdin, TextIOWrapper):
        sys.stdin.reconfigure(encoding="utf-8-sig", errors="strict", newline="")
    return sys.stdin


def rows_of(lines: Iterable[str], file: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Each row with its line, the last one where it has several; raises Refused for no CSV.

    Cells are parted by what parts the names in the header: commas, or the semicolons or tabs that
    spreadsheets write where a comma stands in numbers.
    """
    lines = iter(lines)
    reader: csv.DictReader[str] = csv.DictReader(())
    try:
        first = next(lines, "")
        parted = max(_PARTED_BY, key=first.count)
        reader = csv.DictReader(chain([first], lines), strict=True, delimiter=parted)
        missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
        if missing:
            raise Refused(_header_lacks(missing, file))
        for row in reader:
            yield (
                reader.line_num,
                {name: value or "" for name, value in row.items() if name in _KNOWN},
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


@dataclass(slots=True)
class Reading:
    """What reading rows came upon, told when it is over."""

    left_out: list[Problem] = field(default_factory=list)  # a row each
    ended: Problem | None = None  # why the rest was not read


def applicants(
    rows: Iterable[tuple[int, dict[str, str]]], desk: App, place: Place, reading: Reading
) -> Iterator[Applicant]:
    """The good rows as people; the others become Problems with their line.

    It ends where too many are wrong, or where the file can be read no further: the good ones before
    that are people all the same.
    """
    try:
        for number, row in rows:
            here = replace(place, line=number if place.file else None)
            if len(reading.left_out) == _MOST_PROBLEMS:
                reading.ended = _too_many(here)
                return
            try:
                person = _applicant(row, desk)
            except (Refused, ValueError) as error:
                reading.left_out.append(replace(_left_out(error), place=here))
            else:
                yield person
    except Refused as error:
        reading.ended = error.problems[0]


def _too_many(here: Place) -> Problem:
    return Problem(
        message=msgid("{n} rows are wrong; from here on nothing was read."),
        args={"n": _MOST_PROBLEMS},
        place=here,
    )


def _left_out(error: Exception) -> Problem:
    if isinstance(error, Refused):
        return error.problems[0]
    return Problem(message=msgid("This row is left out: {words}."), args={"words": str(error)})


def _applicant(row: dict[str, str], desk: App) -> Applicant:
    newsroom = desk.settings.newsroom
    editions = tuple(EditionId(name) for name in row["editions"].replace(",", " ").split())
    _refuse_unknown(row, editions, newsroom)
    if not row["consent_text"].strip():
        raise _unfit(msgid("No consent_text: nobody is mailed without having asked."))
    language = Language(row["language"])
    return Applicant(
        email=_email(row["email"]),
        language=language,
        editions=editions,
        name=row["name"].strip() or None,
        consent=Consent(
            text=row["consent_text"].strip(),
            at=_given(row["consent_at"], now=desk.house.clock()),
            source=row["consent_source"].strip() or "import",
            language=language,
        ),
        choices=Choices(
            sections=_sections(row.get("sections", ""), editions, newsroom),
            advertising=_advertising(row.get("advertising", "")),
            timezone=_timezone(row.get("timezone", "")),
        ),
    )


def _given(words: str, *, now: datetime) -> datetime:
    """When a consent was given: by mail at all, and not after now, bar a clock that is ahead."""
    at = datetime.fromisoformat(words)
    if at.tzinfo is None:
        raise _unfit(msgid("consent_at {words} names no time zone."), words=words)
    if not _EARLIEST <= at <= now + _AHEAD:
        raise _unfit(msgid("consent_at {words} is before 1990 or still to come."), words=words)
    return at


def _refuse_unknown(
    row: Mapping[str, str], editions: Sequence[EditionId], newsroom: Newsroom
) -> None:
    if odd := [name for name, cell in row.items() if not _storable(cell)]:
        raise _unfit(
            msgid("The column {column} holds a character that cannot be stored."), column=odd[0]
        )
    if not editions:
        raise _unfit(msgid("No edition is named."))
    if unknown := [edition for edition in editions if edition not in newsroom.editions]:
        raise _unfit(msgid("There is no edition “{name}”."), name=", ".join(unknown))
    if (language := row["language"]) not in newsroom.site.languages:
        raise _unfit(
            msgid("The newsroom has no language “{language}”; it has: {known}."),
            language=language,
            known=", ".join(newsroom.site.languages),
        )


def _storable(cell: str) -> bool:
    """PostgreSQL takes no NUL, and nobody the halves that a terminal makes of other alphabets."""
    return "\0" not in cell and cell.encode("utf-8", "replace").decode() == cell


def _email(words: str) -> str:
    try:
        return normalise(words)
    except NotAnAddress as error:
        raise Refused(error.problem) from error


def _unfit(message: str, /, **args: str) -> Refused:
    return Refused(Problem(message=message, args=args))


def _sections(
    words: str, editions: tuple[EditionId, ...], newsroom: Newsroom
) -> Mapping[EditionId, frozenset[SectionId] | None]:
    """`business culture` for every edition of the row, `morning=business,culture` for one."""
    common = [word for word in words.replace(",", " ").split() if "=" not in words]
    chosen = dict.fromkeys(editions, common) if common else {}
    for word in words.split() if "=" in words else ():
        edition, _, names = word.partition("=")
        if edition not in editions:
            raise _unfit(
                msgid("“{name}” has sections, and is none of the editions named: {known}."),
                name=edition or word,
                known=", ".join(editions),
            )
        chosen[EditionId(edition)] = names.split(",")
    return {edition: _known_sections(names, edition, newsroom) for edition, names in chosen.items()}


def _known_sections(
    names: list[str], edition: EditionId, newsroom: Newsroom
) -> frozenset[SectionId] | None:
    if names == [ALL_SECTIONS]:
        return None
    known = newsroom.editions[edition].sections
    if unknown := [name for name in names if name not in known]:
        raise _unfit(
            msgid("The edition {edition} has no section “{names}”."),
            edition=edition,
            names=", ".join(unknown),
        )
    return frozenset(map(SectionId, names))


def _advertising(words: str) -> bool | None:
    if not words.strip():
        return None
    if words.strip().lower() not in _TRUTH:
        raise _unfit(msgid("advertising is “{words}”, neither yes nor no."), words=words)
    return _TRUTH[words.strip().lower()]


def _timezone(words: str) -> str | None:
    name = words.strip()
    if name and name not in known_zones():
        raise _unfit(msgid("There is no time zone “{name}”."), name=name)
    return name or None


def choices_of(person: Subscriber) -> int:
    """How many of the optional columns a row of theirs needs."""
    if person.timezone:
        return len(CHOICES)
    chosen = any(tie.sections for tie in person.subscriptions if not tie.left_at)
    return len(CHOICES) - 1 if chosen or person.advertising_at else 0


def row_of(person: Subscriber, running: list[EditionId]) -> tuple[str, ...]:
    """Their row: COLUMNS, then CHOICES."""
    chosen = {tie.edition: tie.sections for tie in person.subscriptions if tie.sections}
    proof = person.consents[-1] if person.consents else None
    return (
        person.email,
        person.language,
        " ".join(running),
        person.name or "",
        proof.text if proof else "",
        proof.at.isoformat() if proof else "",
        proof.source if proof else "",
        " ".join(
            f"{edition}={','.join(sorted(chosen[edition]))}"
            for edition in running
            if edition in chosen
        ),
        "" if person.advertising_at is None else _yes_or_no(person.agrees_to_advertising),
        person.timezone or "",
    )


def _yes_or_no(answer: bool) -> str:  # noqa: FBT001 - it is the question
    return "yes" if answer else "no"
