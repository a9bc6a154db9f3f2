"""What came back: bounces and complaints, each tied to its delivery, and what follows from them."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, Table, and_, exists, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from publisher.inlets import Faults
from publisher.model.bounces import Bounce, Kind, Reason, Returned, Weight
from publisher.model.deliveries import DeliveryStatus
from publisher.model.issues import IssueStatus
from publisher.model.names import DeliveryId, EditionId, IssueId, SubscriberId
from publisher.model.people import Suppression, SuppressionReason
from publisher.store.article_rows import chunks
from publisher.store.audience import appended, ended
from publisher.store.bounce_tables import bounces
from publisher.store.database import Database
from publisher.store.notice_returns import notices_to, of_notices, the_notice
from publisher.store.notice_tables import notice_bounces
from publisher.store.snapshot import Row
from publisher.store.tables import deliveries, issues, subscribers, suppressions

_RECENT = 100  # deliveries of one reader that a bounce may be about
_REMEMBERED = 500  # of one reader's bounces
_MOST_FOR_EACH, _MOST_PLANNED = 20, 1000  # as the port promises
_NOT_SENT = (DeliveryStatus.SUPPRESSED.value, DeliveryStatus.CANCELLED.value)


class SqlReturns:
    """The port Returns on SQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def delivery(self, delivery: DeliveryId) -> Returned | None:
        if delivery < 0:
            async with self._database.read() as tx:
                return await the_notice(tx, delivery)
        found = await self._returned(_whole().where(deliveries.c.id == delivery))
        return found[0] if found else None

    async def recent(
        self,
        *,
        subscriber: SubscriberId | None = None,
        email: str | None = None,
        edition: EditionId | None = None,
    ) -> Sequence[Returned]:
        # By issue, newest first: a delivery is indexed by (issue, subscriber), not by subscriber.
        query = _whole().where(
            subscribers.c.id == subscriber if email is None else subscribers.c.email == email,
            issues.c.sealed_at.is_not(None),
        )
        if edition is not None:
            query = query.where(issues.c.edition == edition)
        found = await self._returned(query.order_by(issues.c.due_at.desc()).limit(_RECENT))
        if email is None or edition is not None:
            return found
        async with self._database.read() as tx:
            return [*found, *await notices_to(tx, email, limit=_RECENT)]

    async def history(self, address: str, *, since: datetime) -> Sequence[Bounce]:
        reader = select(subscribers.c.id).where(subscribers.c.email == address)
        theirs = bounces.c.subscriber == reader.scalar_subquery()
        async with self._database.read() as tx:
            found = [
                *await _news(tx, bounces, theirs, address, since),
                *await _news(
                    tx, notice_bounces, notice_bounces.c.address == address, address, since
                ),
            ]
        return sorted(found, key=lambda one: one.at)

    async def record(
        self,
        returned: Returned,
        bounce: Bounce,
        *,
        fingerprint: str,
        suppress: SuppressionReason | None = None,
    ) -> bool:
        async with self._database.write() as tx:
            if not await _kept(tx, returned, bounce, fingerprint):
                return False
            if bounce.kind is Kind.COMPLAINT and returned.edition is not None:
                await ended(tx, returned.subscriber, now=bounce.at, edition=returned.edition)
            if suppress is not None and not await _is_suppressed(tx, returned.address):
                note = " ".join(filter(None, (bounce.reason.value, bounce.status)))
                await appended(
                    tx,
                    Suppression(email=returned.address, reason=suppress, at=bounce.at, note=note),
                )
        return True

    async def faults(self, issue: IssueId, *, since: datetime, sealed_since: datetime) -> Faults:
        sent_to = select(deliveries.c.id).where(deliveries.c.issue == issue)
        took = sent_to.where(deliveries.c.status == DeliveryStatus.ACCEPTED.value)
        meant = sent_to.where(deliveries.c.status.not_in(_NOT_SENT))
        async with self._database.read() as tx:
            blaming = (await tx.execute(_blaming(issue, since, sealed_since))).scalars().all()
            return Faults(
                domains=Counter(email.rpartition("@")[2] for email in blaming),
                accepted=await _counted(tx, took, most=_MOST_FOR_EACH * len(blaming)),
                planned=await _counted(tx, meant, most=_MOST_PLANNED if blaming else 0),
            )

    async def answer_faults(self, *, now: datetime) -> int:
        pending = and_(bounces.c.weight == Weight.OURS.value, bounces.c.answered_at.is_(None))
        async with self._database.write() as tx:
            done = await tx.execute(update(bounces).where(pending).values(answered_at=now))
        return done.rowcount

    async def about(
        self, deliveries: Collection[DeliveryId]
    ) -> Mapping[DeliveryId, Sequence[Bounce]]:
        found: dict[DeliveryId, list[Bounce]] = {}
        async with self._database.read() as tx:
            for some in chunks(sorted(deliveries)):
                query = select(bounces).where(bounces.c.delivery.in_(some)).order_by(bounces.c.id)
                for row in [*await tx.execute(query), *await tx.execute(of_notices(some))]:
                    found.setdefault(DeliveryId(row.delivery), []).append(_bounce(row))
        return found

    async def _returned(self, query: Select[Any]) -> Sequence[Returned]:
        async with self._database.read() as tx:
            return [_returned(row) for row in await tx.execute(query)]


def _whole() -> Select[Any]:
    return (
        select(
            deliveries.c.id,
            deliveries.c.issue,
            deliveries.c.subscriber,
            deliveries.c.message_id,
            issues.c.edition,
            subscribers.c.email,
        )
        .join(issues, issues.c.id == deliveries.c.issue)
        .join(subscribers, subscribers.c.id == deliveries.c.subscriber)
    )


def _blaming(issue: IssueId, since: datetime, sealed_since: datetime) -> Select[Any]:
    """The addresses of readers whose mail of it came back by our own fault, each once."""
    answered = bounces.alias()
    again = exists().where(
        answered.c.delivery == bounces.c.delivery, answered.c.answered_at.is_not(None)
    )
    return (
        select(subscribers.c.email)
        .distinct()
        .select_from(bounces)
        .join(deliveries, deliveries.c.id == bounces.c.delivery)
        .join(issues, issues.c.id == deliveries.c.issue)
        .join(subscribers, subscribers.c.id == bounces.c.subscriber)
        .where(
            bounces.c.weight == Weight.OURS.value,
            bounces.c.answered_at.is_(None),
            bounces.c.at >= since,
            deliveries.c.issue == issue,
            or_(issues.c.sealed_at >= sealed_since, issues.c.status == IssueStatus.SEALED.value),
            ~again,
        )
    )


async def _counted(tx: AsyncConnection, query: Select[Any], *, most: int) -> int:
    some = query.limit(most).subquery()
    return int((await tx.execute(select(func.count()).select_from(some))).scalar_one())


async def _kept(tx: AsyncConnection, returned: Returned, bounce: Bounce, fingerprint: str) -> bool:
    """Whether it is new; the database says so, for two may read the same mail."""
    insert = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
    table, whose = _book(returned, bounce)
    statement = insert(table).values(
        **whose,
        at=bounce.at,
        kind=bounce.kind.value,
        reason=bounce.reason.value,
        status=bounce.status,
        text=bounce.text,
        recipient=bounce.recipient,
        reporter=bounce.reporter,
        fingerprint=fingerprint,
    )
    new = statement.on_conflict_do_nothing().returning(table.c.id)
    return (await tx.execute(new)).first() is not None


def _book(returned: Returned, bounce: Bounce) -> tuple[Table, dict[str, Any]]:
    """Where it is kept, and what it is tied to."""
    if returned.delivery < 0:
        return notice_bounces, {"notice": -returned.delivery, "address": returned.address}
    return bounces, {
        "delivery": returned.delivery,
        "subscriber": returned.subscriber,
        "weight": bounce.weight.value,
    }


async def _news(
    tx: AsyncConnection,
    table: Table,
    theirs: ColumnElement[bool],
    address: str,
    since: datetime,
) -> list[Bounce]:
    """The newest of what came back, oldest first; nothing from before they confirmed anew."""
    lifted = select(func.max(suppressions.c.at)).where(
        suppressions.c.email == address, suppressions.c.reason == SuppressionReason.LIFTED.value
    )
    query = select(table).where(
        theirs,
        table.c.at >= since,
        table.c.at > func.coalesce(lifted.scalar_subquery(), 0),
    )
    newest = query.order_by(table.c.at.desc(), table.c.id.desc()).limit(_REMEMBERED)
    return [_bounce(row) for row in reversed((await tx.execute(newest)).all())]


async def _is_suppressed(tx: AsyncConnection, email: str) -> bool:
    newest = (
        select(suppressions.c.reason)
        .where(suppressions.c.email == email)
        .order_by(suppressions.c.id.desc())
        .limit(1)
    )
    reason = (await tx.execute(newest)).scalar_one_or_none()
    return reason not in {None, SuppressionReason.LIFTED.value}


def _returned(row: Row) -> Returned:
    return Returned(
        delivery=row.id,
        issue=row.issue,
        edition=row.edition,
        subscriber=row.subscriber,
        address=row.email,
        message_id=row.message_id,
    )


def _bounce(row: Row) -> Bounce:
    return Bounce(
        at=row.at,
        kind=Kind(row.kind),
        reason=Reason(row.reason),
        status=row.status,
        text=row.text,
        recipient=row.recipient,
        reporter=row.reporter,
    )
