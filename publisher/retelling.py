"""The editor's word on which articles tell one story, and which do not."""

from collections.abc import Sequence
from dataclasses import dataclass

from publisher.errors import Refused, StoryTaken
from publisher.house import House
from publisher.model.articles import Article
from publisher.model.issues import Issue
from publisher.model.names import StoryKey
from publisher.model.problems import Problem, msgid
from publisher.reopening import carrying, reopen


@dataclass(frozen=True, slots=True, kw_only=True)
class Retold:
    """Articles under their new story, and the unsealed issues that were composed anew."""

    articles: tuple[Article, ...]
    carried: frozenset[StoryKey]  # of their stories: no news any more where an issue brought them
    reopened: tuple[Issue, ...] = ()


async def pair(house: House, one: Article, other: Article, *, by: str) -> Retold:
    """Let two articles tell one story in two languages; raises Refused.

    The story that a sealed issue carried goes on, else the first article's.
    """
    if problem := _cannot_pair(one, other):
        raise Refused(problem)
    ours, theirs = [bool(await house.newsdesk.carried([a.story])) for a in (one, other)]
    stays, joins = (other, one) if theirs and not ours else (one, other)
    told = await _retell(house, joins, stays.story, by=by)
    return await _settled(house, (told, stays), by=by)


async def unpair(house: House, article: Article, *, by: str) -> Retold:
    """Let it tell a story of its own; raises Refused where it does.

    Where the common story bears its name, it is the others that leave.  Law 10: what was mailed
    stays mailed, what was not may be news.
    """
    told = await house.articles.versions_of([article.story])
    others = [one for one in told if one.id != article.id]
    if not others:
        raise Refused(_alone(article))
    leaving = others if article.story == _own_story(article) else [article]
    left = [await _retell(house, one, _own_story(one), by=by) for one in leaving]
    return await _settled(house, left, by=by)


async def _retell(house: House, article: Article, story: StoryKey, *, by: str) -> Article:
    try:
        return await house.newsdesk.retell(article.id, story, now=house.clock(), by=by)
    except StoryTaken as taken:
        raise Refused(_taken(taken)) from taken


async def _settled(house: House, articles: Sequence[Article], *, by: str) -> Retold:
    return Retold(
        articles=tuple(articles),
        carried=frozenset(
            [one.story for one in articles if await house.newsdesk.carried([one.story])]
        ),
        reopened=await _reopened(house, articles, by=by),
    )


async def _reopened(house: House, articles: Sequence[Article], *, by: str) -> tuple[Issue, ...]:
    changed = {article.id for article in articles}
    unsealed = await carrying(house, changed)
    return tuple([await reopen(house, issue, changed, by=by) for issue in unsealed])


def _own_story(article: Article) -> StoryKey:
    return StoryKey(f"{article.source}:{article.id}")


# --- the words ----------------------------------------------------------------------------------


def _cannot_pair(one: Article, other: Article) -> Problem | None:
    for article in (one, other):
        if article.withdrawn:
            return _is_withdrawn(article)
    args: dict[str, str | int] = {"one": one.title, "other": other.title, "language": one.language}
    if one.id == other.id:
        return Problem(message=msgid("“{one}” cannot be paired with itself."), args=args)
    if one.story == other.story:
        return Problem(message=msgid("“{one}” and “{other}” are paired already."), args=args)
    if one.language == other.language:
        return Problem(
            message=msgid("“{one}” and “{other}” are both in “{language}”."),
            args=args,
            remedy=msgid("Only different languages of one story are paired."),
        )
    return None


def _is_withdrawn(article: Article) -> Problem:
    return Problem(
        message=msgid("“{title}” is withdrawn and cannot be paired."),
        args={"title": article.title, "article": article.id},
        remedy=msgid("Bring it back first: publisher articles restore {article}"),
    )


def _taken(taken: StoryTaken) -> Problem:
    return Problem(
        message=msgid("The story has its article in “{language}” already: {article}."),
        args={"language": taken.language, "article": taken.article},
        remedy=msgid("Take that one out first: publisher articles unpair {article}"),
    )


def _alone(article: Article) -> Problem:
    return Problem(
        message=msgid("“{title}” is paired with nothing."),
        args={"title": article.title},
    )
