"""Every port: a database that is locked or gone is StoreBusy, and nothing was changed."""

import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from inspect import getmembers, isfunction
from typing import Any

import psycopg
import pytest

from publisher.errors import StoreBusy
from publisher.model.articles import Changes, Withdrawal
from publisher.model.issues import IssueStatus, Order
from publisher.model.names import ArticleId, DeliveryId, DigestId, SourceId, StoryKey, SubscriberId
from publisher.model.people import Suppression, SuppressionReason
from publisher.model.rates import Rate
from publisher.model.sources import FetchState
from publisher.outlets import Unused, Want
from publisher.store.tables import metadata
from tests.contract.conftest import Engine
from tests.support.build import (
    DUE,
    EN,
    NOON,
    make_applicant,
    make_article,
    make_bounce,
    make_issue,
    make_profile,
    make_returned,
)
from tests.support.databases import PostgresServer, SqliteFiles
from tests.support.stores import EDITION, ISSUE, Store, make_delivery_end, open_store, starts

SITE = SourceId("site-en")
READER, DIGEST, ARTICLE = SubscriberId(1), DigestId("none"), ArticleId("bridge-en")
COMPLAINT = Suppression(email="a@b.test", reason=SuppressionReason.COMPLAINT, at=NOON)
MINUTE = timedelta(minutes=1)
TWO = Rate(count=2, per=timedelta(days=1))
TOKENS = Want(name="relay:main:day", limit=TWO, count=1)
NO_TOKENS = Unused(name="relay:main:day", limit=TWO, count=1, until=NOON)
PORTS = (
    "states",
    "intake",
    "articles",
    "newsdesk",
    "issues",
    "wishes",
    "readers",
    "audience",
    "outbox",
    "ledger",
    "digests",
    "returns",
    "allowances",
)

CALLS: dict[str, Callable[[Store], Awaitable[Any]]] = {
    "states.get": lambda s: s.states.get(SITE),
    "states.save": lambda s: s.states.save(FetchState(source=SITE)),
    "states.all": lambda s: s.states.all(),
    "intake.known": lambda s: s.intake.known(SITE, ["bridge"]),
    "intake.admit": lambda s: s.keep(Changes(new=(make_article(),))),
    "articles.available": lambda s: s.articles.available(since=DUE, until=NOON),
    "articles.newest": lambda s: s.articles.newest(language=EN, limit=1, now=NOON),
    "articles.versions_of": lambda s: s.articles.versions_of([StoryKey("bridge")]),
    "articles.listed": lambda s: s.articles.listed(limit=1),
    "newsdesk.named": lambda s: s.newsdesk.named("bridge"),
    "newsdesk.past": lambda s: s.newsdesk.past(ARTICLE),
    "newsdesk.withdraw": lambda s: s.newsdesk.withdraw(
        ARTICLE, Withdrawal(at=NOON, by="editor", reason="A mistake.")
    ),
    "newsdesk.restore": lambda s: s.newsdesk.restore(ARTICLE, now=NOON, by="editor"),
    "newsdesk.retell": lambda s: s.newsdesk.retell(
        ARTICLE, StoryKey("river"), now=NOON, by="editor"
    ),
    "newsdesk.carried": lambda s: s.newsdesk.carried([StoryKey("bridge")]),
    "newsdesk.shown_elsewhere": lambda s: s.newsdesk.shown_elsewhere("bridge.png", but=ARTICLE),
    "newsdesk.weekly": lambda s: s.newsdesk.weekly(now=NOON),
    "issues.get": lambda s: s.issues.get(ISSUE),
    "issues.save": lambda s: s.issues.save(make_issue()),
    "issues.move": lambda s: s.issues.move(ISSUE, IssueStatus.HELD, now=NOON, by="editor"),
    "issues.recent": lambda s: s.issues.recent(),
    "issues.with_status": lambda s: s.issues.with_status(IssueStatus.DRAFT),
    "issues.last_sealed": lambda s: s.issues.last_sealed(EDITION),
    "issues.spent": lambda s: s.issues.spent([EDITION], since=DUE),
    "wishes.order": lambda s: s.wishes.order(ISSUE, Order(), now=NOON, by="editor"),
    "wishes.pin": lambda s: s.wishes.pin(EDITION, StoryKey("bridge"), now=NOON, by="editor"),
    "wishes.pinned": lambda s: s.wishes.pinned(EDITION),
    "readers.groups": lambda s: s.readers.groups(make_issue()),
    "readers.zones": lambda s: s.readers.zones(make_issue()),
    "audience.enrol": lambda s: s.audience.enrol([make_applicant()], now=NOON),
    "audience.find": lambda s: s.audience.find("anna@readers.test"),
    "audience.get": lambda s: s.audience.get(READER),
    "audience.everyone": lambda s: _all(s.audience.everyone()),
    "audience.leave": lambda s: s.audience.leave(READER, EDITION, now=NOON),
    "audience.remove": lambda s: s.audience.remove("anna@readers.test", now=NOON),
    "audience.suppress": lambda s: s.audience.suppress(COMPLAINT),
    "audience.suppressions": lambda s: s.audience.suppressions("anna@readers.test"),
    "outbox.seal": lambda s: s.outbox.seal(make_issue(status=IssueStatus.SEALED), [], now=NOON),
    "outbox.claim": lambda s: s.outbox.claim(limit=1, now=NOON, lease=MINUTE, owner="one"),
    "outbox.commit": lambda s: s.outbox.commit(
        [make_delivery_end()], starts([make_delivery_end().delivery]), now=NOON, owner="one"
    ),
    "outbox.put_off": lambda s: s.outbox.put_off({DeliveryId(1): NOON}, owner="one"),
    "outbox.release": lambda s: s.outbox.release("one", now=NOON),
    "outbox.recover": lambda s: s.outbox.recover(now=NOON, resend=[]),
    "outbox.close_balanced": lambda s: s.outbox.close_balanced(now=NOON),
    "outbox.wakes_at": lambda s: s.outbox.wakes_at(),
    "ledger.balance": lambda s: s.ledger.balance(ISSUE),
    "ledger.deliveries": lambda s: s.ledger.deliveries(ISSUE),
    "ledger.profiles_used": lambda s: s.ledger.profiles_used(),
    "wishes.correct": lambda s: s.wishes.correct(ArticleId("a"), "x", now=NOON, by="anna"),
    "audience.counts": lambda s: s.audience.counts(),
    "ledger.feeds_carry": lambda s: s.ledger.feeds_carry(make_profile(), now=NOON),
    "ledger.cancel_waiting": lambda s: s.ledger.cancel_waiting(ISSUE, now=NOON),
    "digests.get": lambda s: s.digests.get(DIGEST),
    "articles.days": lambda s: s.articles.days(language=EN, now=NOON),
    "digests.subjects": lambda s: s.digests.subjects([ISSUE]),
    "digests.of": lambda s: s.digests.of(ISSUE),
    "returns.delivery": lambda s: s.returns.delivery(DeliveryId(1)),
    "returns.recent": lambda s: s.returns.recent(subscriber=READER),
    "returns.history": lambda s: s.returns.history("anna@readers.test", since=DUE),
    "returns.record": lambda s: s.returns.record(make_returned(), make_bounce(), fingerprint="1"),
    "returns.faults": lambda s: s.returns.faults(ISSUE, since=DUE, sealed_since=DUE),
    "returns.answer_faults": lambda s: s.returns.answer_faults(now=NOON),
    "allowances.take": lambda s: s.allowances.take([TOKENS], now=NOON),
    "allowances.put_back": lambda s: s.allowances.put_back([NO_TOKENS]),
    "returns.about": lambda s: s.returns.about([DeliveryId(1)]),
}


async def _all(people: AsyncIterator[Any]) -> None:
    async for _ in people:
        pass


@contextmanager
def locked(engine: Engine, url: str) -> Iterator[None]:
    """Another program holds the whole database."""
    if isinstance(engine, PostgresServer):
        with psycopg.connect(url) as other:
            tables = ", ".join(table.name for table in metadata.sorted_tables)
            other.execute(f"LOCK TABLE {tables} IN ACCESS EXCLUSIVE MODE".encode())
            yield
        return
    other = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
    try:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        yield
    finally:
        other.close()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def locked_url(request: pytest.FixtureRequest) -> Iterator[str]:
    engine: Engine = request.getfixturevalue(request.param)
    url = engine.emptied()
    with locked(engine, url):
        yield url


def test_every_public_method_of_every_port_is_in_the_table() -> None:
    kinds = Store.__annotations__
    named = {
        f"{port}.{name}"
        for port in PORTS
        for name, _ in getmembers(kinds[port], isfunction)
        if not name.startswith("_")
    } - {"outbox.hand_over"}  # it waits for nobody: test_store_handed.py

    assert named == set(CALLS)


async def test_a_locked_database_is_busy_for_every_public_method(locked_url: str) -> None:
    async with open_store(locked_url, busy_ms=10) as store:
        calm = [name for name, call in CALLS.items() if not await _is_busy(call, store)]

    assert calm == []


async def test_a_server_that_is_not_there_is_busy_for_every_public_method() -> None:
    """Nobody listens in that folder."""
    async with open_store("postgresql://nobody@/none?host=/nonexistent") as store:
        calm = [name for name, call in CALLS.items() if not await _is_busy(call, store)]

    assert calm == []


async def _is_busy(call: Callable[[Store], Awaitable[Any]], store: Store) -> bool:
    try:
        await call(store)
    except StoreBusy:
        return True
    return False


async def test_a_writer_elsewhere_keeps_writers_waiting_and_readers_reading(
    sqlite: SqliteFiles,
) -> None:
    """WAL."""
    url = sqlite.fresh()
    async with open_store(url, busy_ms=10) as mine, open_store(url) as other:
        await mine.enrolled("anna")
        async with other.database.write():
            with pytest.raises(StoreBusy):
                await mine.enrolled("boris")
            assert (await mine.reader("anna")).name == "Anna"
        await mine.enrolled("boris")


@pytest.mark.postgres
async def test_a_server_that_hangs_up_is_busy_once_and_then_there_again(
    postgres: PostgresServer,
) -> None:
    url = postgres.emptied()
    async with open_store(url) as store:
        await store.enrolled("anna")
        postgres.run(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname LIKE 'publisher\\_%'"
        )

        with pytest.raises(StoreBusy):
            await store.reader("anna")
        assert (await store.reader("anna")).name == "Anna"
