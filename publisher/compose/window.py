"""When an edition is due, and what span its issue covers.  Chooses no stories; see composer.py.

Law 10 in instants.  Sealed windows tile time: one opens where the last sealed one closed, so an
issue that was skipped, cancelled or missed leaves its span to the next.  What an issue may *draw
from* is wider than its window: everything available since `eligible_since`, less what sealed
issues carried.  So an article that came after an early draft, or was left out by a cap, is still
there for the next issue.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from enum import Enum
from itertools import takewhile

from publisher.compose import walls
from publisher.model.editions import MAX_AGE, Edition, Missed, Schedule, Window
from publisher.model.issues import Issue
from publisher.model.names import EditionId, IssueId, StoryKey
from publisher.model.newsroom import Newsroom

HORIZON = timedelta(days=5 * 366)  # a schedule silent for so long never fires
SPENT_MEMORY = timedelta(days=90)  # a translation that comes later than this is a new story
_MARGIN = timedelta(days=2)  # a local day and the widest gap any zone ever had
_LOOKS_BACK = (timedelta(days=2), timedelta(days=40), timedelta(days=400), HORIZON)


class Lateness(Enum):
    """Where `now` stands in the life of one issue."""

    EARLY = "early"  # the draft hour has not come
    DRAFT = "draft"  # may be composed, for editors to look at; not to be sent yet
    DUE = "due"  # the hour has come
    MISSED = "missed"  # later than the edition allows


# --- firings ----------------------------------------------------------------------------------


def firings(schedule: Schedule, *, after: datetime) -> Iterator[datetime]:
    """UTC instants the schedule fires at, ascending, strictly after `after`; HORIZON ends them.

    A wall time skipped by the clock fires at the first instant after the gap, one shown twice
    fires the first time; two firings moved to one instant are one.
    """
    local = after.astimezone(schedule.zone).date()
    days = walls.instants(schedule, since=local - _MARGIN, until=local + HORIZON + _MARGIN)
    ends = after + HORIZON
    later = (instant for instant in days if instant > after)
    return takewhile(lambda instant: instant <= ends, later)


def next_firing(schedule: Schedule, *, after: datetime) -> datetime | None:
    """The first firing strictly after `after`; None when there is none within HORIZON."""
    return next(firings(schedule, after=after), None)


def last_firing(schedule: Schedule, *, at: datetime) -> datetime | None:
    """The latest firing at or before `at`; None when there was none within HORIZON."""
    for span in _LOOKS_BACK:
        passed = takewhile(lambda instant: instant <= at, firings(schedule, after=at - span))
        latest = deque(passed, maxlen=1)
        if latest:
            return latest.pop()
    return None


def never_fires(schedule: Schedule, *, now: datetime) -> bool:
    """Whether nothing is to come within HORIZON, five years."""
    return next_firing(schedule, after=now) is None


# --- windows ----------------------------------------------------------------------------------


def due_window(
    edition: Edition, *, last_sealed: Window | None, began: datetime | None, now: datetime
) -> Window | None:
    """The window to compose now, or None when its draft hour has not come or it was sealed.

    `began` is where the edition's very first window opened, whatever became of that issue (see
    `beginning`); None before the first.
    """
    due = last_firing(edition.schedule, at=now + edition.draft)
    if due is None:
        return None
    return window_at(edition, due, last_sealed=last_sealed, began=began)


def window_at(
    edition: Edition, due: datetime, *, last_sealed: Window | None, began: datetime | None
) -> Window | None:
    """The window that closes at `due`, for `compose --at`; None when it would cover nothing new."""
    due = due.astimezone(UTC)
    opens = last_sealed.end if last_sealed else began
    if opens is None:
        return Window(start=_first_start(edition, due), end=due)
    return Window(start=opens, end=due) if opens < due else None


def _first_start(edition: Edition, due: datetime) -> datetime:
    """A first issue looks back as far as `backlog` says, else to the firing before."""
    if edition.backlog is not None:
        return due - edition.backlog
    before = last_firing(edition.schedule, at=due - timedelta(microseconds=1))
    return due if before is None else before


def beginning(issues: Iterable[Issue]) -> datetime | None:
    """Where the first of an edition's issues opened, sealed or not; None when there are none.

    Issues older than MAX_AGE + the longest gap between firings change nothing and may be missing.
    """
    return min((issue.window.start for issue in issues), default=None)


def eligible_since(window: Window, *, began: datetime | None) -> datetime:
    """From when on availability counts: up to MAX_AGE back, never before the edition began."""
    return max(window.start if began is None else began, window.end - MAX_AGE)


def eligible_until(window: Window, *, now: datetime) -> datetime:
    """Before when availability counts: a draft sees what is here now, a late issue its window."""
    return min(window.end, now)


def spent_since(window: Window) -> datetime:
    """Back to which due time carried stories are asked for.

    Farther than MAX_AGE: a story carried in one language is not new when its translation comes.
    """
    return window.end - SPENT_MEMORY


def spending_editions(edition: Edition, newsroom: Newsroom) -> frozenset[EditionId]:
    """Whose sealed issues spend stories for this edition: its own, and those it may not repeat."""
    return (frozenset(newsroom.editions) - frozenset(edition.repeats)) | {edition.id}


def overtaken(issue: Issue, *, last_sealed: Window | None, spent: frozenset[StoryKey]) -> bool:
    """Whether an issue sealed meanwhile makes this unsealed one wrong: compose it again.

    True when its window no longer opens where the last sealed one closed, or when one of its
    stories was carried since, but for those it carries as updates.  One that closes where the
    last sealed closed, or before, can only be cancelled: `window_at` gives it None.
    """
    moved = last_sealed is not None and issue.window.start != last_sealed.end
    return moved or any(item.story in spent and not item.update for item in issue.items)


# --- the hour ---------------------------------------------------------------------------------


def lateness(edition: Edition, due: datetime, *, now: datetime) -> Lateness:
    """Where `now` stands: before the draft hour, before the hour, in time, or too late.

    At exactly `due + edition.late` it is still in time.
    """
    if now < due - edition.draft:
        return Lateness.EARLY
    if now < due:
        return Lateness.DRAFT
    return Lateness.DUE if now <= due + edition.late else Lateness.MISSED


def goes_out(edition: Edition, due: datetime, *, now: datetime) -> bool:
    """Whether the metronome may send: the hour has come, or late is better than never here.

    A missed issue that does not go leaves its stories to the next (MERGE, SKIP): law 10.
    """
    standing = lateness(edition, due, now=now)
    late_but_sent = standing is Lateness.MISSED and edition.missed is Missed.SEND
    return standing is Lateness.DUE or late_but_sent


def issue_id(edition: Edition, due: datetime) -> IssueId:
    """`{edition}-{YYYYMMDD-HHMM}`, the due time on the wall of the edition's zone."""
    return IssueId(f"{edition.id}-{due.astimezone(edition.schedule.zone):%Y%m%d-%H%M}")
