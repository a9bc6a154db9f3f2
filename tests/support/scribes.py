"""A store that has a scribe: a process that writes for it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from publisher.aide import Aide
from publisher.ports import Start
from publisher.store.database import Database
from publisher.store.outbox import SqlOutbox
from publisher.store.scriptorium import Scriptorium
from tests.support.build import NOON
from tests.support.databases import SqliteFiles
from tests.support.stores import OWNER, Store, open_store, starts

READERS = 60


def scribes(database: Database) -> Scriptorium:
    assert database.sole is not None
    assert database.sole._scribes is not None
    return database.sole._scribes


async def at_work(database: Database) -> Aide:
    """The scribe, once it is there."""
    async with asyncio.timeout(60):
        while (found := scribes(database)._scribe) is None or not found.ready:
            await asyncio.sleep(0.005)
            await SqlOutbox(database).commit([], [], now=NOON, owner=OWNER)
    return found


@asynccontextmanager
async def busy_store(sqlite: SqliteFiles) -> AsyncIterator[tuple[Store, list[Start]]]:
    """A sealed issue, its deliveries claimed."""
    async with open_store(sqlite.fresh(), busy_ms=200) as store:
        await store.sealed(*(f"reader{number:02}" for number in range(READERS)))
        asked = [
            replace(one, number=number)
            for number, one in enumerate(starts(await store.claimed()), 1)
        ]
        yield store, asked
