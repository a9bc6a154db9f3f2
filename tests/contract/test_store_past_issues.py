"""The archive's list."""

from datetime import timedelta

from publisher.model.articles import Changes, Withdrawal
from publisher.model.issues import IssueStatus, PastIssue
from publisher.model.names import DigestId, EditionId, IssueId, StoryKey
from publisher.model.variants import Seating
from publisher.store.past_issues import SqlPastIssues
from tests.support.build import DUE, EN, NOON, RU, make_article, make_digest, make_issue, make_item
from tests.support.stores import EDITION, ISSUE, Store

DAY = timedelta(days=1)


async def sealed(store: Store, number: int, **overrides: object) -> IssueId:
    """The issue of the n-th day, a story of its own in it, told by its English digest."""
    article = make_article(story=StoryKey(f"s{number}"))
    await store.keep(Changes(new=(article,)))
    identifier = IssueId(f"morning-202611{23 + number}-0800")
    facts = {
        "id": identifier,
        "due_at": DUE + number * DAY,
        "number": number + 1,
        "items": (make_item(article),),
        "status": IssueStatus.APPROVED,
    }
    issue = make_issue(**(facts | overrides))
    await store.issues.save(issue)
    going = make_issue(**(facts | overrides | {"status": IssueStatus.SEALED, "sealed_at": NOON}))
    digest = make_digest(
        id=DigestId(f"{identifier}/en/all"), issue=identifier, subject=f"Issue {number}"
    )
    seating = Seating(told={digest.id: {article.id: ""}})
    await store.outbox.seal(going, [digest], now=NOON, seating=seating)
    return identifier


async def test_issues_that_went_out_are_listed_newest_first(store: Store) -> None:
    past = SqlPastIssues(store.database)
    for number in range(3):
        await sealed(store, number)
    await store.issues.save(make_issue(id=IssueId("draft"), due_at=DUE + 9 * DAY))
    listed = await past.before(EDITION, EN, None, limit=2)

    assert listed == [
        PastIssue(
            id=IssueId(f"morning-202611{23 + number}-0800"),
            number=number + 1,
            due_at=DUE + number * DAY,
            subject=f"Issue {number}",
        )
        for number in (2, 1)
    ]
    older = await past.before(EDITION, EN, DUE + DAY, limit=9)
    assert [one.id for one in older] == [ISSUE]
    assert await past.before(EDITION, RU, None, limit=9) == []
    assert await past.before(EditionId("weekly"), EN, None, limit=9) == []


async def test_what_was_taken_back_or_went_to_a_few_is_not_listed(store: Store) -> None:
    past = SqlPastIssues(store.database)
    await sealed(store, 0)
    await sealed(store, 1)
    await sealed(store, 2, only_to=ISSUE)
    gone = Withdrawal(at=NOON, by="Anna", reason="A court's order.")
    await store.newsdesk.withdraw(make_article(story=StoryKey("s1")).id, gone)

    assert [one.id for one in await past.before(EDITION, EN, None, limit=9)] == [ISSUE]

    await store.newsdesk.restore(make_article(story=StoryKey("s1")).id, now=NOON, by="Anna")
    assert len(await past.before(EDITION, EN, None, limit=9)) == 2
