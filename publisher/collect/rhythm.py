"""When a source is to be looked at again.  Pure."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from publisher.model.sources import FetchState, Source, SourceKind

USUAL: Mapping[SourceKind, timedelta] = {
    SourceKind.FEED: timedelta(minutes=15),
    SourceKind.FOLDER: timedelta(seconds=20),
}


def is_due(source: Source, state: FetchState, *, now: datetime) -> bool:
    """Whether its turn has come: what the last pass asked for, else `every`, else the usual."""
    if state.next_check_at is not None:
        return now >= state.next_check_at
    if state.checked_at is None:
        return True
    return now >= state.checked_at + (source.every or USUAL[source.kind])
