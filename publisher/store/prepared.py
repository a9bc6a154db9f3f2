"""A statement compiled once for SQLite's own driver, and values as that driver takes them."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.dialects import sqlite
from sqlalchemy.sql.elements import ClauseElement

from publisher.store.tables import Instant

_DIALECT = sqlite.dialect(paramstyle="qmark")
_INSTANT = Instant()


class Prepared:
    """`sql`, and rows of values in the order it wants them.  No type converts them."""

    def __init__(self, statement: ClauseElement) -> None:
        compiled: Any = statement.compile(dialect=_DIALECT)
        self.sql = str(compiled)
        self._names: tuple[str, ...] = tuple(compiled.positiontup)
        self._fixed: Mapping[str, Any] = compiled.params

    def row(self, **values: Any) -> tuple[Any, ...]:
        """One set; what the statement itself says of it stays."""
        known = {**self._fixed, **values}
        return tuple([known[name] for name in self._names])

    def rows(self, rows: Iterable[Mapping[str, Any]], **more: Any) -> list[tuple[Any, ...]]:
        """Many, each with `more`."""
        return [self.row(**one, **more) for one in rows]


def micros(instant: datetime) -> int:
    """As the column holds it."""
    return int(_INSTANT.process_bind_param(instant, _DIALECT) or 0)


def instant_of(value: int) -> datetime:
    """From what the column holds."""
    found = _INSTANT.process_result_value(value, _DIALECT)
    assert found is not None  # noqa: S101 - a number is an instant
    return found
