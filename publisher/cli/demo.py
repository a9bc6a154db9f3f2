"""`publisher demo`: the main job on the sample newsroom, and a table of what was done."""

import asyncio
import signal
import sys
from pathlib import Path
from shlex import quote
from shutil import which
from typing import Annotated

import typer

from publisher.app import utc_now
from publisher.assets import Assets
from publisher.cli.call import command
from publisher.cli.desk import call_of
from publisher.cli.ledger import balance_document
from publisher.cli.screen import Screen
from publisher.demo.run import Demo, Outcome, demonstrating, perform
from publisher.model.problems import msgid


@command
def demo(
    context: typer.Context,
    *,
    serve: Annotated[bool, typer.Option("--serve", help=msgid("Keep the web open."))] = False,
    folder: Annotated[Path, typer.Option("--dir", help=msgid("Where to lay it out."))] = Path(
        "publisher-demo"
    ),
) -> None:
    """The main job on a sample newsroom into a local mailbox."""
    call = call_of(context)
    screen = Screen.of(call, Assets(newsroom=folder))

    async def session() -> None:
        async with demonstrating(folder.resolve(), call.environ, utc_now) as show:
            outcome = await perform(show)
            _document(screen, outcome, show)
            _report(screen, outcome, show)
            if serve:
                await _until_told(screen, show)

    asyncio.run(session())


async def _until_told(screen: Screen, show: Demo) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(sign, stop.set)
    screen.say(msgid("Open {url} in a browser.  Ctrl-C ends it."), url=show.url)
    await stop.wait()


def _document(screen: Screen, outcome: Outcome, show: Demo) -> None:
    screen.document(
        {
            "folder": show.folder,
            "url": show.url,
            "articles": outcome.articles,
            "new": sum(turn.new for turn in outcome.turns),
            "feed_files": outcome.feed_files,
            "issue": outcome.issue and outcome.issue.id,
            "reason": outcome.reason and screen.text.problem(outcome.reason),
            "balance": outcome.balance and balance_document(outcome.balance),
            "mails": outcome.mails,
        }
    )


def _report(screen: Screen, outcome: Outcome, show: Demo) -> None:
    text = screen.text
    rows: list[tuple[str, str]] = []
    for turn in outcome.turns:
        found = text.say(
            msgid("{new} new, {changed} changed, {same} as before"),
            new=turn.new,
            changed=turn.changed,
            same=turn.same,
        )
        words = text.say(msgid("unchanged")) if turn.unchanged else found
        rows.append((text.say(msgid("Source {name}"), name=turn.source), words))
    rows.append(
        (
            text.say(msgid("Articles")),
            ", ".join(f"{language} {n}" for language, n in outcome.articles.items()),
        )
    )
    rows.append(
        (text.say(msgid("Feed files")), f"{outcome.feed_files}, {show.folder / 'public' / 'feeds'}")
    )
    if outcome.issue and outcome.balance:
        rows.append(
            (
                text.say(msgid("Issue")),
                text.say(
                    msgid("{issue}, number {number}, {stories}"),
                    issue=outcome.issue.id,
                    number=outcome.issue.number,
                    stories=text.plural("{n} story", "{n} stories", n=len(outcome.issue.items)),
                ),
            )
        )
        rows.append(
            (
                text.say(msgid("Balance")),
                text.say(
                    msgid(
                        "planned {planned} = accepted {accepted} + rejected {rejected} + "
                        "suppressed {suppressed} + cancelled {cancelled} + uncertain {uncertain} "
                        "+ waiting {waiting}"
                    ),
                    **{
                        k: v
                        for k, v in balance_document(outcome.balance).items()
                        if k != "balanced"
                    },
                ),
            )
        )
    elif outcome.reason:
        rows.append((text.say(msgid("Issue")), text.problem(outcome.reason)))
    rows.append((text.say(msgid("Mails")), f"{outcome.mails}, {show.folder / 'mailbox' / 'new'}"))
    rows.append((text.say(msgid("Digests")), str(show.folder / "preview")))
    screen.pairs(rows)
    if outcome.issue is None:
        screen.say(msgid("Nothing new, nothing sent."))
    screen.say(
        msgid("Look at it in a browser: {publisher} demo --serve --dir {dir}"),
        publisher=_called_as(),
        dir=quote(str(show.folder)),
    )


def _called_as() -> str:
    """What a shell finds us by: our name, or the way we were called where that is on no PATH."""
    if which("publisher"):
        return "publisher"
    begun = sys.argv[0]
    return f"{sys.executable} -m publisher" if begun.endswith("__main__.py") else begun
