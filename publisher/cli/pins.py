"""`publisher articles pin`: a story to lead the next issue, before there is one."""

from typing import Annotated

import typer

from publisher.app import App
from publisher.cli.article_ids import One, known_article
from publisher.cli.call import command
from publisher.cli.desk import at_desk, call_of
from publisher.cli.issues import known_edition
from publisher.cli.screen import Screen
from publisher.errors import Refused
from publisher.model.articles import Article
from publisher.model.names import EditionId
from publisher.model.problems import Problem, msgid


@command
def pin(
    context: typer.Context,
    article: One,
    *,
    edition: Annotated[
        list[str] | None, typer.Option(help=msgid("Left out: every one that prints its section."))
    ] = None,
    off: Annotated[bool, typer.Option("--off", help=msgid("Take the pin out."))] = False,
) -> None:
    """Let a story lead the next issue of an edition; see also `publisher order`."""

    async def work(desk: App, screen: Screen) -> None:
        found = await known_article(desk, article)
        editions = [known_edition(desk, one) for one in edition or ()] or _printing(desk, found)
        if not editions:
            raise Refused(_printed_by_nobody(found))
        house, by = desk.house, call_of(context).by
        for one in editions:
            now = house.clock()
            await house.wishes.pin(one, found.story, now=now, by=by, on=not off)
        screen.document({"story": found.story, "editions": editions, "pinned": not off})
        words = (
            msgid("“{title}” leads nothing by hand any more: {editions}.")
            if off
            else msgid("“{title}” is to lead the next issue of: {editions}.")
        )
        screen.say(words, title=found.title, editions=", ".join(editions))

    at_desk(context, work)


def _printing(desk: App, article: Article) -> list[EditionId]:
    editions = desk.settings.newsroom.editions.values()
    return [
        one.id
        for one in editions
        if article.section in one.sections and article.language in one.languages
    ]


def _printed_by_nobody(article: Article) -> Problem:
    return Problem(
        message=msgid("No edition prints the section of “{title}” in its language."),
        args={"title": article.title},
        remedy=msgid("Place it in a section first."),
    )
