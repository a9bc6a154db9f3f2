"""The editor's hand on stored articles: taken back, restored, told under another story."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Insert, Select, func, insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from publisher.errors import StoreBusy, StoryTaken
from publisher.model.articles import Article, Withdrawal
from publisher.model.issues import Issue
from publisher.model.names import ArticleId, IssueId, SourceId, StoryKey
from publisher.store.article_rows import OVERTAKEN, all_of, chunks, put_version, whole
from publisher.store.database import Database
from publisher.store.snapshot import thaw
from publisher.store.tables import article_versions, articles, audit, carried, issues

_WEEKS = 4


class SqlNewsdesk:
    """The port Newsdesk on SQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def named(self, beginning: str, *, limit: int = 5) -> Sequence[Article]:
        alike = whole().where(articles.c.id.startswith(beginning, autoescape=True))
        async with self._database.read() as tx:
            exact = await all_of(tx, whole().where(articles.c.id == beginning))
            return exact or await all_of(tx, alike.order_by(articles.c.id).limit(limit))

    async def past(self, article: ArticleId) -> Sequence[Article]:
        query = select(article_versions.c.content).where(article_versions.c.article == article)
        async with self._database.read() as tx:
            return await all_of(tx, query.order_by(article_versions.c.version))

    async def withdraw(self, article: ArticleId, withdrawal: Withdrawal) -> Article:
        async with self._database.write() as tx:
            standing = await _standing(tx, article)
            if standing.withdrawn:
                return standing
            gone = _next(standing, withdrawn=withdrawal)
            await tx.run_sync(put_version, gone)
            what = f"article {article}: withdrawn: {withdrawal.reason}"
            await tx.execute(_noted(withdrawal.at, withdrawal.by, what))
        return gone

    async def restore(self, article: ArticleId, *, now: datetime, by: str) -> Article:
        async with self._database.write() as tx:
            standing = await _standing(tx, article)
            if not standing.withdrawn:
                return standing
            back = _next(standing, withdrawn=None)
            await tx.run_sync(put_version, back)
            await tx.execute(_noted(now, by, f"article {article}: restored"))
        return back

    async def retell(
        self, article: ArticleId, story: StoryKey, *, now: datetime, by: str
    ) -> Article:
        try:
            async with self._database.write() as tx:
                return await _retold(tx, article, story, now=now, by=by)
        except IntegrityError as error:
            raise StoreBusy(OVERTAKEN) from error

    async def carried(self, stories: Collection[StoryKey]) -> Sequence[IssueId]:
        found: dict[IssueId, datetime] = {}
        async with self._database.read() as tx:
            for some in chunks(sorted(stories)):
                query = select(carried.c.issue, carried.c.due_at).where(carried.c.story.in_(some))
                found |= {IssueId(row.issue): row.due_at for row in await tx.execute(query)}
        return sorted(found, key=lambda issue: (found[issue], issue))

    async def shown_elsewhere(self, file: str, *, but: ArticleId) -> bool:
        # Nothing but the noun's own field is written so: quotes inside of texts are escaped.
        showing = (
            select(articles.c.id)
            .where(
                articles.c.content.contains(f'"file":"{file}"', autoescape=True),
                articles.c.withdrawn_at.is_(None),
                articles.c.id != but,
            )
            .limit(1)
        )
        async with self._database.read() as tx:
            return (await tx.execute(showing)).first() is not None

    async def weekly(self, *, now: datetime) -> Mapping[SourceId, float]:
        query = (
            select(articles.c.source, func.count().label("n"))
            .where(
                articles.c.published_at > now - timedelta(weeks=_WEEKS),
                articles.c.published_at <= now,
            )
            .group_by(articles.c.source)
        )
        async with self._database.read() as tx:
            return {SourceId(row.source): row.n / _WEEKS for row in await tx.execute(query)}


async def _standing(tx: AsyncConnection, article: ArticleId) -> Article:
    """As it is, and nobody makes another version of it until this transaction ends."""
    found = await all_of(tx, whole().where(articles.c.id == article).with_for_update())
    if not found:
        raise KeyError(article)
    return found[0]


def _next(standing: Article, **changed: object) -> Article:
    return replace(standing, version=standing.version + 1, **changed)  # type: ignore[arg-type]  # mypy reads no fields from **


def _noted(at: datetime, by: str, what: str) -> Insert:
    return insert(audit).values(at=at, by=by, what=what)


# --- under another story ------------------------------------------------------------------------


async def _retold(
    tx: AsyncConnection, article: ArticleId, story: StoryKey, *, now: datetime, by: str
) -> Article:
    standing = await _standing(tx, article)
    if standing.story == story:
        return standing
    teller = (await tx.execute(_teller(standing, story))).first()
    if teller is not None:
        raise StoryTaken(story, standing.language, teller.id)
    retold = _next(standing, story=story)
    await tx.run_sync(put_version, retold)
    await _keep_carried(tx, standing, story)
    await tx.execute(_noted(now, by, f"article {article}: story {standing.story} -> {story}"))
    return retold


def _teller(article: Article, story: StoryKey) -> Select[tuple[str]]:
    return select(articles.c.id).where(
        articles.c.story == story, articles.c.language == article.language
    )


async def _keep_carried(tx: AsyncConnection, article: Article, story: StoryKey) -> None:
    """Law 10: whoever was mailed this article was mailed its new story too.

    An issue that carried the old story in other languages only does not count: this article is
    still news to its readers.
    """
    carrying = (
        select(carried.c.edition, carried.c.issue, carried.c.due_at, issues.c.content)
        .join(issues, issues.c.id == carried.c.issue)
        .where(carried.c.story == article.story)
    )
    rows = [
        {"edition": row.edition, "issue": row.issue, "due_at": row.due_at, "story": story}
        for row in (await tx.execute(carrying)).all()
        if thaw(Issue, row.content).carries(article.id)
    ]
    dialect = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
    if rows:
        await tx.execute(dialect(carried).on_conflict_do_nothing(), rows)
