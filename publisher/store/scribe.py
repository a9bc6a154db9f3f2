"""The scribe: an aide that does plain jobs for another's SQLite.  It holds a connection."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from typing import Any

from publisher.aide import Aide, Failed, Gone, call, serve
from publisher.store.janitor import Janitor
from publisher.store.plain_jobs import Asked, Clerk, Query, transact

_STATEMENTS = 256  # prepared ones kept by the driver


async def begin(file: str, pragmas: Sequence[str], asked: Asked) -> Aide:
    """One for a database file."""
    return await call(__name__, file, tuple(pragmas), [tuple(one) for one in asked])


async def done(scribe: Aide, name: str, values: Sequence[Any]) -> Any:
    """What the clerk's job gives or raises.

    Raises sqlite3.OperationalError where the scribe is gone: whether it was done is not known.
    """
    try:
        return await scribe.do(name, tuple(values))
    except Gone as gone:
        raise sqlite3.OperationalError("the process that writes has ended") from gone
    except Failed as failed:
        raise getattr(sqlite3, failed.kind, RuntimeError)(failed.words) from failed


@contextmanager
def _at_work(
    file: str, pragmas: Sequence[str], asked: Sequence[Any]
) -> Iterator[Callable[[str, Sequence[Any]], Any]]:
    clerk = Clerk(Asked(*(Query(*one) for one in asked)))
    connect = partial(_connected, file, pragmas)
    with closing(connect()) as connection, Janitor(connect) as janitor:

        def work(name: str, values: Sequence[Any]) -> Any:
            janitor.before_a_job(connection)
            return transact(clerk.job(name, values), connection)

        yield work


def _connected(file: str, pragmas: Sequence[str]) -> sqlite3.Connection:
    connection = sqlite3.connect(
        file, isolation_level=None, cached_statements=_STATEMENTS, check_same_thread=False
    )
    for pragma in (*pragmas, "wal_autocheckpoint = 0"):  # the janitor does that
        connection.execute(f"PRAGMA {pragma}")
    return connection


if __name__ == "__main__":
    serve(_at_work)
