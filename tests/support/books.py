"""The ledger read beside the store, by SQL of our own: a hundred times a second."""

import sqlite3
from collections import Counter
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import NamedTuple

from publisher.model.deliveries import MOVES, WAITING, Delivery, DeliveryStatus
from publisher.model.issues import IssueStatus
from publisher.model.names import IssueId
from tests.support.databases import sqlite_files

_ROWS = """
    SELECT d.id, d.status, d.tries, d.next_try_at IS NOT NULL, d.claimed_by IS NOT NULL,
        count(a.id), count(a.id) FILTER (WHERE a.outcome = 'accepted')
    FROM deliveries d LEFT JOIN attempts a ON a.delivery = d.id
    WHERE d.issue = ? GROUP BY d.id
"""

_IDLE = """
    SELECT d.issue, count(*) FROM deliveries d JOIN issues i ON i.id = d.issue
    WHERE i.status = 'sealed' AND d.status IN ('queued', 'deferred') AND d.next_try_at <= ?
    GROUP BY d.issue
"""

_HELD = """
    SELECT d.status, d.claimed_by, i.status FROM deliveries d JOIN issues i ON i.id = d.issue
    WHERE d.id = ?
"""

_SUPPRESSED = """
    SELECT email FROM suppressions s WHERE reason != 'lifted'
    AND id = (SELECT max(id) FROM suppressions WHERE email = s.email)
"""


class Row(NamedTuple):
    """What a delivery's row says, and how many attempts it has."""

    id: int
    status: str
    tries: int
    waits: bool
    held: bool
    attempts: int
    accepted: int

    @property
    def now(self) -> DeliveryStatus:
        return DeliveryStatus(self.status)

    def follows(self, before: DeliveryStatus) -> None:
        """It was that: may it be this?  And does the row say one thing throughout?"""
        assert self.now in MOVES[before] | {before}, (before, self.now)
        assert self.accepted == (self.now is DeliveryStatus.ACCEPTED)
        assert self.tries == self.attempts
        assert self.waits == (self.now in WAITING)
        assert self.held == (self.now in {DeliveryStatus.CLAIMED, DeliveryStatus.SENDING})


@cache
def empty_database() -> bytes:
    """A file with this version's schema."""
    with sqlite_files() as files:
        return files.template.read_bytes()


class Books:
    """A SQLite file that somebody else writes."""

    def __init__(self, file: Path) -> None:
        self._file = sqlite3.connect(file)

    def close(self) -> None:
        self._file.close()

    def rows(self, issue: IssueId) -> Sequence[Row]:
        return [Row(*row) for row in self._file.execute(_ROWS, (issue,))]

    def issue(self, issue: IssueId) -> IssueStatus:
        query = "SELECT status FROM issues WHERE id = ?"
        return IssueStatus(self._file.execute(query, (issue,)).fetchone()[0])

    def delivery(self, delivery: int) -> DeliveryStatus:
        return DeliveryStatus(self._file.execute(_HELD, (delivery,)).fetchone()[0])

    def asked_for(self, one: Delivery, owner: str, *, gone: Collection[str]) -> DeliveryStatus:
        """What asking for its start is to make of it; `gone`: who may not be mailed."""
        status, holder, issue = self._file.execute(_HELD, (one.id,)).fetchone()
        if status != "claimed" or holder != owner:
            return DeliveryStatus(status)
        if issue != "sealed":
            return DeliveryStatus.QUEUED
        return DeliveryStatus.SUPPRESSED if one.address in gone else DeliveryStatus.SENDING

    def idle(self, now: datetime) -> Counter[IssueId]:
        """How many of each issue are due and nobody's."""
        at = (now - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() * 1_000_000
        return Counter(dict(self._file.execute(_IDLE, (int(at),)).fetchall()))

    def suppressed(self) -> set[str]:
        """The addresses that are."""
        return {email for (email,) in self._file.execute(_SUPPRESSED)}
