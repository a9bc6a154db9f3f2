"""Whoever dies, dies on SQLite and on a real PostgreSQL."""

from collections.abc import Callable, Iterator

import pytest

from tests.support.databases import PostgresServer, postgres_server


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer]:
    with postgres_server() as server:
        yield server


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest) -> Callable[[], str | None]:
    """A database of its own for each campaign; None: the room's SQLite file."""
    if request.param == "sqlite":
        return lambda: None
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.fresh
