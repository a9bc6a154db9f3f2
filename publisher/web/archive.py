"""An issue in the browser: the digest that everybody was sent, less what was one reader's.

It carries the imprint of its own date, for it is the very digest that passed the gate then; the
page passes it again before it is shown.  An issue of which an article was withdrawn since is gone,
and no cache keeps it beyond a question to us (law 1).
"""

import re
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from email.utils import format_datetime
from hashlib import sha256

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from publisher.compose.legal_archive import inspect_past
from publisher.errors import Refused
from publisher.model.digests import Digest
from publisher.model.feeds import MEDIA_TYPES
from publisher.model.issues import PUBLIC, Issue
from publisher.model.names import EditionId, IssueId, Language
from publisher.model.newsroom import Newsroom
from publisher.model.variants import EVERYTHING
from publisher.ports import Articles, Digests, Issues
from publisher.web.impersonal import impersonal
from publisher.web.pages import page
from publisher.web.preconditions import Verdict, judge

CACHE = "public, no-cache"  # kept, but asked for each time: what is withdrawn is gone at once
_WHEN = re.compile(r"(\d{4})-(\d\d)-(\d\d)-(\d{4})")
_EDITION = re.compile(r"[a-z0-9-]{1,64}")
_GONE, _FAILED, _SAME = 410, 412, 304
_KEPT = 64  # pages, judged once


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """Answers /archive/{edition}/{YYYY-MM-DD-HHMM}/{lang}."""

    newsroom: Callable[[], Newsroom]
    issues: Issues
    digests: Digests
    articles: Articles
    judged: OrderedDict[tuple[str, ...], str] = field(default_factory=OrderedDict)

    def routes(self) -> tuple[BaseRoute, ...]:
        """For web.public.application."""
        return (Route("/archive/{edition}/{when}/{language}", self.answer, methods=["GET"]),)

    async def answer(self, request: Request) -> Response:
        """The page; 404 for what never went out, 410 where an article was taken back."""
        issue = await self.issues.get(_issue_id(request))
        if issue is None or issue.status not in PUBLIC or issue.only_to is not None:
            raise HTTPException(404)
        shown = {
            one.language: one
            for one in await self.digests.of(issue.id)
            if one.variant == EVERYTHING.name
        }
        digest = shown.get(Language(request.path_params["language"]))
        if digest is None:
            raise HTTPException(404)
        if not await self._stands(issue):
            raise HTTPException(_GONE)
        base = f"{self.newsroom().site.base_url}{request.url.path.rpartition('/')[0]}"
        html = self._lawful(digest, issue, {one: f"{base}/{one}" for one in shown})
        return _conditional(request, html, issue, digest.language)

    async def _stands(self, issue: Issue) -> bool:
        told = [one for item in issue.items for one in item.versions]
        told += [one.article for one in issue.corrections]
        standing = await self.articles.versions_of({one.story for one in told})
        return {one.id for one in told} <= {one.id for one in standing}

    def _lawful(self, digest: Digest, issue: Issue, languages: Mapping[Language, str]) -> str:
        """The page as the gate saw it; raises Refused where it says no.

        A digest never changes: a page is judged again when config does, or another base address.
        """
        newsroom = self.newsroom()
        standing = sorted(one.version for many in newsroom.profiles.values() for one in many)
        key = (digest.id, *languages.values(), *standing)
        if key not in self.judged:
            feeds = feeds_for(newsroom, issue.edition, digest.language)
            html = impersonal(digest, languages, feeds)
            if html is None:
                raise HTTPException(404)
            if problems := inspect_past(html, digest, issue, newsroom):
                raise Refused(*problems)
            self.judged[key] = html
            if len(self.judged) > _KEPT:
                self.judged.popitem(last=False)
        return self.judged[key]


def feeds_for(
    newsroom: Newsroom, edition: EditionId, language: Language
) -> Iterator[Mapping[str, str]]:
    """The feeds that a page of this edition names: its own issues, and all stories."""
    for name in (f"edition-{edition}", "all"):
        for extension, kind in MEDIA_TYPES.items():
            address = f"{newsroom.site.base_url}/feeds/{language}/{name}.{extension}"
            title = newsroom.site.name[language]
            if name != "all" and (issues := newsroom.editions.get(edition)):
                title = f"{title}: {issues.title.get(language, edition)}"
            yield {"rel": "alternate", "type": kind, "title": title, "href": address}


def _conditional(request: Request, html: str, issue: Issue, language: Language) -> Response:
    """The page, or "you have it" (RFC 9110 section 13)."""
    since = issue.sealed_at or issue.due_at
    etag = f'"{sha256(html.encode()).hexdigest()[:32]}"'
    asked = {name.lower().encode(): value.encode() for name, value in request.headers.items()}
    verdict = judge(asked, etag=etag.encode(), modified=int(since.timestamp()))
    told = {
        "ETag": etag,
        "Last-Modified": format_datetime(since.replace(microsecond=0), usegmt=True),
        "Cache-Control": CACHE,
    }
    match verdict:
        case Verdict.SAME:
            return Response(status_code=_SAME, headers=told)
        case Verdict.FAILED:
            raise HTTPException(_FAILED)
    answer = page(html)
    answer.headers.update({**told, "Content-Language": language})
    del answer.headers["X-Robots-Tag"]  # an issue may be found
    return answer


def _issue_id(request: Request) -> IssueId:
    edition = request.path_params["edition"]
    when = _WHEN.fullmatch(request.path_params["when"])
    if when is None or not _EDITION.fullmatch(edition):
        raise HTTPException(404)
    year, month, day, hour = when.groups()
    return IssueId(f"{edition}-{year}{month}{day}-{hour}")
