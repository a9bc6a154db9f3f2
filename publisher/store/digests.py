"""Rendered digests, stored with the seal and never changed."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Select, select

from publisher.model.digests import Digest
from publisher.model.names import DigestId, IssueId, Language
from publisher.model.variants import EVERYTHING
from publisher.store.article_rows import chunks
from publisher.store.database import Database
from publisher.store.snapshot import Row
from publisher.store.tables import digests


class SqlDigests:
    """The port Digests on SQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, digest: DigestId) -> Digest | None:
        found = await self._all(select(digests).where(digests.c.id == digest))
        return found[0] if found else None

    async def of(self, issue: IssueId) -> Sequence[Digest]:
        query = select(digests).where(digests.c.issue == issue)
        return await self._all(query.order_by(digests.c.position))

    async def subjects(
        self, issues: Collection[IssueId]
    ) -> Mapping[Language, Mapping[IssueId, str]]:
        found: dict[Language, dict[IssueId, str]] = {}
        async with self._database.read() as tx:
            for some in chunks(sorted(issues)):
                for row in await tx.execute(_subjects(some)):
                    found.setdefault(row.language, {})[row.issue] = row.subject
        return found

    async def _all(self, query: Select[Any]) -> Sequence[Digest]:
        async with self._database.read() as tx:
            return [_digest(row) for row in await tx.execute(query)]


def _subjects(issues: Sequence[IssueId]) -> Select[Any]:
    return select(digests.c.issue, digests.c.language, digests.c.subject).where(
        digests.c.issue.in_(issues), digests.c.variant == EVERYTHING.name
    )


def _digest(row: Row) -> Digest:
    return Digest(
        id=row.id,
        issue=row.issue,
        language=row.language,
        variant=row.variant,
        subject=row.subject,
        sender=row.sender,
        html=row.html,
        text=row.text,
        compiled=row.compiled,
    )
