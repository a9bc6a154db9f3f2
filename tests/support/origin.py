"""A real HTTP origin on a free port of this machine that behaves well or badly, as asked."""

import asyncio
import gzip
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import brotli
from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
HOST = "127.0.0.1"
MIB = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request as it arrived."""

    path: str
    headers: Mapping[str, str]  # names lower case
    method: str = "GET"
    target: str = ""  # path and query to the letter
    body: bytes = b""
    at: float = 0.0  # of the loop's clock


@dataclass(slots=True, kw_only=True)
class Origin:
    """Paths are given their behaviour by the methods below; what came is in `asked`."""

    base: str = ""
    asked: list[Asked] = field(default_factory=list)
    busy: int = 0  # requests being answered
    busiest: int = 0  # at the same time, so far
    _pages: dict[str, Handler] = field(default_factory=dict)

    def url(self, path: str) -> str:
        return self.base + path

    async def answer(self, request: web.Request) -> web.StreamResponse:
        headers = {name.lower(): value for name, value in request.headers.items()}
        at = asyncio.get_running_loop().time()
        self.asked.append(
            Asked(
                path=request.path,
                headers=headers,
                method=request.method,
                target=request.raw_path,
                body=await request.read(),
                at=at,
            )
        )
        handler = self._pages.get(request.path)
        self.busy += 1
        self.busiest = max(self.busiest, self.busy)
        try:
            return await handler(request) if handler else web.Response(status=404, text="not here")
        finally:
            self.busy -= 1

    def page(
        self,
        path: str,
        body: bytes,
        *,
        status: int = 200,
        content_type: str = "application/xml",
        headers: Mapping[str, str] | None = None,
    ) -> str:
        """A document; with an ETag or Last-Modified among its headers it answers 304 to them."""
        given = {"Content-Type": content_type, **(headers or {})}
        pairs = (("ETag", "If-None-Match"), ("Last-Modified", "If-Modified-Since"))

        async def handle(request: web.Request) -> web.Response:
            known = [
                given[ours] == request.headers.get(theirs)
                for ours, theirs in pairs
                if ours in given
            ]
            if known and all(known):
                return web.Response(status=304, headers={"ETag": given.get("ETag", "")})
            return web.Response(status=status, body=body, headers=given)

        return self._put(path, handle)

    def packed(self, path: str, body: bytes, *, cut: int | None = None, **headers: str) -> str:
        """A gzip document; `cut`: only its first bytes."""
        data = gzip.compress(body)[:cut]
        return self.page(path, data, headers={"Content-Encoding": "gzip", **headers})

    def brotli(self, path: str, body: bytes, *, cut: int | None = None) -> str:
        data = brotli.compress(body, quality=5)[:cut]
        return self.page(path, data, headers={"Content-Encoding": "br"})

    def deflated(self, path: str, body: bytes, *, raw: bool) -> str:
        """As RFC 9110 has it, or `raw`, as some servers do."""
        packer = zlib.compressobj(wbits=-zlib.MAX_WBITS if raw else zlib.MAX_WBITS)
        data = packer.compress(body) + packer.flush()
        return self.page(path, data, headers={"Content-Encoding": "deflate"})

    def raw(self, path: str, answer: bytes) -> str:
        """These bytes and no others, whether that is HTTP or not."""

        async def handle(request: web.Request) -> web.StreamResponse:
            assert isinstance(request.transport, asyncio.Transport)
            request.transport.write(answer)
            request.transport.close()
            return web.Response()

        return self._put(path, handle)

    def reset(self, path: str) -> str:
        """Hangs up in the middle of an answer."""

        async def handle(request: web.Request) -> web.StreamResponse:
            assert request.transport is not None
            request.transport.abort()
            return web.Response()

        return self._put(path, handle)

    def bomb(self, path: str, size: int = 64 * MIB) -> str:
        """Little on the wire, much once unpacked."""
        return self.packed(path, bytes(size))

    def redirect(self, path: str, to: str, status: int = 302) -> str:
        async def handle(request: web.Request) -> web.Response:
            return web.Response(status=status, headers={"Location": to, "Set-Cookie": "crumb=1"})

        return self._put(path, handle)

    def drip(self, path: str, *, pause: float = 0.05) -> str:
        """A byte now and then, for ever."""
        return self._stream(path, b" ", pause)

    def endless(self, path: str) -> str:
        return self._stream(path, b" " * MIB, 0)

    def short(self, path: str, body: bytes) -> str:
        """Promises more bytes than it sends."""

        async def handle(request: web.Request) -> web.StreamResponse:
            response = web.StreamResponse(headers={"Content-Length": str(len(body) + 100)})
            await response.prepare(request)
            await response.write(body)
            assert request.transport is not None
            request.transport.close()
            return response

        return self._put(path, handle)

    def _stream(self, path: str, chunk: bytes, pause: float) -> str:
        async def handle(request: web.Request) -> web.StreamResponse:
            response = web.StreamResponse()
            await response.prepare(request)
            while request.transport is not None:
                await response.write(chunk)
                await asyncio.sleep(pause)
            return response

        return self._put(path, handle)

    def _put(self, path: str, handler: Handler) -> str:
        self._pages[path] = handler
        return self.url(path)


@asynccontextmanager
async def open_origin() -> AsyncIterator[Origin]:
    """An origin that listens until the block ends."""
    origin = Origin()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", origin.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, HOST, 0)
        await site.start()
        origin.base = f"http://{HOST}:{runner.addresses[0][1]}"
        yield origin
    finally:
        await runner.cleanup()
