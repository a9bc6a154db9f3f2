"""Every contract is held on SQLite and on a real PostgreSQL."""

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.support.databases import PostgresServer, SqliteFiles, postgres_server, sqlite_files
from tests.support.stores import Store, open_store

Engine = SqliteFiles | PostgresServer


@pytest.fixture(scope="session")
def sqlite() -> Iterator[SqliteFiles]:
    with sqlite_files() as files:
        yield files


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    with postgres_server() as server:
        yield server


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def engine(request: pytest.FixtureRequest) -> Engine:
    made: Engine = request.getfixturevalue(request.param)
    return made


@pytest.fixture
async def store(engine: Engine) -> AsyncIterator[Store]:
    async with open_store(engine.emptied()) as opened:
        yield opened
