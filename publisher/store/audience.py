"""Subscribers, their ties, consents and suppressions."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import Insert, Select, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from publisher.model.names import EditionId, SectionId, SubscriberId
from publisher.model.people import (
    Applicant,
    Consent,
    Subscriber,
    Subscription,
    Suppression,
    SuppressionReason,
)
from publisher.store.article_rows import chunks
from publisher.store.choices import keep_choices
from publisher.store.database import Database
from publisher.store.snapshot import Row
from publisher.store.tables import consents, subscribers, subscriptions, suppressions

_IMPORTED_AT_ONCE = 5_000  # rows of one transaction: the sender waits no longer than that
_READ_AT_ONCE = 500


class SqlAudience:
    """The port Audience on SQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def enrol(self, applicants: Iterable[Applicant], *, now: datetime) -> tuple[int, int]:
        new = known = 0
        waiting = iter(applicants)
        while some := list(islice(waiting, _IMPORTED_AT_ONCE)):
            async with self._database.write() as tx:
                found = await _ids(tx, sorted({one.email for one in some}))
                await _lock(tx, found.values())  # in one order, so starts and imports cannot meet
                await _enrol(tx, some, now)
            new_here = len({one.email for one in some} - found.keys())
            new, known = new + new_here, known + len(some) - new_here
        return new, known

    async def find(self, email: str) -> Subscriber | None:
        return await self._one(select(subscribers).where(subscribers.c.email == email))

    async def get(self, subscriber: SubscriberId) -> Subscriber | None:
        return await self._one(select(subscribers).where(subscribers.c.id == subscriber))

    async def everyone(self) -> AsyncIterator[Subscriber]:
        last = 0
        while True:
            page = select(subscribers).where(subscribers.c.id > last)
            people = await self._whole(page.order_by(subscribers.c.id).limit(_READ_AT_ONCE))
            for person in people:
                yield person
            if len(people) < _READ_AT_ONCE:
                return
            last = people[-1].id

    async def leave(self, subscriber: SubscriberId, edition: EditionId, *, now: datetime) -> bool:
        async with self._database.write() as tx:
            return await ended(tx, subscriber, now=now, edition=edition) > 0

    async def remove(self, email: str, *, now: datetime) -> bool:
        async with self._database.write() as tx:
            found = await _ids(tx, [email])
            if not found:
                return False
            await ended(tx, SubscriberId(found[email]), now=now)
        return True

    async def counts(self) -> Mapping[EditionId, int]:
        """How many people every edition has now."""
        query = (
            select(subscriptions.c.edition, func.count().label("n"))
            .where(subscriptions.c.left_at.is_(None))
            .group_by(subscriptions.c.edition)
        )
        async with self._database.read() as tx:
            return {EditionId(row.edition): row.n for row in await tx.execute(query)}

    async def suppress(self, suppression: Suppression) -> None:
        async with self._database.write() as tx:
            await appended(tx, suppression)

    async def suppressions(self, email: str) -> Sequence[Suppression]:
        query = select(suppressions).where(suppressions.c.email == email)
        async with self._database.read() as tx:
            rows = await tx.execute(query.order_by(suppressions.c.id))
            return [
                Suppression(
                    email=row.email,
                    reason=SuppressionReason(row.reason),
                    at=row.at,
                    note=row.note,
                )
                for row in rows
            ]

    async def _one(self, query: Select[Any]) -> Subscriber | None:
        found = await self._whole(query)
        return found[0] if found else None

    async def _whole(self, query: Select[Any]) -> Sequence[Subscriber]:
        async with self._database.read() as tx:
            people = (await tx.execute(query)).all()
            ids = [row.id for row in people]
            ties: dict[int, list[Subscription]] = {one: [] for one in ids}
            proofs: dict[int, list[Consent]] = {one: [] for one in ids}
            for some in chunks(ids):
                rows = select(subscriptions).where(subscriptions.c.subscriber.in_(some))
                for row in await tx.execute(rows.order_by(subscriptions.c.edition)):
                    ties[row.subscriber].append(_subscription(row))
                rows = select(consents).where(consents.c.subscriber.in_(some))
                for row in await tx.execute(rows.order_by(consents.c.id)):
                    proofs[row.subscriber].append(_consent(row))
        return [_subscriber(row, ties[row.id], proofs[row.id]) for row in people]


# --- leaving ------------------------------------------------------------------------------------


async def ended(
    tx: AsyncConnection,
    subscriber: SubscriberId,
    *,
    now: datetime,
    edition: EditionId | None = None,
) -> int:
    """End the running subscriptions of a reader, or the one to an edition; how many."""
    await _lock(tx, [subscriber])
    running = update(subscriptions).where(
        subscriptions.c.subscriber == subscriber, subscriptions.c.left_at.is_(None)
    )
    if edition is not None:
        running = running.where(subscriptions.c.edition == edition)
    return (await tx.execute(running.values(left_at=now))).rowcount


async def appended(tx: AsyncConnection, suppression: Suppression) -> None:
    """One more row on an address."""
    await _lock(tx, (await _ids(tx, [suppression.email])).values())
    await tx.execute(
        insert(suppressions).values(
            email=suppression.email,
            reason=suppression.reason.value,
            at=suppression.at,
            note=suppression.note,
        )
    )


async def _lock(tx: AsyncConnection, readers: Iterable[int]) -> None:
    """A start locks the rows of its readers too, so one of the two comes first (law 7).

    No stronger than that needs: the seal, which only refers to them, waits for nobody.
    """
    for some in chunks(sorted(readers)):
        query = select(subscribers.c.id).where(subscribers.c.id.in_(some))
        await tx.execute(query.order_by(subscribers.c.id).with_for_update(key_share=True))


# --- enrolling ----------------------------------------------------------------------------------


async def _enrol(tx: AsyncConnection, some: Sequence[Applicant], now: datetime) -> None:
    people = {one.email: one for one in some}
    rows = [
        {"email": one.email, "language": one.language, "name": one.name, "created_at": now}
        for one in people.values()
    ]
    await tx.execute(_person(tx), rows)
    ids = await _ids(tx, list(people))
    ties = [
        {"subscriber": ids[one.email], "edition": edition, "since": one.consent.at}
        for one in some
        for edition in one.editions
    ]
    if ties:
        await tx.execute(_tie(tx), ties)
    proofs = [
        {
            "subscriber": ids[one.email],
            "text": one.consent.text,
            "at": one.consent.at,
            "source": one.consent.source,
            "language": one.consent.language,
        }
        for one in some
    ]
    await tx.execute(_insert(tx, consents).on_conflict_do_nothing(), proofs)
    await keep_choices(tx, some, ids, now)


def _insert(tx: AsyncConnection, table: Any) -> Any:
    """An INSERT that can say ON CONFLICT; both engines speak the same there."""
    return postgresql.insert(table) if tx.dialect.name == "postgresql" else sqlite.insert(table)


def _person(tx: AsyncConnection) -> Insert:
    """Language and name follow the newest application; a name is not lost by leaving it out."""
    statement = _insert(tx, subscribers)
    made: Insert = statement.on_conflict_do_update(
        index_elements=["email"],
        set_={
            "language": statement.excluded.language,
            "name": func.coalesce(statement.excluded.name, subscribers.c.name),
        },
    )
    return made


def _tie(tx: AsyncConnection) -> Insert:
    """A tie that was ended runs again only by a consent given after the reader left.

    Importing the same list twice must not bring back those who went in between.
    """
    statement = _insert(tx, subscriptions)
    made: Insert = statement.on_conflict_do_update(
        index_elements=["subscriber", "edition"],
        set_={"since": statement.excluded.since, "left_at": None},
        where=subscriptions.c.left_at < statement.excluded.since,
    )
    return made


async def _ids(tx: AsyncConnection, emails: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for some in chunks(emails):
        query = select(subscribers.c.email, subscribers.c.id).where(subscribers.c.email.in_(some))
        found |= {row.email: row.id for row in await tx.execute(query)}
    return found


# --- nouns --------------------------------------------------------------------------------------


def _subscriber(row: Row, ties: list[Subscription], proofs: list[Consent]) -> Subscriber:
    return Subscriber(
        id=row.id,
        email=row.email,
        language=row.language,
        name=row.name,
        created_at=row.created_at,
        subscriptions=tuple(ties),
        consents=tuple(proofs),
        advertising_at=row.advertising_at,
        advertising_left_at=row.advertising_left_at,
        timezone=row.timezone,
        had_old_links=row.had_old_links,
    )


def _subscription(row: Row) -> Subscription:
    return Subscription(
        edition=row.edition,
        since=row.since,
        left_at=row.left_at,
        sections=frozenset(map(SectionId, row.sections.split())) if row.sections else None,
    )


def _consent(row: Row) -> Consent:
    return Consent(text=row.text, at=row.at, source=row.source, language=row.language)
