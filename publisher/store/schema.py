"""Bring a database to this version's schema (Alembic, configured in code, batch mode)."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, func, inspect, select
from sqlalchemy.exc import SQLAlchemyError

from publisher.errors import Refused
from publisher.model.problems import Problem, msgid
from publisher.store.database import file_of, open_sync, ours
from publisher.store.snapshot import made_by_a_newer_version

_SCRIPTS = Path(__file__).parent / "migrations"
_LOCK = 5_170_902_611  # PostgreSQL's advisory lock of whoever changes the schema; any number


def migrate(url: str) -> None:
    """Create or upgrade the schema in one transaction: whole, or not at all.

    Raises Refused for a database that a newer version or another program made or a full disk,
    StoreBusy when it cannot be reached.  Two at once: the second waits, and finds nothing to do.
    """
    with _opened(url) as engine:
        if not _is_pending(engine):
            return
        with engine.begin() as connection:
            if engine.dialect.name == "postgresql":
                connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))
            config = _config()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")


def pending(url: str) -> bool:
    """Whether `migrate` would change anything; asking makes no file.  Raises as `migrate`."""
    file = file_of(url)
    if file is not None and not file.exists():
        return True
    with _opened(url) as engine:
        return _is_pending(engine)


@contextmanager
def _opened(url: str) -> Iterator[Engine]:
    try:
        with open_sync(url) as engine:
            yield engine
    except SQLAlchemyError as error:
        named = ours(error)
        if named is None:
            raise
        raise named from error


def _is_pending(engine: Engine) -> bool:
    scripts = ScriptDirectory.from_config(_config())
    with engine.connect() as connection:
        stamped = MigrationContext.configure(connection).get_current_revision()
        others = stamped is None and _of_another_program(connection)
    if stamped is not None and stamped not in {one.revision for one in scripts.walk_revisions()}:
        raise Refused(made_by_a_newer_version())
    if others:
        raise Refused(
            Problem(
                message=msgid("{file} holds the tables of another program."),
                args={"file": others},
                remedy=msgid("Name a file of our own in storage.url."),
            )
        )
    return stamped != scripts.get_current_head()


def _of_another_program(connection: Connection) -> str | None:
    """The file that holds tables and no stamp of ours.  On PostgreSQL a database may be shared."""
    if connection.dialect.name == "sqlite" and inspect(connection).get_table_names():
        return connection.engine.url.database
    return None


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    return config
