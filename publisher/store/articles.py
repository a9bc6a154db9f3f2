"""Articles, stories, and every version of them."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Insert, Select, Update, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from publisher.errors import StoreBusy
from publisher.model.articles import Article, Changes
from publisher.model.names import Language, SourceId, StoryKey
from publisher.store.database import Database
from publisher.store.snapshot import Row, freeze, thaw
from publisher.store.tables import article_versions, articles, stories

T = TypeVar("T")
_AT_ONCE = 500  # values of one IN list
_OVERTAKEN = "another pass stored these articles first; look again"


class SqlArticles:
    """The port Articles on SQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def known(self, source: SourceId, keys: Collection[str]) -> Mapping[str, Article]:
        found: dict[str, Article] = {}
        async with self._database.read() as tx:
            for some in chunks(sorted(keys)):
                query = _whole().where(articles.c.source == source, articles.c.key.in_(some))
                found |= {article.key: article for article in await _all(tx, query)}
        return found

    async def claimed_stories(
        self, stories: Collection[StoryKey]
    ) -> Mapping[tuple[StoryKey, Language], Article]:
        versions = await self.versions_of(stories)
        return {(article.story, article.language): article for article in versions}

    async def save(self, changes: Changes) -> None:
        if not changes.new and not changes.changed:
            return
        try:
            async with self._database.write() as tx:
                await _save(tx, changes)
        except IntegrityError as error:
            raise StoreBusy(_OVERTAKEN) from error

    async def available(self, *, since: datetime, until: datetime) -> Sequence[Article]:
        query = (
            _whole()
            .where(
                articles.c.available_at >= since,
                articles.c.available_at < until,
                articles.c.section.is_not(None),
            )
            .order_by(articles.c.available_at, articles.c.id)
        )
        async with self._database.read() as tx:
            return await _all(tx, query)

    async def newest(self, *, language: Language, limit: int, now: datetime) -> Sequence[Article]:
        query = (
            _whole()
            .where(
                articles.c.language == language,
                articles.c.published_at <= now,
                articles.c.section.is_not(None),
            )
            .order_by(articles.c.published_at.desc(), articles.c.id)
            .limit(limit)
        )
        async with self._database.read() as tx:
            return await _all(tx, query)

    async def versions_of(self, stories: Collection[StoryKey]) -> Sequence[Article]:
        found: list[Article] = []
        async with self._database.read() as tx:
            for some in chunks(sorted(stories)):
                query = _whole().where(articles.c.story.in_(some))
                found += await _all(tx, query.order_by(articles.c.story, articles.c.language))
        return found

    async def listed(self, *, limit: int, held: bool = False) -> Sequence[Article]:
        query = _whole().order_by(articles.c.published_at.desc(), articles.c.id).limit(limit)
        if held:
            query = query.where(articles.c.section.is_(None))
        async with self._database.read() as tx:
            return await _all(tx, query)


def chunks(values: Sequence[T], size: int = _AT_ONCE) -> Iterator[Sequence[T]]:
    """The values in pieces a statement can take."""
    for start in range(0, len(values), size):
        yield values[start : start + size]


async def _save(tx: AsyncConnection, changes: Changes) -> None:
    await keep_stories(tx, [one.story for one in (*changes.new, *changes.changed)])
    if changes.new:
        await tx.execute(insert(articles), [_values(one) for one in changes.new])
    for article in changes.changed:
        if not (await tx.execute(_next_version(article))).rowcount:
            raise StoreBusy(_OVERTAKEN)
    kept = [
        {"article": one.id, "version": one.version, "content": freeze(Article, one)}
        for one in (*changes.new, *changes.changed)
    ]
    await tx.execute(insert(article_versions), kept)


async def keep_stories(tx: AsyncConnection, keys: Collection[StoryKey]) -> None:
    """Make these stories known; some may be, from their other language."""
    dialect = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
    made: Insert = dialect(stories).on_conflict_do_nothing()
    if keys:
        await tx.execute(made, [{"key": key} for key in sorted(set(keys))])


def _whole() -> Select[tuple[str]]:
    return select(articles.c.content)


async def _all(tx: AsyncConnection, query: Select[tuple[str]]) -> list[Article]:
    rows: Sequence[Row] = (await tx.execute(query)).all()
    return [thaw(Article, row.content) for row in rows]


def _next_version(article: Article) -> Update:
    """Over the version it was made from only: two passes at once do not overwrite each other."""
    return (
        update(articles)
        .where(articles.c.id == article.id, articles.c.version == article.version - 1)
        .values(_values(article))
    )


def _values(article: Article) -> dict[str, Any]:
    return {
        "id": article.id,
        "source": article.source,
        "key": article.key,
        "story": article.story,
        "language": article.language,
        "section": article.section,
        "age": article.age,
        "rights": article.rights.value,
        "published_at": article.published_at,
        "available_at": article.available_at,
        "version": article.version,
        "content": freeze(Article, article),
    }
