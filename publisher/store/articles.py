"""Articles, for those who print; withdrawn ones are left out.  What comes in: intake.py."""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import BigInteger, select, type_coerce

from publisher.model.articles import Article
from publisher.model.names import Language, StoryKey
from publisher.store.article_rows import all_of, chunks, whole
from publisher.store.database import Database
from publisher.store.tables import articles

_PUBLIC = articles.c.withdrawn_at.is_(None)
_DAY = 86_400_000_000  # microseconds, as Instant counts
_EPOCH = date(1970, 1, 1)


class SqlArticles:
    """The port Articles on SQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def available(self, *, since: datetime, until: datetime) -> Sequence[Article]:
        query = (
            whole()
            .where(
                articles.c.available_at >= since,
                articles.c.available_at < until,
                articles.c.section.is_not(None),
                _PUBLIC,
            )
            .order_by(articles.c.available_at, articles.c.id)
        )
        async with self._database.read() as tx:
            return await all_of(tx, query)

    async def newest(self, *, language: Language, limit: int, now: datetime) -> Sequence[Article]:
        query = (
            whole()
            .where(
                articles.c.language == language,
                articles.c.published_at <= now,
                articles.c.section.is_not(None),
                _PUBLIC,
            )
            .order_by(articles.c.published_at.desc(), articles.c.id)
            .limit(limit)
        )
        async with self._database.read() as tx:
            return await all_of(tx, query)

    async def days(self, *, language: Language, now: datetime) -> Sequence[date]:
        day = type_coerce(articles.c.published_at, BigInteger) // _DAY
        query = (
            select(day.label("day"))
            .where(
                articles.c.language == language,
                articles.c.published_at <= now,
                articles.c.section.is_not(None),
                _PUBLIC,
            )
            .distinct()
            .order_by(day)
        )
        async with self._database.read() as tx:
            return [_EPOCH + timedelta(days=row.day) for row in await tx.execute(query)]

    async def versions_of(self, stories: Collection[StoryKey]) -> Sequence[Article]:
        found: list[Article] = []
        async with self._database.read() as tx:
            for some in chunks(sorted(stories)):
                query = whole().where(articles.c.story.in_(some), _PUBLIC)
                found += await all_of(tx, query.order_by(articles.c.story, articles.c.language))
        return found

    async def listed(
        self, *, limit: int, held: bool = False, withdrawn: bool = False
    ) -> Sequence[Article]:
        query = (
            whole()
            .where(~_PUBLIC if withdrawn else _PUBLIC)
            .order_by(articles.c.published_at.desc(), articles.c.id)
            .limit(limit)
        )
        if held:
            query = query.where(articles.c.section.is_(None))
        async with self._database.read() as tx:
            return await all_of(tx, query)
