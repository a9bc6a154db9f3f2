"""What a feed says of itself before its first item: how often to come, and who tells of changes."""

import re
from collections.abc import Iterator
from datetime import timedelta
from html import unescape

from publisher.model.sources import Hints

_FIRST_ITEM = re.compile(r"<(?:\w+:)?(?:item|entry)[\s>]")
_LONGEST = 100_000  # characters of a head
_TTL = re.compile(r"<ttl\s*>\s*(\d{1,6})\s*</ttl\s*>", re.IGNORECASE)
_SKIPPED = {
    "hour": re.compile(r"<hour\s*>\s*(\d{1,2})\s*</hour\s*>", re.IGNORECASE),
    "day": re.compile(r"<day\s*>\s*(\w+)\s*</day\s*>", re.IGNORECASE),
}
_SKIPS = re.compile(r"<skip(hour|day)s\s*>(.*?)</skip\1s\s*>", re.IGNORECASE | re.DOTALL)
_PERIOD = re.compile(r"<sy:updatePeriod\s*>\s*(\w+)\s*</", re.IGNORECASE)
_FREQUENCY = re.compile(r"<sy:updateFrequency\s*>\s*(\d{1,4})\s*</", re.IGNORECASE)
_PERIODS = {
    "hourly": timedelta(hours=1), "daily": timedelta(days=1), "weekly": timedelta(weeks=1),
    "monthly": timedelta(days=30), "yearly": timedelta(days=365),
}  # fmt: skip
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_LINK = re.compile(r"<(?:\w+:)?link\b([^>]*)>")
_ATTRIBUTE = re.compile(r"""([\w:]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_MOST_HOURS = 24


def head_of(document: str) -> str:
    """Everything before the first item."""
    first = _FIRST_ITEM.search(document)
    return document[: min(first.start() if first else len(document), _LONGEST)]


def hints_in(head: str) -> Hints:
    """The ttl (minutes), skipHours and skipDays of RSS 2.0; the syndication module's period."""
    skipped = {kind.lower(): inside for kind, inside in _SKIPS.findall(head)}
    hours = {int(one) % _MOST_HOURS for one in _SKIPPED["hour"].findall(skipped.get("hour", ""))}
    days = {one.lower() for one in _SKIPPED["day"].findall(skipped.get("day", ""))}
    return Hints(
        ttl=_ttl(head),
        skip_hours=tuple(sorted(hours)),
        skip_days=tuple(number for number, day in enumerate(_DAYS) if day in days),
    )


def linked_in(head: str, rel: str) -> str | None:
    """Where a link of that relation leads, as it is written (WebSub section 4)."""
    return next((href for rels, href in _links(head) if rel in rels), None)


def _links(head: str) -> Iterator[tuple[list[str], str]]:
    for inside in _LINK.findall(head):
        said = {
            name.lower(): double or single for name, double, single in _ATTRIBUTE.findall(inside)
        }
        if href := unescape(said.get("href", "")).strip():
            yield said.get("rel", "").lower().split(), href


def _ttl(head: str) -> timedelta | None:
    if found := _TTL.search(head):
        return timedelta(minutes=int(found[1])) or None
    period, often = _PERIOD.search(head), _FREQUENCY.search(head)
    length = _PERIODS.get(period[1].lower()) if period else None
    times = int(often[1]) if often else 1
    return length / times if length and times else None
