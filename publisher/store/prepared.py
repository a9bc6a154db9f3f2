"""A statement compiled once for SQLite's own driver, and values as that driver takes them."""

from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy.dialects import sqlite
from sqlalchemy.sql.elements import ClauseElement

from publisher.store.plain_jobs import Query
from publisher.store.tables import Instant

_DIALECT = sqlite.dialect(paramstyle="qmark")
_INSTANT = Instant()


def prepared(statement: ClauseElement, *names: str) -> Query:
    """`names`: of the values it will be given each time, in that order; no type converts them.

    What the statement itself says of others stays.
    """
    compiled: Any = statement.compile(dialect=_DIALECT)
    order = compiled.positiontup
    return Query(
        sql=str(compiled),
        frame=[compiled.params[name] for name in order],
        places=[(at, names.index(name)) for at, name in enumerate(order) if name in names],
    )


@lru_cache(maxsize=256)
def micros(instant: datetime | None) -> int | None:
    """As the column holds it.  Kept: a commit says a few instants again and again."""
    return _INSTANT.process_bind_param(instant, _DIALECT)


@lru_cache(maxsize=256)
def instant_of(value: int | None) -> datetime | None:
    """From what the column holds."""
    return _INSTANT.process_result_value(value, _DIALECT)
