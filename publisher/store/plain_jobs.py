"""What a sender does to SQLite all the time, on plain values: any process of ours can do it.

The statements that ask are compiled elsewhere (quick_claim.py, quick_commit.py), for this is
imported by a process that is to be small (scribe.py).  What is written are a few wide statements.
"""

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from itertools import chain, zip_longest
from operator import itemgetter
from typing import Any, NamedTuple, TypeVar

from publisher.model.deliveries import DeliveryStatus

T = TypeVar("T")
Values = Sequence[Any]
Rows = list[list[Any]]  # of quick_rows.COLUMNS
Begun = list[tuple[list[Any], str]]  # such rows, and their digests
Key = tuple[
    Any, ...
]  # what a digest is chosen by: issue, language, variant, consent to advertising
Job = Callable[[sqlite3.Connection], T]

ID, ISSUE, LANGUAGE, NEXT_TRY_AT = 0, 1, 4, 7  # places in a row
_KNOWN = 4096  # choices kept in mind; an issue has at most 64 digests
_WIDEST = 32  # rows of a statement: each width is one that SQLite prepares
_OLDEST_FIRST = itemgetter(NEXT_TRY_AT, ID)


class Query(NamedTuple):
    """A compiled statement: `frame` are all its values, `places` those that are given each time."""

    sql: str
    frame: Values
    places: Sequence[tuple[int, int]]  # in the frame, and among those that are given

    def all(self, connection: sqlite3.Connection, *given: Any) -> list[Any]:
        """Its rows."""
        values = list(self.frame)
        for at, which in self.places:
            values[at] = given[which]
        return connection.execute(self.sql, values).fetchall()


class Asked(NamedTuple):
    """What is asked, and with which values."""

    notices: Query  # most, now: Notices that are due
    issues: Query  # now: those being sent
    due: Query  # issue, most, now: as one text, rows with what is to be known of them
    lease: Query  # ids, until, owner
    advance: Query  # the newsroom's stamp
    free: Query  # ids, owner: as one text, rows of those that may start, with variant and consent
    choice: Query  # id: its digest


class Claim(NamedTuple):
    """Plain values of a claim; instants in microseconds."""

    limit: int
    now: int | None
    until: int | None
    owner: str


class Commit(NamedTuple):
    """Plain values of a commit."""

    owner: str
    tries: Values  # rows of `attempts`, one behind the other
    ends: Mapping[tuple[Any, ...], Values]  # ids, by status, next_try_at, tries and reason
    starts: Mapping[int, tuple[str, int, int | None]]  # message-id, number and behind, by id


def transact(job: Job[T], connection: sqlite3.Connection) -> T:
    """In a transaction that is the only one from its beginning on."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        done = job(connection)
        connection.execute("COMMIT")
    except BaseException:
        connection.rollback()
        raise
    return done


class Clerk:
    """Does claims and commits; keeps in mind which digest is whose, for the seal adds the last."""

    def __init__(self, asked: Asked) -> None:
        self._asked = asked
        self._digests: dict[Key, str] = {}
        self._served: str | None = None  # the issue that the last claim ended with

    def job(self, name: str, values: Values) -> Job[Any]:
        """What "claim" or "commit" does to a connection, in one transaction."""
        if name == "claim":
            return lambda connection: self._claim(connection, Claim(*values))
        return lambda connection: self._commit(connection, Commit(*values))

    def _claim(
        self, connection: sqlite3.Connection, claim: Claim
    ) -> tuple[Rows, tuple[int, str] | None] | None:
        """Rows, and the stamp with whose it is; None, with nothing done, where a Notice is due."""
        asked, (limit, now, until, owner) = self._asked, claim
        if asked.notices.all(connection, 1, now):
            return None
        issues = behind(self._served, [issue for (issue,) in asked.issues.all(connection, now)])
        shares = [self._due(connection, issue, limit, now) for issue in issues]
        rows = in_turns(shares, limit=limit)
        if not rows:
            return [], None
        self._served = rows[-1][ISSUE]
        asked.lease.all(connection, json.dumps([row[ID] for row in rows]), until, owner)
        raised = asked.advance.all(connection)
        return list(rows), tuple(raised[0]) if raised else None

    def _due(self, connection: sqlite3.Connection, *values: Any) -> Rows:
        """Nobody promises that a list of JSON keeps the order of what it is made of."""
        [(text,)] = self._asked.due.all(connection, *values)
        return sorted(json.loads(text), key=_OLDEST_FIRST)

    def _commit(self, connection: sqlite3.Connection, commit: Commit) -> Begun:
        """What it does not start is left as it was: the general way says why not."""
        owner, tries, ends, starts = commit
        for some in _wide(tries, 8):
            connection.execute(_keep_tries(len(some) // 8), (*some, owner))
        for values, ids in ends.items():
            for some in _wide(ids, 1):
                connection.execute(_end(len(some)), (*values, *some, owner))
        return self._start(connection, starts, owner) if starts else []

    def _start(
        self,
        connection: sqlite3.Connection,
        starts: Mapping[int, tuple[str, int, int | None]],
        owner: str,
    ) -> Begun:
        begun, values = Begun(), list[Any]()
        [(text,)] = self._asked.free.all(connection, json.dumps(list(starts)), owner)
        for *row, variant, agrees in json.loads(text):
            digest = self._digest(connection, row, variant, agrees)
            values += (row[ID], digest, *starts[row[ID]])
            begun.append((row, digest))
        for some in _wide(values, 5):
            connection.execute(_begin(len(some) // 5), some)
        return begun

    def _digest(
        self, connection: sqlite3.Connection, row: Values, variant: str, agrees: int
    ) -> str:
        key = row[ISSUE], row[LANGUAGE], variant, agrees
        if (known := self._digests.get(key)) is not None:
            return known
        [(digest,)] = self._asked.choice.all(connection, row[ID])
        if len(self._digests) >= _KNOWN:
            self._digests.clear()
        return self._digests.setdefault(key, digest)


def behind(served: T | None, issues: Sequence[T]) -> Sequence[T]:
    """From the one whose turn is next: claims of few would all be of the first one."""
    at = issues.index(served) + 1 if served in issues else 0
    return [*issues[at:], *issues[:at]]


def in_turns(shares: Sequence[Sequence[T]], *, limit: int) -> Sequence[T]:
    """Each issue gives one in turn, oldest first.

    An issue that has fewer leaves its turns to the others, so nothing due is passed over.
    """
    if len(shares) == 1:
        return shares[0][:limit]
    turns = chain.from_iterable(zip_longest(*shares))
    return [one for one in turns if one is not None][:limit]


# --- what is written ------------------------------------------------------------------------------

_SENDING = DeliveryStatus.SENDING.value
# Only what this owner started counts: a late word, or one said twice, changes nothing.
_MINE = f"deliveries.claimed_by = ? AND deliveries.status = '{_SENDING}'"


@cache
def _begin(width: int) -> str:
    return f"""
        UPDATE deliveries SET status = '{_SENDING}', digest = new.column2,
            message_id = new.column3, start_no = new.column4, behind_no = new.column5
        FROM (VALUES {_rows(width, 5)}) AS new WHERE deliveries.id = new.column1"""  # noqa: S608 - places for values


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


def _wide(values: Values, columns: int) -> Iterator[Values]:
    """Rows, one behind the other, in pieces that a statement takes."""
    most = _WIDEST * columns
    return (values[at : at + most] for at in range(0, len(values), most))
