"""`publisher articles …`: the list, and the editor's hand on what is in it."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from publisher import retelling, withdrawal
from publisher.app import App
from publisher.cli.amending import correct
from publisher.cli.article_ids import One, known_article
from publisher.cli.desk import at_desk, call_of
from publisher.cli.pins import pin
from publisher.cli.screen import Screen
from publisher.errors import Refused
from publisher.model.articles import Article
from publisher.model.issues import Issue, IssueStatus
from publisher.model.problems import Problem, Severity, msgid
from publisher.withdrawal import TakenBack

app = typer.Typer(invoke_without_command=True)
Some = Annotated[list[str], typer.Argument(metavar="ID", help=msgid("As the list shows them."))]


@app.callback()
def articles(
    context: typer.Context,
    *,
    held: Annotated[
        bool, typer.Option("--held", help=msgid("Only those no section was found for."))
    ] = False,
    withdrawn: Annotated[
        bool, typer.Option("--withdrawn", help=msgid("Only those that were withdrawn."))
    ] = False,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help=msgid("How many at most."))] = 50,
) -> None:
    """List the stored articles, newest first; or put a hand on one of them."""
    if context.invoked_subcommand is not None:
        return

    async def work(desk: App, screen: Screen) -> None:
        found = await desk.house.articles.listed(limit=limit, held=held, withdrawn=withdrawn)
        screen.document([_document(one) for one in found])
        show = _show_withdrawn if withdrawn else _show
        show(screen, found, desk.settings.newsroom.site.zone)

    at_desk(context, work)


@app.command()
def withdraw(
    context: typer.Context,
    articles: Some,
    *,
    reason: Annotated[str, typer.Option(help=msgid("For the books: a court's order, a mistake."))],
    all_languages: Annotated[
        bool, typer.Option("--all-languages", help=msgid("With every other language of its story."))
    ] = False,
) -> None:
    """Take articles back: out of feeds and drafts at once, and what is being sent is stopped."""
    if not reason.strip():
        raise typer.BadParameter(msgid("say why"), param_hint="--reason")

    async def work(desk: App, screen: Screen) -> None:
        chosen, unknown = await _chosen(desk, articles, all_languages=all_languages)
        if not chosen:
            raise Refused(*unknown)
        by = call_of(context).by
        done = await withdrawal.withdraw(desk.house, chosen, by=by, reason=reason.strip())
        done.problems += unknown
        report_withdrawal(screen, done, desk.settings.newsroom.site.zone)

    at_desk(context, work)


def report_withdrawal(screen: Screen, done: TakenBack, zone: ZoneInfo) -> None:
    """What was done, what readers have, what is left to do; exit code 1 where something is."""
    screen.document(
        {
            "withdrawn": [one.id for one in done.withdrawn],
            "feeds": done.feeds,
            "pictures": done.pictures,
            "reopened": [one.id for one in done.reopened],
            "stopped": [one.issue for one in done.stopped],
            "mailed": [asdict(one) for one in done.mailed],
            "problems": [screen.plain(problem) for problem in done.problems],
        }
    )
    for article in done.withdrawn:
        screen.say(
            msgid("“{title}” ({article}) is withdrawn."), title=article.title, article=article.id
        )
    screen.say(msgid("Feed files rewritten: {n}."), n=done.feeds)
    _say_reopened(screen, done.reopened)
    for mailed in done.mailed:
        screen.say(
            msgid("{issue} has it and was mailed to {readers} on {date}; mail cannot be recalled."),
            issue=mailed.issue,
            readers=_readers(screen, mailed.readers),
            date=_minute(mailed.at, zone),
        )
    for stopped in done.stopped:
        screen.say(
            msgid(
                "The sending of {issue}, which has it, is stopped; not mailed yet: {readers}. It "
                "is for you to decide:\n"
                "  publisher cancel {issue}    nobody else gets it\n"
                "  publisher resume {issue}    they get it as it is, with the article"
            ),
            issue=stopped.issue,
            readers=_readers(screen, stopped.waiting),
        )
    if any(one.severity is Severity.BLOCK for one in done.problems):
        screen.refuse(done.problems)
    screen.problems(done.problems)


@app.command()
def restore(context: typer.Context, article: One) -> None:
    """Bring a withdrawn article back into the feeds, and into issues yet to be composed."""

    async def work(desk: App, screen: Screen) -> None:
        found = await known_article(desk, article)
        back, problems = await withdrawal.restore(desk.house, found, by=call_of(context).by)
        screen.document({"restored": back.id, "problems": [screen.plain(one) for one in problems]})
        screen.say(msgid("“{title}” ({article}) is back."), title=back.title, article=back.id)
        if any(one.severity is Severity.BLOCK for one in problems):
            screen.refuse(problems)
        screen.problems(problems)

    at_desk(context, work)


@app.command()
def pair(context: typer.Context, one: One, other: One) -> None:
    """Say that two articles tell one story in two languages."""

    async def work(desk: App, screen: Screen) -> None:
        two = [await known_article(desk, words) for words in (one, other)]
        told = await retelling.pair(desk.house, *two, by=call_of(context).by)
        story = told.articles[0].story
        screen.document(
            {
                "story": story,
                "articles": [article.id for article in told.articles],
                "reopened": [issue.id for issue in told.reopened],
            }
        )
        screen.say(
            msgid("“{one}” and “{other}” tell one story now."), one=two[0].title, other=two[1].title
        )
        if story in told.carried:
            screen.say(msgid("It was mailed before: where it was, no language is mailed again."))
        _say_reopened(screen, told.reopened)

    at_desk(context, work)


@app.command()
def unpair(context: typer.Context, article: One) -> None:
    """Say that an article tells a story of its own."""

    async def work(desk: App, screen: Screen) -> None:
        found = await known_article(desk, article)
        told = await retelling.unpair(desk.house, found, by=call_of(context).by)
        screen.document(
            {
                "stories": {one.id: one.story for one in told.articles},
                "reopened": [issue.id for issue in told.reopened],
            }
        )
        for one in told.articles:
            words = (
                msgid("“{title}” tells a story of its own now; it was mailed, and is not again.")
                if one.story in told.carried
                else msgid("“{title}” tells a story of its own now; an issue may still carry it.")
            )
            screen.say(words, title=one.title)
        _say_reopened(screen, told.reopened)

    at_desk(context, work)


app.command()(pin)
app.command()(correct)


# --- which --------------------------------------------------------------------------------------


async def _chosen(
    desk: App, names: Sequence[str], *, all_languages: bool
) -> tuple[list[Article], list[Problem]]:
    """Each once; one that is not known keeps none of the others waiting."""
    chosen: dict[str, Article] = {}
    unknown: list[Problem] = []
    for words in names:
        try:
            article = await known_article(desk, words)
        except Refused as refused:
            unknown += refused.problems
            continue
        chosen[article.id] = article
        if all_languages:
            told = await desk.house.articles.versions_of([article.story])
            chosen |= {one.id: one for one in told}
    return list(chosen.values()), unknown


# --- how it looks -------------------------------------------------------------------------------


def _document(one: Article) -> dict[str, Any]:
    listed = {
        "id": one.id,
        "story": one.story,
        "language": one.language,
        "section": one.section,
        "title": one.title,
        "url": one.url,
        "published_at": one.published_at,
        "updated_at": one.updated_at,
        "available_at": one.available_at,
        "age": one.age,
        "rights": one.rights,
        "version": one.version,
        "source": one.source,
    }
    return listed | ({"withdrawn": asdict(one.withdrawn)} if one.withdrawn else {})


def _show(screen: Screen, found: Sequence[Article], zone: ZoneInfo) -> None:
    screen.table(
        (
            msgid("Article"),
            msgid("Published"),
            msgid("Lang"),
            msgid("Section"),
            msgid("Title"),
            msgid("Story"),
        ),
        [
            (
                one.id,
                _minute(one.published_at, zone),
                one.language,
                one.section,
                one.title,
                one.story,
            )
            for one in found
        ],
    )


def _show_withdrawn(screen: Screen, found: Sequence[Article], zone: ZoneInfo) -> None:
    screen.table(
        (
            msgid("Article"),
            msgid("Withdrawn"),
            msgid("By"),
            msgid("Why"),
            msgid("Lang"),
            msgid("Title"),
        ),
        [
            (
                one.id,
                _minute(one.withdrawn.at, zone),
                one.withdrawn.by,
                one.withdrawn.reason,
                one.language,
                one.title,
            )
            for one in found
            if one.withdrawn
        ],
    )


def _say_reopened(screen: Screen, issues: Sequence[Issue]) -> None:
    for issue in issues:
        words = (
            msgid("{issue} was composed anew; nobody has approved it yet.")
            if issue.status is IssueStatus.DRAFT
            else msgid("{issue} is held; see why with: publisher issues")
        )
        screen.say(words, issue=issue.id)


def _readers(screen: Screen, n: int) -> str:
    return screen.text.plural("{n} reader", "{n} readers", n=n)


def _minute(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}"
