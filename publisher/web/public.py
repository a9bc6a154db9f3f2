"""The readers' web: feeds, media, and the door out.  Shows and asks; the pipeline's nouns act."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from publisher.i18n.localizer import Localizer
from publisher.links import KeyRing, Leave
from publisher.model.names import Language
from publisher.model.newsroom import Newsroom
from publisher.model.people import Subscriber
from publisher.ports import Audience, Clock
from publisher.web.pages import Pages
from publisher.web.shelf import Shelf

_SAFE = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reception:
    """What the public pages need; `newsroom` is asked anew, for config may change."""

    newsroom: Callable[[], Newsroom]
    text: Mapping[Language, Localizer]
    audience: Audience
    keys: KeyRing
    pages: Pages
    clock: Clock
    public: Path


def application(reception: Reception, extra: tuple[BaseRoute, ...] = ()) -> Starlette:
    """The ASGI application; `extra` routes come last (the demo's own pages)."""
    shelf = Shelf(reception.public)
    door = _Door(reception)
    return Starlette(
        routes=[
            Route("/unsubscribe/{token}", door, methods=["GET", "POST"]),
            Route("/feeds/{path:path}", shelf, methods=["GET"]),
            Route("/media/{path:path}", shelf, methods=["GET"]),
            Route("/healthz", _alive, methods=["GET"]),
            *extra,
        ]
    )


async def _alive(request: Request) -> Response:
    return PlainTextResponse("ok\n")


class _Door:
    """GET asks, POST acts, and a second click is answered like the first (RFC 8058 section 3.2).

    A GET never unsubscribes: scanners of the big mail houses follow every link.
    """

    def __init__(self, reception: Reception) -> None:
        self._at = reception

    async def __call__(self, request: Request) -> Response:
        leave = self._at.keys.verify_leave(request.path_params["token"])
        reader = await self._at.audience.get(leave.subscriber) if leave else None
        if leave is None or reader is None:
            return self._page("leave_unknown", _wanted(request.headers, self._at), status=404)
        if request.method == "POST":
            now = self._at.clock()
            await self._at.audience.leave(leave.subscriber, leave.edition, now=now)
            return self._page("leave_done", reader.language, leave=leave, reader=reader)
        return self._page("leave_ask", reader.language, leave=leave, reader=reader)

    def _page(
        self,
        name: str,
        language: Language,
        *,
        leave: Leave | None = None,
        reader: Subscriber | None = None,
        status: int = 200,
    ) -> Response:
        newsroom = self._at.newsroom()
        edition = newsroom.editions.get(leave.edition) if leave else None
        html = self._at.pages.render(
            f"web/{name}.html.j2",
            text=self._at.text[language],
            newsroom=newsroom,
            edition_title=edition.title[language] if edition else newsroom.site.name[language],
            address=_masked(reader.email) if reader else "",
        )
        return HTMLResponse(html, status_code=status, headers=_SAFE)


def _masked(email: str) -> str:
    """Enough for the reader to know their address, little for a stranger with the link."""
    local, _, domain = email.rpartition("@")
    return f"{local[:1]}•••@{domain}"


def _wanted(headers: Headers, at: Reception) -> Language:
    """The first language of Accept-Language that the newsroom has, else its default."""
    site = at.newsroom().site
    for part in headers.get("accept-language", "").split(","):
        tag = part.partition(";")[0].strip().lower().partition("-")[0]
        if tag in site.languages:
            return Language(tag)
    return site.languages[0]
