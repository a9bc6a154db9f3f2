"""Fetch state of sources."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from functools import cache
from typing import Any

from sqlalchemy import Connection, Insert, select
from sqlalchemy.dialects import postgresql, sqlite

from publisher.model.names import SourceId
from publisher.model.problems import Problem
from publisher.model.sources import FetchState, Hints, Identity, Move
from publisher.store.database import Database
from publisher.store.many_rows import put_over
from publisher.store.snapshot import Row, freeze, thaw
from publisher.store.tables import source_states

_FROZEN: Mapping[str, Any] = {"problem": Problem, "moves": tuple[Move, ...], "hints": Hints}
_NAMES = tuple(field.name for field in fields(FetchState))
_USUAL = FetchState(source=SourceId(""))  # what is as usual is stored as nothing


class SqlSourceStates:
    """The port SourceStates on SQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, source: SourceId) -> FetchState:
        query = select(source_states).where(source_states.c.source == source)
        async with self._database.read() as tx:
            row = (await tx.execute(query)).one_or_none()
        return _state(row) if row else FetchState(source=source)

    async def save(self, *states: FetchState) -> None:
        if states:
            await self._database.at_one_go(lambda tx: remember(tx, states))

    async def all(self) -> Sequence[FetchState]:
        async with self._database.read() as tx:
            rows = await tx.execute(select(source_states).order_by(source_states.c.source))
            return [_state(row) for row in rows]


def remember(tx: Connection, states: Sequence[FetchState]) -> None:
    """Insert or replace these."""
    made = _replacing(tx.dialect.name)
    put_over(tx, made, source_states, [_values(state) for state in states])


@cache  # making it takes longer than doing it
def _replacing(dialect: str) -> Insert:
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    statement = insert(source_states)
    replaced = {name: statement.excluded[name] for name in _NAMES if name != "source"}
    return statement.on_conflict_do_update(index_elements=["source"], set_=replaced)


def _values(state: FetchState) -> dict[str, Any]:
    values = {name: getattr(state, name) for name in _NAMES}
    for name, kind in _FROZEN.items():
        usual = values[name] == getattr(_USUAL, name)
        values[name] = None if usual else freeze(kind, values[name])
    return values | {"identity": state.identity.value}


def _state(row: Row) -> FetchState:
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public way to a row's columns
    for name, kind in _FROZEN.items():
        content = values[name]
        values[name] = getattr(_USUAL, name) if content is None else thaw(kind, content)
    return FetchState(**values | {"identity": Identity(values["identity"])})
