"""Many rows by one statement: what `executemany` would do in as many steps.

Python's SQLite driver lets go of the interpreter's lock around each step, and has to wait for it
behind everybody else who runs: fifty steps took three times as long as one (measured).
"""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, Dialect, Insert, Table, insert

_AT_ONCE = 500  # rows; SQLite takes 32,766 values in one statement


def put_rows(tx: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows that all name the same columns; IntegrityError where one is there."""
    _put(tx, insert(table), table, rows, "")


def put_missing(tx: Connection, made: Insert, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """The same with `made`, an insert that does nothing about rows that are there."""
    _put(tx, made, table, rows, " ON CONFLICT DO NOTHING")


def put_over(tx: Connection, made: Insert, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """The same with `made`, an insert that replaces what stands under the primary key."""
    key = [column.name for column in table.primary_key]
    names = rows[0] if rows else ()
    replaced = ", ".join(f"{name} = excluded.{name}" for name in names if name not in key)
    _put(tx, made, table, rows, f" ON CONFLICT ({', '.join(key)}) DO UPDATE SET {replaced}")


def _put(
    tx: Connection, made: Insert, table: Table, rows: Sequence[dict[str, Any]], ending: str
) -> None:
    if not rows:
        return
    if tx.dialect.name != "sqlite":
        tx.execute(made, rows)
        return
    names = tuple(rows[0])
    ways = _ways(table, names, tx.dialect)
    for start in range(0, len(rows), _AT_ONCE):
        some = rows[start : start + _AT_ONCE]
        values = [way(row[name]) for row in some for name, way in zip(names, ways, strict=True)]
        tx.exec_driver_sql(_words(table, names, len(some)) + ending, tuple(values))


@cache
def _words(table: Table, names: tuple[str, ...], many: int) -> str:
    row = f"({', '.join('?' * len(names))})"
    return f"INSERT INTO {table.name} ({', '.join(names)}) VALUES {', '.join([row] * many)}"  # noqa: S608


@cache
def _ways(
    table: Table, names: tuple[str, ...], dialect: Dialect
) -> tuple[Callable[[Any], Any], ...]:
    """How each column's values are given to the driver."""
    found = (table.c[name].type.dialect_impl(dialect).bind_processor(dialect) for name in names)
    return tuple(one or _as_it_is for one in found)


def _as_it_is(value: Any) -> Any:
    return value
