"""The ledger's hot path: seal, claim, commit.  The database guarantees "once" (law 2, 3, 7)."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Update, and_, case, exists, func, insert, literal, not_, or_, select, update

from publisher.errors import MoveForbidden
from publisher.model.deliveries import Delivery, DeliveryStatus, Outcome, Phase, Settled
from publisher.model.digests import Digest
from publisher.model.issues import Issue, IssueStatus
from publisher.model.names import EditionId, IssueId
from publisher.model.variants import ALL_ALIKE, Seating
from publisher.ports import Start
from publisher.store.database import Database
from publisher.store.delivery_rows import QUEUED, cancel, is_, sealed, waiting, whole
from publisher.store.issues import refuse_forbidden, stored, values_of
from publisher.store.legal_tables import keep_profiles
from publisher.store.seal import close, fill, keep_carried, keep_digests, refuse_stale
from publisher.store.seating import keep_seats, keep_told
from publisher.store.starts import settle, start
from publisher.store.tables import attempts, deliveries, issues

_DUE = (DeliveryStatus.QUEUED.value, DeliveryStatus.DEFERRED.value)
LOST = "sender died"  # the attempt of a delivery whose sender did not live to tell


class SqlOutbox:
    """The port Outbox on SQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def seal(
        self,
        issue: Issue,
        digests: Sequence[Digest],
        *,
        now: datetime,
        seating: Seating = ALL_ALIKE,
    ) -> int:
        async with self._database.write() as tx:
            standing = await stored(tx, issue.id, lock=True)
            if standing is None:
                raise MoveForbidden(issue.id, "absent", issue.status.value)
            refuse_forbidden(standing, IssueStatus.SEALED)
            await refuse_stale(tx, issue)
            await tx.execute(update(issues).where(issues.c.id == issue.id).values(values_of(issue)))
            await keep_digests(tx, digests)
            await keep_told(tx, seating.told)
            await keep_carried(tx, issue)
            await keep_profiles(tx, issue)
            await keep_seats(tx, issue, seating.seats)
            planned = (await tx.execute(fill(issue, now=now))).rowcount
            if planned == 0:
                await tx.execute(close(issue.id))
        return planned

    async def claim(
        self, *, limit: int, now: datetime, lease: timedelta, owner: str
    ) -> Sequence[Delivery]:
        async with self._database.write() as tx:
            rows = (await tx.execute(_claim_due(limit, now, now + lease, owner))).all()
            found = await whole(tx, [row.id for row in rows])
        return sorted(found.values(), key=lambda one: (one.due_at, one.id))

    async def commit(
        self,
        settled: Sequence[Settled],
        starts: Sequence[Start],
        *,
        now: datetime,
        owner: str,
    ) -> Sequence[Delivery]:
        async with self._database.write() as tx:
            if settled:
                await settle(tx, settled, owner)
            return await start(tx, starts, now, owner) if starts else []

    async def release(self, owner: str, *, now: datetime) -> int:
        async with self._database.write() as tx:
            held = and_(deliveries.c.claimed_by == owner, is_(DeliveryStatus.CLAIMED))
            return (await tx.execute(update(deliveries).where(held).values(QUEUED))).rowcount

    async def recover(self, *, now: datetime, resend: Collection[EditionId]) -> int:
        async with self._database.write() as tx:
            claimed = update(deliveries).where(waiting(), is_(DeliveryStatus.CLAIMED))
            await tx.execute(claimed.values(QUEUED))
            lost = (
                select(
                    deliveries.c.id,
                    literal(now, deliveries.c.due_at.type),
                    literal(Phase.DOT.value),
                    literal(Outcome.UNCERTAIN.value),
                    literal(LOST),
                    literal(""),
                )
                .where(waiting(), is_(DeliveryStatus.SENDING))
                .order_by(deliveries.c.id)
            )
            columns = ["delivery", "at", "phase", "outcome", "text", "relay"]
            await tx.execute(insert(attempts).from_select(columns, lost))
            again = exists().where(
                issues.c.id == deliveries.c.issue, issues.c.edition.in_(sorted(resend))
            )
            mended = (
                update(deliveries)
                .where(waiting(), is_(DeliveryStatus.SENDING))
                .values(
                    status=case(
                        (again, DeliveryStatus.DEFERRED.value),
                        else_=DeliveryStatus.UNCERTAIN.value,
                    ),
                    next_try_at=case((again, literal(now, deliveries.c.due_at.type))),
                    tries=deliveries.c.tries + 1,
                    claimed_by=None,
                    claimed_until=None,
                )
            )
            return (await tx.execute(mended)).rowcount

    async def close_balanced(self, *, now: datetime) -> Sequence[IssueId]:
        some_wait = exists().where(deliveries.c.issue == issues.c.id, waiting())
        async with self._database.write() as tx:
            await tx.execute(_cancel_leftovers())
            closed = (
                update(issues)
                .where(issues.c.status == IssueStatus.SEALED.value, not_(some_wait))
                .values(status=IssueStatus.SENT.value)
                .returning(issues.c.id)
            )
            return [IssueId(row.id) for row in await tx.execute(closed)]

    async def wakes_at(self) -> datetime | None:
        query = (
            select(func.min(deliveries.c.next_try_at))
            .join(issues, issues.c.id == deliveries.c.issue)
            .where(waiting(), sealed())
        )
        async with self._database.read() as tx:
            instant: datetime | None = (await tx.execute(query)).scalar()
        return instant


# --- statements -------------------------------------------------------------------------------


def _claim_due(limit: int, now: datetime, until: datetime, owner: str) -> Update:
    """Lease the oldest due deliveries of issues being sent; an expired lease is due again.

    Issues are asked for row by row, for a join makes SQLite sort all an issue still has to send.
    """
    due = (
        select(deliveries.c.id)
        .where(
            exists().where(issues.c.id == deliveries.c.issue, sealed()),
            waiting(),
            deliveries.c.next_try_at <= now,
            or_(
                deliveries.c.status.in_(_DUE),
                and_(is_(DeliveryStatus.CLAIMED), deliveries.c.claimed_until <= now),
            ),
        )
        .order_by(deliveries.c.next_try_at, deliveries.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True, of=deliveries)  # PostgreSQL; SQLite has one writer
        .cte("due")  # run once: PostgreSQL may run a subquery again, and lock more each time
    )
    return (
        update(deliveries)
        .where(deliveries.c.id.in_(select(due.c.id)))
        .values(status=DeliveryStatus.CLAIMED.value, claimed_by=owner, claimed_until=until)
        .returning(deliveries.c.id)
    )


def _cancel_leftovers() -> Update:
    """What was flying while its issue was cancelled, and then came back, flies no more."""
    cancelled = select(issues.c.id).where(issues.c.status == IssueStatus.CANCELLED.value)
    return cancel().where(deliveries.c.issue.in_(cancelled))
