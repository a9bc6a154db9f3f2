"""Edition, Schedule, Window: a standing promise and the spans its issues cover."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from zoneinfo import ZoneInfo

from publisher.model.names import EditionId, Language, SectionId
from publisher.model.rates import Hours

MAX_AGE = timedelta(days=7)  # law 10: what is older is not news any more


class OnHoliday(Enum):
    SKIP = "skip"  # no issue that day
    DAY_BEFORE = "day before"  # on the last working day before, same hour
    DAY_AFTER = "day after"  # on the first working day after, same hour


class Unapproved(Enum):
    HOLD = "hold"  # the hour has come, nobody said yes: wait
    SEND = "send"  # silence is consent


class Missed(Enum):
    MERGE = "merge"  # its stories go into the next issue
    SEND = "send"  # better late than never
    SKIP = "skip"  # its stories go into the next issue; said as skipped


class Fallback(Enum):
    STRICT = "strict"  # a story without the reader's language is left out
    FLAG = "flag"  # it is shown in the other language, and marked
    BOTH = "both"  # every language version is shown


class SubjectRule(Enum):
    LEAD = "lead"  # the lead story's headline
    COUNT = "count"  # "12 stories for 8 September"
    TITLE = "title"  # the edition's title and the date


class OnUncertain(Enum):
    SKIP = "skip"  # an unknown delivery rests; never twice
    RESEND = "resend"  # it is tried again; never lost


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """Public holidays by hand: days off, and weekend days worked."""

    off: frozenset[date] = frozenset()
    working: frozenset[date] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """Wall times in a zone.  `crons` are five-field expressions, any of which may fire.

    `working_days` leaves out weekends and holidays of the calendar; otherwise a firing on a
    holiday moves as `on_holiday` says.
    """

    words: str  # as the editor wrote it
    crons: tuple[str, ...]
    zone: ZoneInfo
    working_days: bool = False
    calendar: Calendar = Calendar()
    on_holiday: OnHoliday | None = None  # None: holidays change nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How many stories an issue carries: below `min` it is skipped."""

    min: int = 1
    max: int = 24
    per_section: int = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """A standing promise: languages, schedule, sections, legal profile."""

    id: EditionId
    title: Mapping[Language, str]
    languages: tuple[Language, ...]
    sections: tuple[SectionId, ...]  # in print order
    schedule: Schedule
    legal: Mapping[Language, str]  # language -> id of the legal profile
    draft: timedelta = timedelta(0)  # composed so long before it goes
    approval: int = 0  # how many different people must say yes
    unapproved: Unapproved = Unapproved.HOLD
    late: timedelta = timedelta(hours=3)  # later than this is missed
    hours: Hours | None = None  # no mail of it goes at other hours
    waves: bool = False  # each reader gets it at its hour by their own clock
    missed: Missed = Missed.MERGE
    backlog: timedelta | None = None  # what the first issue may look back on
    limits: Limits = Limits()
    subject: SubjectRule = SubjectRule.COUNT
    fallback: Fallback = Fallback.FLAG
    fallback_limit: float = 0.4  # share of fallback stories above which an issue is held
    on_uncertain: OnUncertain = OnUncertain.SKIP
    repeats: tuple[EditionId, ...] = ()  # may carry what those editions mailed


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A half-open span [start, end); `end` is the due time of its issue.  UTC."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.start > self.end:
            raise ValueError(f"window ends before it starts: {self.start} > {self.end}")
