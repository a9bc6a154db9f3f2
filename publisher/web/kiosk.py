"""The kiosk before the house: feeds from memory, ahead of the router, without a database.

What is no published feed is passed on.  Range is not served: a 200 is the right answer to it
(RFC 9110 section 14.2).
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from publisher.model.feeds import NEWS_SITEMAP
from publisher.ports import Clock
from publisher.web.documents import Choice, Document, Headers, start
from publisher.web.preconditions import Verdict, is_conditional, judge
from publisher.web.repeats import Manners, Repeats, who_asks
from publisher.web.stock import FEEDS, Stock

_OURS: Final = (f"/{FEEDS}/", f"/{NEWS_SITEMAP}")
_ALLOWED: Final = (b"allow", b"GET, HEAD, OPTIONS")
# Whoever sends none of these asks the plain way: everything, or what is new.
_RARE: Final = frozenset(
    {b"content-length", b"if-match", b"if-unmodified-since", b"transfer-encoding"}
)
_HEARD: Final = _RARE | {
    b"accept",
    b"accept-encoding",
    b"if-modified-since",
    b"if-none-match",
    b"user-agent",
    b"x-forwarded-for",
}
_READ: Final = frozenset({"GET", "HEAD"})
_NOTHING: Final[Message] = {"type": "http.response.body", "body": b""}


class Kiosk:
    """Answers for published feeds; `app` answers for everything else."""

    def __init__(self, app: ASGIApp, public: Path, *, clock: Clock, manners: Manners) -> None:
        self._app, self._stock = app, Stock(public)
        self._clock, self._manners = clock, manners
        self._repeats = Repeats(manners.repeat) if manners.repeat else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(_OURS):
            return await self._app(scope, receive, send)
        document = self._stock.peek(scope["path"]) or await self._stock.find(scope["path"])
        if document is None:
            return await self._app(scope, receive, send)
        asked = _heard(scope)
        head, body = self._answer(scope, asked, document)
        if not _RARE.isdisjoint(asked) and _has_body(asked):
            # It is not read: the next request cannot be found behind it.
            head = {**head, "headers": [*head["headers"], (b"connection", b"close")]}
        await send(head)
        await send(body)
        return None

    def _answer(
        self, scope: Scope, asked: Mapping[bytes, bytes], document: Document
    ) -> tuple[Message, Message]:
        if scope["method"] not in _READ:
            return _without_bytes(scope["method"])
        choice = document.choose(asked.get(b"accept-encoding"), asked.get(b"accept"))
        if choice is None:
            return _plain(406, [(b"vary", document.vary)], ", ".join(document.offered))
        if self._repeats and (seconds := self._wait(self._repeats, scope, asked, choice)):
            return _plain(429, [(b"retry-after", str(seconds).encode())])
        return _under_condition(asked, choice, document.modified)

    def _wait(
        self, repeats: Repeats, scope: Scope, asked: Mapping[bytes, bytes], choice: Choice
    ) -> int:
        """Seconds they have to wait; who says what they have, or only looks, need not."""
        if scope["method"] != "GET" or is_conditional(asked):
            return 0
        who = who_asks(scope, asked, self._manners.proxies)
        return repeats.wait(who, scope["path"], choice.etag, now=self._clock()) if who else 0


def _under_condition(
    asked: Mapping[bytes, bytes], choice: Choice, modified: int
) -> tuple[Message, Message]:
    if asked.get(b"if-none-match") == choice.etag and _RARE.isdisjoint(asked):
        return choice.same, _NOTHING  # as nearly everybody asks
    match judge(asked, etag=choice.etag, modified=modified):
        case Verdict.SAME:
            return choice.same, _NOTHING
        case Verdict.FAILED:
            return _plain(412, [])
    return choice.found, choice.body


def _heard(scope: Scope) -> Mapping[bytes, bytes]:
    """The headers that count; one that is repeated is a list (RFC 9110 section 5.3)."""
    heard: dict[bytes, bytes] = {}
    for name, value in scope["headers"]:
        if name in _HEARD:
            heard[name] = heard[name] + b", " + value if name in heard else value
    return heard


def _has_body(asked: Mapping[bytes, bytes]) -> bool:
    return b"transfer-encoding" in asked or asked.get(b"content-length", b"0") != b"0"


def _without_bytes(method: str) -> tuple[Message, Message]:
    if method == "OPTIONS":
        return start(204, [_ALLOWED]), _NOTHING
    return _plain(405, [_ALLOWED])


def _plain(status: int, headers: Headers, words: str = "") -> tuple[Message, Message]:
    """For programs: a number, and nothing to be kept."""
    body = f"{status}\n{words}\n".encode() if words else f"{status}\n".encode()
    told = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        *headers,
    ]
    return start(status, told), {"type": "http.response.body", "body": body}
