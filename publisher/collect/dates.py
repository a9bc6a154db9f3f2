"""Dates as feeds write them, Russian ones too, as aware instants."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_tz
from zoneinfo import ZoneInfo

_MONTHS: Mapping[str, int] = {
    "янв": 1, "фев": 2, "мар": 3, "апр": 4, "май": 5, "мая": 5, "июн": 6, "июл": 7, "авг": 8,
    "сен": 9, "окт": 10, "ноя": 11, "дек": 12,
}  # fmt: skip
_ENGLISH = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
# Zone names feedparser reads wrongly or not at all; hours east of UTC, as they are used today.
_ZONES: Mapping[str, int] = {
    "MSK": 3, "МСК": 3, "MSD": 4, "MCK": 3, "SAMT": 4, "YEKT": 5, "OMST": 6, "NOVT": 7, "KRAT": 7,
    "IRKT": 8, "YAKT": 9, "VLAT": 10, "MAGT": 11, "PETT": 12, "EET": 2, "EEST": 3, "CET": 1,
    "CEST": 2, "BST": 1, "WET": 0, "Z": 0,
}  # fmt: skip
_NAMED_ZONE = re.compile(r"\s*\(?([A-Za-zА-Яа-я]{1,4})\)?\s*$")
_RUSSIAN_MONTH = re.compile(r"([а-я]{3})[а-я]*\.?", re.IGNORECASE)
_DOTTED = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})(?:,?\s+(\d{1,2}):(\d{2})(?::(\d{2}))?)?")


def parse_date(words: str, *, zone: ZoneInfo) -> datetime | None:
    """The instant of RFC 3339, RFC 822 or Russian words, in UTC; None for what is no date.

    A time without a zone is the source's wall time.
    """
    words = words.strip()
    found = _iso(words) or _mail(_translated(words)) or _dotted(words)
    if found is None:
        return None
    if found.tzinfo is None:
        found = found.replace(tzinfo=zone)
    try:
        return found.astimezone(UTC)
    except OverflowError:
        return None


def _iso(words: str) -> datetime | None:
    try:
        return datetime.fromisoformat(words)
    except ValueError:
        return None


def _mail(words: str) -> datetime | None:
    """RFC 822; parsedate_tz gives no offset for "-0000" and for zones it does not know."""
    words, named = _without_named_zone(words)
    parsed = parsedate_tz(words)
    if parsed is None:
        return None
    offset = parsed[9] if named is None else named
    try:
        naive = datetime(*parsed[:6])  # noqa: DTZ001 - the zone comes next
        has_offset = named is not None or re.search(r"[+-]\d{4}\s*$|GMT|UT", words)
        return (
            naive.replace(tzinfo=timezone(timedelta(seconds=offset or 0))) if has_offset else naive
        )
    except ValueError:
        return None


def _without_named_zone(words: str) -> tuple[str, int | None]:
    found = _NAMED_ZONE.search(words)
    if found and found[1].upper() in _ZONES:
        return words[: found.start()], _ZONES[found[1].upper()] * 3600
    return words, None


def _translated(words: str) -> str:
    """Russian weekday left out, Russian month in English: «Пт, 22 авг 2026» -> "22 Aug 2026"."""
    if "," in words and not words[0].isdigit():
        words = words.partition(",")[2].strip()

    def english(found: re.Match[str]) -> str:
        month = _MONTHS.get(found[1].lower())
        return _ENGLISH[month - 1] if month else found[0]

    return _RUSSIAN_MONTH.sub(english, words).replace(" г.", "").replace(" в ", " ")


def _dotted(words: str) -> datetime | None:
    found = _DOTTED.match(words)
    if not found:
        return None
    day, month, year, hour, minute, second = (int(part or 0) for part in found.groups())
    try:
        return datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 - the zone comes next
    except ValueError:
        return None
