"""Articles as rows: one that is new, and a new version of one that stands."""

from collections.abc import Collection, Iterator, Sequence
from itertools import zip_longest
from typing import Any, TypeVar

from sqlalchemy import (
    Connection,
    Insert,
    Select,
    Update,
    delete,
    insert,
    literal,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from publisher.addresses import plain_address
from publisher.errors import StoreBusy
from publisher.model.articles import Article
from publisher.model.names import StoryKey
from publisher.store.many_rows import put_missing, put_rows
from publisher.store.snapshot import Row, freeze, thaw
from publisher.store.tables import (
    TRACES,
    article_alternates,
    article_versions,
    articles,
    stories,
)

T = TypeVar("T")
OVERTAKEN = "another pass stored these articles first; look again"
_AT_ONCE = 500  # values of one IN list


def chunks(values: Sequence[T], size: int = _AT_ONCE) -> Iterator[Sequence[T]]:
    """The values in pieces a statement can take."""
    for start in range(0, len(values), size):
        yield values[start : start + size]


def whole() -> Select[tuple[str]]:
    """Articles, as `all_of` reads them."""
    return select(articles.c.content)


async def all_of(tx: AsyncConnection, query: Select[Any]) -> list[Article]:
    """The nouns of a query that was made from `whole`."""
    rows: Sequence[Row] = (await tx.execute(query)).all()
    return [thaw(Article, row.content) for row in rows]


def put_new(tx: Connection, new: Sequence[Article]) -> None:
    """Articles nobody has seen; IntegrityError where another pass was quicker."""
    if new:
        keep_stories(tx, [one.story for one in new])
        put_rows(tx, articles, [values_of(one) for one in new])
        _name_alternates(tx, new)


def put_version(tx: Connection, article: Article) -> None:
    """A new version over the one it was made from, which is kept; StoreBusy where that is gone."""
    keep_stories(tx, [article.story])
    tx.execute(_keep_standing(article))
    if not tx.execute(_over_the_last(article)).rowcount:
        raise StoreBusy(OVERTAKEN)
    tx.execute(delete(article_alternates).where(article_alternates.c.article == article.id))
    _name_alternates(tx, [article])


def keep_stories(tx: Connection, keys: Collection[StoryKey]) -> None:
    """Make these stories known; some may be, from their other language."""
    dialect = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
    made: Insert = dialect(stories).on_conflict_do_nothing()
    put_missing(tx, made, stories, [{"key": key} for key in sorted(set(keys))])


def values_of(article: Article) -> dict[str, Any]:
    """The row of an article."""
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
        "withdrawn_at": article.withdrawn.at if article.withdrawn else None,
        "address": plain_address(article.url),
        **dict(zip_longest(TRACES, article.traces[: len(TRACES)])),
        "content": freeze(Article, article),
    }


def _name_alternates(tx: Connection, some: Sequence[Article]) -> None:
    named = [
        {"address": address, "article": one.id}
        for one in some
        for address in {plain_address(url) for _, url in one.alternates}
    ]
    put_rows(tx, article_alternates, named)


def _keep_standing(article: Article) -> Insert:
    standing = select(
        articles.c.id, literal(article.version - 1).label("version"), articles.c.content
    ).where(articles.c.id == article.id, articles.c.version == article.version - 1)
    return insert(article_versions).from_select(["article", "version", "content"], standing)


def _over_the_last(article: Article) -> Update:
    """Over the version it was made from only: two passes at once do not overwrite each other."""
    return (
        update(articles)
        .where(articles.c.id == article.id, articles.c.version == article.version - 1)
        .values(values_of(article))
    )
