"""Bring a database to this version's schema (Alembic, configured in code, batch mode)."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Engine, NullPool, create_engine
from sqlalchemy.exc import OperationalError

from publisher.errors import Refused, StoreBusy
from publisher.model.problems import Problem, msgid
from publisher.store.database import is_sqlite, sync_url

_SCRIPTS = Path(__file__).parent / "migrations"


def migrate(url: str) -> None:
    """Create or upgrade the schema; one transaction per step, nothing half-done.

    Raises Refused for a database that a newer version made, StoreBusy when it cannot be reached.
    """
    if is_sqlite(url) and (file := sync_url(url).database):
        Path(file).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(sync_url(url), poolclass=NullPool)
    config = _config()
    try:
        with engine.connect() as connection:
            if _stamped(engine) == ScriptDirectory.from_config(config).get_current_head():
                return
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            connection.commit()
    except CommandError as error:
        raise Refused(
            Problem(
                message=msgid("The database was made by a newer version of Publisher."),
                remedy=msgid("Install that version, or restore the backup made before it."),
            )
        ) from error
    except OperationalError as error:
        raise StoreBusy(str(error.orig)) from error
    finally:
        engine.dispose()


def pending(url: str) -> bool:
    """Whether `migrate` would change anything."""
    engine = create_engine(sync_url(url), poolclass=NullPool)
    try:
        return _stamped(engine) != ScriptDirectory.from_config(_config()).get_current_head()
    except OperationalError as error:
        raise StoreBusy(str(error.orig)) from error
    finally:
        engine.dispose()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS))
    return config


def _stamped(engine: Engine) -> str | None:
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()
