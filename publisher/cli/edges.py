"""The edge between what was raised and what a person reads: words and an exit code."""

import errno
import sys
import traceback
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import typer

from publisher.cli import streams
from publisher.cli.call import Call
from publisher.cli.parlance import complaint, said
from publisher.errors import Misconfigured, MoveForbidden, Refused, StoreBusy
from publisher.i18n.localizer import Localizer
from publisher.model.problems import Problem, Severity, msgid
from publisher.model.terms import Term

if TYPE_CHECKING:
    from publisher.cli.screen import Screen

_NO_ROOM = frozenset({errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT})
_SEE_THE_FOLDER = msgid("See that the folder can be written and the disk is not full.")
_USAGE = typer.BadParameter.__bases__[0]  # typer has no other name for it


def guarded(call: Call, command: Callable[[], object]) -> int:
    """Run `command`; every failure ends in words on stderr, never in a traceback.

    `command` returns or leaves with an exit code, 0 for None.
    """
    try:
        code = _left(command)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return 1
    except Exception as error:  # noqa: BLE001 - the last edge before a person
        return _say(call, error)
    return code


def called_wrongly(call: Call, words: str) -> int:
    """Say so, as of any other mistake in how a command is called."""
    return _say(call, _USAGE(words))


def _left(command: Callable[[], object]) -> int:
    try:
        code = command()
    except SystemExit as leaving:
        code = leaving.code
    return code if isinstance(code, int) else int(code is not None)


def _say(call: Call, error: BaseException) -> int:
    while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    shut = streams.unwritten()
    if shut:
        streams.to_nowhere()
    known = shut and isinstance(error, OSError)  # it is that very failure
    from publisher.cli.screen import Screen  # noqa: PLC0415 - 0.2 s that --help need not pay

    screen = Screen.at_any_rate(call)
    problems = [] if known else [*_problems(call, error, screen.text)]
    if isinstance(error, _USAGE):
        screen.err.print(complaint(screen.text, error), markup=False)
    else:
        screen.problems(problems)
    shut = _answered(screen, problems) or shut
    if shut and not isinstance(shut, BrokenPipeError):  # `| head` has seen enough
        screen.problems([_unwritten(shut)])
    return 2 if isinstance(error, (Misconfigured, _USAGE)) else 1


def _answered(screen: "Screen", problems: Sequence[Problem]) -> OSError | None:
    """Print the document of an error; what kept it from being written."""
    try:
        screen.document({"error": [screen.plain(problem) for problem in problems]})
        sys.stdout.flush()
    except OSError as shut:
        streams.to_nowhere()
        return shut
    return None


def _problems(call: Call, error: BaseException, text: Localizer) -> tuple[Problem, ...]:
    if isinstance(error, Misconfigured | Refused):
        return error.problems
    if isinstance(error, _USAGE):
        words = said(text, error.format_message())  # type: ignore[attr-defined]
        return (Problem(message=msgid("Called wrongly: {words}"), args={"words": words}),)
    return (_unexpected(call, error),)


def _unwritten(shut: OSError) -> Problem:
    return Problem(
        message=msgid("The answer cannot be written: {words}."),
        args={"words": Term(shut.strerror or str(shut))},
    )


def _unexpected(call: Call, error: BaseException) -> Problem:
    if isinstance(error, StoreBusy):
        return Problem(
            message=msgid("The database is busy or gone; nothing was changed."),
            remedy=msgid("Try again; see that no other program holds it."),
        )
    if isinstance(error, MoveForbidden):
        return Problem(
            message=msgid("{thing} is {came_from}; it cannot become {to}."),
            args={"thing": error.thing, "came_from": Term(error.came_from), "to": Term(error.to)},
        )
    if isinstance(error, OSError) and error.filename is not None:
        return Problem(
            message=msgid("The system does not let us use {file}: {words}."),
            args={"file": str(error.filename), "words": Term(error.strerror or str(error))},
            remedy=_SEE_THE_FOLDER if error.errno in _NO_ROOM else None,
        )
    if isinstance(error, UnicodeEncodeError) and "surrogates" in error.reason:
        return Problem(message=msgid("A word of the command is not UTF-8."))
    if call.environ.get("PUBLISHER_DEBUG"):
        traceback.print_exception(error)
    return Problem(
        message=msgid("Something went wrong that should not have: {kind}: {words}"),
        args={"kind": type(error).__name__, "words": str(error) or "-"},
        remedy=msgid("Set PUBLISHER_DEBUG=1 to see where, and tell us."),
        severity=Severity.BLOCK,
    )
