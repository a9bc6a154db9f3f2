"""The schema: migrated, whole, and the same as the tables say; its checks are the database's."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta, timezone
from importlib import import_module
from pkgutil import iter_modules
from threading import Timer
from typing import Any

import pytest
from alembic import command
from sqlalchemy import (
    Connection,
    Inspector,
    Table,
    create_engine,
    event,
    insert,
    inspect,
    select,
    text,
)
from sqlalchemy.exc import IntegrityError, OperationalError, StatementError

from publisher import store as rooms
from publisher.errors import Refused, StoreBusy
from publisher.store import schema
from publisher.store.database import file_of, open_sync
from publisher.store.schema import migrate, pending
from publisher.store.tables import (
    article_versions,
    articles,
    attempts,
    audit,
    deliveries,
    issues,
    metadata,
    subscribers,
    suppressions,
)
from tests.contract.conftest import Engine
from tests.support.build import EN, NOON
from tests.support.databases import PostgresServer, SqliteFiles
from tests.support.stores import ISSUE, Store

for _room in iter_modules(rooms.__path__):  # wherever a table is declared
    if not _room.ispkg:
        import_module(f"publisher.store.{_room.name}")


def described(url: str) -> dict[str, Any]:
    """Everything a database says about its tables, but the order it says it in."""
    with open_sync(url) as engine, engine.connect() as connection:
        found = inspect(connection)
        names = set(found.get_table_names()) - {"alembic_version"}
        return {name: _table(found, name) for name in sorted(names)}


def _table(found: Inspector, name: str) -> dict[str, Any]:
    columns = {
        one["name"]: (str(one["type"]), one["nullable"], one.get("default"))
        for one in found.get_columns(name)
    }
    parts: tuple[Callable[..., Any], ...] = (
        found.get_foreign_keys,
        found.get_unique_constraints,
        found.get_check_constraints,
        found.get_indexes,
    )
    lists = [sorted(map(_plain, part(name))) for part in parts]
    return {"columns": columns, "key": _plain(found.get_pk_constraint(name)), "parts": lists}


def _plain(part: Any) -> str:
    if isinstance(part, dict):
        return str(sorted((key, _plain(value)) for key, value in part.items()))
    return str(part)


def test_the_migrated_schema_is_the_one_the_tables_declare(engine: Engine) -> None:
    migrated, declared = engine.fresh(empty=True), engine.fresh(empty=True)
    migrate(migrated)
    with open_sync(declared) as made:
        metadata.create_all(made)

    assert described(migrated) == described(declared)
    assert len(described(migrated)) == len(metadata.tables)


def test_a_migration_is_done_once(engine: Engine) -> None:
    url = engine.fresh(empty=True)

    assert pending(url) is True
    migrate(url)
    assert pending(url) is False
    before = described(url)
    migrate(url)
    assert described(url) == before


def test_who_is_a_reader_when_links_are_first_signed_for_an_address_had_others(
    engine: Engine,
) -> None:
    url = engine.fresh(empty=True)
    with open_sync(url) as made, made.begin() as connection:
        config = schema._config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0012")
        connection.execute(_READER, {"email": "anna@readers.test"})
    migrate(url)
    with open_sync(url) as made, made.begin() as connection:
        connection.execute(_READER, {"email": "boris@readers.test"})
        rows = connection.execute(select(subscribers.c.email, subscribers.c.had_old_links))

        assert {tuple(row) for row in rows} == {
            ("anna@readers.test", True),
            ("boris@readers.test", False),
        }


_READER = text("INSERT INTO subscribers (email, language, created_at) VALUES (:email, 'en', 0)")


def test_asking_what_is_pending_makes_no_file(sqlite: SqliteFiles) -> None:
    url = sqlite.fresh(empty=True)
    file = file_of(url)

    assert pending(url) is True
    assert file is not None
    assert not file.exists()


def test_a_migration_that_breaks_off_leaves_nothing_and_can_be_repeated(engine: Engine) -> None:
    """A full disk, a kill: the last table of the first step cannot be made."""
    url = engine.fresh(empty=True)

    def break_off(target: Any, connection: Connection, *_: Any, **__: Any) -> None:
        raise OperationalError("CREATE TABLE attempts", {}, Exception("disk I/O error"))

    def watch(conn: Any, cursor: Any, statement: str, *_: Any) -> None:
        if "CREATE TABLE attempts" in statement:
            break_off(None, conn)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(schema, "open_sync", _watched(watch))
        with pytest.raises(Refused):
            migrate(url)

    assert described(url) == {}
    migrate(url)
    assert pending(url) is False


def _watched(watch: Callable[..., None]) -> Callable[[str], Any]:
    from contextlib import contextmanager

    @contextmanager
    def opened(url: str) -> Any:
        with open_sync(url) as engine:
            event.listen(engine, "before_cursor_execute", watch)
            yield engine

    return opened


@pytest.mark.parametrize("asked", [migrate, pending], ids=["migrate", "pending"])
def test_a_database_of_a_newer_version_is_refused_in_words(
    engine: Engine, asked: Callable[[str], object]
) -> None:
    url = engine.fresh()
    with open_sync(url) as made, made.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(Refused) as refused:
        asked(url)

    assert refused.value.problems[0].message == (
        "The database was made by a newer version of Publisher."
    )
    assert refused.value.problems[0].remedy


@contextmanager
def somebody_writes(url: str, *, for_s: float) -> Iterator[None]:
    """Into a SQLite file that nobody has opened yet; before the tables are made."""
    file = file_of(url)
    assert file
    with closing(sqlite3.connect(file, isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        ends = Timer(for_s, other.rollback)
        ends.start()
        try:
            yield
        finally:
            ends.join()


def test_a_new_file_that_another_program_writes_to_is_waited_for(sqlite: SqliteFiles) -> None:
    url = sqlite.fresh(empty=True)
    with somebody_writes(url, for_s=0.2):
        migrate(url)

    with open_sync(url) as engine, engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert inspect(connection).has_table(articles.name)


def test_a_new_file_is_waited_for_as_long_as_said_and_no_longer(sqlite: SqliteFiles) -> None:
    url = sqlite.fresh(empty=True)
    with (
        somebody_writes(url, for_s=0.5),
        open_sync(url, busy_ms=50) as engine,
        pytest.raises(OperationalError, match="locked"),
    ):
        engine.connect()


def test_a_server_that_is_not_there_is_busy() -> None:
    with pytest.raises(StoreBusy):
        migrate("postgresql://nobody@/none?host=/nonexistent")
    with pytest.raises(StoreBusy):
        pending("postgresql://nobody@/none?host=/nonexistent")


def test_a_folder_that_cannot_be_made_is_refused_in_words(sqlite: SqliteFiles) -> None:
    in_the_way = sqlite.fresh()

    with pytest.raises(Refused, match="cannot be written"):
        migrate(f"{in_the_way}/publisher.db")


# --- instants -------------------------------------------------------------------------------------


async def kept(store: Store, at: datetime) -> datetime:
    async with store.database.write() as tx:
        await tx.execute(insert(audit).values(at=at, by="editor", what="looked"))
        found: datetime = (await tx.execute(select(audit.c.at))).scalar_one()
        return found


@pytest.mark.parametrize(
    "at",
    [
        NOON,
        NOON + timedelta(microseconds=1),
        datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
        datetime(1, 1, 2, tzinfo=UTC),
        datetime(9999, 12, 31, tzinfo=UTC),
        NOON.astimezone(timezone(timedelta(hours=3))),
    ],
    ids=str,
)
async def test_an_instant_comes_back_in_utc_to_the_microsecond(store: Store, at: datetime) -> None:
    found = await kept(store, at)

    assert found == at
    assert found.tzinfo is UTC


@pytest.mark.parametrize(
    ("at", "kept_as"),
    [
        ("0001-01-01T00:00+14:00", "0001-01-02T00:00Z"),
        ("0001-01-01T23:59Z", "0001-01-02T00:00Z"),
        ("9999-12-31T23:59:59.999999-12:00", "9999-12-31T00:00Z"),
    ],
)
async def test_an_instant_at_an_end_of_the_calendar_comes_back_where_every_zone_can_say_it(
    store: Store, at: str, kept_as: str
) -> None:
    found = await kept(store, datetime.fromisoformat(at))

    assert found == datetime.fromisoformat(kept_as)
    for hours in (-12, 14):
        assert found.astimezone(timezone(timedelta(hours=hours))) == found


async def test_a_naive_instant_is_refused(store: Store) -> None:
    with pytest.raises(StatementError, match="naive"):
        await kept(store, NOON.replace(tzinfo=None))


async def test_instants_are_ordered_and_compared_as_time_is(store: Store) -> None:
    instants = [NOON + step * timedelta(microseconds=1) for step in (-1, 0, 1)]
    rows = [{"at": at, "by": "editor", "what": ""} for at in reversed(instants)]
    async with store.database.write() as tx:
        await tx.execute(insert(audit), rows)
        ordered = (await tx.execute(select(audit.c.at).order_by(audit.c.at))).scalars().all()
        later = select(audit.c.at).where(audit.c.at > NOON)
        assert (await tx.execute(later)).scalars().all() == instants[2:]

    assert ordered == instants


# --- checks ---------------------------------------------------------------------------------------

READER = {"email": "x@readers.test", "language": EN, "created_at": NOON}
ARTICLE = {
    "id": "a",
    "source": "site-en",
    "key": "a",
    "story": "a",
    "language": EN,
    "age": 16,
    "rights": "own",
    "published_at": NOON,
    "version": 1,
    "address": "https://a.test/a",
    "content": "{}",
}


@pytest.mark.parametrize(
    ("table", "row"),
    [
        pytest.param(articles, ARTICLE | {"age": 17}, id="an age mark the law does not know"),
        pytest.param(articles, ARTICLE | {"rights": "borrowed"}, id="rights nobody has"),
        pytest.param(articles, ARTICLE, id="an article of an unknown story"),
        pytest.param(
            article_versions,
            {"article": "a", "version": 1, "content": "{}"},
            id="a version of no article",
        ),
        pytest.param(
            issues,
            {
                "id": "i",
                "edition": "e",
                "number": 1,
                "status": "lost",
                "due_at": NOON,
                "content": "",
            },
            id="a state no issue has",
        ),
        pytest.param(
            deliveries,
            {"issue": ISSUE, "subscriber": 1, "status": "lost", "due_at": NOON},
            id="a state no delivery has",
        ),
        pytest.param(
            deliveries,
            {"issue": "none", "subscriber": 1, "status": "queued", "due_at": NOON},
            id="a delivery of no issue",
        ),
        pytest.param(
            deliveries,
            {"issue": ISSUE, "subscriber": 404, "status": "queued", "due_at": NOON},
            id="a delivery to nobody",
        ),
        pytest.param(
            attempts,
            {
                "delivery": 404,
                "at": NOON,
                "phase": "dot",
                "outcome": "accepted",
                "text": "",
                "relay": "",
            },
            id="a try of no delivery",
        ),
        pytest.param(
            suppressions,
            {"email": "x@readers.test", "reason": "mood", "at": NOON},
            id="a suppression without a reason we know",
        ),
        pytest.param(subscribers, READER | {"email": "anna@readers.test"}, id="an address twice"),
        pytest.param(subscribers, READER | {"language": None}, id="a reader without a language"),
    ],
)
async def test_the_database_itself_refuses(store: Store, table: Table, row: dict[str, Any]) -> None:
    await store.sealed("anna")

    with pytest.raises(IntegrityError):
        async with store.database.write() as tx:
            await tx.execute(insert(table).values(row))


async def test_a_row_the_database_would_take_is_taken(store: Store) -> None:
    """So that what is refused above is refused for its one fault."""
    await store.sealed("anna")

    async with store.database.write() as tx:
        await tx.execute(insert(articles).values(ARTICLE | {"story": "bridge"}))
        await tx.execute(insert(subscribers).values(READER))


def test_the_house_keeps_one_engine_for_migrations_and_forgets_it(sqlite: SqliteFiles) -> None:
    """What is opened is closed: another program can have the whole file afterwards."""
    url = sqlite.fresh(empty=True)
    migrate(url)

    other = create_engine(url)
    with other.connect() as connection:
        connection.exec_driver_sql("PRAGMA locking_mode = EXCLUSIVE")
        connection.exec_driver_sql("BEGIN EXCLUSIVE")
        connection.rollback()
    other.dispose()


@pytest.mark.postgres
@pytest.mark.parametrize("encoding", ["SQL_ASCII", "LATIN1"])
def test_a_database_that_keeps_other_letters_is_refused_in_words(
    encoding: str, postgres: PostgresServer
) -> None:
    """A cluster made without a locale has SQL_ASCII; Russian would come back as bytes."""
    name = f"letters_{encoding.lower()}"
    postgres.run(f"CREATE DATABASE {name} ENCODING '{encoding}' LOCALE 'C' TEMPLATE template0")
    for ask in (pending, migrate):
        with pytest.raises(Refused) as refused:
            ask(postgres.url(name))
        assert refused.value.problems[0].args == {"encoding": encoding}
