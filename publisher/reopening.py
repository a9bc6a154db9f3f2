"""Unsealed issues composed anew because the articles they carry have changed under them."""

from collections.abc import Collection, Iterator
from dataclasses import replace

from publisher import pipeline
from publisher.compose.lead import choose_lead
from publisher.hand import is_held_by_hand
from publisher.house import House
from publisher.model.issues import Issue, IssueStatus, Item
from publisher.model.names import ArticleId
from publisher.model.newsroom import Newsroom
from publisher.model.problems import Problem, msgid

_UNSEALED = (IssueStatus.DRAFT, IssueStatus.APPROVED, IssueStatus.HELD)


async def carrying(house: House, articles: Collection[ArticleId]) -> list[Issue]:
    """The unsealed issues with one of these articles."""
    found = await house.issues.with_status(*_UNSEALED)
    return [issue for issue in found if any(issue.carries(one) for one in articles)]


async def reopen(house: House, issue: Issue, changed: Collection[ArticleId], *, by: str) -> Issue:
    """Compose it anew; nobody's yes to what it was counts for what it is.

    First it is held without these articles, so that it never goes out with them, whatever fails
    then.  So it stays where too little is left, and where an editor held it before.
    """
    if issue.status is not IssueStatus.HELD:
        await house.issues.move(issue.id, IssueStatus.HELD, now=house.clock(), by=by)
    held = _without(issue, changed, house.newsroom)
    await house.issues.save(held)
    gone = issue.edition not in house.newsroom.editions
    if is_held_by_hand(issue) or gone or issue.correction_of:
        return held
    made = await pipeline.compose(house, issue.edition, at=issue.due_at)
    if made.issue is not None:
        return made.issue
    if made.reason is not None:
        held = replace(held, problems=(*held.problems, made.reason))
        await house.issues.save(held)
    return held


def _without(issue: Issue, changed: Collection[ArticleId], newsroom: Newsroom) -> Issue:
    items = tuple(_left(issue, changed))
    kept = issue.problems if issue.status is IssueStatus.HELD else ()
    return replace(
        issue,
        status=IssueStatus.HELD,
        items=items,
        corrections=tuple(one for one in issue.corrections if one.article.id not in changed),
        lead=choose_lead(items, newsroom),
        approvals=(),
        problems=(*kept, _changed(issue)),
    )


def _left(issue: Issue, changed: Collection[ArticleId]) -> Iterator[Item]:
    for item in issue.items:
        versions = tuple(one for one in item.versions if one.id not in changed)
        if versions:
            yield replace(item, versions=versions)


def _changed(issue: Issue) -> Problem:
    return Problem(
        message=msgid(
            "An article of {issue} was withdrawn, paired or corrected; it waits without it."
        ),
        args={"issue": issue.id, "edition": issue.edition},
        remedy=msgid("Compose it again: publisher compose {edition}"),
    )
