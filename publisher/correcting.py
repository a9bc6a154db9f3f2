"""An issue made to correct another: to exactly those who were sent that one, by the same gate."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from publisher.compose import legal
from publisher.compose.corrections import corrections_to, stories_of, updated_since
from publisher.compose.desk import profiles_of
from publisher.compose.lead import choose_lead
from publisher.compose.marks import highest_mark
from publisher.compose.rights import printable
from publisher.errors import Refused
from publisher.gate import examine
from publisher.hand import known_issue
from publisher.house import House
from publisher.model.articles import AgeMark, Article
from publisher.model.editions import Edition
from publisher.model.issues import AS_BY_RULE, Correction, Issue, IssueStatus, Item
from publisher.model.legal import LegalProfile
from publisher.model.names import IssueId, StoryKey
from publisher.model.problems import Problem, msgid
from publisher.pipeline import refuse_while_it_goes

_MAY_CHANGE = frozenset({IssueStatus.DRAFT, IssueStatus.HELD})
_OPEN = _MAY_CHANGE | {IssueStatus.APPROVED}
_LOOKED_AT = 50  # issues of an edition


async def correction_of(house: House, first_id: IssueId) -> Issue:
    """The issue that corrects what the first one carried, made or made anew, and stored.

    Corrections stand in their box; what changed without one is told again, marked as an update.
    Raises Refused where the first was not sent or still goes, nothing it carried has changed, or
    another correction of it was stopped.
    """
    first = await known_issue(house, first_id)
    if first.sealed_at is None:
        raise Refused(_never_sent(first))
    now = house.clock()
    standing = await _standing(house, first)
    if standing is not None and standing.status is IssueStatus.STOPPED:
        raise Refused(_stopped(standing, first))
    if standing is not None and standing.status not in _MAY_CHANGE:
        return standing
    await refuse_while_it_goes(house, first.id)
    issue = await _composed(house, first, standing, now)
    examined = await examine(house, issue)
    status = IssueStatus.HELD if legal.blocking(examined.problems) else IssueStatus.DRAFT
    made = replace(issue, status=status, problems=examined.problems)
    await house.issues.save(made)
    return made


async def only_to(house: House, issue_id: IssueId, first_id: IssueId) -> Issue:
    """Let an unsealed issue go to those who were sent the first, and to nobody else."""
    issue, first = await known_issue(house, issue_id), await known_issue(house, first_id)
    if issue.only_to == first.id:
        return issue
    if first.sealed_at is None:
        raise Refused(_never_sent(first))
    if issue.edition != first.edition or issue.status not in _OPEN:
        raise Refused(_no_correction(issue, first))
    await refuse_while_it_goes(house, first.id)
    narrowed = replace(issue, only_to=first.id)
    await house.issues.save(narrowed)
    return narrowed


async def _standing(house: House, first: Issue) -> Issue | None:
    """The one that was made for it and waits, is on its way, or was stopped there."""
    waiting = await house.issues.with_status(*_OPEN, IssueStatus.SEALED, IssueStatus.STOPPED)
    return next((one for one in waiting if one.correction_of == first.id), None)


async def _corrected_before(house: House, first: Issue) -> Sequence[Issue]:
    """Those that were sent to correct it, the newest first.

    A cancelled one is none: an editor called it back, so whomever it reached is told anew.
    """
    known = await house.issues.recent(edition=first.edition, limit=_LOOKED_AT)
    return [one for one in known if one.correction_of == first.id and _was_sent(one)]


def _was_sent(issue: Issue) -> bool:
    return issue.sealed_at is not None and issue.status is not IssueStatus.CANCELLED


async def _composed(house: House, first: Issue, standing: Issue | None, now: datetime) -> Issue:
    edition = house.newsroom.editions[first.edition]
    profiles = profiles_of(house.newsroom, edition, now)
    current = await house.articles.versions_of(stories_of([first]))
    before = await _corrected_before(house, first)
    told = {one.key for issue in before for one in issue.corrections}
    corrections = tuple(one for one in corrections_to([first], current) if one.key not in told)
    apart = {one.article.story for issue in before for one in issue.corrections}
    apart |= {one.article.story for one in corrections}
    changed = updated_since([*before, first], current) - apart
    items = tuple(_updates(first, edition, current, changed))
    if not corrections and not items:
        raise Refused(_nothing_to_correct(first))
    return Issue(
        id=standing.id if standing else await _free_id(house, first),
        edition=first.edition,
        number=first.number,
        status=IssueStatus.DRAFT,
        window=first.window,
        due_at=standing.due_at if standing else now,
        items=items,
        lead=choose_lead(items, house.newsroom),
        age=_age(items, corrections, profiles.values()),
        composed_at=now,
        approvals=(),
        profiles={language: profile.version for language, profile in profiles.items()},
        order=standing.order if standing else AS_BY_RULE,
        corrections=corrections,
        twice_a_day=True,
        only_to=first.id,
        correction_of=first.id,
    )


def _updates(
    first: Issue, edition: Edition, current: Iterable[Article], changed: frozenset[StoryKey]
) -> Iterable[Item]:
    """What changed materially without a correction, as it is now."""
    articles = [one for one in current if one.language in edition.languages]
    for item in first.items:
        if item.story in changed and not item.sponsored:
            versions = tuple(printable(one) for one in articles if one.story == item.story)
            yield replace(item, versions=versions, linked=False, update=True)


def _age(
    items: Iterable[Item], corrections: Iterable[Correction], profiles: Iterable[LegalProfile]
) -> AgeMark | None:
    articles = [one for item in items for one in item.versions]
    return highest_mark([*articles, *(one.article for one in corrections)], tuple(profiles))


async def _free_id(house: House, first: Issue) -> IssueId:
    number = 1
    while await house.issues.get(IssueId(f"{first.id}-c{number}")):
        number += 1
    return IssueId(f"{first.id}-c{number}")


def _never_sent(first: Issue) -> Problem:
    return Problem(
        message=msgid("{issue} was not sent: there is nobody to tell a correction."),
        args={"issue": first.id, "edition": first.edition},
        remedy=msgid("Mend the article, then compose it again: publisher compose {edition}"),
    )


def _stopped(standing: Issue, first: Issue) -> Problem:
    return Problem(
        message=msgid("{issue} corrects {first} already, and was stopped on its way."),
        args={"issue": standing.id, "first": first.id},
        remedy=msgid(
            "Let it go on: publisher resume {issue}; or publisher cancel {issue}, then say this "
            "again."
        ),
    )


def _nothing_to_correct(first: Issue) -> Problem:
    return Problem(
        message=msgid("Nothing that {issue} carried has been corrected or updated since."),
        args={"issue": first.id},
        remedy=msgid("Write a “correction” into the article, collect it, then say this again."),
    )


def _no_correction(issue: Issue, first: Issue) -> Problem:
    return Problem(
        message=msgid("{issue} cannot be sent as a correction of {first}."),
        args={"issue": issue.id, "first": first.id},
        remedy=msgid("It must be of the same edition, and not sealed yet."),
    )
