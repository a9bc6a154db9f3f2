"""Outbox.claim on SQLite, the everyday of it, in one hand-over to its thread.

What it asks is what fairness.py asks, compiled once.  Rows come as one text of JSON: a driver lets
Python's lock go and takes it again at every row, and waits for it behind everybody else who runs.
"""

import json
import sqlite3
from collections.abc import Callable
from datetime import datetime
from functools import cache
from operator import itemgetter
from typing import Any

from sqlalchemy import BindParameter, bindparam, func, select

from publisher.model.deliveries import Delivery
from publisher.store.fairness import due, in_flight, in_turns, leased
from publisher.store.notices import due_notices
from publisher.store.prepared import Prepared, micros
from publisher.store.quick_rows import COLUMNS, ID, NEXT_TRY_AT, claimed_from
from publisher.store.stamps import one_more
from publisher.store.tables import Instant, deliveries, subscribers

Raised = tuple[int, str]  # the stamp's counter, and whose it is
Claim = tuple[list[Delivery], Raised | None]

_NOW: BindParameter[datetime] = bindparam("at_now", type_=Instant())
_MOST: BindParameter[int] = bindparam("at_most")
_UNTIL: BindParameter[datetime] = bindparam("at_until", type_=Instant())
_OWNER: BindParameter[str] = bindparam("of_owner")
_OF: BindParameter[str] = bindparam("of_issue")
_OLDEST_FIRST = itemgetter(NEXT_TRY_AT, ID)


def claim(
    *, limit: int, now: datetime, until: datetime, owner: str
) -> Callable[[sqlite3.Connection], Claim | None]:
    """What is to be done in one transaction; None, and nothing is done, where a Notice is due."""

    def work(connection: sqlite3.Connection) -> Claim | None:
        at = micros(now)
        if _all(connection, _notices(), 1, at):
            return None
        shares = [
            _due(connection, issue, limit, at) for (issue,) in _all(connection, _issues(), at)
        ]
        rows = in_turns(shares, limit=limit) if shares else []
        if not rows:
            return [], None
        _all(connection, _lease(), json.dumps([row[ID] for row in rows]), micros(until), owner)
        raised = _all(connection, _advanced())
        return [claimed_from(row) for row in rows], raised[0] if raised else None

    return work


def _due(connection: sqlite3.Connection, *values: Any) -> list[list[Any]]:
    """Whole rows; nobody promises that a list of JSON keeps the order of what it is made of."""
    [(text,)] = _all(connection, _whole(), *values)
    return sorted(json.loads(text), key=_OLDEST_FIRST)


def _all(connection: sqlite3.Connection, query: Prepared, *values: Any) -> list[Any]:
    return connection.execute(query.sql, query.row(values)).fetchall()


# --- the statements -------------------------------------------------------------------------------


@cache
def _notices() -> Prepared:
    return Prepared(due_notices(limit=_MOST, now=_NOW), "at_most", "at_now")


@cache
def _issues() -> Prepared:
    return Prepared(in_flight(_NOW), "at_now")


@cache
def _whole() -> Prepared:
    readers = subscribers.c.id == deliveries.c.subscriber
    rows = due(*COLUMNS, of=_OF, limit=_MOST, now=_NOW).join(subscribers, readers).subquery()
    query = select(func.json_group_array(func.json_array(*rows.c)))
    return Prepared(query, "of_issue", "at_most", "at_now")


@cache
def _lease() -> Prepared:
    ids = func.json_each(bindparam("of_ids")).table_valued("value")
    query = leased(select(ids.c.value), until=_UNTIL, owner=_OWNER)
    return Prepared(query, "of_ids", "at_until", "of_owner")


@cache
def _advanced() -> Prepared:
    return Prepared(one_more())
