"""The door through which articles come in: one source's entries in one transaction."""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import BindParameter, Connection, Select, bindparam, func, or_, select
from sqlalchemy.exc import IntegrityError

from publisher.errors import StoreBusy
from publisher.inlets import Admission
from publisher.model.articles import Article, Changes
from publisher.model.names import Language, SourceId, StoryKey
from publisher.model.sources import FetchState
from publisher.store.article_rows import (
    OVERTAKEN,
    chunks,
    put_new,
    put_version,
)
from publisher.store.database import Database
from publisher.store.snapshot import Row, thaw
from publisher.store.sources import remember
from publisher.store.tables import TRACES, Instant, article_alternates, articles

T = TypeVar("T")
_LOCK = 5_170_902_612  # PostgreSQL's advisory lock of whoever admits; any number
_MOST_ALIKE = 500  # articles looked at; a phrase that everybody uses finds more


# Made once, with lists as single parameters: making one of fifty takes longer than asking it.
def _several(name: str) -> BindParameter[Any]:
    return bindparam(name, expanding=True)


_KNOWN = select(articles.c.content).where(
    articles.c.source == bindparam("source"), articles.c.key.in_(_several("keys"))
)
_AT = (
    select(articles.c.address, articles.c.content)
    .where(articles.c.address.in_(_several("addresses")))
    .order_by(articles.c.published_at, articles.c.id)
)
_NAMING = (
    select(article_alternates.c.address, articles.c.content)
    .join(articles, articles.c.id == article_alternates.c.article)
    .where(article_alternates.c.address.in_(_several("addresses")))
    .order_by(articles.c.published_at, articles.c.id)
)
_TELLING = select(articles.c.content).where(articles.c.story.in_(_several("stories")))
_ALIKE = (
    select(articles.c.content)
    .where(
        or_(*(articles.c[name].in_(_several("traces")) for name in TRACES)),
        articles.c.published_at >= bindparam("since", type_=Instant()),
    )
    .order_by(articles.c.published_at, articles.c.id)
    .limit(_MOST_ALIKE)
)


class SqlIntake:
    """The port Intake on SQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def known(self, source: SourceId, keys: Collection[str]) -> Mapping[str, Article]:
        async with self._database.read() as tx:
            return await tx.run_sync(_known, source, keys)

    async def admit(self, weigh: Callable[[Admission], T]) -> T:
        """SQLite's transaction is the only one anyway; PostgreSQL is asked for a lock."""

        def admitted(tx: Connection) -> T:
            if tx.dialect.name == "postgresql":
                tx.execute(select(func.pg_advisory_xact_lock(_LOCK)))
            return weigh(SqlAdmission(tx))

        try:
            return await self._database.at_one_go(admitted)
        except IntegrityError as error:
            raise StoreBusy(OVERTAKEN) from error


class SqlAdmission:
    """The port Admission inside one transaction."""

    def __init__(self, tx: Connection) -> None:
        self._tx = tx

    def known(self, source: SourceId, keys: Collection[str]) -> Mapping[str, Article]:
        return _known(self._tx, source, keys)

    def at(self, addresses: Collection[str]) -> Mapping[str, Sequence[Article]]:
        return self._by_address(_AT, addresses)

    def naming(self, addresses: Collection[str]) -> Mapping[str, Sequence[Article]]:
        return self._by_address(_NAMING, addresses)

    def alike(self, traces: Collection[int], *, since: datetime) -> Sequence[Article]:
        found: dict[str, Article] = {}
        for some in chunks(sorted(traces)):
            rows: Sequence[Row] = self._tx.execute(_ALIKE, {"traces": some, "since": since}).all()
            found |= {one.id: one for one in (thaw(Article, row.content) for row in rows)}
        return list(found.values())

    def claimed_stories(
        self, stories: Collection[StoryKey]
    ) -> Mapping[tuple[StoryKey, Language], Article]:
        found: dict[tuple[StoryKey, Language], Article] = {}
        for some in chunks(sorted(stories)):
            rows: Sequence[Row] = self._tx.execute(_TELLING, {"stories": some}).all()
            for one in (thaw(Article, row.content) for row in rows):
                found[one.story, one.language] = one
        return found

    def save(self, changes: Changes, *states: FetchState) -> None:
        put_new(self._tx, changes.new)
        for article in changes.changed:
            put_version(self._tx, article)
        remember(self._tx, states)

    def _by_address(
        self, query: Select[Any], addresses: Collection[str]
    ) -> Mapping[str, Sequence[Article]]:
        found = defaultdict[str, list[Article]](list)
        for some in chunks(sorted(addresses)):
            rows: Sequence[Row] = self._tx.execute(query, {"addresses": some}).all()
            for row in rows:
                found[row.address].append(thaw(Article, row.content))
        return found


def _known(tx: Connection, source: SourceId, keys: Collection[str]) -> Mapping[str, Article]:
    found: dict[str, Article] = {}
    for some in chunks(sorted(keys)):
        rows: Sequence[Row] = tx.execute(_KNOWN, {"source": source, "keys": some}).all()
        found |= {one.key: one for one in (thaw(Article, row.content) for row in rows)}
    return found
