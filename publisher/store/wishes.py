"""Editors' wishes: an order kept with its issue, stories pinned before there is one."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from publisher.errors import MoveForbidden
from publisher.model.articles import Article
from publisher.model.issues import Issue, IssueStatus, Order
from publisher.model.names import ArticleId, EditionId, IssueId, StoryKey
from publisher.store.article_rows import all_of, put_version, whole
from publisher.store.database import Database
from publisher.store.issues import stored, values_of
from publisher.store.tables import articles, audit, issues
from publisher.store.variant_tables import pins

_OPEN = frozenset({IssueStatus.DRAFT, IssueStatus.HELD, IssueStatus.APPROVED})


class SqlWishes:
    """The port Wishes on SQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def order(self, issue: IssueId, order: Order, *, now: datetime, by: str) -> Issue:
        async with self._database.write() as tx:
            standing = await stored(tx, issue, lock=True)
            if standing is None or standing.status not in _OPEN:
                status = standing.status.value if standing else "absent"
                raise MoveForbidden(issue, status, IssueStatus.DRAFT.value)
            held = standing.status is IssueStatus.HELD
            changed = replace(
                standing,
                order=order,
                approvals=(),
                status=IssueStatus.HELD if held else IssueStatus.DRAFT,
            )
            await tx.execute(update(issues).where(issues.c.id == issue).values(values_of(changed)))
            what = f"{issue}: order {_said(order)}"
            await tx.execute(insert(audit).values(at=now, by=by, what=what))
        return changed

    async def pin(
        self, edition: EditionId, story: StoryKey, *, now: datetime, by: str, on: bool = True
    ) -> None:
        async with self._database.write() as tx:
            row = {"edition": edition, "story": story, "at": now, "by": by}
            dialect = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
            if on:
                done = await tx.execute(dialect(pins).values(row).on_conflict_do_nothing())
            else:
                here = (pins.c.edition == edition) & (pins.c.story == story)
                done = await tx.execute(delete(pins).where(here))
            if done.rowcount:
                what = f"story {story}: {'pinned to' if on else 'unpinned from'} {edition}"
                await tx.execute(insert(audit).values(at=now, by=by, what=what))

    async def pinned(self, edition: EditionId) -> Sequence[StoryKey]:
        query = select(pins.c.story).where(pins.c.edition == edition)
        async with self._database.read() as tx:
            rows = await tx.execute(query.order_by(pins.c.at.desc(), pins.c.story))
            return [StoryKey(row.story) for row in rows]

    async def correct(
        self, article: ArticleId, words: str | None, *, now: datetime, by: str
    ) -> Article:
        async with self._database.write() as tx:
            found = await all_of(tx, whole().where(articles.c.id == article).with_for_update())
            if not found:
                raise KeyError(article)
            [standing] = found
            corrected = replace(
                standing,
                correction=words,
                corrected_by=by if words else None,
                updated_at=now if words else standing.updated_at,
                version=standing.version + 1,
            )
            await tx.run_sync(put_version, corrected)
            what = f"article {article}: {f'corrected: {words}' if words else 'correction out'}"
            await tx.execute(insert(audit).values(at=now, by=by, what=what))
        return corrected


def _said(order: Order) -> str:
    """Every wish in one line of the audit."""
    words = (
        ("lead", order.lead or ""),
        ("in", " ".join(order.taken)),
        ("out", " ".join(order.out)),
        ("places", " ".join(f"{story}={place}" for story, place in order.places)),
        ("intro", " ".join(sorted(order.intro))),
        ("subject", "; ".join(f"{tongue}: {order.subject[tongue]}" for tongue in order.subject)),
    )
    return ", ".join(f"{name} {value}" for name, value in words if value) or "as by rule"
