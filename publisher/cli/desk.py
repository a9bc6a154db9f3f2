"""Where a command works: settings read, the app running, a screen to speak on."""

import asyncio
import gc
import os
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from typing import Any

import typer

from publisher.app import App, running, utc_now
from publisher.assets import Assets
from publisher.beside import processes_for
from publisher.cli.call import Call
from publisher.cli.screen import Screen
from publisher.settings.build import Settings
from publisher.settings.in_force import keep
from publisher.settings.load import load

Work = Callable[[App, Screen], Awaitable[None]]

_RARELY = (10_000, 20, 50)  # new objects, and rounds of the younger generations


def call_of(context: typer.Context) -> Call:
    """What the command was called with."""
    call = context.find_object(Call)
    if call is None:
        raise RuntimeError("a command runs below cli.main")
    return call


def settings_of(call: Call) -> Settings:
    """The config, checked; raises Misconfigured with everything that is wrong."""
    return load(call.config, call.environ, now=utc_now())


def at_desk(
    context: typer.Context,
    work: Work,
    *,
    helped: bool = False,
    acting: bool = False,
    quick: bool = False,
) -> None:
    """Run `work` beside the running app of this newsroom.

    `helped`, for many sources: by processes of their own, on the quicker loop, like what is
    `quick`.  `acting`: what config says is acted on, which `check --diff` compares with.
    """
    call = call_of(context)
    settings = settings_of(call)
    if acting:
        keep(call.config, settings.root)
    screen = Screen.of(call, Assets(newsroom=settings.root))

    async def session() -> None:
        beside = processes_for(len(settings.newsroom.sources)) if helped else 0
        async with running(settings, beside=beside) as app:
            await work(app, screen)

    if helped or quick:
        quick_run(session())
    else:
        asyncio.run(session())


def quick_run(session: Coroutine[Any, Any, None]) -> None:
    """Run it on uvloop where there is one: a fifth less time for many requests (measured).

    A third less of a processor for many mails.  What starting made lives as long as the process:
    to look it over for what may go holds up everybody for a tenth of a second.  What a mail is made
    of goes by itself, so the rest is looked over less often.
    """
    _be_bulk_work()
    gc.freeze()
    gc.set_threshold(*_RARELY)
    try:
        from uvloop import run  # noqa: PLC0415 - there is none for some systems
    except ImportError:
        asyncio.run(session)
    else:
        run(session)


def _be_bulk_work() -> None:
    """Whoever answers us on this machine is not interrupted by each answer (sched(7), SCHED_BATCH).

    A tenth of the interruptions of a mail server here, and 1 to 5 % more mails (measured).  Our
    helping processes inherit it; a class that somebody else chose for us is left.
    """
    if not hasattr(os, "SCHED_BATCH") or os.sched_getscheduler(0) != os.SCHED_OTHER:
        return
    with suppress(PermissionError):
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
