"""`publisher run`: everything in one process until it is told to stop."""

import sys

import typer

from publisher import observe
from publisher.cli.call import command
from publisher.cli.desk import call_of, quick_run, settings_of
from publisher.cli.sending import stop_signs
from publisher.standing import stand


@command
def run(context: typer.Context) -> None:
    """Everything in one process: schedule, web, delivery.  Ends at SIGTERM or Ctrl-C."""
    call = call_of(context)
    settings = settings_of(call)
    observe.configure(sys.stderr, json=observe.wants_json(call.environ, sys.stderr))

    async def session() -> None:
        await stand(call.config, call.environ, settings, stop=stop_signs())

    quick_run(session())
