"""The command line: which commands there are, and what happens to whatever they raise.

A command's module, with what it needs, is imported only when that command was called:
`publisher --help` stays fast.
"""

import os
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import NamedTuple

import typer
from typer.main import get_command

from publisher.cli.call import GLOBAL_OPTIONS, Call, Unvalued, command_of, hoist
from publisher.cli.edges import called_wrongly, guarded
from publisher.cli.parlance import speaking
from publisher.cli.tongue import words_at_any_rate
from publisher.model.problems import msgid


class Entry(NamedTuple):
    """Where a command lives, and its one line in `--help`."""

    module: str
    help: str
    group: bool = False  # the module's `app` holds subcommands


COMMANDS: Mapping[str, Entry] = {
    "demo": Entry(
        "publisher.cli.demo", msgid("The main job on a sample newsroom into a local mailbox.")
    ),
    "init": Entry("publisher.cli.setup", msgid("Lay out a new newsroom.")),
    "check": Entry(
        "publisher.cli.check", msgid("Look over config, templates, catalogs, legal profiles.")
    ),
    "collect": Entry("publisher.cli.stories", msgid("One polite pass over the sources.")),
    "articles": Entry(
        "publisher.cli.articles", msgid("List the articles; withdraw, pair, pin them."), group=True
    ),
    "sources": Entry("publisher.cli.stories", msgid("Show every source and how it is doing.")),
    "feeds": Entry("publisher.cli.stories", msgid("Build every feed.")),
    "compose": Entry("publisher.cli.issues", msgid("Make the issue of an edition that is due.")),
    "preview": Entry("publisher.cli.issues", msgid("Write what would be sent: HTML, text, eml.")),
    "test": Entry("publisher.cli.trial", msgid("Mail an issue's digest to one address.")),
    "approve": Entry("publisher.cli.hand", msgid("Say yes to an issue.")),
    "order": Entry(
        "publisher.cli.order", msgid("Show or change the order of an issue: lead, in, out…")
    ),
    "hold": Entry("publisher.cli.hand", msgid("Keep an issue back until it is composed again.")),
    "stop": Entry("publisher.cli.hand", msgid("Halt the sending of an issue.")),
    "resume": Entry("publisher.cli.resuming", msgid("Let the sending of a stopped issue go on.")),
    "cancel": Entry("publisher.cli.hand", msgid("Say no to an issue.")),
    "send": Entry("publisher.cli.sending", msgid("Seal an issue and deliver it.")),
    "issues": Entry("publisher.cli.issues", msgid("List the issues.")),
    "deliveries": Entry(
        "publisher.cli.issues", msgid("The ledger of an issue: who got it, and when.")
    ),
    "bounces": Entry(
        "publisher.cli.bounces", msgid("Take in what came back: bounces, complaints.")
    ),
    "subscribers": Entry(
        "publisher.cli.people", msgid("The people who asked for mail."), group=True
    ),
    "run": Entry("publisher.cli.run", msgid("Everything in one process: schedule, web, delivery.")),
    "migrate": Entry("publisher.cli.setup", msgid("Bring the database to this version.")),
}


def run(arguments: Sequence[str], environ: Mapping[str, str] = os.environ) -> int:
    """Run one command; the exit code is 0 done, 1 refused or failed, 2 bad usage or config."""
    try:
        call, rest = hoist(arguments, environ)
    except Unvalued as error:
        return called_wrongly(error.call, str(error))
    meant = _meant(rest)
    return guarded(call, lambda: _called(command_of(meant), meant, call))


def _meant(words: Sequence[str]) -> Sequence[str]:
    """`help send` and `send -h` ask for what `send --help` says."""
    if words[:1] == ["help"]:
        return [*words[1:], "--help"]
    return [*words[:-1], "--help"] if words[-1:] == ["-h"] else words


def _called(command: str | None, rest: Sequence[str], call: Call) -> object:
    """Run it; what it leaves with, or raises, is for the edge."""
    tree = speaking(get_command(_build(command)), lambda: words_at_any_rate(call))
    return tree(args=list(rest), prog_name="publisher", obj=call, standalone_mode=False)


def _build(command: str | None) -> typer.Typer:
    """The command tree with one real branch: the one that was called."""
    app = typer.Typer(
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,  # rich would cost every --help a quarter of a second
        help=msgid("Newsletters and feeds for newsrooms that publish in two languages."),
        epilog=GLOBAL_OPTIONS,
    )
    app.callback()(_nothing)
    for name, entry in COMMANDS.items():
        if name == command and entry.group:
            app.add_typer(import_module(entry.module).app, name=name, help=entry.help)
        elif name == command:
            function = getattr(import_module(entry.module), name)
            app.command(name, help=function.__doc__ or entry.help)(function)
        else:
            app.command(name, help=entry.help)(_nothing)
    return app


def _nothing() -> None:
    """Stand for a command that was not called."""


__all__ = ["COMMANDS", "Call", "run"]
