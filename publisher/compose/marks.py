"""Age marks: what an issue or a feed must carry, and which articles may not go (rule L08)."""

from collections.abc import Collection, Iterable

from publisher.compose.legal_rulesets import asks_marks
from publisher.model.articles import AgeMark, Article
from publisher.model.legal import LegalProfile
from publisher.model.problems import Problem, msgid


def mark_of(article: Article, profiles: Collection[LegalProfile]) -> AgeMark | None:
    """The article's own mark, else the highest the profiles give unrated ones.

    None when it is unrated and one of the profiles (or none there) gives no mark: it is held.
    """
    if article.age is not None:
        return article.age
    given = [profile.unrated for profile in profiles]
    marks = [mark for mark in given if mark is not None]
    return max(marks) if marks and len(marks) == len(given) else None


def highest_mark(articles: Iterable[Article], profiles: Collection[LegalProfile]) -> AgeMark | None:
    """The highest of the articles' and the mastheads' marks; None when there is none at all."""
    marks = [mark_of(article, profiles) for article in articles]
    marks += [profile.age for profile in profiles]
    return max((mark for mark in marks if mark is not None), default=None)


def mark_problem(article: Article, profiles: Collection[LegalProfile]) -> Problem | None:
    """Why its mark keeps this article back: it has none, or one above the masthead's.

    Profiles whose rulesets know no marks ask for none.
    """
    asking = [profile for profile in profiles if asks_marks(profile)]
    if profiles and not asking:
        return None
    mark = mark_of(article, asking)
    if mark is None:
        return _unrated(article)
    ceiling = min((profile.age for profile in asking if profile.age is not None), default=None)
    if ceiling is not None and mark > ceiling:
        return _too_high(article, mark, ceiling)
    return None


def _unrated(article: Article) -> Problem:
    return Problem(
        message=msgid("“{title}” ({article}) has no age mark."),
        args={"title": article.title, "article": article.id},
        remedy=msgid(
            "Give the article an age, or its source a default, or say in the legal profile "
            "which mark unrated items take."
        ),
        rule="L08",
    )


def _too_high(article: Article, mark: AgeMark, ceiling: AgeMark) -> Problem:
    return Problem(
        message=msgid("“{title}” ({article}) is marked {mark}+, above the masthead's {ceiling}+."),
        args={"title": article.title, "article": article.id, "mark": mark, "ceiling": ceiling},
        remedy=msgid("Leave the article out, or correct its age mark."),
        rule="L08",
    )
