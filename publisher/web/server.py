"""One uvicorn server inside our own loop; it takes no signals, we stop it."""

import asyncio
import socket
from collections.abc import AsyncIterator, Generator
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from starlette.types import ASGIApp

from publisher.errors import Refused
from publisher.model.problems import Problem, msgid


class _Quiet(uvicorn.Server):
    """Signals belong to the process that runs us."""

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


@asynccontextmanager
async def serving(app: ASGIApp, host: str, port: int) -> AsyncIterator[int]:
    """Serve until the block ends; yields the port (0 asks for a free one).

    Raises Refused when the address is taken.
    """
    listener = _listen(host, port)
    config = uvicorn.Config(
        app,
        access_log=False,
        log_config=None,
        lifespan="off",
        server_header=False,
        timeout_graceful_shutdown=3,
    )
    server = _Quiet(config)
    async with asyncio.TaskGroup() as group:
        group.create_task(server.serve([listener]), name="web")
        try:
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise Refused(
            Problem(
                message=msgid("The web cannot listen on {host}:{port}: {words}."),
                args={"host": host, "port": port, "words": error.strerror or str(error)},
                remedy=msgid("Choose another address in web.listen, or stop what holds it."),
            )
        ) from error
    listener.listen(512)
    listener.setblocking(False)
    return listener
