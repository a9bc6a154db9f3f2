"""Fetch state of sources."""

from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from publisher.model.names import SourceId
from publisher.model.problems import Problem
from publisher.model.sources import FetchState
from publisher.store.database import Database
from publisher.store.snapshot import Row, freeze, thaw
from publisher.store.tables import source_states


class SqlSourceStates:
    """The port SourceStates on SQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, source: SourceId) -> FetchState:
        query = select(source_states).where(source_states.c.source == source)
        async with self._database.read() as tx:
            row = (await tx.execute(query)).one_or_none()
        return _state(row) if row else FetchState(source=source)

    async def save(self, state: FetchState) -> None:
        values = asdict(state) | {"problem": state.problem and freeze(Problem, state.problem)}
        async with self._database.write() as tx:
            insert = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
            statement = insert(source_states).values(values)
            await tx.execute(
                statement.on_conflict_do_update(index_elements=["source"], set_=values)
            )

    async def all(self) -> Sequence[FetchState]:
        async with self._database.read() as tx:
            rows = await tx.execute(select(source_states).order_by(source_states.c.source))
            return [_state(row) for row in rows]


def _state(row: Row) -> FetchState:
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public way to a row's columns
    problem = values.pop("problem")
    return FetchState(**values, problem=thaw(Problem, problem) if problem else None)
