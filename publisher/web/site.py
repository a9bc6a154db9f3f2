"""The public site over HTTP: front page, page of feeds, and what they are drawn with.

All of it lies ready in the public folder; no visit asks the database.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from publisher.model.newsroom import Newsroom
from publisher.web.leaves import Leaves
from publisher.web.pages import public_headers
from publisher.web.shelf import Shelf

PAGE_CACHE = "public, max-age=60, stale-if-error=86400"
STATIC_CACHE = "public, max-age=86400"
STATIC_KINDS: Mapping[str, str] = {
    ".woff2": "font/woff2",
    ".js": "text/javascript; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".css": "text/css; charset=utf-8",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicSite:
    """Answers /, /feeds and /static/{file}; the other languages lie below /{language}."""

    newsroom: Callable[[], Newsroom]
    public: Path
    leaves: Leaves

    def routes(self) -> tuple[BaseRoute, ...]:
        """For web.public.application."""
        return (*self.static(), *self.feeds(), *self.front())

    def static(self) -> tuple[BaseRoute, ...]:
        """What pages are drawn with."""
        shelf = Shelf(folder=self.public / "static", kinds=STATIC_KINDS, cache=STATIC_CACHE)
        return (Route("/static/{path:path}", shelf.answer, methods=["GET"]),)

    def feeds(self) -> tuple[BaseRoute, ...]:
        """The page that lists the feeds."""
        paths = ("/feeds", "/feeds/", "/{language}/feeds", "/{language}/feeds/")
        return tuple(Route(path, self._feeds, methods=["GET"]) for path in paths)

    def front(self) -> tuple[BaseRoute, ...]:
        """The front page."""
        return tuple(
            Route(path, self._front, methods=["GET"])
            for path in ("/", "/{language}/", "/{language}")
        )

    async def _front(self, request: Request) -> Response:
        return await self._page(request, "index.html")

    async def _feeds(self, request: Request) -> Response:
        return await self._page(request, "feeds/index.html")

    async def _page(self, request: Request, file: str) -> Response:
        """The first language is asked for without its name, and answers to it too."""
        first, *others = self.newsroom().site.languages
        named = request.path_params.get("language", first)
        if named not in (first, *others):
            raise HTTPException(404)
        path = file if named == first else f"{named}/{file}"
        told = {**public_headers(), "Cache-Control": PAGE_CACHE}
        answer = self.leaves.answer(path, request, told)
        if answer is None:  # nothing was built yet
            raise HTTPException(404)
        return answer
