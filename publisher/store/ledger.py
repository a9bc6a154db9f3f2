"""Reading the books: the balance, and who got what."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select

from publisher.model.deliveries import (
    WAITING,
    Attempt,
    Balance,
    Delivery,
    DeliveryStatus,
)
from publisher.model.legal import LegalProfile, ProfileUse
from publisher.model.names import DeliveryId, IssueId
from publisher.store.article_rows import chunks
from publisher.store.database import Database
from publisher.store.delivery_rows import attempt_of, cancel, delivery_of, select_whole
from publisher.store.legal_tables import is_fed, keep_fed, profile_uses
from publisher.store.tables import attempts, deliveries, subscribers


class SqlLedger:
    """The port Ledger on SQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def balance(self, issue: IssueId) -> Balance:
        query = (
            select(deliveries.c.status, func.count().label("n"))
            .where(deliveries.c.issue == issue)
            .group_by(deliveries.c.status)
        )
        async with self._database.read() as tx:
            counts = {DeliveryStatus(row.status): int(row.n) for row in await tx.execute(query)}
        return Balance(
            planned=sum(counts.values()),
            accepted=counts.get(DeliveryStatus.ACCEPTED, 0),
            rejected=counts.get(DeliveryStatus.REJECTED, 0),
            suppressed=counts.get(DeliveryStatus.SUPPRESSED, 0),
            cancelled=counts.get(DeliveryStatus.CANCELLED, 0),
            uncertain=counts.get(DeliveryStatus.UNCERTAIN, 0),
            waiting=sum(counts.get(status, 0) for status in WAITING),
            deferred=counts.get(DeliveryStatus.DEFERRED, 0),
            sending=counts.get(DeliveryStatus.SENDING, 0),
        )

    async def deliveries(
        self,
        issue: IssueId,
        *,
        status: DeliveryStatus | None = None,
        address: str | None = None,
        after: DeliveryId | None = None,
        limit: int = 1000,
    ) -> Sequence[tuple[Delivery, Sequence[Attempt]]]:
        query = select_whole().where(deliveries.c.issue == issue).limit(limit)
        if status is not None:
            query = query.where(deliveries.c.status == status.value)
        if address is not None:
            query = query.where(subscribers.c.email == address)
        if after is not None:
            query = query.where(deliveries.c.id > after)
        async with self._database.read() as tx:
            found = [delivery_of(row) for row in await tx.execute(query)]
            tries: dict[int, list[Attempt]] = {one.id: [] for one in found}
            for some in chunks(sorted(tries)):
                rows = select(attempts).where(attempts.c.delivery.in_(some))
                for row in await tx.execute(rows.order_by(attempts.c.id)):
                    tries[row.delivery].append(attempt_of(row))
        return [(one, tries[one.id]) for one in found]

    async def cancel_waiting(self, issue: IssueId, *, now: datetime) -> int:
        async with self._database.write() as tx:
            return (await tx.execute(cancel().where(deliveries.c.issue == issue))).rowcount

    async def profiles_used(self) -> Sequence[ProfileUse]:
        async with self._database.read() as tx:
            return await profile_uses(tx)

    async def feeds_carry(self, profile: LegalProfile, *, now: datetime) -> None:
        async with self._database.read() as tx:
            known = await is_fed(tx, profile.version)
        if not known:
            async with self._database.write() as tx:
                await keep_fed(tx, profile, now=now)
