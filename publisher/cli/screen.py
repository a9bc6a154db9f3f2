"""What a person or a program reads on the terminal: tables, lines, one JSON document."""

import json
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Any, NoReturn

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from publisher.assets import Assets
from publisher.cli.call import Call
from publisher.cli.streams import data_out
from publisher.cli.tongue import words_at_any_rate, words_of
from publisher.i18n.localizer import Localizer
from publisher.model.problems import Problem, Severity

_ENDLESS = 100_000  # columns of what is no terminal
_MARKS = {Severity.BLOCK: ("✗", "red"), Severity.WARN: ("!", "yellow"), Severity.NOTE: ("·", "dim")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """One command's way to speak; with --json only `document` reaches stdout."""

    text: Localizer
    json: bool
    out: Console
    err: Console

    @classmethod
    def of(cls, call: Call, assets: Assets | None = None) -> "Screen":
        """The screen of a call, in the language asked for, else the environment's."""
        return cls._on(words_of(call, assets), call)

    @classmethod
    def at_any_rate(cls, call: Call) -> "Screen":
        """The same where a wrong language, or a broken catalog, may be what is to be said."""
        return cls._on(words_at_any_rate(call), call)

    @classmethod
    def _on(cls, text: Localizer, call: Call) -> "Screen":
        return cls(
            text=text,
            json=call.json,
            out=_console(stderr=False),
            err=_console(stderr=True),
        )

    def say(self, message: str, /, **args: str | int) -> None:
        """One line for a person."""
        if not self.json:
            self.out.print(self.text.say(message, **args), markup=False)

    def state(self, state: Enum | None) -> str | None:
        """What a state, or a reason, is called; None for none."""
        return self.text.raw(state.value) if state else None

    def problems(self, problems: Sequence[Problem]) -> None:
        """Each on stderr, worst first, with its mark."""
        order = list(Severity)
        for problem in sorted(problems, key=lambda one: order.index(one.severity)):
            mark, style = _MARKS[problem.severity]
            self.err.print(mark, style=style, end=" ")
            self.err.print(self.text.problem(problem), markup=False)

    def refuse(self, problems: Sequence[Problem]) -> NoReturn:
        """Say why not, and leave with exit code 1; for commands that have answered already."""
        self.problems(problems)
        raise typer.Exit(1)

    def table(self, headings: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """A table; headings are msgids, cells are shown as they are."""
        if self.json:
            return
        table = Table(box=None, pad_edge=False, header_style="bold")
        names = max((len(str(row[0])) for row in rows), default=0)
        for heading in headings:
            numeric = bool(rows) and all(isinstance(r[len(table.columns)], int) for r in rows)
            table.add_column(
                self.text.say(heading),
                justify="right" if numeric else "left",
                min_width=None if table.columns else names,  # ids are to be copied whole
                overflow="fold",
            )
        for row in rows:
            table.add_row(*(Text("–" if cell is None else str(cell)) for cell in row))
        self._whole(table)

    def pairs(self, rows: Sequence[tuple[str, str]]) -> None:
        """Two columns, the first one a name."""
        if self.json:
            return
        table = Table(box=None, pad_edge=False, show_header=False)
        table.add_column(style="bold", no_wrap=True)
        table.add_column(overflow="fold")
        for name, words in rows:
            table.add_row(Text(name), Text(words))
        self._whole(table)

    def _whole(self, table: Table) -> None:
        """As wide as a person sees; for a program a line stays a line."""
        if self.out.is_terminal:
            self.out.print(table)
            return
        with self.out.capture() as caught:
            self.out.print(table)
        for line in caught.get().splitlines():
            self.out.print(line.rstrip(), markup=False)

    def document(self, content: Mapping[str, Any] | Sequence[Any]) -> None:
        """The one JSON document of --json: enums lower case, times UTC with Z."""
        if self.json:
            data_out()
            json.dump(content, sys.stdout, ensure_ascii=False, indent=2, default=_encode)
            sys.stdout.write("\n")

    async def documents(self, content: AsyncIterator[Mapping[str, Any]]) -> None:
        """The same for a list that is too long to be held at once."""
        data_out()
        before = "["
        async for one in content:
            sys.stdout.write(f"{before}\n  {json.dumps(one, ensure_ascii=False, default=_encode)}")
            before = ","
        sys.stdout.write("[]\n" if before == "[" else "\n]\n")

    def plain(self, problem: Problem) -> dict[str, Any]:
        """A Problem for a JSON document."""
        return {
            "severity": problem.severity,
            "rule": problem.rule,
            "message": self.text.problem(problem),
            "file": problem.place.file,
            "line": problem.place.line,
            "key": problem.place.key,
        }


def _console(*, stderr: bool) -> Console:
    console = Console(stderr=stderr, highlight=False, emoji=False, soft_wrap=True)
    if not console.is_terminal:
        console.width = _ENDLESS
    return console


def _encode(value: object) -> object:
    match value:
        case datetime():
            return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        case Enum():
            return value.value
        case frozenset():
            return sorted(value)
        case tuple():
            return list(value)
        case _:
            return str(value)
