"""Issues: saved freely before the seal, moved by the table of moves, frozen after it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Select, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from publisher.errors import MoveForbidden
from publisher.model.issues import MOVES, Issue, IssueStatus
from publisher.model.names import EditionId, IssueId, StoryKey
from publisher.store.database import Database
from publisher.store.delivery_rows import cancel
from publisher.store.snapshot import Row, freeze, thaw
from publisher.store.starts import wait_for_starts
from publisher.store.tables import audit, carried, deliveries, issues

_OPEN = frozenset({IssueStatus.DRAFT, IssueStatus.HELD, IssueStatus.APPROVED})
_ENDED_UNSEALED = frozenset({IssueStatus.SKIPPED, IssueStatus.CANCELLED})


class SqlIssues:
    """The port Issues on SQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, issue: IssueId) -> Issue | None:
        async with self._database.read() as tx:
            return await stored(tx, issue)

    async def save(self, issue: Issue) -> None:
        async with self._database.write() as tx:
            standing = await stored(tx, issue.id, lock=True)
            _refuse_overwriting(standing, issue)
            if standing is None:
                await tx.execute(insert(issues).values(values_of(issue)))
                return
            await tx.execute(update(issues).where(issues.c.id == issue.id).values(values_of(issue)))

    async def move(self, issue: IssueId, to: IssueStatus, *, now: datetime, by: str) -> Issue:
        async with self._database.write() as tx:
            if to is IssueStatus.STOPPED:
                await wait_for_starts(tx)
            standing = await stored(tx, issue, lock=True)
            if standing is None:
                raise MoveForbidden(issue, "absent", to.value)
            refuse_forbidden(standing, to)
            if _belongs_to_the_ledger(standing.status, to):
                raise MoveForbidden(issue, standing.status.value, to.value)
            await tx.execute(update(issues).where(issues.c.id == issue).values(status=to.value))
            if to is IssueStatus.CANCELLED:
                await tx.execute(cancel().where(deliveries.c.issue == issue))
            what = f"{issue}: {standing.status.value} -> {to.value}"
            await tx.execute(insert(audit).values(at=now, by=by, what=what))
        return replace(standing, status=to)

    async def recent(self, *, edition: EditionId | None = None, limit: int = 50) -> Sequence[Issue]:
        query = _whole().order_by(issues.c.due_at.desc(), issues.c.id).limit(limit)
        if edition is not None:
            query = query.where(issues.c.edition == edition)
        return await self._all(query)

    async def with_status(self, *statuses: IssueStatus) -> Sequence[Issue]:
        named = [status.value for status in statuses]
        query = _whole().where(issues.c.status.in_(named))
        return await self._all(query.order_by(issues.c.due_at, issues.c.id))

    async def last_sealed(self, edition: EditionId) -> Issue | None:
        query = _whole().where(
            issues.c.edition == edition,
            issues.c.sealed_at.is_not(None),
            issues.c.correction_of.is_(None),
        )
        found = await self._all(query.order_by(issues.c.due_at.desc()).limit(1))
        return found[0] if found else None

    async def spent(
        self, editions: Collection[EditionId], *, since: datetime
    ) -> Mapping[EditionId, frozenset[StoryKey]]:
        query = select(carried.c.edition, carried.c.story).where(
            carried.c.edition.in_(sorted(editions)), carried.c.due_at >= since
        )
        found: dict[EditionId, set[StoryKey]] = {}
        async with self._database.read() as tx:
            for row in await tx.execute(query):
                found.setdefault(EditionId(row.edition), set()).add(StoryKey(row.story))
        return {edition: frozenset(stories) for edition, stories in found.items()}

    async def _all(self, query: Select[Any]) -> Sequence[Issue]:
        async with self._database.read() as tx:
            return [_issue(row) for row in await tx.execute(query)]


def _whole() -> Select[Any]:
    return select(issues.c.content, issues.c.status, issues.c.sealed_at)


async def stored(tx: AsyncConnection, issue: IssueId, *, lock: bool = False) -> Issue | None:
    """The issue as it stands in this transaction; `lock` keeps others from moving it."""
    query = _whole().where(issues.c.id == issue)
    row = (await tx.execute(query.with_for_update() if lock else query)).one_or_none()
    return _issue(row) if row else None


def refuse_forbidden(standing: Issue, to: IssueStatus) -> None:
    """Raises MoveForbidden unless the table of moves allows it."""
    if to not in MOVES[standing.status]:
        raise MoveForbidden(standing.id, standing.status.value, to.value)


def _refuse_overwriting(standing: Issue | None, issue: Issue) -> None:
    """A save makes and changes what is not sealed; Outbox.seal alone seals (law 2)."""
    if standing is None:
        if issue.status not in _OPEN | _ENDED_UNSEALED:
            raise MoveForbidden(issue.id, "absent", issue.status.value)
        return
    if standing.status not in _OPEN or issue.status is IssueStatus.SEALED:
        raise MoveForbidden(issue.id, standing.status.value, issue.status.value)
    if issue.status is not standing.status:
        refuse_forbidden(standing, issue.status)


def _belongs_to_the_ledger(came_from: IssueStatus, to: IssueStatus) -> bool:
    """SEALED means that deliveries exist, SENT that none of them waits: no hand can say so."""
    return to is IssueStatus.SENT or (to is IssueStatus.SEALED and came_from in _OPEN)


def values_of(issue: Issue) -> dict[str, Any]:
    """The row of an issue."""
    return {
        "id": issue.id,
        "edition": issue.edition,
        "number": issue.number,
        "status": issue.status.value,
        "due_at": issue.due_at,
        "sealed_at": issue.sealed_at,
        "correction_of": issue.correction_of,
        "content": freeze(Issue, issue),
    }


def _issue(row: Row) -> Issue:
    """The status moves on after `content` was frozen, so the column counts."""
    issue = thaw(Issue, row.content)
    return replace(issue, status=IssueStatus(row.status), sealed_at=row.sealed_at)
