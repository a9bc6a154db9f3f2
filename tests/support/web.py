"""A real server on a free port of this machine, and a client beside it that follows nothing."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from queue import Queue
from threading import Thread

from aiohttp import ClientSession, DummyCookieJar
from starlette.types import ASGIApp
from yarl import URL

from publisher.web.server import serving


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    status: int
    headers: dict[str, str]  # names lower case
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Asks with exactly the path given, dots and percent signs included."""

    port: int
    session: ClientSession

    async def ask(
        self,
        path: str,
        *,
        method: str = "GET",
        headers: dict[str, str] | None = None,
        data: object = None,
    ) -> Answer:
        url = URL(f"http://127.0.0.1:{self.port}{path}", encoded=True)
        async with self.session.request(
            method, url, headers=headers, data=data, allow_redirects=False
        ) as answer:
            names = {name.lower(): value for name, value in answer.headers.items()}
            return Answer(status=answer.status, headers=names, body=await answer.read())

    async def say(self, raw: bytes) -> bytes:
        """Bytes as they are, and what comes back until the server hangs up."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(raw)
        try:
            async with asyncio.timeout(4):  # shorter than the server's patience with idle ones
                return await reader.read()
        finally:
            writer.close()


@asynccontextmanager
async def visiting(app: ASGIApp) -> AsyncIterator[Visitor]:
    async with (
        serving(app, "127.0.0.1", 0) as port,
        ClientSession(
            cookie_jar=DummyCookieJar(),
            auto_decompress=False,
            skip_auto_headers=["Accept-Encoding"],
        ) as session,
    ):
        yield Visitor(port=port, session=session)


@contextmanager
def in_a_thread(app: ASGIApp) -> Iterator[int]:
    """The same server on a loop of its own, for clients that know nothing of loops; its port."""
    ready, stop = Queue[int | BaseException](), asyncio.Event()
    loops: list[asyncio.AbstractEventLoop] = []

    async def serve() -> None:
        loops.append(asyncio.get_running_loop())
        async with serving(app, "127.0.0.1", 0) as port:
            ready.put(port)
            await stop.wait()

    def run() -> None:
        try:
            asyncio.run(serve())
        except BaseException as error:  # noqa: BLE001 - said to the test
            ready.put(error)

    thread = Thread(target=run, name="server")
    thread.start()
    port = ready.get(timeout=30)
    if isinstance(port, BaseException):
        raise port
    try:
        yield port
    finally:
        loops[0].call_soon_threadsafe(stop.set)
        thread.join(timeout=30)
