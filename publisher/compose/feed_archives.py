"""The archive of a feed, month by month (RFC 5005 section 4): which months, and their names.

A month's document holds every article published in it, so that feed and archive together miss
nothing, however much is printed on a day.  Months are of UTC: the same for every reader.  The chain
ends in the month before the first, an empty document: one that had no neighbour would be called
incomplete.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time

from publisher.model.feeds import FeedKind, FeedPlace, Paging

_MOST_MONTHS = 120  # ten years


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """A calendar month of UTC."""

    year: int
    month: int

    def __str__(self) -> str:
        return f"{self.year:04}-{self.month:02}"

    def starts(self) -> datetime:
        """Its first instant."""
        return datetime.combine(date(self.year, self.month, 1), time(), UTC)

    def after(self) -> "Month":
        """The month behind it."""
        last = 12
        return Month(self.year + self.month // last, self.month % last + 1)

    def before(self) -> "Month":
        """The month before it."""
        last = 12
        return Month(self.year - (self.month == 1), (self.month - 2) % last + 1)


def chain(days: Iterable[date]) -> list[Month]:
    """The documents of an archive with something on these days, oldest first."""
    months = sorted({month_of(day) for day in days})[-_MOST_MONTHS:]
    return [months[0].before(), *months] if months else []


def month_of(day: date) -> Month:
    """The month a day of UTC, or an instant in UTC, is filed under."""
    return Month(day.year, day.month)


def archive_place(whole: FeedPlace, month: Month) -> FeedPlace:
    """Where a month of a whole feed lies: feeds/en/archive-2026-11."""
    folder = whole.path.rpartition("/")[0]
    return replace(
        whole,
        path=f"{folder}/archive-{month}",
        kind=FeedKind.ARCHIVE,
        title=f"{whole.title}, {month}",
    )


def archive_paging(whole: FeedPlace, month: Month, months: Sequence[Month], base: str) -> Paging:
    """The links of one month; `months` are those with articles, in order."""
    at = months.index(month)
    return Paging(
        previous=_address(whole, months[at - 1], base) if at else None,
        next=_address(whole, months[at + 1], base) if at + 1 < len(months) else None,
        current=f"{base}/{whole.path}",
    )


def whole_paging(whole: FeedPlace, months: Sequence[Month], base: str) -> Paging:
    """The link from the feed itself to its newest month."""
    return Paging(previous=_address(whole, months[-1], base)) if months else Paging()


def _address(whole: FeedPlace, month: Month, base: str) -> str:
    return f"{base}/{archive_place(whole, month).path}"
