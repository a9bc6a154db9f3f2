"""The seal's rows: digests, what the issue carried, and every Delivery, in one transaction."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Update, case, insert, literal, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from publisher.errors import Refused
from publisher.model.deliveries import DeliveryStatus
from publisher.model.digests import Digest
from publisher.model.issues import Issue, IssueStatus
from publisher.model.names import IssueId
from publisher.model.problems import Problem, msgid
from publisher.model.variants import AT_ONCE, Waves
from publisher.store.article_rows import chunks, keep_stories
from publisher.store.seating import seated
from publisher.store.tables import articles, carried, deliveries, digests, issues, subscribers


def fill(issue: Issue, *, now: datetime, waves: Waves = AT_ONCE) -> Any:
    """Every reader the issue goes to, in one statement inside the seal's transaction."""
    planned = select(
        literal(issue.id),
        subscribers.c.id,
        literal(DeliveryStatus.QUEUED.value),
        # Retries end a day after it: an issue sent late has its day from then on.
        _by_zone(waves, lambda at: max(issue.due_at, at or now, now)),
        _by_zone(waves, lambda at: max(at or now, now)),
    )
    readers = seated(planned, issue).order_by(subscribers.c.id)
    columns = ["issue", "subscriber", "status", "due_at", "next_try_at", "variant"]
    filled = insert(deliveries).from_select(columns, readers)
    # Else SQLAlchemy does not ask PostgreSQL how many it inserted, and says -1.
    return filled.execution_options(preserve_rowcount=True)


def _by_zone(
    waves: Waves, instant: Callable[[datetime | None], datetime]
) -> ColumnElement[datetime]:
    """That instant of the wave each reader is in."""
    kind = deliveries.c.due_at.type
    everybody = literal(instant(waves.first), kind)
    if not waves.by_zone:
        return everybody
    zones = {zone: literal(instant(at), kind) for zone, at in waves.by_zone.items()}
    return case(zones, value=subscribers.c.timezone, else_=everybody)


def close(issue: IssueId) -> Update:
    """With nobody to send to, the balance holds at once."""
    return update(issues).where(issues.c.id == issue).values(status=IssueStatus.SENT.value)


async def refuse_stale(tx: AsyncConnection, issue: Issue) -> None:
    """Raises Refused where an article was withdrawn, or tells another story, since it was composed.

    It holds the articles as they are: who withdraws one waits for this seal, and then stops it.
    """
    story_of = {one.id: item.story for item in issue.items for one in item.versions}
    story_of |= {one.article.id: one.article.story for one in issue.corrections}
    query = select(articles.c.id, articles.c.story, articles.c.withdrawn_at)
    for some in chunks(sorted(story_of)):
        rows = await tx.execute(
            query.where(articles.c.id.in_(some)).order_by(articles.c.id).with_for_update(read=True)
        )
        if any(row.withdrawn_at is not None or row.story != story_of[row.id] for row in rows.all()):
            raise Refused(_stale(issue))


def _stale(issue: Issue) -> Problem:
    return Problem(
        message=msgid("An article of {issue} was withdrawn or paired since it was composed."),
        args={"issue": issue.id, "edition": issue.edition},
        remedy=msgid("Compose it again: publisher compose {edition}"),
    )


async def keep_digests(tx: AsyncConnection, made: Sequence[Digest]) -> None:
    """Store the rendered digests in their order: the first is the fallback language."""
    rows = [
        {
            "id": one.id,
            "issue": one.issue,
            "language": one.language,
            "variant": one.variant,
            "position": position,
            "subject": one.subject,
            "sender": one.sender,
            "html": one.html,
            "text": one.text,
            "compiled": one.compiled,
        }
        for position, one in enumerate(made)
    ]
    if rows:
        await tx.execute(insert(digests), rows)


async def keep_carried(tx: AsyncConnection, issue: Issue) -> None:
    """Note which stories are spent for the edition from now on (law 10)."""
    # An issue may outlive the articles it was composed of.
    await tx.run_sync(keep_stories, [item.story for item in issue.items])
    rows = [
        {
            "edition": issue.edition,
            "issue": issue.id,
            "story": item.story,
            "due_at": issue.due_at,
        }
        for item in issue.items
    ]
    if rows:
        await tx.execute(insert(carried), rows)
