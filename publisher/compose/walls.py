"""Wall times as instants: crons, calendars, clock changes.  Knows no editions; see window.py.

The policy around clock changes: a wall time the clock skips fires at the first instant after the
gap, one it shows twice fires the first time.  cronsim alone is not asked, for it treats "*/15"
and "30 2" differently there; it only names the wall times.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from heapq import merge
from itertools import takewhile
from zoneinfo import ZoneInfo

from cronsim import CronSim

from publisher.model.editions import Calendar, OnHoliday, Schedule

REACH = timedelta(days=60)  # how far a holiday may move a firing; farther, it is left out
_DAY = timedelta(days=1)
_SATURDAY = 5
_Day = tuple[date, tuple[time, ...]]


def instants(schedule: Schedule, *, since: date, until: date) -> Iterator[datetime]:
    """UTC instants of the local days from `since` to `until`, ascending, no two the same.

    A few instants of the days around may come along, where holidays move firings.
    """
    last: datetime | None = None
    for day, times in _moved(schedule, since, until):
        for at in times:
            instant = to_instant(datetime.combine(day, at), schedule.zone)
            if instant != last:  # a gap pushes several wall times to one instant
                yield instant
            last = instant


def to_instant(wall: datetime, zone: ZoneInfo) -> datetime:
    """The UTC instant of a naive wall time, by the policy above."""
    first = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    second = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    if first <= second:
        return first
    # In a gap PEP 495 reads fold=1 by the new offset, an instant before the change, and fold=0
    # by the old one, an instant behind it.
    return _change_between(second, first, zone)


def is_working(day: date, calendar: Calendar) -> bool:
    """Monday to Friday and not off, or worked by the calendar's word."""
    return day in calendar.working or (day.weekday() < _SATURDAY and day not in calendar.off)


def _change_between(low: datetime, high: datetime, zone: ZoneInfo) -> datetime:
    """The first second from `low` on at which the zone has the offset it has at `high`."""
    new = high.astimezone(zone).utcoffset()
    seconds = range(int((high - low).total_seconds()))
    after = bisect_left(
        seconds,
        1,
        key=lambda s: (low + timedelta(seconds=s)).astimezone(zone).utcoffset() == new,
    )
    return low + timedelta(seconds=after)


def _moved(schedule: Schedule, since: date, until: date) -> Iterator[_Day]:
    """Days with their times after the calendar had its word, ascending, each day once."""
    reach = REACH if _moves(schedule) else timedelta(0)
    pending: dict[date, set[time]] = {}
    for day, times in _named(schedule.crons, since - reach, until + reach):
        yield from _settled(pending, _watermark(schedule, day))
        target = _target(schedule, day)
        if target is not None:
            pending.setdefault(target, set()).update(times)
    yield from _settled(pending, date.max)


def _settled(pending: dict[date, set[time]], before: date) -> Iterator[_Day]:
    for day in sorted(day for day in pending if day < before):
        yield day, tuple(sorted(pending.pop(day)))


def _named(crons: Iterable[str], since: date, until: date) -> Iterator[_Day]:
    """The days any of the crons names, with that cron's times; ascending, maybe repeated."""
    return merge(*(_named_by(cron, since, until) for cron in crons))


def _named_by(cron: str, since: date, until: date) -> Iterator[_Day]:
    # Days and times apart: five empty years of "every minute" are 1,826 steps, not 2.6 million.
    minute, hour, *day_fields = cron.split()
    times = _times(f"{minute} {hour} * * *")
    midnights = CronSim(f"0 0 {' '.join(day_fields)}", _just_before(since))
    for midnight in midnights:
        if midnight.date() > until:
            return
        yield midnight.date(), times


def _times(cron: str) -> tuple[time, ...]:
    day = date(2000, 1, 1)
    walls = CronSim(cron, _just_before(day))
    return tuple(wall.time() for wall in takewhile(lambda wall: wall.date() == day, walls))


def _just_before(day: date) -> datetime:
    # UTC stands for "no zone": cronsim applies its own rules of clock changes to any other.
    return datetime.combine(day, time(), tzinfo=UTC) - timedelta(seconds=1)


def _moves(schedule: Schedule) -> bool:
    return not schedule.working_days and schedule.on_holiday in {
        OnHoliday.DAY_BEFORE,
        OnHoliday.DAY_AFTER,
    }


def _target(schedule: Schedule, day: date) -> date | None:
    """The day on which a firing named for `day` falls; None when it is left out."""
    calendar = schedule.calendar
    if schedule.working_days:
        return day if is_working(day, calendar) else None
    if day not in calendar.off or day in calendar.working:
        return day
    match schedule.on_holiday:
        case None:
            return day
        case OnHoliday.SKIP:
            return None
        case OnHoliday.DAY_BEFORE:
            return _nearest_working(day, -_DAY, calendar)
        case OnHoliday.DAY_AFTER:
            return _nearest_working(day, _DAY, calendar)


def _watermark(schedule: Schedule, day: date) -> date:
    """No firing named for `day` or later falls before this day."""
    if not _moves(schedule) or schedule.on_holiday is OnHoliday.DAY_AFTER:
        return day
    return _nearest_working(day, -_DAY, schedule.calendar) or day - REACH


def _nearest_working(day: date, step: timedelta, calendar: Calendar) -> date | None:
    """The nearest working day on one side of `day`, within REACH."""
    days = (day + step * distance for distance in range(1, REACH.days + 1))
    return next((one for one in days if is_working(one, calendar)), None)
