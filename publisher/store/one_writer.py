"""SQLite's one way to write, taken in turns; its connection stays out of the pool between jobs."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, StaticPool, create_engine, event
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from publisher.store.plain_jobs import Asked, Clerk, transact
from publisher.store.scribe import done
from publisher.store.scriptorium import Scriptorium

T = TypeVar("T")


class OneWriter:
    """Whoever wants to write waits for whoever does; the engine's transactions are IMMEDIATE.

    To take its connection from the pool and put it back takes as long as a commit: a job leaves it
    out for the next one, a transaction of SQLAlchemy's puts it back first.
    """

    def __init__(
        self,
        engine: AsyncEngine,
        *,
        patience: float,
        scribes: Scriptorium | None,
    ) -> None:
        """`patience`: seconds; whoever waited so long raises SQLAlchemy's TimeoutError."""
        self._engine, self._patience = engine, patience
        self._scribes = scribes
        self._clerk: Clerk | None = None
        self._turn = asyncio.Lock()
        self._queue = 0  # how many wait for it
        self._out = AsyncExitStack()
        self._driver: Any = None  # aiosqlite's connection, while it is out
        self._inside: tuple[sqlite3.Connection, Engine] | None = None

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncConnection]:
        """One transaction of SQLAlchemy's."""
        await self._take_turn()
        try:
            await self.put_back()
            async with self._engine.begin() as tx:
                yield tx
        finally:
            self._turn.release()

    async def run(self, job: Callable[[sqlite3.Connection], T]) -> T:
        """`job` in one transaction, at one go in SQLite's thread."""
        return await self._in_thread(partial(transact, job))

    async def plain(self, name: str, values: Sequence[Any], asked: Asked) -> Any:
        """A clerk's job in one transaction: where they come thick and fast a scribe does it.

        `asked` is the same every time.
        """
        scribe = self._scribes.at_hand(asked) if self._scribes else None
        if scribe is None:
            self._clerk = self._clerk or Clerk(asked)
            return await self.run(self._clerk.job(name, values))
        await self._take_turn()
        try:
            return await done(scribe, name, values)
        finally:
            self._turn.release()

    async def run_inside(self, job: Callable[[Connection], T]) -> T:
        """The same for a job that speaks SQLAlchemy's."""

        def work(connection: sqlite3.Connection) -> T:
            with self._engine_over(connection).begin() as tx:
                return job(tx)

        return await self._in_thread(work)

    async def close(self) -> None:
        """Nobody writes any more."""
        await self.put_back()
        if self._scribes is not None:
            await self._scribes.close()

    async def put_back(self) -> None:
        """Have the pool know that nobody uses the connection."""
        self._driver = None
        await self._out.aclose()

    async def _in_thread(self, work: Callable[[sqlite3.Connection], T]) -> T:
        await self._take_turn()
        try:
            driver = self._driver or await self._take_out()
            done: T = await driver._execute(work, driver._conn)  # noqa: SLF001 - its public ways are one statement each
        except BaseException:
            await self.put_back()
            raise
        finally:
            self._turn.release()
        return done

    async def _take_turn(self) -> None:
        if not (self._queue or self._turn.locked()):
            await self._turn.acquire()  # at once
            return
        self._queue += 1
        try:
            async with asyncio.timeout(self._patience):
                await self._turn.acquire()
        except TimeoutError as late:
            raise PoolTimeout("somebody else writes for too long") from late
        finally:
            self._queue -= 1

    async def _take_out(self) -> Any:
        connection = await self._out.enter_async_context(self._engine.connect())
        self._driver = (await connection.get_raw_connection()).driver_connection
        return self._driver

    def _engine_over(self, connection: sqlite3.Connection) -> Engine:
        """SQLAlchemy without asyncio, for the thread the connection belongs to."""
        if self._inside is None or self._inside[0] is not connection:
            engine = create_engine("sqlite://", creator=lambda: connection, poolclass=StaticPool)
            event.listen(engine, "begin", _immediate)
            self._inside = connection, engine
        return self._inside[1]


def _immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
