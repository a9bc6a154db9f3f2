"""The servers of the serving bench, each a process: prints its port, ends with its input."""

import asyncio
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from starlette.applications import Starlette
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from publisher.manifest import MANIFEST, read_manifest
from publisher.web.documents import read_document
from publisher.web.kiosk import Kiosk
from publisher.web.repeats import NO_LIMIT
from publisher.web.server import serving
from tests.support.build import NOON

FEED = "feeds/en/all.rss"


def bare(public: Path) -> ASGIApp:
    """What the kiosk would send, known beforehand: a 304 for any query, else a 200."""
    listed = read_manifest((public / MANIFEST).read_bytes())[FEED]
    document = read_document(public / FEED, listed)
    assert document is not None
    form = document.forms["gzip"]
    nothing: Message = {"type": "http.response.body", "body": b""}

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["query_string"]:
            await send(form.same)
            await send(nothing)
        else:
            await send(form.feed)
            await send(form.body)

    return app


def ours(public: Path) -> ASGIApp:
    return Kiosk(Starlette(), public, clock=lambda: NOON, manners=NO_LIMIT)


APPS: Mapping[str, Callable[[Path], ASGIApp]] = {"bare uvicorn": bare, "ours": ours}


def stay_on(core: int) -> None:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {core % (os.cpu_count() or 1)})


async def serve(name: str, public: Path) -> None:
    async with serving(APPS[name](public), "127.0.0.1", 0) as port:
        sys.stdout.write(f"{port}\n")
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    stay_on(0)
    asyncio.run(serve(sys.argv[1], Path(sys.argv[2])))
