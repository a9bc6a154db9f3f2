"""One database, SQLite or PostgreSQL: who may write when, and what its failures are called.

SQLite: WAL, one write connection whose transactions begin IMMEDIATE, read-only ones beside it.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from publisher.errors import Refused, StoreBusy
from publisher.model.problems import Problem, msgid

_BUSY_MS = 5_000
_READERS = 4
_FULL = ("database or disk is full", "no space left", "could not extend file", "disk i/o error")
_OURS = ("no such ", "syntax error", "ambiguous column")  # mistakes of this program


@dataclass(frozen=True, slots=True)
class Database:
    """A way to write and a way to read; `dialect` is "sqlite" or "postgresql"."""

    writer: AsyncEngine
    reader: AsyncEngine

    @property
    def dialect(self) -> str:
        return self.writer.dialect.name

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """One transaction: committed at the end of the block, rolled back by an exception.

        Raises StoreBusy when the database is locked or gone, Refused when the disk is full.
        """
        try:
            async with self.writer.begin() as tx:
                yield tx
        except (OperationalError, InterfaceError, PoolTimeout, DBAPIError) as error:
            raise _named(error) from error

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """One consistent view; changes nothing."""
        try:
            async with self.reader.connect() as tx:
                yield tx
        except (OperationalError, InterfaceError, PoolTimeout, DBAPIError) as error:
            raise _named(error) from error


@asynccontextmanager
async def open_database(url: str, *, busy_ms: int = _BUSY_MS) -> AsyncIterator[Database]:
    """Open the database of a URL (`sqlite:////…/publisher.db`, `postgresql://…`) and close it."""
    async with AsyncExitStack() as house:
        database = _sqlite(url, busy_ms) if is_sqlite(url) else _postgresql(url)
        house.push_async_callback(database.writer.dispose)
        if database.reader is not database.writer:
            house.push_async_callback(database.reader.dispose)
        yield database


def is_sqlite(url: str) -> bool:
    """Whether a URL names a SQLite file."""
    return make_url(url).get_backend_name() == "sqlite"


def sync_url(url: str) -> URL:
    """The same database for a driver without asyncio (migrations)."""
    driver = "sqlite" if is_sqlite(url) else "postgresql+psycopg"
    return make_url(url).set(drivername=driver)


def _sqlite(url: str, busy_ms: int) -> Database:
    address = make_url(url).set(drivername="sqlite+aiosqlite")
    if address.database:
        Path(address.database).parent.mkdir(parents=True, exist_ok=True)
    writer = create_async_engine(address, pool_size=1, max_overflow=0, pool_timeout=60)
    reader = create_async_engine(address, pool_size=_READERS, max_overflow=0, pool_timeout=60)
    for engine, role in ((writer, "IMMEDIATE"), (reader, "DEFERRED")):
        event.listen(
            engine.sync_engine, "connect", _settings(busy_ms, read_only=role == "DEFERRED")
        )
        event.listen(engine.sync_engine, "begin", _begin(role))
    return Database(writer, reader)


def _settings(busy_ms: int, *, read_only: bool):  # type: ignore[no-untyped-def]  # a listener
    def on_connect(connection, record) -> None:  # type: ignore[no-untyped-def]
        connection.isolation_level = None  # we begin by ourselves
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {busy_ms}")
        if not read_only:
            cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = NORMAL")
        cursor.execute("PRAGMA foreign_keys = ON")
        if read_only:
            cursor.execute("PRAGMA query_only = ON")
        cursor.close()

    return on_connect


def _begin(role: str):  # type: ignore[no-untyped-def]  # a listener
    def on_begin(connection) -> None:  # type: ignore[no-untyped-def]
        connection.exec_driver_sql(f"BEGIN {role}")

    return on_begin


def _postgresql(url: str) -> Database:
    address = make_url(url).set(drivername="postgresql+psycopg")
    engine = create_async_engine(address, pool_size=5, max_overflow=5, pool_timeout=30)
    return Database(engine, engine)


def _named(error: Exception) -> Exception:
    """Which of our failures a driver's exception is; other ones are surprises and stay."""
    words = str(getattr(error, "orig", error)).lower()
    if any(sign in words for sign in _FULL):
        return Refused(
            Problem(
                message=msgid("The disk is full; nothing was stored."),
                remedy=msgid("Make room, then run the same command again."),
            )
        )
    gone = isinstance(error, OperationalError | InterfaceError | PoolTimeout)
    if gone and not any(sign in words for sign in _OURS):
        return StoreBusy(words)
    return error
