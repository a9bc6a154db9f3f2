"""The issues of an edition that anybody may read, newest first: /archive/{edition}/{lang}."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from publisher.i18n.localizer import Localizer
from publisher.model.editions import Edition
from publisher.model.issues import PastIssue
from publisher.model.names import EditionId, Language
from publisher.model.newsroom import Newsroom
from publisher.model.problems import msgid
from publisher.ports import Clock
from publisher.web.archive import CACHE
from publisher.web.frame import imprint_on, today_in
from publisher.web.languages import wanted
from publisher.web.pages import Pages, page

_PAGE = 50  # issues
_OWN_LANGUAGE = msgid("Read in English")


class PastIssues(Protocol):
    """Issues that went out to everybody and of which nothing was taken back."""

    async def before(
        self, edition: EditionId, language: Language, when: datetime | None, *, limit: int
    ) -> Sequence[PastIssue]:
        """Newest first; due before `when`, or all."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveList:
    """Answers /archive/{edition} in the visitor's language, and each one at its own address."""

    newsroom: Callable[[], Newsroom]
    text: Callable[[], Mapping[Language, Localizer]]
    past: PastIssues
    pages: Pages
    clock: Clock

    def routes(self) -> tuple[BaseRoute, ...]:
        """For web.public.application."""
        return (
            Route("/archive/{edition}", self.answer, methods=["GET"]),
            Route("/archive/{edition}/{language}", self.answer, methods=["GET"]),
        )

    async def answer(self, request: Request) -> Response:
        """The list; ?before=YYYYMMDD-HHMM for older ones.  404 for no edition or language of it."""
        newsroom = self.newsroom()
        edition = newsroom.editions.get(EditionId(request.path_params["edition"]))
        if edition is None:
            raise HTTPException(404)
        named = request.path_params.get("language")
        language = Language(named) if named else wanted(request, edition.languages)
        if language not in edition.languages:
            raise HTTPException(404)
        when = _before(request, edition)
        found = await self.past.before(edition.id, language, when, limit=_PAGE + 1)
        html = list_page(
            self.pages, self.text(), newsroom, edition, language, found, now=self.clock()
        )
        answer = page(html)
        answer.headers["Cache-Control"] = CACHE
        answer.headers["Content-Language"] = language
        del answer.headers["X-Robots-Tag"]
        if named is None:
            answer.headers["Vary"] = "Accept-Language"
        return answer


def list_page(  # noqa: PLR0913 - a page, and everything it is made from
    pages: Pages,
    words: Mapping[Language, Localizer],
    newsroom: Newsroom,
    edition: Edition,
    language: Language,
    found: Sequence[PastIssue],
    *,
    now: datetime,
) -> str:
    """The filled template; one issue more than a page holds says that there are older ones."""
    text = words[language]
    base = f"{newsroom.site.base_url}/archive/{edition.id}"
    shown = found[:_PAGE]
    return pages.render(
        "web/archive.html.j2",
        text=text,
        newsroom=newsroom,
        today=today_in(text, newsroom, now=now),
        imprint=imprint_on(newsroom, language, now=now),
        title=edition.title[language],
        address=f"{base}/{language}",
        tongues=[
            {"language": one, "url": f"{base}/{one}", "name": words[one].say(_OWN_LANGUAGE)}
            for one in edition.languages
        ],
        issues=[_row(one, edition, base, text) for one in shown],
        older=f"{base}/{language}?before={_when(shown[-1])}" if found[_PAGE:] else "",
    )


def _row(one: PastIssue, edition: Edition, base: str, text: Localizer) -> Mapping[str, Any]:
    day, hour = _when(one).split("-")
    return {
        "url": f"{base}/{day[:4]}-{day[4:6]}-{day[6:]}-{hour}/{text.language}",
        "subject": one.subject,
        "number": one.number,
        "date": text.date(one.due_at, edition.schedule.zone, style="long"),
    }


def _when(one: PastIssue) -> str:
    """YYYYMMDD-HHMM, as its id ends."""
    return "-".join(one.id.rsplit("-", 2)[1:])


def _before(request: Request, edition: Edition) -> datetime | None:
    """The hour of ?before, in the edition's zone; 404 for what is none."""
    asked = request.query_params.get("before")
    if asked is None:
        return None
    try:
        return datetime.strptime(asked, "%Y%m%d-%H%M").replace(tzinfo=edition.schedule.zone)
    except ValueError as error:
        raise HTTPException(404) from error
