"""WebSub subscriptions: one row for each source.  Asks no hub."""

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.dialects import postgresql, sqlite

from publisher.model.hubs import HubStatus, HubSubscription
from publisher.model.names import SourceId
from publisher.model.problems import Problem
from publisher.store.database import Database
from publisher.store.snapshot import Row, freeze, thaw
from publisher.store.tables import hub_subscriptions

_NAMES = tuple(field.name for field in fields(HubSubscription))


class SqlHubs:
    """The port Hubs on SQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, source: SourceId) -> HubSubscription | None:
        return await self._one(hub_subscriptions.c.source == source)

    async def by_token(self, token: str) -> HubSubscription | None:
        return await self._one(hub_subscriptions.c.token == token)

    async def save(self, subscription: HubSubscription) -> None:
        async with self._database.write() as tx:
            insert = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
            statement = insert(hub_subscriptions).values(_values(subscription))
            replaced = {name: statement.excluded[name] for name in _NAMES if name != "source"}
            await tx.execute(
                statement.on_conflict_do_update(index_elements=["source"], set_=replaced)
            )

    async def all(self) -> Sequence[HubSubscription]:
        async with self._database.read() as tx:
            rows = await tx.execute(select(hub_subscriptions).order_by(hub_subscriptions.c.source))
            return [_subscription(row) for row in rows]

    async def _one(self, which: ColumnElement[bool]) -> HubSubscription | None:
        async with self._database.read() as tx:
            row = (await tx.execute(select(hub_subscriptions).where(which))).one_or_none()
        return _subscription(row) if row else None


def _values(subscription: HubSubscription) -> dict[str, Any]:
    values = {name: getattr(subscription, name) for name in _NAMES}
    problem = subscription.problem
    return values | {
        "status": subscription.status.value,
        "problem": freeze(Problem, problem) if problem else None,
    }


def _subscription(row: Row) -> HubSubscription:
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public way to a row's columns
    problem = values["problem"]
    return HubSubscription(
        **values
        | {
            "status": HubStatus(values["status"]),
            "problem": thaw(Problem, problem) if problem else None,
        }
    )
