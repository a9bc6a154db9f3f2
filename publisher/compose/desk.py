"""The editor's desk: lay the material out, let the composer choose.  Decides nothing itself."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from publisher.compose import window as windows
from publisher.compose.company import company
from publisher.compose.composer import Material, select
from publisher.compose.corrections import (
    corrections_to,
    mailed_before,
    stories_of,
    updated_since,
)
from publisher.compose.legal import no_profile, profile_on
from publisher.editors import Wishes
from publisher.errors import Refused
from publisher.model.editions import Edition, Window
from publisher.model.issues import AS_BY_RULE, Issue, IssueStatus, Order
from publisher.model.legal import LegalProfile
from publisher.model.names import CorrectionKey, Language
from publisher.model.newsroom import Newsroom
from publisher.model.problems import Problem, Severity, msgid
from publisher.model.terms import Term
from publisher.outlets import Readers
from publisher.ports import Articles, Issues

_LOOKED_AT = 200  # issues of an edition: more than any MAX_AGE holds
_MAY_CHANGE = frozenset({IssueStatus.DRAFT, IssueStatus.HELD})


@dataclass(frozen=True, slots=True, kw_only=True)
class Composed:
    """An issue that was made or stands already, or why there is none."""

    issue: Issue | None
    reason: Problem | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelves:
    """Where the desk finds what an issue is made of."""

    articles: Articles
    issues: Issues
    wishes: Wishes
    readers: Readers


async def compose_due(
    newsroom: Newsroom,
    edition: Edition,
    shelves: Shelves,
    *,
    now: datetime,
    at: datetime | None = None,
    order: Order | None = None,
) -> Composed:
    """The issue due now, or at `at`; nothing is stored.

    A draft or held issue of that hour is composed afresh, an approved one stands as it is, unless
    it is tried with another `order` than the one it has.
    Raises Refused where no legal profile is in force on its day.
    """
    issues = shelves.issues
    last = await issues.last_sealed(edition.id)
    sealed = last.window if last else None
    known = await issues.recent(edition=edition.id, limit=_LOOKED_AT)
    due = at or windows.last_firing(edition.schedule, at=now + edition.draft)
    began = windows.beginning(known)
    window = due and windows.window_at(edition, due, last_sealed=sealed, began=began)
    if not window:
        return Composed(issue=None, reason=_nothing_due(last))
    standing = await issues.get(windows.issue_id(edition, window.end))
    may_change = _MAY_CHANGE if order is None else _MAY_CHANGE | {IssueStatus.APPROVED}
    if standing and standing.status not in may_change:
        return _as_it_stands(standing)
    if order is None:
        order = standing.order if standing else AS_BY_RULE
    material = await _material(newsroom, edition, shelves, _Case(window, known, order), now)
    issue = select(edition, newsroom, material, window=window, now=now)
    return Composed(issue=await _to_those_who_are_owed(issue, shelves.readers))


@dataclass(frozen=True, slots=True)
class _Case:
    """The issue at hand: its window, the issues before it, the editor's wishes."""

    window: Window
    known: Sequence[Issue]
    order: Order


async def _material(
    newsroom: Newsroom, edition: Edition, shelves: Shelves, case: _Case, now: datetime
) -> Material:
    articles, window = shelves.articles, case.window
    last = await shelves.issues.last_sealed(edition.id)
    available = await articles.available(
        since=windows.eligible_since(window, began=windows.beginning(case.known)),
        until=windows.eligible_until(window, now=now),
    )
    spent = await shelves.issues.spent(
        windows.spending_editions(edition, newsroom), since=windows.spent_since(window)
    )
    mailed = mailed_before(case.known, window.end)
    current = await articles.versions_of(stories_of(mailed))
    pinned = await shelves.wishes.pinned(edition.id)
    found = Material(
        available=available,
        versions=(),
        spent=frozenset().union(*spent.values()),
        number=last.number + 1 if last else 1,
        profiles=profiles_of(newsroom, edition, window.end),
        order=case.order,
        pinned=pinned,
        updated=updated_since(mailed, current),
        corrections=corrections_to(mailed, current),
        company=company(edition, newsroom, window.end, known=case.known),
    )
    wanted = {article.story for article in available} | found.asked_for
    return replace(found, versions=await articles.versions_of(wanted))


async def _to_those_who_are_owed(issue: Issue, readers: Readers) -> Issue:
    """Less the corrections that nobody is owed: told already, or mailed to nobody."""
    if not issue.corrections:
        return issue
    groups = await readers.groups(issue)
    owed = frozenset[CorrectionKey]().union(*(group.corrections for group in groups))
    return replace(issue, corrections=tuple(one for one in issue.corrections if one.key in owed))


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
            args={"issue": issue.id, "status": Term(issue.status.value)},
            severity=Severity.NOTE,
        ),
    )
