"""The command line: which commands there are, and what happens to whatever they raise.

A command's module, with what it needs, is imported only when that command was called:
`publisher --help` stays fast.
"""

import os
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import NamedTuple

import typer

from publisher.cli.call import GLOBAL_OPTIONS, Call, command_of, hoist
from publisher.cli.edges import called_wrongly, guarded


class Entry(NamedTuple):
    """Where a command lives, and its one line in `--help`."""

    module: str
    help: str
    group: bool = False  # the module's `app` holds subcommands


COMMANDS: Mapping[str, Entry] = {
    "demo": Entry("publisher.cli.demo", "The main job on a sample newsroom into a local mailbox."),
    "init": Entry("publisher.cli.setup", "Lay out a new newsroom."),
    "check": Entry("publisher.cli.check", "Look over config, templates, catalogs, legal profiles."),
    "collect": Entry("publisher.cli.stories", "One polite pass over the sources."),
    "articles": Entry(
        "publisher.cli.articles",
        "List the articles; withdraw, pair, pin them.",
        group=True,
    ),
    "sources": Entry("publisher.cli.stories", "Show every source and how it is doing."),
    "feeds": Entry("publisher.cli.stories", "Build every feed."),
    "compose": Entry("publisher.cli.issues", "Make the issue of an edition that is due."),
    "preview": Entry("publisher.cli.issues", "Write what would be sent: HTML, text, eml."),
    "test": Entry("publisher.cli.trial", "Mail an issue's digest to one address."),
    "approve": Entry("publisher.cli.hand", "Say yes to an issue."),
    "order": Entry("publisher.cli.order", "Show or change the order of an issue: lead, in, out…"),
    "hold": Entry("publisher.cli.hand", "Keep an issue back until it is composed again."),
    "stop": Entry("publisher.cli.hand", "Halt the sending of an issue."),
    "resume": Entry("publisher.cli.resuming", "Let the sending of a stopped issue go on."),
    "cancel": Entry("publisher.cli.hand", "Say no to an issue."),
    "send": Entry("publisher.cli.sending", "Seal an issue and deliver it."),
    "issues": Entry("publisher.cli.issues", "List the issues."),
    "deliveries": Entry("publisher.cli.issues", "The ledger of an issue: who got it, and when."),
    "bounces": Entry("publisher.cli.bounces", "Take in what came back: bounces, complaints."),
    "subscribers": Entry("publisher.cli.people", "The people who asked for mail.", group=True),
    "run": Entry("publisher.cli.run", "Everything in one process: schedule, web, delivery."),
    "migrate": Entry("publisher.cli.setup", "Bring the database to this version."),
}


def run(arguments: Sequence[str], environ: Mapping[str, str] = os.environ) -> int:
    """Run one command; the exit code is 0 done, 1 refused or failed, 2 bad usage or config."""
    try:
        call, rest = hoist(arguments, environ)
    except ValueError as error:
        call, _ = hoist([word for word in arguments if word == "--json"], environ)
        return called_wrongly(call, str(error))
    return guarded(call, lambda: _called(command_of(rest), rest, call))


def _called(command: str | None, rest: Sequence[str], call: Call) -> object:
    """Run it; what it leaves with, or raises, is for the edge."""
    tree = _build(command)
    return tree(args=list(rest), prog_name="publisher", obj=call, standalone_mode=False)


def _build(command: str | None) -> typer.Typer:
    """The command tree with one real branch: the one that was called."""
    app = typer.Typer(
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,  # rich would cost every --help a quarter of a second
        help="Newsletters and feeds for newsrooms that publish in two languages.",
        epilog=f"Before or after the command: {GLOBAL_OPTIONS}.",
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
