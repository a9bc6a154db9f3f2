"""A statement compiled once for SQLite's own driver, and values as that driver takes them."""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy.dialects import sqlite
from sqlalchemy.sql.elements import ClauseElement

from publisher.store.tables import Instant

_DIALECT = sqlite.dialect(paramstyle="qmark")
_INSTANT = Instant()


class Prepared:
    """`sql`, and values in the order it wants them.  No type converts them."""

    def __init__(self, statement: ClauseElement, *names: str) -> None:
        """`names`: of the values a row will be given as, in that order."""
        compiled: Any = statement.compile(dialect=_DIALECT)
        self.sql = str(compiled)
        self._frame = [compiled.params[name] for name in compiled.positiontup]
        self._places = [
            (at, names.index(name)) for at, name in enumerate(compiled.positiontup) if name in names
        ]

    def row(self, values: Sequence[Any]) -> list[Any]:
        """One set, in the order of the names; what the statement itself says of others stays."""
        row = self._frame.copy()
        for at, which in self._places:
            row[at] = values[which]
        return row


@lru_cache(maxsize=256)
def micros(instant: datetime | None) -> int | None:
    """As the column holds it.  Kept: a commit says a few instants again and again."""
    return _INSTANT.process_bind_param(instant, _DIALECT)


@lru_cache(maxsize=256)
def instant_of(value: int | None) -> datetime | None:
    """From what the column holds."""
    return _INSTANT.process_result_value(value, _DIALECT)
