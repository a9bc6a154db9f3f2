"""The edge between what was raised and what a person reads: words and an exit code."""

import os
import sys
import traceback
from collections.abc import Callable
from dataclasses import replace

from publisher.cli.call import Call
from publisher.errors import Misconfigured, MoveForbidden, Refused, StoreBusy
from publisher.model.problems import Problem, Severity, msgid


def guarded(call: Call, command: Callable[[], object]) -> int:
    """Run `command`; every failure ends in words on stderr, never in a traceback."""
    try:
        command()
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nobody reads any more
    except KeyboardInterrupt:
        pass
    except Exception as error:  # noqa: BLE001 - the last edge before a person
        return _say(call, error)
    else:
        return 0
    return 1


def _say(call: Call, error: BaseException) -> int:
    while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    if isinstance(error, Misconfigured | Refused):
        problems = error.problems
    else:
        problems = (_unexpected(call, error),)
    from publisher.cli.screen import Screen  # noqa: PLC0415 - 0.2 s that --help need not pay

    try:
        screen = Screen.of(call)
    except Misconfigured:  # a language we do not speak, and perhaps that is what is wrong
        screen = Screen.of(replace(call, language=None))
    screen.problems(problems)
    screen.document({"error": [screen.plain(problem) for problem in problems]})
    return 2 if isinstance(error, Misconfigured) else 1


def _unexpected(call: Call, error: BaseException) -> Problem:
    if isinstance(error, StoreBusy):
        return Problem(
            message=msgid("The database is busy or gone; nothing was changed."),
            remedy=msgid("Try again; see that no other program holds it."),
        )
    if isinstance(error, MoveForbidden):
        return Problem(
            message=msgid("{thing} is {came_from}; it cannot become {to}."),
            args={"thing": error.thing, "came_from": error.came_from, "to": error.to},
        )
    if isinstance(error, OSError) and error.filename is not None:
        return Problem(
            message=msgid("The system does not let us use {file}: {words}."),
            args={"file": str(error.filename), "words": error.strerror or str(error)},
            remedy=msgid("See that the folder can be written and the disk is not full."),
        )
    if call.environ.get("PUBLISHER_DEBUG"):
        traceback.print_exception(error)
    return Problem(
        message=msgid("Something went wrong that should not have: {kind}: {words}"),
        args={"kind": type(error).__name__, "words": str(error) or "-"},
        remedy=msgid("Set PUBLISHER_DEBUG=1 to see where, and tell us."),
        severity=Severity.BLOCK,
    )
