"""Which article is meant: by its id, or the beginning of one."""

from collections.abc import Sequence
from typing import Annotated

import typer

from publisher.app import App
from publisher.errors import Refused
from publisher.model.articles import Article
from publisher.model.problems import Problem, msgid

_LEAST = 6  # characters of an id

One = Annotated[
    str, typer.Argument(metavar="ID", help=msgid("As the list shows it, or its beginning."))
]


async def known_article(desk: App, words: str) -> Article:
    """The article of that id, or the only one whose id begins so; raises Refused."""
    found = await desk.house.newsdesk.named(words)
    exact = bool(found) and found[0].id == words
    if not exact and len(words) < _LEAST:
        raise Refused(_too_short(words))
    if not found:
        raise Refused(_unknown(words))
    if len(found) > 1:
        raise Refused(_ambiguous(words, found))
    return found[0]


def _too_short(words: str) -> Problem:
    return Problem(
        message=msgid("“{words}” is too short for an id: give {least} characters of it or more."),
        args={"words": words, "least": _LEAST},
        remedy=msgid("See the ids with: publisher articles"),
    )


def _unknown(words: str) -> Problem:
    return Problem(
        message=msgid("There is no article “{words}”."),
        args={"words": words},
        remedy=msgid("See the ids with: publisher articles"),
    )


def _ambiguous(words: str, found: Sequence[Article]) -> Problem:
    return Problem(
        message=msgid("“{words}” begins the ids of several articles: {known}."),
        args={"words": words, "known": ", ".join(one.id for one in found)},
        remedy=msgid("Give more of it."),
    )
