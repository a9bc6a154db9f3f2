"""The readers' web: feeds, media, and the door out.  Shows and asks; the pipeline's nouns act."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from publisher.errors import Misconfigured, PublisherError, Refused, StoreBusy
from publisher.i18n.localizer import Localizer
from publisher.links import NOBODY, KeyRing, Leave, is_leave, leave_named
from publisher.model.names import Language
from publisher.model.newsroom import Newsroom
from publisher.model.people import Subscriber
from publisher.model.problems import msgid
from publisher.ports import Audience, Clock
from publisher.web.frame import imprint_on, today_in
from publisher.web.kiosk import Kiosk
from publisher.web.languages import wanted
from publisher.web.pages import Pages, page
from publisher.web.repeats import NO_LIMIT, Manners
from publisher.web.shelf import MEDIA_CACHE, MEDIA_KINDS, Shelf
from publisher.web.unread import Unread

_AGAIN = 30  # seconds until a busy database is asked again

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reception:
    """What the public pages need; newsroom and words are asked anew, for config may change."""

    newsroom: Callable[[], Newsroom]
    text: Callable[[], Mapping[Language, Localizer]]
    audience: Audience
    keys: KeyRing
    pages: Pages
    clock: Clock
    public: Path
    manners: Manners = NO_LIMIT


def application(reception: Reception, extra: tuple[BaseRoute, ...] = ()) -> ASGIApp:
    """The ASGI application; `extra` routes come last (the demo's own pages)."""
    media = Shelf(folder=reception.public / "media", kinds=MEDIA_KINDS, cache=MEDIA_CACHE)
    desk = _Desk(reception)
    made = Starlette(
        routes=[
            Route("/unsubscribe/{token}", desk.leave, methods=["GET", "POST"]),
            Route("/media/{path:path}", media.answer, methods=["GET"]),
            Route("/healthz", _alive, methods=["GET"]),
            *extra,
        ],
        middleware=[Middleware(Unread)],
        exception_handlers={
            HTTPException: desk.refuse,
            StoreBusy: desk.busy,
            PublisherError: desk.broken,
        },
    )
    made.router.redirect_slashes = False  # an address is right or wrong; a POST is not sent on
    return Kiosk(made, reception.public, clock=reception.clock, manners=reception.manners)


async def _alive(request: Request) -> Response:
    return PlainTextResponse("ok\n")


class _Desk:
    """Whoever answers people."""

    def __init__(self, reception: Reception) -> None:
        self._at = reception

    async def leave(self, request: Request) -> Response:
        """GET asks, POST acts, and a second click is answered like the first.

        RFC 8058 section 3.2: no cookie, no redirect, and the body is not looked at.  A GET never
        unsubscribes: scanners of the big mail houses follow every link.
        """
        token = request.path_params["token"]
        leave = leave_named(token)
        if leave and leave.subscriber == NOBODY and is_leave(self._at.keys, token, "", old=True):
            return self._page("leave_trial", self._wanted(request), leave=leave)
        reader = await self._signed_for(token, leave) if leave else None
        if leave is None or reader is None:
            return self._page("leave_unknown", self._wanted(request), status=404)
        if request.method == "POST":
            await self._at.audience.leave(leave.subscriber, leave.edition, now=self._at.clock())
        asks = request.method != "POST" and _is_in(reader, leave)
        return self._page(
            "leave_ask" if asks else "leave_done",
            self._spoken(reader.language),
            leave=leave,
            address=_masked(reader.email),
        )

    async def _signed_for(self, token: str, leave: Leave) -> Subscriber | None:
        """Whose link it is; None where it is nobody's who is here."""
        reader = await self._at.audience.get(leave.subscriber)
        if reader is None:
            return None
        ours = is_leave(self._at.keys, token, reader.email, old=reader.had_old_links)
        return reader if ours else None

    async def refuse(self, request: Request, error: Exception) -> Response:
        """No such page, or nothing that can be done to it."""
        status = error.status_code if isinstance(error, HTTPException) else 500
        if status in {404, 410}:  # 410: an issue of which an article was withdrawn
            return self._page("not_found", self._wanted(request), status=status)
        given = getattr(error, "headers", None) or {}
        ordered = {name: ", ".join(sorted(value.split(", "))) for name, value in given.items()}
        return PlainTextResponse(f"{status}\n", status_code=status, headers=ordered)

    async def busy(self, request: Request, error: Exception) -> Response:
        """The database is locked or gone: nothing was changed, and we say so."""
        answer = self._page("busy", self._wanted(request), status=503)
        answer.headers["Retry-After"] = str(_AGAIN)
        return answer

    async def broken(self, request: Request, error: Exception) -> Response:
        """A fault of ours, say in a template; the reason is for the log, not for the reader."""
        text = self._at.text()[self._wanted(request)]
        problems = error.problems if isinstance(error, Misconfigured | Refused) else ()
        why = [text.problem(problem) for problem in problems] or [str(error)]
        room = request.scope["path"].split("/", 2)[1]  # not the whole path: it may hold a token
        _log.error("page not served", room=room, why=why)
        words = text.say(msgid("Something is broken here. The editors find the reason in the log."))
        return PlainTextResponse(f"{words}\n", status_code=500)

    def _page(
        self,
        name: str,
        language: Language,
        *,
        status: int = 200,
        leave: Leave | None = None,
        address: str = "",
    ) -> Response:
        newsroom, text, now = self._at.newsroom(), self._at.text()[language], self._at.clock()
        html = self._at.pages.render(
            f"web/{name}.html.j2",
            text=text,
            newsroom=newsroom,
            today=today_in(text, newsroom, now=now),
            imprint=imprint_on(newsroom, language, now=now),
            edition_title=_title(newsroom, leave, language),
            address=address,
        )
        return page(html, status=status)

    def _wanted(self, request: Request) -> Language:
        return wanted(request, self._at.newsroom().site.languages)

    def _spoken(self, language: Language) -> Language:
        """The reader's language, or the first one where config does not have it any more."""
        languages = self._at.newsroom().site.languages
        return language if language in languages else languages[0]


def _is_in(reader: Subscriber, leave: Leave) -> bool:
    return any(tie.edition == leave.edition and tie.left_at is None for tie in reader.subscriptions)


def _title(newsroom: Newsroom, leave: Leave | None, language: Language) -> str:
    """The edition's title; the newsroom's name for an edition that is no more."""
    edition = newsroom.editions.get(leave.edition) if leave else None
    name = newsroom.site.name[language]
    return edition.title.get(language, name) if edition else name


def _masked(email: str) -> str:
    """Enough for the reader to know their address, little for a stranger with the link."""
    local, _, domain = email.rpartition("@")
    return f"{local[:1]}•••@{domain}"
