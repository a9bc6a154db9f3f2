"""`publisher run`: everything in one process until it is told to stop."""

import asyncio
import signal

import typer

from publisher.app import load_settings, staying
from publisher.cli.desk import call_of


def run(context: typer.Context) -> None:
    """Everything in one process: schedule, web, delivery.  Ends at SIGTERM or Ctrl-C."""
    call = call_of(context)
    settings = load_settings(call.config, call.environ)

    async def session() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for sign in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(sign, stop.set)
        await staying(call.config, call.environ, settings, stop=stop)

    asyncio.run(session())
