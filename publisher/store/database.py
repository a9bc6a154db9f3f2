"""One database, SQLite or PostgreSQL: who may write when, and what its failures are called.

SQLite: WAL, one write connection whose transactions begin IMMEDIATE, read-only ones beside it.
"""

import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, NullPool, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from publisher.errors import PublisherError, Refused, StoreBusy
from publisher.model.problems import Problem, msgid
from publisher.store.one_writer import OneWriter
from publisher.store.plain_jobs import Asked
from publisher.store.scriptorium import Scriptorium

T = TypeVar("T")
_BUSY_MS = 5_000  # how long a transaction waits for another's lock
_REACH_S = 10  # how long PostgreSQL may take to answer the door
_SILENT_MS = 30_000  # how long PostgreSQL's machine may keep silent
_AGAIN_S = 0.01  # after which to try again what SQLite does not wait for
_QUEUE_S = 60  # how long one of us waits for a free connection
_READERS = 4
_FULL = ("database or disk is full", "no space left", "could not extend file", "disk i/o error")
_DAMAGED = (
    "file is not a database",
    "database disk image is malformed",
    "malformed database schema",
)
# SQLite's words for mistakes of this program; PostgreSQL's are errors of another class.
_OURS = ("no such table", "no such column", "already exists", "syntax error")


@dataclass(frozen=True, slots=True)
class Database:
    """A way to write and a way to read; `dialect` is "sqlite" or "postgresql"."""

    writer: AsyncEngine
    reader: AsyncEngine
    sole: OneWriter | None = None  # SQLite: through which `writer` is used

    @property
    def dialect(self) -> str:
        return self.writer.dialect.name

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """One transaction: committed at the end of the block, rolled back by an exception.

        Raises StoreBusy when the database is locked or gone, Refused when the disk is full.
        """
        with _IN_OUR_WORDS:
            async with (self.sole or self.writer).begin() as tx:
                yield tx

    async def at_one_go(self, job: Callable[[Connection], T]) -> T:
        """`job` in one transaction like that of `write`; it runs in SQLite's thread at one go.

        Crossing threads for every statement takes longer than what the statements do.
        """
        with _IN_OUR_WORDS:
            if self.sole is not None:
                return await self.sole.run_inside(job)
            async with self.writer.begin() as tx:
                return await tx.run_sync(job)

    async def plain(self, name: str, values: Sequence[Any], asked: Asked) -> Any:
        """A job of plain_jobs.Clerk in one transaction, on SQLite alone."""
        assert self.sole is not None  # noqa: S101 - whoever calls it knows the dialect
        with _IN_OUR_WORDS:
            return await self.sole.plain(name, values, asked)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """One consistent view; changes nothing.  Raises StoreBusy as `write` does."""
        with _IN_OUR_WORDS:
            async with self.reader.connect() as tx:
                yield tx


@asynccontextmanager
async def open_database(url: str, *, busy_ms: int = _BUSY_MS) -> AsyncIterator[Database]:
    """Open the database of a URL (`sqlite:////…/publisher.db`, `postgresql://…`) and close it.

    Nothing is reached before the first transaction.  Raises Refused where a SQLite file cannot be.
    """
    async with AsyncExitStack() as house:
        database = _sqlite(url, busy_ms) if is_sqlite(url) else _postgresql(url, busy_ms)
        for engine in {database.writer, database.reader}:
            house.push_async_callback(engine.dispose)
        if database.sole is not None:
            house.push_async_callback(database.sole.close)
        yield database


@contextmanager
def open_sync(url: str, *, busy_ms: int = _BUSY_MS) -> Iterator[Engine]:
    """The same database for a driver without asyncio (migrations).

    Its first connection raises Refused where PostgreSQL keeps no UTF-8.
    """
    if is_sqlite(url):
        _make_room(url)
        engine = create_engine(
            make_url(url).set(drivername="sqlite"),
            poolclass=NullPool,
            connect_args={"timeout": busy_ms / 1000},
        )
        event.listen(engine, "connect", _begins_by_itself)
        event.listen(engine, "connect", _enters_wal(busy_ms))
        event.listen(engine, "begin", _begin("IMMEDIATE"))  # else a schema change is no transaction
    else:
        engine = create_engine(
            make_url(url).set(drivername="postgresql+psycopg"),
            poolclass=NullPool,
            connect_args={"connect_timeout": _REACH_S},
        )
        # Before SQLAlchemy asks anything: it would not understand the answers.
        event.listen(engine, "connect", _refuse_other_letters, insert=True)
    try:
        yield engine
    finally:
        engine.dispose()


def is_sqlite(url: str) -> bool:
    """Whether a URL names a SQLite file."""
    return make_url(url).get_backend_name() == "sqlite"


def file_of(url: str) -> Path | None:
    """The file of a SQLite database; None for PostgreSQL."""
    name = make_url(url).database
    return Path(name) if is_sqlite(url) and name else None


def ours(error: Exception) -> PublisherError | None:
    """Which of our failures a driver's exception is; None for a surprise."""
    words = str(getattr(error, "orig", error)).lower()
    if any(sign in words for sign in _FULL):
        return Refused(
            Problem(
                message=msgid("The disk is full; nothing was stored."),
                remedy=msgid("Make room, then run the same command again."),
            )
        )
    if any(sign in words for sign in _DAMAGED):
        return Refused(
            Problem(
                message=msgid("The database is damaged, or its file is none: {words}."),
                args={"words": words},
                remedy=msgid("Put a backup back; storage.url in the config says where."),
            )
        )
    lost = OperationalError | InterfaceError | PoolTimeout | sqlite3.OperationalError
    gone = isinstance(error, lost)
    gone = gone or (isinstance(error, DBAPIError) and error.connection_invalidated)
    if gone and not any(sign in words for sign in _OURS):
        return StoreBusy(words)
    return None


class _InOurWords:
    """What a driver says is raised as what this program calls it."""

    def __enter__(self) -> None: ...

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, (DBAPIError, PoolTimeout, sqlite3.Error)):
            named = ours(error)
            if named is not None:
                raise named from error


_IN_OUR_WORDS = _InOurWords()  # made once: it is entered for every commit


# --- SQLite ---------------------------------------------------------------------------------------


def _sqlite(url: str, busy_ms: int) -> Database:
    _make_room(url)
    writer = _sqlite_engine(url, 1, _WRITES, busy_ms)
    reader = _sqlite_engine(url, _READERS, _READS, busy_ms)
    event.listen(writer.sync_engine, "begin", _begin("IMMEDIATE"))
    event.listen(reader.sync_engine, "begin", _begin("DEFERRED"))
    file = make_url(url).database
    scribes = Scriptorium(file, (f"busy_timeout = {busy_ms}", *_WRITES)) if file else None
    return Database(writer, reader, OneWriter(writer, patience=_QUEUE_S, scribes=scribes))


_WAL = "journal_mode = WAL"  # kept by the file; to be said before somebody reads it otherwise
_WRITES = (_WAL, "synchronous = NORMAL", "foreign_keys = ON", "cache_size = -8000")
_READS = (_WAL, "query_only = ON")


def _sqlite_engine(url: str, size: int, pragmas: tuple[str, ...], busy_ms: int) -> AsyncEngine:
    engine = create_async_engine(
        make_url(url).set(drivername="sqlite+aiosqlite"),
        pool_size=size,
        max_overflow=0,
        pool_timeout=_QUEUE_S,
        pool_reset_on_return=None,  # see on_return
    )

    def on_connect(connection: Any, record: object) -> None:
        _begins_by_itself(connection, record)
        cursor = connection.cursor()
        for pragma in (f"busy_timeout = {busy_ms}", *pragmas):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    def on_return(connection: Any, record: object, state: object) -> None:
        """A rollback is a way to the thread and back; after a commit there is nothing to undo."""
        if connection.driver_connection.in_transaction:
            connection.rollback()

    event.listen(engine.sync_engine, "connect", on_connect)
    event.listen(engine.sync_engine, "reset", on_return)
    return engine


def _begins_by_itself(connection: Any, record: object) -> None:
    """Python's driver would begin late, and never before a change of the schema."""
    connection.isolation_level = None


def _enters_wal(busy_ms: int) -> Any:
    """A file enters WAL once, while nobody else has it; where somebody writes SQLite fails at once.

    Its busy timeout is not asked then, and programs that open a new database together meet there.
    """

    def on_connect(connection: Any, record: object) -> None:
        until = time.monotonic() + busy_ms / 1000
        while True:
            try:
                connection.execute(f"PRAGMA {_WAL}")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                    raise
                time.sleep(_AGAIN_S)
            else:
                return

    return on_connect


def _begin(role: str) -> Any:
    def on_begin(connection: Any) -> None:
        connection.exec_driver_sql(f"BEGIN {role}")

    return on_begin


def _make_room(url: str) -> None:
    file = file_of(url)
    try:
        if file is not None:
            file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        problem = Problem(
            message=msgid("{file} cannot be written: {words}."),
            args={"file": str(file), "words": error.strerror or str(error)},
        )
        raise Refused(problem) from error


# --- PostgreSQL -----------------------------------------------------------------------------------


def _postgresql(url: str, busy_ms: int) -> Database:
    address = make_url(url).set(drivername="postgresql+psycopg")
    writer = create_async_engine(
        address,
        pool_size=5,
        max_overflow=5,
        pool_timeout=_QUEUE_S,
        connect_args={
            "connect_timeout": _REACH_S,
            "tcp_user_timeout": _SILENT_MS,
            "options": f"{_options(address)} -c lock_timeout={busy_ms}".strip(),
        },
    )
    # The same pool: readers see one moment, however many statements they need.
    reader = writer.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    return Database(writer, reader)


def _options(address: URL) -> str:
    given = address.query.get("options", "")
    return given if isinstance(given, str) else " ".join(given)


def _refuse_other_letters(connection: Any, record: object) -> None:
    """A cluster without a locale keeps bytes of whatever letters (SQL_ASCII)."""
    encoding = connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise Refused(
            Problem(
                message=msgid("The database keeps its texts in {encoding}; UTF8 is needed."),
                args={"encoding": str(encoding)},
                remedy=msgid("Make another: createdb --encoding UTF8 --template template0 NAME"),
            )
        )
