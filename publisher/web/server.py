"""One uvicorn server inside our own loop; it takes no signals, we stop it."""

import asyncio
import socket
from collections.abc import AsyncIterator, Generator
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from starlette.types import ASGIApp

from publisher.errors import Refused
from publisher.model.problems import Problem, msgid

_CONNECTIONS = 1000  # at once; whoever comes on top gets 503
_PATIENCE = 3  # seconds for answers under way when we stop


class _Quiet(uvicorn.Server):
    """Signals belong to the process that runs us."""

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


@asynccontextmanager
async def serving(app: ASGIApp, host: str, port: int) -> AsyncIterator[int]:
    """Serve until the block ends; yields the port (0 asks for a free one).

    Raises Refused when the address is taken; what the block raises comes out as it is.
    """
    listener = _listen(host, port)
    server = _Quiet(_config(app))
    failure: BaseException | None = None
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(server.serve([listener]), name="web")
            try:
                yield listener.getsockname()[1]
            except BaseException as error:  # noqa: BLE001 - raised below: the group would wrap it
                failure = error
            finally:
                server.should_exit = True
    finally:
        listener.close()
    if failure is not None:
        raise failure


def _config(app: ASGIApp) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,  # addresses hold readers' tokens
        server_header=False,
        proxy_headers=False,
        limit_concurrency=_CONNECTIONS,
        timeout_graceful_shutdown=_PATIENCE,
    )


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(512)
    except OSError as error:
        listener.close()
        raise Refused(
            Problem(
                message=msgid("The web cannot listen on {host}:{port}: {words}."),
                args={"host": host, "port": port, "words": error.strerror or str(error)},
                remedy=msgid("Choose another address in web.listen, or stop what holds it."),
            )
        ) from error
    listener.setblocking(False)
    return listener
