"""`publisher order ISSUE …`: what leads, what is in and out, where it stands, what is said."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from publisher import hand, ordering
from publisher.app import App
from publisher.cli.article_ids import known_article
from publisher.cli.call import command
from publisher.cli.desk import at_desk, call_of
from publisher.cli.issues import IssueArg
from publisher.cli.screen import Screen
from publisher.errors import Misconfigured, Refused
from publisher.model.issues import Issue, IssueStatus, Item
from publisher.model.names import IssueId, Language, StoryKey
from publisher.model.problems import Problem, msgid
from publisher.ordering import Change

_BY_RULE = "auto"
_Several = list[str] | None


@command
def order(  # noqa: PLR0913 - one option per wish
    context: typer.Context,
    issue: IssueArg,
    *,
    lead: Annotated[
        str | None, typer.Option(help=msgid("The story that leads; auto: by rule."))
    ] = None,
    pin: Annotated[
        _Several,
        typer.Option(help=msgid("Print it whatever the caps say; a mailed one as an update.")),
    ] = None,
    out: Annotated[_Several, typer.Option(help=msgid("Leave it to the next issue."))] = None,
    in_: Annotated[
        _Several, typer.Option("--in", help=msgid("Take back a --pin or an --out."))
    ] = None,
    first: Annotated[
        _Several, typer.Option(help=msgid("To the top of its section; several in their order."))
    ] = None,
    move: Annotated[_Several, typer.Option(help=msgid("ID=N: to place N of its section."))] = None,
    intro: Annotated[
        _Several, typer.Option(help=msgid("LANG=WORDS, LANG=@FILE, or LANG= for none."))
    ] = None,
    subject: Annotated[
        _Several, typer.Option(help=msgid("LANG=WORDS, or LANG= for the rule's."))
    ] = None,
    reset: Annotated[bool, typer.Option("--reset", help=msgid("Forget every wish first."))] = False,
) -> None:
    """Show the order of an issue, or change it; it is composed again at once.

    Stories are named by article id or story; each option may be given several times.
    """

    async def work(desk: App, screen: Screen) -> None:
        chosen = await hand.known_issue(desk.house, IssueId(issue))
        by_rule = lead == _BY_RULE
        change = Change(
            reset=reset,
            lead=None if lead is None or by_rule else await _story(desk, chosen, lead),
            lead_by_rule=by_rule,
            pin=await _stories(desk, chosen, pin),
            out=await _stories(desk, chosen, out),
            back=await _stories(desk, chosen, in_),
            first=_inside(chosen, await _stories(desk, chosen, first)),
            move=await _moves(desk, chosen, move),
            intro=_words("--intro", intro),
            subject=_words("--subject", subject),
        )
        if change != Change():
            by = call_of(context).by
            chosen = await ordering.order(desk.house, chosen.id, change, by=by)
        report_order(screen, chosen)

    at_desk(context, work)


def report_order(screen: Screen, issue: Issue) -> None:
    """Every story in its place; exit code 1 where the issue is held."""
    rows = [_row(issue, item) for item in issue.items]
    screen.document(
        {
            "issue": issue.id,
            "status": issue.status,
            "lead": issue.lead,
            "stories": rows,
            "out": issue.order.out,
            "pinned": issue.order.taken,
            "places": dict(issue.order.places),
            "intro": dict(issue.order.intro),
            "subject": dict(issue.order.subject),
            "corrections": [one.article.id for one in issue.corrections],
            "problems": [screen.plain(problem) for problem in issue.problems],
        }
    )
    screen.table(
        (msgid("Section"), msgid("Story"), msgid("How"), msgid("Title")),
        [(row["section"], row["story"], " ".join(row["how"]), row["title"]) for row in rows],
    )
    for story in issue.order.out:
        screen.say(msgid("Held out: {story}"), story=story)
    for language, words in issue.order.subject.items():
        screen.say(msgid("Subject, {language}: {words}"), language=language, words=words)
    for language, words in issue.order.intro.items():
        screen.say(msgid("Introduction, {language}: {words}"), language=language, words=words)
    if issue.status is IssueStatus.HELD:
        screen.refuse(issue.problems)
    screen.problems(issue.problems)


def _row(issue: Issue, item: Item) -> dict[str, Any]:
    marks = {
        "lead": item.story == issue.lead,
        "pinned": item.story in issue.order.taken,
        "linked": item.linked,
        "update": item.update,
        "sponsored": item.sponsored,
    }
    return {
        "section": item.section,
        "story": item.story,
        "articles": [article.id for article in item.versions],
        "title": item.versions[0].title,
        "how": [name for name, is_so in marks.items() if is_so],
    }


# --- what is meant ------------------------------------------------------------------------------


async def _stories(desk: App, issue: Issue, names: Iterable[str] | None) -> tuple[StoryKey, ...]:
    return tuple([await _story(desk, issue, name) for name in names or ()])


async def _story(desk: App, issue: Issue, name: str) -> StoryKey:
    """By its key, an article of it, or the beginning of that one's id; raises Refused."""
    known = {item.story for item in issue.items} | {*issue.order.out, *issue.order.taken}
    if name in known or await desk.house.articles.versions_of([StoryKey(name)]):
        return StoryKey(name)
    return (await known_article(desk, name)).story


async def _moves(desk: App, issue: Issue, moves: Iterable[str] | None) -> Mapping[StoryKey, int]:
    places: dict[StoryKey, int] = {}
    for words in moves or ():
        name, _, place = words.rpartition("=")
        if not name or not place.isdecimal() or int(place) < 1:
            raise Misconfigured(_no_place(words))
        places[await _story(desk, issue, name)] = int(place)
    _inside(issue, tuple(places))
    return places


def _inside(issue: Issue, stories: tuple[StoryKey, ...]) -> tuple[StoryKey, ...]:
    """Only what is in the issue has a place in it."""
    carried = {item.story for item in issue.items}
    missing = [story for story in stories if story not in carried]
    if missing:
        raise Refused(*(_not_carried(issue, story) for story in missing))
    return stories


def _words(option: str, said: Sequence[str] | None) -> Mapping[Language, str]:
    words: dict[Language, str] = {}
    for one in said or ():
        language, equals, text = one.partition("=")
        if not equals:
            raise Misconfigured(_no_language(option, one))
        words[Language(language)] = _read(text[1:]) if text.startswith("@") else text
    return words


def _read(file: str) -> str:
    try:
        return Path(file).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or str(error)
        message = msgid("Cannot read {file}: {words}.")
        raise Refused(Problem(message=message, args={"file": file, "words": why})) from error


def _no_place(words: str) -> Problem:
    return Problem(
        message=msgid("“{words}” names no place."),
        args={"words": words},
        remedy=msgid("Write it like ID=2: the second of its section."),
    )


def _not_carried(issue: Issue, story: StoryKey) -> Problem:
    return Problem(
        message=msgid("“{story}” is not in {issue}; it has no place there."),
        args={"story": story, "issue": issue.id},
        remedy=msgid("Take it in first: publisher order {issue} --pin {story}"),
    )


def _no_language(option: str, words: str) -> Problem:
    return Problem(
        message=msgid("“{words}” does not say for which language."),
        args={"words": words, "option": option},
        remedy=msgid("Write it like {option} en=…"),
    )
