"""The demo newsroom's own small site, so that every link in its mails and feeds leads somewhere.

It shows what the demo made, on this machine only; it changes nothing.
"""

from datetime import datetime
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from publisher.compose.rights import printable
from publisher.demo import mailroom
from publisher.demo.made import PROOFS, newest_issue, own_name, proofs
from publisher.demo.mailbox import Mailbox
from publisher.demo.newsstand import Newsstand, Tongue
from publisher.house import House
from publisher.model.articles import Article
from publisher.model.digests import Slot
from publisher.model.names import Language
from publisher.render.mime import marker
from publisher.render.site import site_view
from publisher.web.documents import FEED_CACHE
from publisher.web.frame import imprint_on, today_in
from publisher.web.pages import Pages, headers, page
from publisher.web.shelf import Shelf

_NEWEST = 100  # stories the front page is chosen from
_READER = "reader@reader.invalid"  # whom the proofs are addressed to


def demo_routes(house: House, pages: Pages, folder: Path, mailbox: Mailbox) -> list[Route]:
    """Routes for the end of the readers' web; `folder` is the demo's own.

    The site's first language has no prefix; every other page lies below "/{language}".
    """
    site = _Site(house, pages, folder, mailbox)
    post = _Post(site, mailbox)
    wire = _Wire(site, folder / "wire")
    made = [
        Route("/mailbox/{name}/page.html", post.part),
        Route("/mailbox/{name}/message.eml", post.raw),
        Route("/preview/leave", site.proof_leave),
        Route("/preview/{file}", site.proof),
        Route("/wire/", wire.front),
        Route("/wire/{path}", wire.story),
    ]
    for prefix in ("", "/{language}"):
        made += [
            Route(f"{prefix}/", site.front),
            Route(f"{prefix}/news/{{slug}}", site.article),
            Route(f"{prefix}/about", site.about),
            Route(f"{prefix}/privacy", site.privacy),
            Route(f"{prefix}/mailbox", post.list),
            Route(f"{prefix}/mailbox/{{name}}", post.letter),
        ]
    return [*made, Route("/{language}", site.front)]


class _Site:
    """The paper's own pages, and the frame around the others."""

    def __init__(self, house: House, pages: Pages, folder: Path, mailbox: Mailbox) -> None:
        self.house = house
        self._pages, self._proofs, self._mailbox = pages, folder / "preview", mailbox

    async def front(self, request: Request) -> Response:
        """The front page every newsroom has, below what the demo made."""
        language, house = self.language(request), self.house
        stand = self.stand(language)
        found = await stand.latest(house.articles, limit=_NEWEST)
        order = stand.front_order([printable(one) for one in found])
        if order is None:
            raise HTTPException(404)
        frame, view = site_view(order, house.text)
        return self.page(
            "front",
            request,
            language,
            scripts="'self'",
            site=frame,
            view=view,
            issue=await newest_issue(house, house.text[language]),
            proofs=proofs(house, self._proofs, first=language),
            mails=len(self._mailbox),
        )

    async def article(self, request: Request) -> Response:
        language = self.language(request)
        stand = self.stand(language)
        found = await stand.at(self.house.articles, request.scope["path"])
        if found is None:
            raise HTTPException(404)
        piece = await stand.piece(self.house.articles, found)
        return self.page("article", request, language, piece=piece, tongues=piece.others)

    async def about(self, request: Request) -> Response:
        return self.page("about", request, self.language(request))

    async def privacy(self, request: Request) -> Response:
        return self.page("privacy", request, self.language(request))

    async def proof(self, request: Request) -> Response:
        """A digest as it would be sent, its personal slots filled with values that are nobody's."""
        language, _, kind = request.path_params["file"].rpartition(".")
        path = self._proofs / f"{language}.{kind}"
        known = kind in PROOFS and language in self.house.newsroom.site.languages
        if not known or not path.is_file():
            raise HTTPException(404)
        if kind == "eml":
            return as_file(path.read_bytes(), path.name)
        leave = f"{self.house.newsroom.site.base_url}/preview/leave"
        words = path.read_text("utf-8").replace(marker(Slot.LEAVE), leave)
        return self.foreign(words.replace(marker(Slot.ADDRESS), _READER), PROOFS[kind])

    async def proof_leave(self, request: Request) -> Response:
        return self.page("proof_leave", request, self.house.newsroom.site.languages[0], tongues=())

    # what the other pages need

    def language(self, request: Request) -> Language:
        """The address's language; 404 for one the site does not have."""
        first, *others = self.house.newsroom.site.languages
        named = request.path_params.get("language")
        if named is not None and named not in others:
            raise HTTPException(404)
        return Language(named) if named else first

    def stand(self, language: Language) -> Newsstand:
        return Newsstand(self.house.newsroom, self.house.text, language, self._now())

    def prefix(self, language: Language) -> str:
        return "" if language == self.house.newsroom.site.languages[0] else f"/{language}"

    def page(
        self,
        name: str,
        request: Request,
        language: Language,
        *,
        frames: str = "'none'",
        scripts: str = "'none'",
        **context: object,
    ) -> Response:
        """A page of the site in its frame; `tongues` are its other languages, unless given."""
        text, newsroom, now = self.house.text[language], self.house.newsroom, self._now()
        context.setdefault("tongues", self._tongues(request, language))
        html = self._pages.render(
            f"web/demo/{name}.html.j2",
            text=text,
            newsroom=newsroom,
            today=today_in(text, newsroom, now=now),
            imprint=imprint_on(newsroom, language, now=now),
            home=self.prefix(language),
            **context,
        )
        return page(html, frames=frames, scripts=scripts)

    def foreign(self, words: str, kind: str) -> Response:
        """A mail's part: it may show pictures and open links, and nothing else."""
        policy = (
            "sandbox allow-popups allow-popups-to-escape-sandbox allow-top-navigation; "
            "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; "
            f"img-src 'self' {self.house.newsroom.site.base_url}"
        )
        own = {**headers(), "Content-Security-Policy": policy, "Content-Type": kind}
        return HTMLResponse(words, headers=own)

    def _tongues(self, request: Request, language: Language) -> tuple[Tongue, ...]:
        rest = request.scope["path"].removeprefix(self.prefix(language)) or "/"
        return tuple(
            Tongue(
                language=other,
                name=own_name(self.house.text[other]),
                url=f"{self.prefix(other)}{rest}",
            )
            for other in self.house.newsroom.site.languages
            if other != language
        )

    def _now(self) -> datetime:
        return self.house.clock()


class _Post:
    """The mailbox: the mails as their readers got them."""

    def __init__(self, site: _Site, mailbox: Mailbox) -> None:
        self._site, self._mailbox = site, mailbox

    async def list(self, request: Request) -> Response:
        mails = mailroom.envelopes(self._mailbox)
        return self._site.page("mailbox", request, self._site.language(request), mails=mails)

    async def letter(self, request: Request) -> Response:
        letter = mailroom.opened(self._mailbox, request.path_params["name"])
        if letter is None:
            raise HTTPException(404)
        return self._site.page(
            "letter",
            request,
            self._site.language(request),
            frames="'self'",
            letter=letter,
            facts=tuple(mailroom.facts(letter)),
            address=f"/mailbox/{letter.envelope.name}",
        )

    async def part(self, request: Request) -> Response:
        html = mailroom.html_part(self._mailbox, request.path_params["name"])
        if html is None:
            raise HTTPException(404)
        return self._site.foreign(html, PROOFS["html"])

    async def raw(self, request: Request) -> Response:
        name = request.path_params["name"]
        data = mailroom.raw(self._mailbox, name)
        if data is None:
            raise HTTPException(404)
        return as_file(data, f"{name}.eml")


class _Wire:
    """The agency that the sample newsroom quotes: its feed, and pages for its links."""

    def __init__(self, site: _Site, folder: Path) -> None:
        kinds = {".xml": "application/rss+xml; charset=utf-8"}
        self._site, self._shelf = site, Shelf(folder=folder, kinds=kinds, cache=FEED_CACHE)

    async def front(self, request: Request) -> Response:
        house, found = self._site.house, []
        for language in house.newsroom.site.languages:
            stand = self._site.stand(language)
            newest = await stand.latest(house.articles, limit=500)
            found += [(language, stand.story(one)) for one in newest if _is_wired(one, house)]
        language = found[0][0] if found else house.newsroom.site.languages[0]
        stories = [story for _, story in found]
        return self._site.page("wire", request, language, stories=stories, tongues=())

    async def story(self, request: Request) -> Response:
        """The feed itself, or the page of one of its stories."""
        if request.scope["path"].endswith(".xml"):
            return await self._shelf.answer(request)
        house = self._site.house
        for language in house.newsroom.site.languages:
            stand = self._site.stand(language)
            if found := await stand.at(house.articles, request.scope["path"]):
                piece = await stand.piece(house.articles, found)
                return self._site.page(
                    "wire_story", request, language, piece=piece, tongues=piece.others
                )
        raise HTTPException(404)


def as_file(data: bytes, name: str) -> Response:
    """A message to be saved or opened in a mail client."""
    disposition = f'attachment; filename="{name}"'
    return Response(
        data, media_type=PROOFS["eml"], headers={**headers(), "Content-Disposition": disposition}
    )


def _is_wired(article: Article, house: House) -> bool:
    return article.url.startswith(f"{house.newsroom.site.base_url}/wire/")
