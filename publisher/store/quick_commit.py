"""Outbox.commit on SQLite, the everyday of it, in one hand-over to its thread.

What it asks is what starts.py asks, compiled once; what it writes are a few wide statements.  The
general way crosses between threads for each, and steps through rows one by one: a driver lets
Python's lock go and takes it again at every step.  Three times as long (measured).
"""

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, bindparam, func, select

from publisher.model.deliveries import Attempt, Delivery, DeliveryStatus, Settled
from publisher.model.names import DeliveryId
from publisher.ports import Start
from publisher.store.delivery_rows import sealed, suppressed
from publisher.store.prepared import Prepared, micros
from publisher.store.quick_rows import COLUMNS, ID, ISSUE, LANGUAGE, started_from
from publisher.store.seating import agreed
from publisher.store.starts import chosen_digest, held, left, refuse_forbidden
from publisher.store.tables import deliveries

_OWNER: BindParameter[str] = bindparam("of_owner")
_DIGESTS = 4096  # choices kept in mind; an issue has at most 64 digests
_WIDEST = 32  # rows of a statement: each width is one that SQLite prepares

Work = Callable[[sqlite3.Connection], list[Delivery]]


def _is_everyday(settled: Sequence[Settled], starts: Iterable[DeliveryId]) -> bool:
    """Nothing here is a Notice, or suppresses anybody."""
    plain = all(one.delivery.id > 0 and one.suppression is None for one in settled)
    return plain and min(starts, default=1) > 0


class QuickCommit:
    """Makes the work of a transaction; keeps in mind which digest is whose."""

    def __init__(self) -> None:
        # By issue, language, variant and consent to advertising: the seal is the last to add any.
        self._digests: dict[tuple[Any, ...], str] = {}

    def work(self, settled: Sequence[Settled], starts: Sequence[Start], owner: str) -> Work | None:
        """What is to be done in one transaction; it gives what was started.

        What it does not start is left as it was: the general way says why not.  None where
        something here is a Notice, or suppresses anybody.  Raises MoveForbidden for what cannot
        follow SENDING.
        """
        wanted = {one.delivery: one for one in starts}
        if not _is_everyday(settled, wanted):
            return None
        tries, ends = list[Any](), dict[tuple[Any, ...], list[DeliveryId]]()
        for one in settled:
            refuse_forbidden(one.delivery)
            ends.setdefault(_end_of(one.delivery), []).append(one.delivery.id)
            if one.attempt is not None:
                tries += _try_of(one.delivery.id, one.attempt)

        def work(connection: sqlite3.Connection) -> list[Delivery]:
            for some in _wide(tries, 8):
                connection.execute(_keep_tries(len(some) // 8), (*some, owner))
            for values, ids in ends.items():
                for some in _wide(ids, 1):
                    connection.execute(_end(len(some)), (*values, *some, owner))
            return self._start(connection, wanted, owner) if wanted else []

        return work

    def _start(
        self, connection: sqlite3.Connection, wanted: dict[DeliveryId, Start], owner: str
    ) -> list[Delivery]:
        query, started, values = _free(), list[Delivery](), list[Any]()
        asked = query.row((json.dumps(list(wanted)), owner))
        ((text,),) = connection.execute(query.sql, asked).fetchall()
        for *row, variant, agrees in json.loads(text):
            start = wanted[row[ID]]
            digest = self._digest(connection, row, variant, agrees)
            values += (start.delivery, digest, start.message_id, start.number, start.behind)
            started.append(started_from(row, digest, start.message_id))
        for some in _wide(values, 5):
            connection.execute(_start(len(some) // 5), some)
        return started

    def _digest(
        self, connection: sqlite3.Connection, row: Sequence[Any], variant: str, agrees: int
    ) -> str:
        key = row[ISSUE], row[LANGUAGE], variant, agrees
        if (known := self._digests.get(key)) is not None:
            return known
        query = _digest_of()
        (digest,) = connection.execute(query.sql, query.row((row[ID],))).fetchone()
        if len(self._digests) >= _DIGESTS:
            self._digests.clear()
        return self._digests.setdefault(key, digest)


# --- the statements -------------------------------------------------------------------------------


@cache
def _free() -> Prepared:
    """Of these, what the owner holds and nothing keeps from starting (law 7)."""
    ids = func.json_each(bindparam("of_ids")).table_valued("value")
    rows = (
        held(*COLUMNS, deliveries.c.variant, agreed().label("agrees"))
        .where(
            deliveries.c.id.in_(select(ids.c.value)),
            deliveries.c.claimed_by == _OWNER,
            sealed(),
            ~left(),
            ~suppressed(),
        )
        .subquery()
    )
    query = select(func.json_group_array(func.json_array(*rows.c)))
    return Prepared(query, "of_ids", "of_owner")


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


def _wide(values: Sequence[Any], columns: int) -> Iterator[Sequence[Any]]:
    """Rows, one behind the other, in pieces that a statement takes."""
    most = _WIDEST * columns
    return (values[at : at + most] for at in range(0, len(values), most))


def _end_of(delivery: Delivery) -> tuple[Any, ...]:
    """Most end in the same way."""
    return delivery.status.value, micros(delivery.next_try_at), delivery.tries, delivery.reason


def _try_of(delivery: DeliveryId, attempt: Attempt) -> tuple[Any, ...]:
    return (
        delivery,
        micros(attempt.at),
        attempt.phase.value,
        attempt.outcome.value,
        attempt.code,
        attempt.enhanced,
        attempt.text,
        attempt.relay,
    )
