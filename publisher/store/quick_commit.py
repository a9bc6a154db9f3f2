"""Outbox.commit on SQLite, the everyday of it, in one hand-over to its thread.

What it asks is what starts.py asks, compiled once; what it writes are a few wide statements.  The
general way crosses between threads for each, and steps through rows one by one: a driver lets
Python's lock go and takes it again at every step.  Twice as long (measured).
"""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from itertools import chain
from typing import Any

from sqlalchemy import BindParameter, bindparam

from publisher.model.deliveries import Attempt, Delivery, DeliveryStatus, Settled
from publisher.model.names import DigestId
from publisher.ports import Start
from publisher.store.delivery_rows import sealed, suppressed
from publisher.store.prepared import Prepared, in_widths, instant_of, micros
from publisher.store.seating import agreed
from publisher.store.starts import chosen_digest, held, left, refuse_forbidden
from publisher.store.tables import deliveries, subscribers

_OWNER: BindParameter[str] = bindparam("of_owner")
_DIGESTS = 4096  # choices kept in mind; an issue has at most 64 digests

Work = Callable[[sqlite3.Connection], list[Delivery]]


def is_everyday(settled: Sequence[Settled], starts: Sequence[Start]) -> bool:
    """Nothing here is a Notice, or suppresses anybody."""
    plain = all(one.delivery.id > 0 and one.suppression is None for one in settled)
    return plain and all(one.delivery > 0 for one in starts)


class QuickCommit:
    """Makes the work of a transaction; keeps in mind which digest is whose."""

    def __init__(self) -> None:
        # By issue, language, variant and consent to advertising: the seal is the last to add any.
        self._digests: dict[tuple[Any, ...], str] = {}

    def work(self, settled: Sequence[Settled], starts: Sequence[Start], owner: str) -> Work:
        """What is to be done in one transaction; it gives what was started.

        What it does not start is left as it was: the general way says why not.  Raises
        MoveForbidden for what cannot follow SENDING.
        """
        for one in settled:
            refuse_forbidden(one.delivery)
        tries = [_try(one.delivery, one.attempt) for one in settled if one.attempt]
        ends = _alike(one.delivery for one in settled)

        def work(connection: sqlite3.Connection) -> list[Delivery]:
            for rows in in_widths(tries):
                connection.execute(_keep_tries(len(rows)), (*chain.from_iterable(rows), owner))
            for values, ids in ends.items():
                for some in in_widths(ids):
                    connection.execute(_end(len(some)), (*values, *some, owner))
            return self._start(connection, starts, owner) if starts else []

        return work

    def _start(
        self, connection: sqlite3.Connection, starts: Sequence[Start], owner: str
    ) -> list[Delivery]:
        wanted = {one.delivery: one for one in starts}
        started, rows = list[Delivery](), list[tuple[Any, ...]]()
        for row in _free(connection, list(wanted), owner):
            start, digest = wanted[row[0]], self._digest(connection, row)
            rows.append((start.delivery, digest, start.message_id, start.number, start.behind))
            started.append(_delivery(row, digest, start.message_id))
        for some in in_widths(rows):
            connection.execute(_start(len(some)), [*chain.from_iterable(some)])
        return started

    def _digest(self, connection: sqlite3.Connection, row: tuple[Any, ...]) -> str:
        key = row[-4:]
        if (known := self._digests.get(key)) is not None:
            return known
        query = _digest_of()
        (digest,) = connection.execute(query.sql, query.row((row[0],))).fetchone()
        if len(self._digests) >= _DIGESTS:
            self._digests.clear()
        return self._digests.setdefault(key, digest)


def _free(connection: sqlite3.Connection, ids: list[Any], owner: str) -> list[tuple[Any, ...]]:
    """Of these, what the owner holds and nothing keeps from starting (law 7)."""
    found: list[tuple[Any, ...]] = []
    for some in in_widths(ids):
        query = _free_of(len(some))
        found += connection.execute(query.sql, query.row((owner, *some))).fetchall()
    return found


# --- the statements -------------------------------------------------------------------------------


@cache
def _free_of(width: int) -> Prepared:
    names = [f"id_{number}" for number in range(width)]
    query = held(
        deliveries.c.id,
        deliveries.c.subscriber,
        subscribers.c.email,
        subscribers.c.name,
        deliveries.c.due_at,
        deliveries.c.next_try_at,
        deliveries.c.tries,
        deliveries.c.issue,
        subscribers.c.language,
        deliveries.c.variant,
        agreed(),
    ).where(
        deliveries.c.id.in_([bindparam(name) for name in names]),
        deliveries.c.claimed_by == _OWNER,
        sealed(),
        ~left(),
        ~suppressed(),
    )
    return Prepared(query, "of_owner", *names)


@cache
def _digest_of() -> Prepared:
    return Prepared(held(chosen_digest()).where(deliveries.c.id == bindparam("of")), "of")


@cache
def _start(width: int) -> str:
    return f"""
        UPDATE deliveries SET status = '{DeliveryStatus.SENDING.value}', digest = new.column2,
            message_id = new.column3, start_no = new.column4, behind_no = new.column5
        FROM (VALUES {_rows(width, 5)}) AS new WHERE deliveries.id = new.column1"""  # noqa: S608 - places for values


# Below, only what this owner started counts: a late word, or one said twice, changes nothing.
_MINE = f"deliveries.claimed_by = ? AND deliveries.status = '{DeliveryStatus.SENDING.value}'"


@cache
def _end(width: int) -> str:
    return f"""
        UPDATE deliveries SET status = ?, next_try_at = ?, tries = ?, reason = ?,
            claimed_by = NULL, claimed_until = NULL
        WHERE id IN {_rows(1, width)} AND {_MINE}"""  # noqa: S608 - places for values


@cache
def _keep_tries(width: int) -> str:
    return f"""
        INSERT INTO attempts (delivery, at, phase, outcome, code, enhanced, text, relay)
        SELECT new.* FROM (VALUES {_rows(width, 8)}) AS new
        JOIN deliveries ON deliveries.id = new.column1 WHERE {_MINE}"""  # noqa: S608 - places for values


def _rows(rows: int, columns: int) -> str:
    """Places for values."""
    return ", ".join([f"({', '.join('?' * columns)})"] * rows)


# --- values ---------------------------------------------------------------------------------------


def _alike(ended: Iterable[Delivery]) -> dict[tuple[Any, ...], list[int]]:
    """Which deliveries ended in the same way; most do."""
    found: dict[tuple[Any, ...], list[int]] = {}
    for one in ended:
        values = (one.status.value, micros(one.next_try_at), one.tries, one.reason)
        found.setdefault(values, []).append(one.id)
    return found


def _try(delivery: Delivery, attempt: Attempt) -> tuple[Any, ...]:
    return (
        delivery.id,
        micros(attempt.at),
        attempt.phase.value,
        attempt.outcome.value,
        attempt.code,
        attempt.enhanced,
        attempt.text,
        attempt.relay,
    )


def _delivery(row: tuple[Any, ...], digest: str, message_id: str) -> Delivery:
    number, subscriber, email, name, due, again, tries, issue, language, *_ = row
    due_at = instant_of(due)
    assert due_at is not None  # noqa: S101 - the column has no NULL
    return Delivery(
        id=number,
        issue=issue,
        subscriber=subscriber,
        address=email,
        name=name,
        language=language,
        status=DeliveryStatus.SENDING,
        due_at=due_at,
        next_try_at=instant_of(again),
        tries=tries,
        digest=DigestId(digest),
        message_id=message_id,
    )
