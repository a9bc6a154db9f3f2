"""Rate, Daily, Bucket, WarmUp, Hours, DomainGroup: how much may go out, to whom and when.  Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import ClassVar
from zoneinfo import ZoneInfo

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SLOTS = 20  # to a unit: how finely a bucket remembers when its tokens were taken
_LATE, _LATEST = 5, timedelta(seconds=10)  # part of a slot that a mail may be late, and at most
DAY, _TICK = timedelta(days=1), timedelta(microseconds=1)
_SHORT = timedelta(seconds=0.5)  # clocks jump at whole seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """At most so many in any span of this length, wherever the span begins."""

    count: int
    per: timedelta

    @property
    def slot(self) -> timedelta:
        """How long tokens taken now may be used."""
        return self.per / _SLOTS

    @property
    def late(self) -> timedelta:
        """How long after its slot the MAIL may go out that a token was used for."""
        return min(self.slot / _LATE, _LATEST)

    def number(self, now: datetime) -> int:
        """Which slot it is, counted from 1970."""
        return (now - _EPOCH) // self.slot

    def ends(self, number: int) -> datetime:
        """Until when tokens taken in a slot may be used."""
        return _EPOCH + (number + 1) * self.slot

    def returns(self, number: int) -> datetime:
        """When they come back: a whole `per` after the latest MAIL."""
        return self.ends(number) + self.late + self.per


@dataclass(frozen=True, slots=True, kw_only=True)
class Daily:
    """At most so many on a day of the calendar, be it one of 23 hours or of 25."""

    count: int
    zone: ZoneInfo
    per: ClassVar[timedelta] = DAY
    late: ClassVar[timedelta] = timedelta(0)  # a MAIL after midnight is one of the next day

    def number(self, now: datetime) -> int:
        """Which day it is; a day is a slot."""
        return now.astimezone(self.zone).date().toordinal()

    def ends(self, number: int) -> datetime:
        """The midnight after it."""
        return datetime.combine(date.fromordinal(number + 1), time(), tzinfo=self.zone).astimezone(
            UTC
        )

    def returns(self, number: int) -> datetime:
        """Then the next day's are there."""
        return self.ends(number)


Limit = Rate | Daily


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """A bucket of tokens, each of which comes back one `per` after it was used, never sooner.

    It remembers in slots when tokens were taken: `taken` holds numbers of slots, and how many in
    each.  Tokens taken in a slot must be used before that slot ends, and their mails gone
    out a little later (`Rate.late`).
    """

    taken: tuple[tuple[int, int], ...] = ()

    def room(self, limit: Limit, *, now: datetime) -> int:
        """How many tokens lie in it."""
        return max(0, limit.count - sum(count for _, count in self._out(limit, now)))

    def take(self, limit: Limit, wanted: int, *, now: datetime) -> "tuple[int, Bucket]":
        """As many of those wanted as there are, and the bucket without them."""
        got = max(0, min(wanted, self.room(limit, now=now)))
        out = self._out(limit, now)
        if got:
            at = limit.number(now)
            here = dict(out)
            here[at] = here.get(at, 0) + got
            out = tuple(sorted(here.items()))
        return got, Bucket(taken=out)

    def put_back(self, limit: Limit, count: int, *, until: datetime) -> "Bucket":
        """The bucket with tokens that nobody used, of those to be used before `until`.

        No more than were taken then: whoever puts back too much, or twice, gains nothing that
        others of that slot do not lose.
        """
        slot, out = limit.number(until - _TICK), dict(self.taken)
        left = out.pop(slot, 0) - count
        if left > 0:
            out[slot] = left
        return Bucket(taken=tuple(sorted(out.items())))

    def opens_at(self, limit: Limit, *, now: datetime) -> datetime:
        """When the next token lies in it; `now` where one does."""
        missing = sum(count for _, count in self._out(limit, now)) - limit.count + 1
        if missing <= 0:
            return now
        for slot, count in self._out(limit, now):
            missing -= count
            if missing <= 0:
                return limit.returns(slot)
        return limit.returns(limit.number(now))  # a limit of nothing

    def _out(self, limit: Limit, now: datetime) -> tuple[tuple[int, int], ...]:
        """The tokens that have not come back yet.

        Those of the future were taken before the clock was stepped back: they count as of now, so
        that a wrong clock stops nothing for longer than a `per`.
        """
        here = limit.number(now)
        out: dict[int, int] = {}
        for slot, count in self.taken:
            if limit.returns(slot) > now:
                out[min(slot, here)] = out.get(min(slot, here), 0) + count
        return tuple(sorted(out.items()))


def slot_ends(limit: Limit, *, now: datetime) -> datetime:
    """Until when tokens taken now may be used."""
    return limit.ends(limit.number(now))


@dataclass(frozen=True, slots=True, kw_only=True)
class WarmUp:
    """How many a new sender may mail on its first days; after the last of them it is warm."""

    start: date
    days: tuple[int, ...]

    def limit(self, now: datetime, zone: ZoneInfo) -> Daily | None:
        """What holds today; None once it is warm."""
        day = (now.astimezone(zone).date() - self.start).days
        if day >= len(self.days):
            return None
        return Daily(count=self.days[day] if day >= 0 else 0, zone=zone)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """When mail may go: from `start` to `end` by the clock, over midnight where end is earlier."""

    start: time
    end: time

    def opening(self, now: datetime, zone: ZoneInfo) -> datetime:
        """The first instant from `now` on in which mail may go.

        A clock that is put forward or back may open them too: it stands within them at once, or
        once more.
        """
        if self._open(now.astimezone(zone).time()):
            return now
        today = now.astimezone(zone).date()
        moments = [one for days in range(-1, 3) for one in self._moments(today + DAY * days, zone)]
        return min(one for one in moments if one > now and self._open(one.astimezone(zone).time()))

    def _moments(self, day: date, zone: ZoneInfo) -> Iterator[datetime]:
        """When they may open on a day: at their hour, be it there twice, and as the clock jumps."""
        for fold in (0, 1):
            yield datetime.combine(day, self.start, tzinfo=zone).replace(fold=fold).astimezone(UTC)
        midnight = datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)
        if jump := _jump(zone, midnight, midnight + DAY):
            yield jump

    def closing(self, now: datetime, zone: ZoneInfo) -> datetime:
        """The instant from which mail may go no more, where it may now."""
        return Hours(start=self.end, end=self.start).opening(now, zone)

    def _open(self, clock: time) -> bool:
        if self.start < self.end:
            return self.start <= clock < self.end
        return clock >= self.start or clock < self.end


def _jump(zone: ZoneInfo, since: datetime, until: datetime) -> datetime | None:
    """The moment between these at which the clock there is put forward or back, if there is one."""

    def offset(at: datetime) -> timedelta | None:
        return at.astimezone(zone).utcoffset()

    before = offset(since)
    if offset(until) == before:
        return None
    while until - since > _SHORT:
        middle = since + (until - since) / 2
        since, until = (middle, until) if offset(middle) == before else (since, middle)
    return until.replace(microsecond=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainGroup:
    """Domains behind the same doors: they are mailed at one pace."""

    name: str
    domains: tuple[str, ...]  # lower case, in the form the mail system knows
    rates: tuple[Rate, ...] = ()
    connections: int | None = None  # mails under way at the same time; None: as many as there are


@dataclass(frozen=True, slots=True, kw_only=True)
class Groups:
    """Every domain's group."""

    named: Mapping[str, DomainGroup] = field(default_factory=dict)
    of_domain: Mapping[str, str] = field(default_factory=dict)
    limited: frozenset[str] = frozenset()  # names of those with rates

    def group(self, address: str) -> str:
        """The name of the group an address is in; a domain in none is its own."""
        domain = address.rpartition("@")[2]
        return self.of_domain.get(domain, domain)


def groups_of(groups: Mapping[str, DomainGroup]) -> Groups:
    """The groups, ready to be asked."""
    domains = {domain: one.name for one in groups.values() for domain in one.domains}
    limited = frozenset(one.name for one in groups.values() if one.rates)
    return Groups(named=groups, of_domain=domains, limited=limited)


HOUSES: Mapping[str, tuple[str, ...]] = {  # the big mail houses and their domains
    "gmail": ("gmail.com", "googlemail.com"),
    "mail-ru": ("mail.ru", "bk.ru", "inbox.ru", "list.ru", "internet.ru", "xmail.ru"),
    "yandex": (
        *("yandex.ru", "ya.ru", "yandex.com", "yandex.by", "yandex.kz", "yandex.ua"),
        *("yandex.uz", "yandex.com.tr", "narod.ru"),
    ),
    "microsoft": (
        *("outlook.com", "hotmail.com", "live.com", "msn.com", "outlook.de", "outlook.fr"),
        *("hotmail.co.uk", "hotmail.fr", "hotmail.de", "live.ru"),
    ),
    "yahoo": (
        *("yahoo.com", "ymail.com", "rocketmail.com", "aol.com", "yahoo.co.uk", "yahoo.fr"),
        *("yahoo.de", "yahoo.co.in", "aim.com"),
    ),
    "icloud": ("icloud.com", "me.com", "mac.com"),
    "rambler": ("rambler.ru", "lenta.ru", "autorambler.ru", "myrambler.ru", "ro.ru", "rambler.ua"),
}
