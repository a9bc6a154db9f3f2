"""Dates as feeds write them, Russian ones too, as aware instants."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_tz
from zoneinfo import ZoneInfo

_MONTHS: Mapping[str, str] = {
    "янв": "Jan", "фев": "Feb", "мар": "Mar", "апр": "Apr", "май": "May", "мая": "May",
    "июн": "Jun", "июл": "Jul", "авг": "Aug", "сен": "Sep", "окт": "Oct", "ноя": "Nov",
    "дек": "Dec",
}  # fmt: skip
# Names with one meaning in feeds, in hours east of UTC as they are used today: those of RFC 822,
# and those that feedparser and Python read wrongly (MSK as UTC) or not at all.
_ZONES: Mapping[str, int] = {
    "GMT": 0, "UTC": 0, "UT": 0, "Z": 0, "WET": 0, "BST": 1, "CET": 1, "CEST": 2, "EET": 2,
    "EEST": 3, "MSK": 3, "МСК": 3, "MCK": 3, "MSD": 4, "SAMT": 4, "YEKT": 5, "OMST": 6, "NOVT": 7,
    "KRAT": 7, "IRKT": 8, "YAKT": 9, "VLAT": 10, "MAGT": 11, "PETT": 12, "EST": -5, "EDT": -4,
    "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7,
}  # fmt: skip
_ENGLISH = {
    name: number
    for number, name in enumerate(
        ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"), 1
    )
}
# Nearly every feed's way, read quickly: RFC 822 with four digits of the year.
_USUAL = re.compile(
    rf"(?:\w{{3}}, )?(\d\d?) ({'|'.join(_ENGLISH)}) (\d{{4}}) (\d\d):(\d\d):(\d\d)"
    r" (?:GMT|([+-])([01]\d)([0-5]\d))",
    re.ASCII,
)
_COMMENT = re.compile(r"\s*\(([^()]*)\)$")
_OFFSET = re.compile(r"(?:\s|(?<=GMT)|(?<=UTC)|(?<=:\d\d))([+-])(\d\d):?(\d\d)$")
_NAME = re.compile(r"\s*([A-Za-zА-Яа-я]{1,4})$")
_RUSSIAN = re.compile(r"[а-яё]", re.IGNORECASE)
_WEEKDAY = re.compile(r"^[а-яё]+\.?,?\s+", re.IGNORECASE)
_RUSSIAN_MONTH = re.compile(r"([а-я]{3})[а-я]*\.?", re.IGNORECASE)
_FILLING = re.compile(r",|\bг\b\.?|\bв\b", re.IGNORECASE)
_DOTTED = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})(?:,?\s+(\d{1,2}):(\d{2})(?::(\d{2}))?)?")


def parse_date(words: str, *, zone: ZoneInfo) -> datetime | None:
    """The instant of RFC 3339, RFC 822 or Russian words, in UTC; None for what is no date.

    A time without a zone is the source's wall time.
    """
    if quick := _USUAL.fullmatch(words):
        return _usual(quick)
    words = " ".join(words.split())
    try:
        found = _iso(words) or _worded(words)
        if found is None:
            return None
        return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):  # the 31st of June, the year 0, an offset of 90 hours
        return None


def _usual(found: re.Match[str]) -> datetime | None:
    day, month, year, hour, minute, second, sign, hours, minutes = found.groups()
    east = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
    try:
        wall = datetime(
            int(year), _ENGLISH[month], int(day), int(hour), int(minute), int(second), tzinfo=UTC
        )
        return wall + east if sign == "-" else wall - east
    except (ValueError, OverflowError):
        return None


def _iso(words: str) -> datetime | None:
    try:
        return datetime.fromisoformat(words)
    except ValueError:
        return None


def _worded(words: str) -> datetime | None:
    words, offset = _without_offset(words)
    found = _iso(words) or _dotted(words) or _mail(_in_english(words))
    if found is None or offset is None:
        return found
    return found.replace(tzinfo=timezone(offset))


def _without_offset(words: str) -> tuple[str, timedelta | None]:
    """What stands before the zone, and the zone: digits, else a name, maybe in brackets."""
    comment = _COMMENT.search(words)
    words = words[: comment.start()] if comment else words
    if found := _OFFSET.search(words):
        offset = timedelta(hours=int(found[2]), minutes=int(found[3]))
        rest = words[: found.start()].removesuffix("GMT").removesuffix("UTC").rstrip()
        return rest, -offset if found[1] == "-" else offset
    name = _NAME.search(words)
    if name and name[1].upper() in _ZONES:
        return words[: name.start()], timedelta(hours=_ZONES[name[1].upper()])
    if comment and comment[1].strip().upper() in _ZONES:
        return words, timedelta(hours=_ZONES[comment[1].strip().upper()])
    return words, None


def _mail(words: str) -> datetime | None:
    """RFC 822 without its zone, and maybe without its time."""
    try:
        parsed = parsedate_tz(words if ":" in words else f"{words} 00:00")
    except (IndexError, TypeError):  # what Python's parser does to some nonsense
        return None
    return datetime(*parsed[:6]) if parsed else None  # noqa: DTZ001 - the zone comes later


def _in_english(words: str) -> str:
    """Russian weekday left out, Russian month in English: «Пт, 22 авг 2026» -> "22 Aug 2026"."""
    if not _RUSSIAN.search(words):
        return words

    def month(found: re.Match[str]) -> str:
        return _MONTHS.get(found[1].lower(), found[0])

    return " ".join(_FILLING.sub(" ", _RUSSIAN_MONTH.sub(month, _WEEKDAY.sub("", words))).split())


def _dotted(words: str) -> datetime | None:
    found = _DOTTED.match(words)
    if not found:
        return None
    day, month, year, hour, minute, second = (int(part or 0) for part in found.groups())
    return datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 - the zone comes later
