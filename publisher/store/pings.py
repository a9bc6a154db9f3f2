"""What hubs were told of our feeds: one table, one row for each feed and hub.  Tells nobody."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Integer, Table, Text, delete, or_, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite

from publisher.model.pings import Ping
from publisher.model.problems import Problem
from publisher.store.database import Database
from publisher.store.snapshot import Row, freeze, thaw
from publisher.store.tables import Instant, metadata

hub_pings = Table(
    "hub_pings",
    metadata,
    Column("topic", Text, primary_key=True),
    Column("hub", Text, primary_key=True),
    Column("told", Text),  # hex SHA-256
    Column("told_at", Instant),
    Column("tried", Text),
    Column("again_at", Instant),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("problem", Text),
)
_NAMES = tuple(field.name for field in fields(Ping))
_ONES = ("topic", "hub")


class SqlHubPings:
    """The port HubPings on SQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self) -> Sequence[Ping]:
        async with self._database.read() as tx:
            rows = await tx.execute(select(hub_pings).order_by(hub_pings.c.topic, hub_pings.c.hub))
            return [_ping(row) for row in rows]

    async def begin(
        self, topic: str, hub: str, digest: str, *, now: datetime, until: datetime
    ) -> Ping | None:
        async with self._database.write() as tx:
            insert = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
            row = {"topic": topic, "hub": hub, "tried": digest, "again_at": until}
            made = insert(hub_pings).values(row)
            free = or_(hub_pings.c.again_at.is_(None), hub_pings.c.again_at <= now)
            news = or_(hub_pings.c.told.is_(None), hub_pings.c.told != digest)
            found = await tx.execute(
                made.on_conflict_do_update(
                    index_elements=_ONES,
                    set_={name: made.excluded[name] for name in ("tried", "again_at")},
                    where=free & news,
                ).returning(*hub_pings.c)
            )
            taken = found.one_or_none()
        return _ping(taken) if taken else None

    async def save(self, ping: Ping) -> None:
        values = _values(ping)
        ours = (hub_pings.c.topic == ping.topic) & (hub_pings.c.hub == ping.hub)
        async with self._database.write() as tx:
            await tx.execute(
                update(hub_pings)
                .where(ours)
                .values({name: values[name] for name in _NAMES if name not in _ONES})
            )

    async def forget(self, ones: Collection[tuple[str, str]]) -> None:
        async with self._database.write() as tx:
            await tx.execute(
                delete(hub_pings).where(tuple_(hub_pings.c.topic, hub_pings.c.hub).in_(list(ones)))
            )


def _values(ping: Ping) -> Mapping[str, Any]:
    values = {name: getattr(ping, name) for name in _NAMES}
    return values | {"problem": freeze(Problem, ping.problem) if ping.problem else None}


def _ping(row: Row) -> Ping:
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public way to a row's columns
    problem = values["problem"]
    return Ping(**values | {"problem": thaw(Problem, problem) if problem else None})
