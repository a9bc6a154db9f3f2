"""When a source is to be looked at again.  Pure."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from publisher.model.sources import FetchState, Source, SourceKind

USUAL: Mapping[SourceKind, timedelta] = {
    SourceKind.FEED: timedelta(minutes=15),
    SourceKind.FOLDER: timedelta(seconds=20),
}
_LONGEST: Mapping[SourceKind, timedelta] = {
    SourceKind.FEED: timedelta(hours=6),
    SourceKind.FOLDER: timedelta(minutes=5),  # whoever mends a folder waits in front of it
}
_MOST_DOUBLINGS = 16  # timedelta ends somewhere


def is_due(source: Source, state: FetchState, *, now: datetime) -> bool:
    """Whether its turn has come: what the last pass asked for, else `every`, else the usual."""
    if state.next_check_at is not None:
        return now >= state.next_check_at
    if state.checked_at is None:
        return True
    return now >= state.checked_at + _rhythm(source)


def after_failure(source: Source, failures: int, *, now: datetime) -> datetime:
    """When to try again after that many failures in a row (at least 1).

    Each doubles the pause, up to six hours for a feed and five minutes for a folder; a source is
    never asked more often than when it is well.
    """
    rhythm = _rhythm(source)
    doubled: int = 2 ** min(failures - 1, _MOST_DOUBLINGS)
    return now + min(rhythm * doubled, max(rhythm, _LONGEST[source.kind]))


def _rhythm(source: Source) -> timedelta:
    return source.every or USUAL[source.kind]
