"""Outbox.commit on SQLite, the everyday of it, in one hand-over to its thread.

The conditions are those of starts.py, compiled once.  The general way crosses between threads for
each statement: several times as long (measured).
"""

import sqlite3
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, Connection, bindparam, insert, select

from publisher.model.deliveries import Attempt, Delivery, DeliveryStatus, Settled
from publisher.model.names import DigestId
from publisher.ports import Start
from publisher.store.delivery_rows import is_, sealed, suppressed
from publisher.store.prepared import Prepared, driver_of, instant_of, micros
from publisher.store.seating import agreed
from publisher.store.starts import chosen_digest, end_one, held, left, refuse_forbidden, start_one
from publisher.store.tables import attempts, deliveries, subscribers

_OWNER: BindParameter[str] = bindparam("of_owner")
_DIGESTS = 4096  # choices kept in mind; an issue has at most 64 digests

Work = Callable[[Connection], list[Delivery]]


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
        tries = [_try(one.delivery, one.attempt, owner) for one in settled if one.attempt]
        ends = [_end(one.delivery, owner) for one in settled]

        def work(tx: Connection) -> list[Delivery]:
            connection = driver_of(tx)
            if tries:
                connection.executemany(_try_one().sql, _try_one().rows(tries))
            if ends:
                connection.executemany(_end_one().sql, _end_one().rows(ends))
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
        connection.executemany(_start_one().sql, _start_one().rows(rows))
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
    for first in range(0, len(ids), _WIDEST):
        some = ids[first : first + _WIDEST]
        width = 1 << (len(some) - 1).bit_length()
        some += [some[-1]] * (width - len(some))
        query = _free_of(width)
        found += connection.execute(query.sql, query.row((owner, *some))).fetchall()
    return found


# --- the statements -------------------------------------------------------------------------------

_WIDEST = 32


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
def _start_one() -> Prepared:
    return Prepared(start_one(), "s_id", "s_digest", "s_message_id", "s_number", "s_behind")


def _mine() -> Any:
    """Only what this owner started: a late word, or one said twice, changes nothing."""
    return (deliveries.c.claimed_by == _OWNER) & is_(DeliveryStatus.SENDING)


@cache
def _end_one() -> Prepared:
    names = ("d_id", "d_status", "d_next", "d_tries", "d_reason", "of_owner")
    return Prepared(end_one().where(_mine()), *names)


@cache
def _try_one() -> Prepared:
    names = [column.name for column in attempts.c if column.name != "id"]
    values: list[Any] = [bindparam(name) for name in names]
    mine = select(*values).where(deliveries.c.id == bindparam("delivery"), _mine())
    return Prepared(insert(attempts).from_select(names, mine), *_TRY)


_TRY = (*("delivery", "at", "phase", "outcome", "code", "enhanced", "text", "relay"), "of_owner")


# --- values ---------------------------------------------------------------------------------------


def _end(delivery: Delivery, owner: str) -> tuple[Any, ...]:
    again = micros(delivery.next_try_at)
    return delivery.id, delivery.status.value, again, delivery.tries, delivery.reason, owner


def _try(delivery: Delivery, attempt: Attempt, owner: str) -> tuple[Any, ...]:
    return (
        delivery.id,
        micros(attempt.at),
        attempt.phase.value,
        attempt.outcome.value,
        attempt.code,
        attempt.enhanced,
        attempt.text,
        attempt.relay,
        owner,
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
