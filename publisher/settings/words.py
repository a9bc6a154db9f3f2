"""Small values as editors write them: spans, shares, days, zones, choices.  Each or a Mistake."""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time, timedelta
from operator import attrgetter
from typing import TypeVar
from zoneinfo import ZoneInfo

from cssselect import HTMLTranslator, SelectorError

from publisher.model.editions import Calendar
from publisher.model.problems import msgid
from publisher.model.rates import Hours, Rate
from publisher.model.zones import known_zones
from publisher.settings.mistakes import Mistake, suggestion, unknown

T = TypeVar("T")

LONGEST = timedelta(days=366)
_SPAN = re.compile(r"(?:(\d{1,6})d)?(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,6})s)?", re.ASCII)
_SHARE = re.compile(r"(\d{1,3}(?:\.\d{1,4})?)\s?%", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_RATE = re.compile(r"([1-9]\d{0,8})/(second|minute|hour|day)", re.ASCII)
_UNITS = {
    "second": timedelta(seconds=1),
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
}
_HOURS = re.compile(r"((?:[01]\d|2[0-3]):[0-5]\d)\s?[-–]\s?((?:[01]\d|2[0-3]):[0-5]\d)", re.ASCII)
_MOST_DAYS = 400  # of one range
_SHOWN = 60  # characters of a value, in a message


def shown(value: object) -> str:
    """A value as TOML would show it, cut short: for messages in any language."""
    match value:
        case dict():
            return "{…}"
        case list():
            return "[…]"
        case datetime() | date():
            return value.isoformat()
        case _:
            text = json.dumps(value, ensure_ascii=False, default=str)
            return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def span(value: object) -> timedelta:
    """A length like "45m", "24h", "7d", "1h30m": more than nothing, a year at most."""
    found = _SPAN.fullmatch(value.strip()) if isinstance(value, str) else None
    if not found or not found[0]:
        raise Mistake(
            msgid("{found} is not a span of time."),
            remedy=msgid("Write for example “45m”, “24h”, “7d” or “1h30m”."),
            found=shown(value),
        )
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    length = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    if not timedelta(0) < length <= LONGEST:
        raise Mistake(
            msgid("{found} is too short or too long a span of time."),
            remedy=msgid("Write more than nothing, and a year at most."),
            found=shown(value),
        )
    return length


def pause(value: object) -> timedelta:
    """A span of time, or "0s" for none at all."""
    return timedelta(0) if value == "0s" else span(value)


def selector(value: str) -> str:
    """A CSS selector, as it stands."""
    try:
        HTMLTranslator().css_to_xpath(value)
    except SelectorError as error:
        raise Mistake(
            msgid("{found} is not a CSS selector."),
            remedy=msgid("Write for example “main article h2 a”."),
            found=shown(value),
        ) from error
    return value


def share(value: object) -> float:
    """A percentage as a fraction: "40%" -> 0.4."""
    found = _SHARE.fullmatch(value.strip()) if isinstance(value, str) else None
    part = float(found[1]) / 100 if found else -1.0
    if not 0 <= part <= 1:
        raise Mistake(
            msgid("{found} is not a share."),
            remedy=msgid("Write a percentage from “0%” to “100%”."),
            found=shown(value),
        )
    return part


def rates(value: object) -> tuple[Rate, ...]:
    """Of "unlimited", "14/second", or several that all hold: ["14/second", "50000/day"].

    Of two for the same span the smaller one is all there is to hold.
    """
    if isinstance(value, list) and value:
        least: dict[timedelta, Rate] = {}
        for one in map(_rate, value):
            least[one.per] = min(one, least.get(one.per, one), key=attrgetter("count"))
        return tuple(least.values())
    return () if value == "unlimited" else (_rate(value),)


def _rate(value: object) -> Rate:
    found = _RATE.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise Mistake(
            msgid("{found} is not a rate."),
            remedy=msgid("Write “unlimited”, or for example “14/second” or “50000/day”."),
            found=shown(value),
        )
    return Rate(count=int(found[1]), per=_UNITS[found[2]])


def hours(value: object) -> Hours:
    """Hours of the day: "07:00-22:00"."""
    found = _HOURS.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None or found[1] == found[2]:
        raise Mistake(
            msgid("{found} are not hours of a day."),
            remedy=msgid("Write from when to when, for example “07:00-22:00”."),
            found=shown(value),
        )
    return Hours(start=time.fromisoformat(found[1]), end=time.fromisoformat(found[2]))


def zone(value: object) -> ZoneInfo:
    """A zone of the tz database: "Europe/Moscow"."""
    if isinstance(value, str) and value in known_zones():
        return ZoneInfo(value)
    if isinstance(value, str):
        message = msgid("There is no time zone “{word}”.")
        near, slots = suggestion(value, sorted(known_zones()))
        remedy = near if "near" in slots else _A_ZONE
        raise Mistake(message, remedy=remedy, word=value, near=slots.get("near", ""))
    raise Mistake(msgid("{found} is not a time zone."), remedy=_A_ZONE, found=shown(value))


_A_ZONE = msgid("Write a name of the tz database, for example “Europe/Moscow” or “UTC”.")


def choice(options: Mapping[str, T]) -> Callable[[object], T]:
    """A reader of one word out of `options`."""

    def chosen(value: object) -> T:
        if isinstance(value, str) and value in options:
            return options[value]
        if isinstance(value, str):
            raise unknown(
                msgid("“{word}” is not one of the words that can stand here."), value, options
            )
        raise Mistake(
            msgid("A word is needed here, not {found}."),
            remedy=msgid("Known here: {known}."),
            found=shown(value),
            known=", ".join(options),
        )

    return chosen


# --- days ---------------------------------------------------------------------------------------


def calendar_of(off: Iterable[object], working: Iterable[object]) -> Calendar:
    """The days of a calendar; Mistake for one that is none, or stands in both lists."""
    free = frozenset(day for value in off for day in days(value))
    worked = frozenset(day for value in working for day in days(value))
    if both := sorted(free & worked):
        raise Mistake(
            msgid("{day} is off and working at once."),
            remedy=msgid("Take it out of one of the two."),
            day=both[0].isoformat(),
        )
    return Calendar(off=free, working=worked)


def days(value: object) -> tuple[date, ...]:
    """Every day of "2027-02-20", of "2027-01-01..2027-01-10" with both ends, or of a TOML date."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return (value,)
    if not isinstance(value, str):
        raise _no_day(value)
    if value.strip().lower().endswith(".ics"):
        raise no_ics(value)
    first, dots, last = value.partition("..")
    start, end = _day(first, value), _day(last if dots else first, value)
    if not timedelta(0) <= end - start < timedelta(days=_MOST_DAYS):
        raise Mistake(
            msgid("{found} ends before it begins, or is longer than a year."),
            remedy=msgid("Write the first day, two dots, and the last day."),
            found=shown(value),
        )
    return tuple(start + timedelta(days=at) for at in range((end - start).days + 1))


def no_ics(value: object) -> Mistake:
    """An .ics file where days are asked for."""
    return Mistake(
        msgid("Calendars from .ics files are not part of this version: {found}."),
        remedy=msgid('Write the days off by hand: off = ["2027-01-01..2027-01-10"]'),
        found=shown(value),
    )


def _day(text: str, whole: str) -> date:
    if not _DAY.fullmatch(text.strip()):
        raise _no_day(whole)
    try:
        return date.fromisoformat(text.strip())
    except ValueError as error:
        raise _no_day(whole) from error


def _no_day(value: object) -> Mistake:
    return Mistake(
        msgid("{found} is not a day."),
        remedy=msgid("Write “2027-02-20”, or “2027-01-01..2027-01-10” for several."),
        found=shown(value),
    )
