"""Carries what SQLite's write-ahead log holds into the database, beside the commits.

A checkpoint within a commit holds up all mails that fly, for as long as a disk takes to sync.  One
beside them never comes to the end of a log that grows meanwhile, and a log that was not carried
over whole is not begun anew.  So most is done beside, and the little that came since between two
jobs.
"""

import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing, suppress
from typing import Self

_LONG = 4000  # frames of 4 KiB after which the log is to be begun anew
_EVERY = 0.1  # seconds between looks


class Janitor:
    """A thread with a connection of its own; it ends with the block."""

    def __init__(self, connect: Callable[[], sqlite3.Connection]) -> None:
        self._connect = connect
        self._over = threading.Event()
        self._is_long = threading.Event()  # nearly all is carried over: the rest is a moment's work
        self._thread = threading.Thread(target=self._work, name="janitor", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def before_a_job(self, connection: sqlite3.Connection) -> None:
        """Nobody writes now: carry over what is left, so that this job begins the log anew."""
        if self._is_long.is_set():
            _checkpoint(connection)
            self._is_long.clear()

    def _work(self) -> None:
        with closing(self._connect()) as connection:
            while not self._over.wait(_EVERY):
                if not self._is_long.is_set() and _checkpoint(connection) >= _LONG:
                    self._is_long.set()


def _checkpoint(connection: sqlite3.Connection) -> int:
    """Frames in the log; 0 where somebody else is at it."""
    with suppress(sqlite3.OperationalError):  # a full disk, a lock: the log waits
        _, frames, _ = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        return int(frames)
    return 0
