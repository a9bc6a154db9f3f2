"""When a source is to be looked at again, and what its own rhythm is.  Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from publisher.model.sources import FetchState, Hints, Source, SourceKind

# Where nothing is known of a rhythm yet.
USUAL: Mapping[SourceKind, timedelta] = {
    SourceKind.FEED: timedelta(minutes=15),
    SourceKind.SITEMAP: timedelta(minutes=15),
    SourceKind.PAGE: timedelta(minutes=30),
    SourceKind.FOLDER: timedelta(seconds=20),
}
FLOOR, CAP = timedelta(minutes=5), timedelta(hours=4)  # of a rhythm we found ourselves
_MOST_ASKED = timedelta(hours=24)  # that a source may ask us to stay away by ttl or max-age
_WORST: Mapping[SourceKind, timedelta] = {
    SourceKind.FEED: timedelta(hours=12),
    SourceKind.SITEMAP: timedelta(hours=12),
    SourceKind.PAGE: timedelta(hours=12),
    SourceKind.FOLDER: timedelta(minutes=5),  # whoever mends a folder waits in front of it
}
_MOST_DOUBLINGS = 16  # timedelta ends somewhere
_JITTER = 0.2  # of a pause after failures, up or down: many sources that fell do not rise at once
_RECENT = 20  # items a rhythm is taken from
# Silent for so long: no oftener than so (CommaFeed's steps, reference feeds.md 1.1).
_SILENT = (
    (timedelta(days=30), CAP),
    (timedelta(days=14), CAP / 2),
    (timedelta(days=7), CAP / 4),
)
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Beat:
    """How often a source speaks."""

    gap: timedelta | None  # the mean one between its recent items
    newest_at: datetime | None


def beat(published: Iterable[datetime | None], *, now: datetime) -> Beat:
    """The rhythm of the newest items of a document."""
    known = (at for at in published if at is not None)
    recent = sorted((min(at, now) for at in known), reverse=True)[:_RECENT]
    if not recent:
        return Beat(gap=None, newest_at=None)
    gaps = len(recent) - 1
    return Beat(
        gap=(recent[0] - recent[-1]) / gaps if gaps else None,
        newest_at=recent[0],
    )


def is_due(source: Source, state: FetchState, *, now: datetime) -> bool:
    """Whether its turn has come; never for one that is gone, until it is asked for by name."""
    if state.url != source.url:
        return True  # a new one, or an editor corrected it: what we remember is of another
    if state.gone_at is not None:
        return False
    if state.next_check_at is None or now >= state.next_check_at:
        return True
    hurried = state.every != source.every and state.failures == 0
    return hurried and now >= (state.not_before or now)


def wants_quiet(source: Source, state: FetchState, *, now: datetime) -> bool:
    """Whether even an editor's pass over everything leaves it alone: 410, or Retry-After."""
    if state.url != source.url:
        return False
    return state.gone_at is not None or (state.not_before is not None and now < state.not_before)


def after_success(
    source: Source, state: FetchState, *, fresh_for: timedelta | None, now: datetime
) -> datetime:
    """When to look again: by `every`, else its own rhythm; never before it asked us to.

    `fresh_for` is what Cache-Control or Expires allow; with the document's ttl it may keep us
    away for a day at most.  Hours and days that it wants skipped are passed over.
    """
    asked = max(fresh_for or timedelta(0), state.hints.ttl or timedelta(0))
    pause = max(rhythm(source, state, now=now), min(asked, _MOST_ASKED))
    return _out_of_quiet(now + pause, state.hints)


def after_failure(source: Source, state: FetchState, *, now: datetime, dice: Random) -> datetime:
    """When to try again after `state.failures` in a row (at least 1).

    Each doubles the pause, up to twelve hours (five minutes for a folder), a fifth more or less by
    chance; a source is never asked more often than when it is well, and never given up.
    """
    usual = rhythm(source, state, now=now)
    doubled: int = 2 ** min(state.failures - 1, _MOST_DOUBLINGS)
    pause = min(usual * doubled, max(usual, _WORST[source.kind]))
    if source.kind is not SourceKind.FOLDER:
        pause *= 1 + dice.uniform(0, _JITTER)
    return max(now + pause, state.not_before or now)


def rhythm(source: Source, state: FetchState, *, now: datetime) -> timedelta:
    """How often a source is asked when nothing else is said: `every`, else half its mean gap."""
    if source.every is not None:
        return source.every
    if source.kind is SourceKind.FOLDER or state.newest_at is None:
        return USUAL[source.kind]
    silent = now - state.newest_at
    for since, pause in _SILENT:
        if silent >= since:
            return pause
    if state.gap is None:
        return USUAL[source.kind]
    return min(max(state.gap / 2, FLOOR), CAP)


def _out_of_quiet(at: datetime, hints: Hints) -> datetime:
    """The first hour from `at` on that is neither skipped nor on a skipped day (UTC).

    A document that asks to skip every hour asks for nothing we can do.
    """
    found = at
    for _ in range(24 * 7):
        if found.hour not in hints.skip_hours and found.weekday() not in hints.skip_days:
            return found
        found = found.replace(minute=0, second=0, microsecond=0) + _HOUR
    return at
