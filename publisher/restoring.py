"""A backup put back: nothing goes until somebody has seen which issues may have gone already."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from publisher.compose.window import issue_id, last_firing
from publisher.errors import Refused
from publisher.house import House
from publisher.model.editions import Edition
from publisher.model.issues import IssueStatus
from publisher.model.names import IssueId
from publisher.model.problems import Problem, msgid

_IN_FLIGHT = (IssueStatus.SEALED, IssueStatus.STOPPED)
UNSEALED = (IssueStatus.DRAFT, IssueStatus.HELD, IssueStatus.APPROVED)
_A_MOMENT = timedelta(microseconds=1)
_MOST = 50  # hours of an edition that are looked back on


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """An issue that may have gone to some of its readers, or to all, since the backup was made."""

    issue: IssueId
    due_at: datetime
    status: IssueStatus | None  # as the backup has it; None: it knows of no such issue
    waiting: int  # deliveries that the backup would still send


async def refuse_restored(house: House) -> None:
    """Raises Refused while this database is a backup that nobody has said yes to."""
    if problem := await paused(house):
        raise Refused(problem)


async def paused(house: House) -> Problem | None:
    """Why nothing goes now, if it does not."""
    since = await house.stamps.paused_since(now=house.clock())
    if since is None:
        return None
    if stranger := await house.stamps.stranger():
        return _shared(*stranger)
    here = since.astimezone(house.newsroom.site.zone)
    return Problem(
        message=msgid(
            "This database is a backup that was put back (seen {when}): issues may have gone that "
            "it knows nothing of. Nothing is sent."
        ),
        args={"when": f"{here:%Y-%m-%d %H:%M}"},
        remedy=msgid("See which, and go on: publisher resume --after-restore"),
    )


def _shared(other: str, ours: str) -> Problem:
    return Problem(
        message=msgid(
            "The folder var/ remembers another newsroom's database, {other}; this one is {ours}. "
            "Nothing is sent."
        ),
        args={"other": other, "ours": ours},
        remedy=msgid(
            "Each newsroom needs a folder of its own, with its config/ and var/ in it. Where there "
            "is one newsroom only, see what may have gone, and go on: publisher resume "
            "--after-restore"
        ),
    )


async def may_have_gone(house: House) -> list[Gone]:
    """Oldest hour first: what was under way or due, and hours the backup knows nothing of."""
    now = house.clock()
    found = {
        issue.id: Gone(
            issue=issue.id,
            due_at=issue.due_at,
            status=issue.status,
            waiting=(await house.ledger.balance(issue.id)).waiting,
        )
        for issue in await house.issues.with_status(*_IN_FLIGHT, *UNSEALED)
        if issue.status in _IN_FLIGHT or issue.due_at <= now
    }
    for edition in house.newsroom.editions.values():
        newest = await house.issues.recent(edition=edition.id, limit=1)
        if newest:
            for due in _passed(edition, since=newest[0].due_at, until=now):
                name = issue_id(edition, due)
                gone = Gone(issue=name, due_at=due, status=None, waiting=0)
                found.setdefault(name, gone)
    return sorted(found.values(), key=lambda one: (one.due_at, one.issue))


def _passed(edition: Edition, *, since: datetime, until: datetime) -> Iterator[datetime]:
    """The edition's hours in between, newest first."""
    at: datetime | None = until
    for _ in range(_MOST):
        at = last_firing(edition.schedule, at=at) if at is not None else None
        if at is None or at <= since:
            return
        yield at
        at -= _A_MOMENT
