"""The editor's desk: lay the material out, let the composer choose.  Decides nothing itself."""

from dataclasses import dataclass
from datetime import datetime

from publisher.compose import window as windows
from publisher.compose.composer import Material, select
from publisher.compose.legal import no_profile, profile_on
from publisher.errors import Refused
from publisher.model.editions import Edition, Window
from publisher.model.issues import Issue, IssueStatus
from publisher.model.legal import LegalProfile
from publisher.model.names import Language
from publisher.model.newsroom import Newsroom
from publisher.model.problems import Problem, Severity, msgid
from publisher.ports import Articles, Issues

_LOOKED_AT = 200  # issues of an edition: more than any MAX_AGE holds
_MAY_CHANGE = frozenset({IssueStatus.DRAFT, IssueStatus.HELD})


@dataclass(frozen=True, slots=True, kw_only=True)
class Composed:
    """An issue that was made or stands already, or why there is none."""

    issue: Issue | None
    reason: Problem | None = None


async def compose_due(
    newsroom: Newsroom,
    edition: Edition,
    articles: Articles,
    issues: Issues,
    *,
    now: datetime,
    at: datetime | None = None,
) -> Composed:
    """The issue due now, or at `at`; nothing is stored.

    A draft or held issue of that hour is composed afresh, an approved one stands as it is.
    Raises Refused where no legal profile is in force on its day.
    """
    last = await issues.last_sealed(edition.id)
    sealed = last.window if last else None
    began = windows.beginning(await issues.recent(edition=edition.id, limit=_LOOKED_AT))
    due = at or windows.last_firing(edition.schedule, at=now + edition.draft)
    window = due and windows.window_at(edition, due, last_sealed=sealed, began=began)
    if not window:
        return Composed(issue=None, reason=_nothing_due(last))
    standing = await issues.get(windows.issue_id(edition, window.end))
    if standing and standing.status not in _MAY_CHANGE:
        return _as_it_stands(standing)
    material = await _material(newsroom, edition, articles, issues, window, began, now)
    return Composed(issue=select(edition, newsroom, material, window=window, now=now))


async def _material(  # noqa: PLR0913, PLR0917 - everything a composer asks for
    newsroom: Newsroom,
    edition: Edition,
    articles: Articles,
    issues: Issues,
    window: Window,
    began: datetime | None,
    now: datetime,
) -> Material:
    last = await issues.last_sealed(edition.id)
    available = await articles.available(
        since=windows.eligible_since(window, began=began),
        until=windows.eligible_until(window, now=now),
    )
    spent = await issues.spent(
        windows.spending_editions(edition, newsroom), since=windows.spent_since(window)
    )
    return Material(
        available=available,
        versions=await articles.versions_of({article.story for article in available}),
        spent=frozenset().union(*spent.values()),
        number=last.number + 1 if last else 1,
        profiles=profiles_of(newsroom, edition, window.end),
    )


def profiles_of(
    newsroom: Newsroom, edition: Edition, due: datetime
) -> dict[Language, LegalProfile]:
    """The legal profile in force on the day of the issue, for every language (rule L01).

    Raises Refused where there is none.
    """
    day = due.astimezone(edition.schedule.zone).date()
    found: dict[Language, LegalProfile] = {}
    for language in edition.languages:
        profile = profile_on(newsroom.profiles[edition.legal[language]], day)
        if profile is None:
            raise Refused(no_profile(edition.legal[language], day=day))
        found[language] = profile
    return found


def _nothing_due(last: Issue | None) -> Problem:
    if last is None:
        return Problem(message=msgid("No issue is due yet."), severity=Severity.NOTE)
    return Problem(
        message=msgid("Nothing new is due: {issue} was the last one."),
        args={"issue": last.id},
        severity=Severity.NOTE,
    )


def _as_it_stands(issue: Issue) -> Composed:
    if issue.status is IssueStatus.APPROVED:
        return Composed(issue=issue)
    return Composed(
        issue=None,
        reason=Problem(
            message=msgid("The issue {issue} is {status}; it is not composed again."),
            args={"issue": issue.id, "status": issue.status.value},
            severity=Severity.NOTE,
        ),
    )
