"""`publisher articles correct`: a correction written by an editor's own hand."""

from typing import Annotated

import typer

from publisher.amending import amend
from publisher.app import App
from publisher.cli.article_ids import One, known_article
from publisher.cli.call import command
from publisher.cli.desk import at_desk, call_of
from publisher.cli.screen import Screen
from publisher.model.issues import IssueStatus
from publisher.model.problems import msgid


@command
def correct(
    context: typer.Context,
    article: One,
    words: Annotated[
        str | None,
        typer.Argument(metavar="WORDS", help=msgid("What was wrong, and what is right.")),
    ] = None,
    *,
    off: Annotated[bool, typer.Option("--off", help=msgid("Take the correction out."))] = False,
) -> None:
    """Correct an article: in feeds at once, in the next issue for those who were mailed it."""
    if off == bool(words and words.strip()):
        raise typer.BadParameter(msgid("say WORDS, or --off"))

    async def work(desk: App, screen: Screen) -> None:
        found = await known_article(desk, article)
        done = await amend(desk.house, found, words, by=call_of(context).by)
        screen.document(
            {
                "article": done.article.id,
                "correction": done.article.correction,
                "version": done.article.version,
                "mailed": done.mailed,
                "reopened": [issue.id for issue in done.reopened],
            }
        )
        words_said = (
            msgid("“{title}” is corrected.")
            if done.article.correction
            else msgid("“{title}” has no correction any more.")
        )
        screen.say(words_said, title=done.article.title)
        if done.mailed and done.article.correction:
            screen.say(
                msgid(
                    "It was mailed with {issues}: the next issue tells those who got it. At once: "
                    "publisher send --correction-of {last}"
                ),
                issues=", ".join(done.mailed),
                last=done.mailed[-1],
            )
        for issue in done.reopened:
            again = (
                msgid("{issue} was composed anew; nobody has approved it yet.")
                if issue.status is IssueStatus.DRAFT
                else msgid("{issue} is held; see why with: publisher issues")
            )
            screen.say(again, issue=issue.id)

    at_desk(context, work)
