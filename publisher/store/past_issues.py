"""The archive's list: issues that went out, without any of which an article was taken back."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, exists, select

from publisher.model.issues import PUBLIC, PastIssue
from publisher.model.names import EditionId, IssueId, Language
from publisher.model.variants import EVERYTHING
from publisher.store.database import Database
from publisher.store.tables import articles, digests, issues
from publisher.store.variant_tables import told


class SqlPastIssues:
    """The port PastIssues on SQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def before(
        self, edition: EditionId, language: Language, when: datetime | None, *, limit: int
    ) -> Sequence[PastIssue]:
        query = _public(edition, language)
        if when is not None:
            query = query.where(issues.c.due_at < when)
        async with self._database.read() as tx:
            rows = await tx.execute(query.order_by(issues.c.due_at.desc()).limit(limit))
            return [
                PastIssue(
                    id=IssueId(row.id), number=row.number, due_at=row.due_at, subject=row.subject
                )
                for row in rows
            ]


def _public(edition: EditionId, language: Language) -> Select[Any]:
    telling = digests.alias("telling")  # in whatever language and variant
    taken_back = exists().where(
        telling.c.issue == issues.c.id,
        told.c.digest == telling.c.id,
        articles.c.id == told.c.article,
        articles.c.withdrawn_at.is_not(None),
    )
    return (
        select(issues.c.id, issues.c.number, issues.c.due_at, digests.c.subject)
        .join(digests, digests.c.issue == issues.c.id)
        .where(
            issues.c.edition == edition,
            issues.c.status.in_([one.value for one in PUBLIC]),
            issues.c.content.not_like('%"only_to":"%'),  # to a few: the noun, as it is frozen
            digests.c.language == language,
            digests.c.variant == EVERYTHING.name,
            ~taken_back,
        )
    )
