"""Outbox.commit on SQLite, the everyday of it, in one hand-over to its thread.

The statements are those of starts.py, compiled once.  The general way crosses between threads for
each of them: several times as long (measured).
"""

import sqlite3
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, bindparam, insert, select

from publisher.model.deliveries import Delivery, DeliveryStatus, Settled
from publisher.ports import Start
from publisher.store.delivery_rows import is_
from publisher.store.prepared import Prepared, instant_of, micros
from publisher.store.starts import (
    end_one,
    end_values,
    refuse_forbidden,
    start_one,
    start_values,
    startable,
    try_values,
)
from publisher.store.tables import attempts, deliveries, subscribers

_OWNER: BindParameter[str] = bindparam("of_owner")
_TIMES = ("at", "d_next")


def is_everyday(settled: Sequence[Settled], starts: Sequence[Start]) -> bool:
    """Nothing here is a Notice, or suppresses anybody."""
    plain = all(one.delivery.id > 0 and one.suppression is None for one in settled)
    return plain and all(one.delivery > 0 for one in starts)


def commit_work(
    settled: Sequence[Settled], starts: Sequence[Start], owner: str
) -> Callable[[sqlite3.Connection], list[Delivery]]:
    """What is to be done in one transaction; it gives what was started.

    What it does not start is left as it was: the general way says why not.  Raises MoveForbidden
    for what cannot follow SENDING.
    """
    for one in settled:
        refuse_forbidden(one.delivery)
    tries = [_raw(try_values(one.delivery.id, one.attempt)) for one in settled if one.attempt]
    ends = [_raw(end_values(one.delivery)) for one in settled]

    def work(connection: sqlite3.Connection) -> list[Delivery]:
        if tries:
            trying = _try_one()
            connection.executemany(trying.sql, trying.rows(tries, of_owner=owner))
        if ends:
            ending = _end_one()
            connection.executemany(ending.sql, ending.rows(ends, of_owner=owner))
        return _start(connection, starts, owner) if starts else []

    return work


def _start(connection: sqlite3.Connection, starts: Sequence[Start], owner: str) -> list[Delivery]:
    held, going, started = _held_one(), _start_one(), list[Delivery]()
    rows = []
    for one in starts:
        found = connection.execute(held.sql, held.row(s_id=one.delivery, of_owner=owner)).fetchone()
        if found is not None:
            rows.append(start_values(one, found[_DIGEST]))
            started.append(_delivery(found, one))
    connection.executemany(going.sql, going.rows(rows))
    return started


# --- the statements -------------------------------------------------------------------------------

_COLUMNS = (
    deliveries.c.id,
    deliveries.c.issue,
    deliveries.c.subscriber,
    subscribers.c.email,
    subscribers.c.name,
    subscribers.c.language,
    deliveries.c.due_at,
    deliveries.c.next_try_at,
    deliveries.c.tries,
)
_DIGEST = len(_COLUMNS)


@cache
def _held_one() -> Prepared:
    """A delivery that the owner holds, where nothing keeps it from starting (law 7)."""
    all_of_it = startable().subquery("held")
    free = (
        select(*_COLUMNS, all_of_it.c.digest)
        .join_from(deliveries, subscribers, subscribers.c.id == deliveries.c.subscriber)
        .join(all_of_it, all_of_it.c.id == deliveries.c.id)
        .where(
            deliveries.c.id == bindparam("s_id"),
            deliveries.c.claimed_by == _OWNER,
            all_of_it.c.sealed,
            ~all_of_it.c.left,
            ~all_of_it.c.suppressed,
        )
    )
    return Prepared(free)


@cache
def _start_one() -> Prepared:
    return Prepared(start_one())


def _mine() -> Any:
    """Only what this owner started: a late word, or one said twice, changes nothing."""
    return (deliveries.c.claimed_by == _OWNER) & is_(DeliveryStatus.SENDING)


@cache
def _end_one() -> Prepared:
    return Prepared(end_one().where(_mine()))


@cache
def _try_one() -> Prepared:
    names = [column.name for column in attempts.c if column.name != "id"]
    values: list[Any] = [bindparam(name) for name in names]
    mine = select(*values).where(deliveries.c.id == bindparam("delivery"), _mine())
    return Prepared(insert(attempts).from_select(names, mine))


# --- values ---------------------------------------------------------------------------------------


def _raw(values: dict[str, Any]) -> dict[str, Any]:
    """As the driver takes them: times are numbers."""
    for name in _TIMES:
        if values.get(name) is not None:
            values[name] = micros(values[name])
    return values


def _delivery(row: tuple[Any, ...], start: Start) -> Delivery:
    number, issue, subscriber, email, name, language, due, again, tries, digest = row
    return Delivery(
        id=number,
        issue=issue,
        subscriber=subscriber,
        address=email,
        name=name,
        language=language,
        status=DeliveryStatus.SENDING,
        due_at=instant_of(due),
        next_try_at=instant_of(again) if again is not None else None,
        tries=tries,
        digest=digest,
        message_id=start.message_id,
    )
