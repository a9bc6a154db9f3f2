"""How a source is doing, in one word and in plain ones.  Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from publisher.collect.rhythm import rhythm
from publisher.model.problems import Place, Problem, Severity, msgid
from publisher.model.sources import FetchState, Identity, Source


class Status(Enum):
    """How it stands."""

    NEVER = "never"  # not looked at yet, under this address
    WELL = "well"  # the last look succeeded
    MOVED = "moved"  # well, at another address than the config's
    FAILING = "failing"  # the last look failed; it is asked again
    QUIET = "quiet"  # it asked not to be asked for a while
    GONE = "gone"  # it is asked only by name


STATUS_WORDS: Mapping[Status, str] = {
    Status.NEVER: msgid("not yet"),
    Status.WELL: msgid("well"),
    Status.MOVED: msgid("moved"),
    Status.FAILING: msgid("failing"),
    Status.QUIET: msgid("quiet"),
    Status.GONE: msgid("gone"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """One row of `publisher sources`."""

    source: Source
    state: FetchState
    status: Status
    rhythm: timedelta  # how often it is asked when it is well
    next_check_at: datetime | None  # None: at the next tick, or never
    problem: Problem | None

    @property
    def address(self) -> str | None:
        """Where it is asked."""
        return self.state.address or self.source.url or self.source.path


def health(source: Source, state: FetchState, *, now: datetime) -> Health:
    """What an editor should know of a source; what is remembered of another address is not it."""
    if state.url != source.url:
        state = FetchState(source=source.id, url=source.url)
    status = _status(state, now)
    return Health(
        source=source,
        state=state,
        status=status,
        rhythm=rhythm(source, state, now=now),
        next_check_at=None if status is Status.GONE else state.next_check_at,
        problem=state.problem or _oddity(source, state),
    )


def _status(state: FetchState, now: datetime) -> Status:
    if state.gone_at is not None:
        return Status.GONE
    if state.not_before is not None and now < state.not_before:
        return Status.QUIET
    if state.problem is not None:
        return Status.FAILING
    if state.succeeded_at is None:
        return Status.NEVER
    return Status.MOVED if state.address else Status.WELL


def _oddity(source: Source, state: FetchState) -> Problem | None:
    """What works, and is worth an editor's look."""
    if state.address is not None:
        return Problem(
            message=msgid("It moved for good to {url}."),
            args={"url": state.address},
            remedy=msgid("Write the new address into `url`."),
            severity=Severity.NOTE,
            place=Place(key=f"sources.{source.id}.url"),
        )
    if state.identity is not Identity.GUID:
        return Problem(
            message=msgid("Its guids repeat or change; its items are told apart by {identity}."),
            args={"identity": state.identity.value.replace("_", " ")},
            severity=Severity.NOTE,
        )
    return None
