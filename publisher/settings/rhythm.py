"""An edition's `send`: words or a cron, and whether it ever fires.  Words: compose.words."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from publisher.compose.window import never_fires
from publisher.compose.words import ParsedWords, ScheduleError, parse_cron, parse_schedule
from publisher.model.editions import Calendar, OnHoliday, Schedule
from publisher.model.problems import msgid
from publisher.settings.mistakes import Mistake
from publisher.settings.words import shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Send:
    """When an edition goes, as written and as understood."""

    words: str
    parsed: ParsedWords


def read_send(value: object) -> Send:
    """The words "every working day at 08:00", or { cron = "0 8 * * mon-fri" }."""
    match value:
        case str():
            return _understood(value, parse_schedule)
        case {"cron": str(cron), **rest} if not rest:
            return _understood(cron, parse_cron)
        case _:
            raise Mistake(
                msgid("{found} is not a schedule."),
                remedy=msgid("Write words such as “every working day at 08:00”, or a cron table."),
                found=shown(value),
            )


def schedule_of(
    send: Send, *, zone: ZoneInfo, calendar: Calendar, on_holiday: OnHoliday | None
) -> Schedule:
    """The noun."""
    return Schedule(
        words=send.words,
        crons=send.parsed.crons,
        zone=zone,
        working_days=send.parsed.working_days,
        calendar=calendar,
        on_holiday=on_holiday,
    )


def refuse_silent(schedule: Schedule, *, now: datetime) -> None:
    """Mistake for a schedule that will not fire in the years to come."""
    if never_fires(schedule, now=now):
        raise Mistake(
            msgid("The schedule “{words}” never fires."),
            remedy=msgid("Name a day that comes, and look at the calendar and on_holiday."),
            words=schedule.words,
        )


def _understood(words: str, read: Callable[[str], ParsedWords]) -> Send:
    try:
        return Send(words=words, parsed=read(words))
    except ScheduleError as error:
        problem = error.problem
        raise Mistake(problem.message, remedy=problem.remedy, **problem.args) from error
