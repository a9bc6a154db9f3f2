"""The ledger's hot path: seal, claim, commit.  The database guarantees "once" (law 2, 3, 7)."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Update,
    and_,
    bindparam,
    case,
    exists,
    func,
    insert,
    literal,
    not_,
    or_,
    select,
    update,
)

from publisher.errors import MoveForbidden
from publisher.model.deliveries import Delivery, DeliveryStatus, Outcome, Phase, Settled
from publisher.model.digests import Digest
from publisher.model.issues import Issue, IssueStatus
from publisher.model.names import DeliveryId, EditionId, IssueId
from publisher.model.variants import ALL_ALIKE, Seating
from publisher.ports import Heard, Start
from publisher.store.database import Database
from publisher.store.delivery_rows import QUEUED, cancel, is_, sealed, taken, waiting, whole
from publisher.store.fairness import fair_share, leased
from publisher.store.issues import refuse_forbidden, stored, values_of
from publisher.store.legal_tables import keep_profiles
from publisher.store.notices import (
    claim_notices,
    notices_wake_at,
    put_off_notices,
    recover_notices,
    release_notices,
    settle_notices,
    start_notices,
)
from publisher.store.plain_jobs import Begun, Rows
from publisher.store.quick import asked, claim_of, commit_of, started_of
from publisher.store.quick_rows import claimed_from
from publisher.store.seal import close, fill, keep_carried, keep_digests, refuse_stale
from publisher.store.seating import keep_seats, keep_told
from publisher.store.stamps import SqlStamps, advance
from publisher.store.starts import settle, start
from publisher.store.tables import attempts, deliveries, issues

LOST = "sender died"  # the attempt of a delivery whose sender did not live to tell


_AT_ONCE = 40  # claimed rows made deliveries before anybody else has a turn


class SqlOutbox:
    """The port Outbox on SQL; `notices_only`: what it hands out is Notices and nothing else.

    `stamps`: told of every claim and seal before anybody sends what came of it.
    """

    def __init__(
        self, database: Database, *, notices_only: bool = False, stamps: SqlStamps | None = None
    ) -> None:
        self._database = database
        self._notices_only = notices_only
        self._stamps = stamps
        self._served: IssueId | None = None  # the issue that the last claim ended with

    def _stamp(self, raised: Sequence[Any] | None, above: int) -> None:
        if self._stamps is not None and raised is not None:
            counter, newsroom = raised
            self._stamps.raised(counter, newsroom=newsroom, above=above)

    def _known(self) -> int:
        return self._stamps.highest if self._stamps is not None else 0

    async def seal(
        self,
        issue: Issue,
        digests: Sequence[Digest],
        *,
        now: datetime,
        seating: Seating = ALL_ALIKE,
    ) -> int:
        above = self._known()
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
            planned = (await tx.execute(fill(issue, now=now, waves=seating.waves))).rowcount
            if planned == 0:
                await tx.execute(close(issue.id))
            raised = await advance(tx)
        self._stamp(raised, above)
        return planned

    async def claim(
        self, *, limit: int, now: datetime, lease: timedelta, owner: str
    ) -> Sequence[Delivery]:
        until, above = now + lease, self._known()
        if self._database.dialect == "sqlite" and not self._notices_only:
            plain = claim_of(limit=limit, now=now, until=until, owner=owner)
            given = await self._database.plain("claim", plain, asked())
            if given is not None:
                rows, raised = given
                self._stamp(raised, above)
                return await _claimed(rows)
        async with self._database.write() as tx:
            ahead = await claim_notices(tx, limit=limit, now=now, until=until, owner=owner)
            due: Sequence[int] = ()
            if not self._notices_only and len(ahead) < limit:
                room = limit - len(ahead)
                due = await fair_share(tx, limit=room, now=now, served=self._served)
            if due:
                await tx.execute(leased(due, until=until, owner=owner))
            found = await whole(tx, due)
            raised = await advance(tx) if ahead or due else None
        self._stamp(raised, above)
        if due:
            self._served = found[due[-1]].issue
        return [*ahead, *(found[one] for one in due)]

    async def commit(
        self,
        settled: Sequence[Settled],
        starts: Sequence[Start],
        *,
        now: datetime,
        owner: str,
    ) -> Sequence[Delivery]:
        is_sqlite = self._database.dialect == "sqlite"
        quick = commit_of(settled, starts, owner) if is_sqlite else None
        if quick is None:
            return await self._commit(settled, starts, now=now, owner=owner)
        started = started_of(await self._database.plain("commit", quick, asked()), quick)
        if len(started) == len(starts):
            return started
        begun = {one.id for one in started}
        others = [one for one in starts if one.delivery not in begun]
        return [*started, *await self._commit([], others, now=now, owner=owner)]

    def hand_over(
        self,
        settled: Sequence[Settled],
        starts: Sequence[Start],
        *,
        owner: str,
        then: Heard,
    ) -> bool:
        """The port HandOver: to the scribe, where there is one."""
        sole = self._database.sole
        if sole is None or not sole.takes_more:
            return False
        commit = commit_of(settled, starts, owner)
        if commit is None:
            return False

        def told(begun: Begun | None) -> None:
            if begun is None or len(begun) < len(starts):
                then(None)
            else:
                then(started_of(begun, commit))

        sole.hand_over("commit", commit, asked(), told)
        return True

    async def _commit(
        self, settled: Sequence[Settled], starts: Sequence[Start], *, now: datetime, owner: str
    ) -> Sequence[Delivery]:
        async with self._database.write() as tx:
            if settled:
                await settle(tx, [one for one in settled if one.delivery.id > 0], owner)
                await settle_notices(tx, [one for one in settled if one.delivery.id < 0], owner)
            ahead = [one for one in starts if one.delivery < 0]
            begun = [*await start_notices(tx, ahead, owner)] if ahead else []
            rest = [one for one in starts if one.delivery > 0] if ahead else starts
            return [*begun, *await start(tx, rest, now, owner)] if rest else begun

    async def release(self, owner: str, *, now: datetime) -> int:
        async with self._database.write() as tx:
            ahead = await release_notices(tx, owner)
            held = and_(deliveries.c.claimed_by == owner, is_(DeliveryStatus.CLAIMED))
            back = await tx.execute(update(deliveries).where(held).values(QUEUED))
            return ahead + back.rowcount

    async def put_off(self, waits: Mapping[DeliveryId, datetime], *, owner: str) -> None:
        ahead = {one: at for one, at in waits.items() if one < 0}
        rest = [{"p_id": one, "p_at": at} for one, at in waits.items() if one > 0]
        async with self._database.write() as tx:
            if rest:
                await tx.execute(_put_off(owner), rest)
            await put_off_notices(tx, ahead, owner)

    async def recover(self, *, now: datetime, resend: Collection[EditionId]) -> int:
        async with self._database.write() as tx:
            untried = update(deliveries).where(
                taken(), or_(is_(DeliveryStatus.CLAIMED), _only_introduced())
            )
            await tx.execute(untried.values(QUEUED))
            lost = (
                select(
                    deliveries.c.id,
                    literal(now, deliveries.c.due_at.type),
                    literal(Phase.DOT.value),
                    literal(Outcome.UNCERTAIN.value),
                    literal(LOST),
                    literal(""),
                )
                .where(taken(), is_(DeliveryStatus.SENDING))
                .order_by(deliveries.c.claimed_by, deliveries.c.id)
            )
            columns = ["delivery", "at", "phase", "outcome", "text", "relay"]
            await tx.execute(insert(attempts).from_select(columns, lost))
            again = exists().where(
                issues.c.id == deliveries.c.issue, issues.c.edition.in_(sorted(resend))
            )
            mended = (
                update(deliveries)
                .where(taken(), is_(DeliveryStatus.SENDING))
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
            notices = await recover_notices(tx, now=now, lost=LOST)
            return notices + (await tx.execute(mended)).rowcount

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

    async def wakes_at(self, issue: IssueId | None = None) -> datetime | None:
        first = (
            select(func.min(deliveries.c.next_try_at))
            .where(deliveries.c.issue == issues.c.id, waiting())
            .scalar_subquery()
        )
        query = select(func.min(first)).select_from(issues).where(sealed())
        async with self._database.read() as tx:
            if issue is not None:
                due: datetime | None = await tx.scalar(query.where(issues.c.id == issue))
                return due
            found = [await notices_wake_at(tx)]
            if not self._notices_only:
                found.append((await tx.execute(query)).scalar())
        return min((one for one in found if one is not None), default=None)


async def _claimed(rows: Rows) -> list[Delivery]:
    """Some at a time: whoever waits for a commit is not to wait for all of them."""
    found: list[Delivery] = []
    for at in range(0, len(rows), _AT_ONCE):
        await asyncio.sleep(0)
        found += [claimed_from(row) for row in rows[at : at + _AT_ONCE]]
    return found


# --- statements -------------------------------------------------------------------------------


def _only_introduced() -> ColumnElement[bool]:
    """SENDING behind another that is too: its text waited for that one's end (law 3)."""
    first = deliveries.alias("first")
    return and_(
        is_(DeliveryStatus.SENDING),
        exists().where(
            first.c.status == DeliveryStatus.SENDING.value,
            first.c.claimed_by == deliveries.c.claimed_by,
            first.c.start_no == deliveries.c.behind_no,
        ),
    )


def _put_off(owner: str) -> Update:
    """Back to the queue until then; what this owner holds no more is left alone."""
    at = bindparam("p_at", type_=deliveries.c.due_at.type)
    return (
        update(deliveries)
        .where(
            deliveries.c.id == bindparam("p_id"),
            deliveries.c.claimed_by == owner,
            is_(DeliveryStatus.CLAIMED),
        )
        .values(QUEUED)
        .values(next_try_at=at)
    )


def _cancel_leftovers() -> Update:
    """What was flying while its issue was cancelled, and then came back, flies no more."""
    cancelled = select(issues.c.id).where(issues.c.status == IssueStatus.CANCELLED.value)
    return cancel().where(deliveries.c.issue.in_(cancelled))
