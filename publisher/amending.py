"""The editor's word on what was wrong in an article, whatever its source says."""

from dataclasses import dataclass

from publisher import pipeline
from publisher.errors import Refused
from publisher.house import House
from publisher.model.articles import Article
from publisher.model.issues import Issue
from publisher.model.names import IssueId
from publisher.model.problems import Problem, msgid
from publisher.reopening import carrying, reopen

MOST_WORDS = 900  # characters: what a digest prints of a correction


@dataclass(frozen=True, slots=True, kw_only=True)
class Amended:
    """The article as it is now, who has it already, and what was composed anew."""

    article: Article
    mailed: tuple[IssueId, ...]  # sealed issues that carried its story, oldest first
    reopened: tuple[Issue, ...]


async def amend(house: House, article: Article, words: str | None, *, by: str) -> Amended:
    """Correct it, or take the correction out; feeds and unsealed issues say so at once.

    The next issue of every edition that mailed it tells those who got it (correcting.py does not
    wait for that).  Raises Refused.
    """
    said = " ".join((words or "").split()) or None
    if article.withdrawn:
        raise Refused(_is_withdrawn(article))
    if said == article.correction:
        raise Refused(_said_already(article))
    if said and len(said) > MOST_WORDS:
        raise Refused(_too_long(said))
    corrected = await house.wishes.correct(article.id, said, now=house.clock(), by=by)
    unsealed = await carrying(house, [article.id])
    reopened = [await reopen(house, issue, [article.id], by=by) for issue in unsealed]
    await pipeline.publish_feeds(house)
    mailed = await house.newsdesk.carried([article.story])
    return Amended(article=corrected, mailed=tuple(mailed), reopened=tuple(reopened))


def _is_withdrawn(article: Article) -> Problem:
    return Problem(
        message=msgid("“{title}” is withdrawn and cannot be corrected."),
        args={"title": article.title, "article": article.id},
        remedy=msgid("Bring it back first: publisher articles restore {article}"),
    )


def _said_already(article: Article) -> Problem:
    message = (
        msgid("“{title}” is corrected in these words already.")
        if article.correction
        else msgid("“{title}” has no correction.")
    )
    return Problem(message=message, args={"title": article.title})


def _too_long(words: str) -> Problem:
    return Problem(
        message=msgid("A correction has {n} characters; at most {max} are printed."),
        args={"n": len(words), "max": MOST_WORDS},
        remedy=msgid("Say what was wrong and what is right, and nothing else."),
    )
