"""Bodies of requests are never wanted here: short ones are passed over, long ones hung up on."""

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LIMIT = 8 * 1024  # bytes; RFC 8058's "List-Unsubscribe=One-Click" is 26


class Unread:
    """Closes the connection behind the answer where a body is long or does not say how long.

    Otherwise the server would take in and drop all of it to get at the next request.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or _is_short(Headers(scope=scope)):
            return await self._app(scope, receive, send)

        async def closing(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["Connection"] = "close"
            await send(message)

        return await self._app(scope, receive, closing)


def _is_short(headers: Headers) -> bool:
    length = headers.get("content-length", "0")
    return "transfer-encoding" not in headers and length.isdecimal() and int(length) <= LIMIT
