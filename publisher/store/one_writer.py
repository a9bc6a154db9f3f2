"""SQLite's one way to write, taken in turns; its connection stays out of the pool between jobs."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, StaticPool, create_engine, event
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from publisher.store.plain_jobs import Asked, Clerk, transact
from publisher.store.scribe import done
from publisher.store.scriptorium import Scriptorium
from publisher.store.turns import Turns

T = TypeVar("T")
Told = Callable[[Any], object]


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
        self._turns = Turns()
        self._out = AsyncExitStack()
        self._driver: Any = None  # aiosqlite's connection, while it is out
        self._inside: tuple[sqlite3.Connection, Engine] | None = None

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncConnection]:
        """One transaction of SQLAlchemy's."""
        await self._patiently(self._turns.take())
        try:
            await self.put_back()
            async with self._engine.begin() as tx:
                yield tx
        finally:
            self._turns.give_back()

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
        if self._turns.is_shared:
            self._turns.join()
        else:
            await self._patiently(self._turns.join_behind())
        try:
            return await done(scribe, name, values)
        finally:
            self._turns.leave()

    @property
    def takes_more(self) -> bool:
        """Whether a job can be handed over now."""
        return self._scribes is not None and self._scribes.has_one and self._turns.is_shared

    def hand_over(self, name: str, values: Sequence[Any], asked: Asked, told: Told) -> None:
        """The same where it `takes_more`; nobody waits, `told` is called with what the job gave.

        With None where it failed, or where nobody knows: whoever asks again hears why.
        """
        scribe = self._scribes.at_hand(asked) if self._scribes else None
        assert scribe is not None  # noqa: S101 - it takes more
        self._turns.join()

        def then(given: Any, failed: Exception | None) -> None:
            self._turns.leave()
            told(given if failed is None else None)

        scribe.ask(then, name, tuple(values))

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
        await self._patiently(self._turns.take())
        try:
            driver = self._driver or await self._take_out()
            done: T = await driver._execute(work, driver._conn)  # noqa: SLF001 - its public ways are one statement each
        except BaseException:
            await self.put_back()
            raise
        finally:
            self._turns.give_back()
        return done

    async def _patiently(self, turn: Awaitable[None]) -> None:
        try:
            async with asyncio.timeout(self._patience):
                await turn
        except TimeoutError as late:
            raise PoolTimeout("somebody else writes for too long") from late

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
