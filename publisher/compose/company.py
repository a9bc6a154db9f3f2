"""What else goes out on the day of an issue: its subject must be no other mail's."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import takewhile
from zoneinfo import ZoneInfo

from publisher.compose.window import firings
from publisher.model.editions import Edition, Schedule
from publisher.model.issues import Issue
from publisher.model.newsroom import Newsroom


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """The other issues of the day."""

    twice_a_day: bool = False  # one of the same edition
    beside_others: bool = False  # one of another edition


ALONE = Company()


def company(
    edition: Edition, newsroom: Newsroom, due: datetime, *, known: Iterable[Issue]
) -> Company:
    """What goes out on that day by the schedules, or by hand: the edition's `known` issues."""
    zone = edition.schedule.zone
    day = due.astimezone(zone).date()
    by_hand = any(one.due_at != due and one.due_at.astimezone(zone).date() == day for one in known)
    others = [one for one in newsroom.editions.values() if one.id != edition.id]
    return Company(
        twice_a_day=by_hand or any(at != due for at in _firings_on(day, edition.schedule, zone)),
        beside_others=any(_firings_on(day, one.schedule, zone) for one in others),
    )


def _firings_on(day: date, schedule: Schedule, zone: ZoneInfo) -> list[datetime]:
    begins = datetime.combine(day, time(), zone)
    ends = datetime.combine(day + timedelta(days=1), time(), zone)
    moment = timedelta(microseconds=1)
    return list(takewhile(lambda at: at < ends, firings(schedule, after=begins - moment)))
