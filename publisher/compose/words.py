"""Schedules in words: "every working day at 08:00" as crons.  Fires nothing; see window.py."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from cronsim import CronSim, CronSimError

from publisher.errors import PublisherError
from publisher.model.problems import Problem, msgid

# The language of config is English, as its keys are; readers never meet these words.
_WEEKDAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
_DAY_NUMBERS = {name: number for number, name in enumerate(_WEEKDAYS)} | {
    name[:3]: number for number, name in enumerate(_WEEKDAYS)
}
_MONDAY_TO_FRIDAY = "1-5"
_SOME_DAY = datetime(2000, 1, 1, tzinfo=UTC)  # crons are only read here, never fired
_MINUTES_AN_HOUR, _HOURS_A_DAY = 60, 24

_EXAMPLE = msgid(
    "Write for example “every working day at 08:00”, “every monday and friday at 07:30”, "
    "“every month on the 1st at 09:00” or “every 15 minutes”."
)
_CRON_EXAMPLE = msgid(
    "Write five fields, minute, hour, day, month and weekday, for example “0 8 * * mon-fri”."
)


class ScheduleError(PublisherError):
    """A schedule that was not understood; `problem` says which part, and how to write it."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedWords:
    """What the words mean: any of `crons` (five fields), on working days only or on all."""

    crons: tuple[str, ...]
    working_days: bool = False


def parse_schedule(words: str) -> ParsedWords:
    """The crons an editor's words stand for; upper case and spaces do not matter.

    Understood: every hour · every N hours · every N minutes (N divides a day or an hour) ·
    every day | working day | weekday | DAYS at TIMES · every month on the N-th | last day at
    TIMES, where DAYS and TIMES are lists with commas and "and", and a time is 24-hour H:MM.
    "Weekday" is Monday to Friday; "working day" also follows the calendar.  Raises ScheduleError.
    """
    plain = " ".join(words.casefold().split())
    if not plain.startswith("every "):
        raise _not_understood(words, part=words.strip())
    rhythm = plain.removeprefix("every ")
    if " at " in rhythm:
        return _at_times(rhythm, words)
    return ParsedWords(crons=(_rhythm(rhythm, words),))


def parse_cron(expression: str) -> ParsedWords:
    """A five-field cron, spaces made even; ScheduleError when it is none or names no real day."""
    fields = expression.split()
    if len(fields) != 5:  # noqa: PLR2004  # cronsim would take a sixth, for seconds
        raise _no_cron(expression)
    try:
        CronSim(" ".join(fields), _SOME_DAY)
    except CronSimError as error:
        raise _no_cron(expression) from error
    return ParsedWords(crons=(" ".join(fields),))


def _at_times(rhythm: str, words: str) -> ParsedWords:
    days, _, times = rhythm.partition(" at ")
    clocks = [_clock(one, words) for one in _listed(times)]
    if not clocks:
        raise _not_understood(words, part=times)
    which = _days(days, words)
    crons = dict.fromkeys(f"{minute} {hour} {which}" for hour, minute in sorted(clocks))
    return ParsedWords(crons=tuple(crons), working_days=days == "working day")


def _days(days: str, words: str) -> str:
    """The last three fields of a cron: day of the month, month, weekday."""
    if days in {"day", "working day"}:
        return "* * *"
    if days == "weekday":
        return f"* * {_MONDAY_TO_FRIDAY}"
    if days.startswith("month on the "):
        return f"{_month_days(days.removeprefix('month on the '), words)} * *"
    numbers = {_weekday(name, words) for name in _listed(days)}
    if not numbers:
        raise _not_understood(words, part=days)
    return f"* * {','.join(str(number) for number in sorted(numbers))}"


def _weekday(name: str, words: str) -> int:
    if name not in _DAY_NUMBERS:
        raise _not_understood(words, part=name)
    return _DAY_NUMBERS[name]


def _month_days(days: str, words: str) -> str:
    if days == "last day":
        return "L"
    numbers = {_ordinal(one, words) for one in _listed(days)}
    if not numbers:
        raise _not_understood(words, part=days)
    return ",".join(str(number) for number in sorted(numbers))


def _ordinal(text: str, words: str) -> int:
    """1 to 31 from "1st", "22nd", "3"; a month without that day has no firing."""
    found = re.fullmatch(r"(\d{1,2})(?:st|nd|rd|th)?", text, re.ASCII)
    if not found or not 1 <= int(found[1]) <= 31:  # noqa: PLR2004  # no month is longer
        raise _not_understood(words, part=text)
    return int(found[1])


def _clock(text: str, words: str) -> tuple[int, int]:
    found = re.fullmatch(r"(\d{1,2}):(\d{2})", text, re.ASCII)
    if not found or int(found[1]) >= _HOURS_A_DAY or int(found[2]) >= _MINUTES_AN_HOUR:
        raise _not_understood(words, part=text)
    return int(found[1]), int(found[2])


def _rhythm(rhythm: str, words: str) -> str:
    if rhythm == "hour":
        return "0 * * * *"
    found = re.fullmatch(r"(\d{1,2}) (minute|hour)s?", rhythm, re.ASCII)
    if not found:
        raise _not_understood(words, part=rhythm)
    step, unit = int(found[1]), found[2]
    whole = _MINUTES_AN_HOUR if unit == "minute" else _HOURS_A_DAY
    if step in {0, whole} or whole % step:
        raise _uneven(words, step=step, whole=whole)
    return f"*/{step} * * * *" if unit == "minute" else f"0 */{step} * * *"


def _listed(text: str) -> list[str]:
    """The parts of "monday, wednesday and friday"."""
    return [part for part in re.split(r"\s*(?:,\s*and\s+|,|\sand\s)\s*", text.strip()) if part]


def _not_understood(words: str, *, part: str) -> ScheduleError:
    return ScheduleError(
        Problem(
            message=msgid("The schedule “{words}” was not understood at “{part}”."),
            args={"words": words, "part": part},
            remedy=_EXAMPLE,
        )
    )


def _no_cron(expression: str) -> ScheduleError:
    return ScheduleError(
        Problem(
            message=msgid("“{cron}” is not a cron expression, or names a day no month has."),
            args={"cron": expression},
            remedy=_CRON_EXAMPLE,
        )
    )


def _uneven(words: str, *, step: int, whole: int) -> ScheduleError:
    return ScheduleError(
        Problem(
            message=msgid("The schedule “{words}” is uneven: {step} does not divide {whole}."),
            args={"words": words, "step": step, "whole": whole},
            remedy=_EXAMPLE,
        )
    )
