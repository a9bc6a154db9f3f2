"""An issue in the browser: the digest that everybody was sent, less what was one reader's.

It carries the imprint of its own date, for it is the very digest that passed the gate then.  An
issue of which an article was withdrawn since is gone (law 1).
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from lxml import html as documents
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from publisher.model.digests import Digest
from publisher.model.feeds import MEDIA_TYPES
from publisher.model.issues import Issue, IssueStatus
from publisher.model.names import EditionId, IssueId, Language
from publisher.model.newsroom import Newsroom
from publisher.model.variants import EVERYTHING
from publisher.ports import Articles, Digests, Issues
from publisher.web.pages import page

PUBLIC = frozenset({IssueStatus.SEALED, IssueStatus.SENT})
_WHEN = re.compile(r"(\d{4})-(\d\d)-(\d\d)-(\d{4})")
_EDITION = re.compile(r"[a-z0-9-]{1,64}")
_SLOT = "{{slot:"
_GONE = 410


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """Answers /archive/{edition}/{YYYY-MM-DD-HHMM}/{lang}."""

    newsroom: Callable[[], Newsroom]
    issues: Issues
    digests: Digests
    articles: Articles

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
        languages = {one: f"{base}/{one}" for one in shown}
        feeds = tuple(feeds_for(self.newsroom(), issue.edition, digest.language))
        return page(impersonal(digest, languages, feeds))

    async def _stands(self, issue: Issue) -> bool:
        told = [one for item in issue.items for one in item.versions]
        told += [one.article for one in issue.corrections]
        standing = await self.articles.versions_of({one.story for one in told})
        return {one.id for one in told} <= {one.id for one in standing}


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


def impersonal(
    digest: Digest, languages: dict[Language, str], feeds: Iterable[Mapping[str, str]] = ()
) -> str:
    """The HTML of a digest without addresses, names and links of one reader.

    `languages`: where each language of the issue stands; named in the head as alternates, and
    `feeds` beside them.
    """
    document = documents.document_fromstring(digest.html)
    for element in list(document.iter()):
        if isinstance(element.tag, str) and _is_personal(element):
            element.drop_tree()
    others = [
        documents.Element("link", rel="alternate", hreflang=language, href=address)
        for language, address in languages.items()
    ]
    others += [documents.Element("link", dict(one)) for one in feeds]
    if (head := document.find("head")) is not None:
        head.extend(others)
    made = documents.tostring(document, encoding="unicode", doctype="<!DOCTYPE html>")
    if _SLOT in made:  # a template of the newsroom's own, with a slot where we know of none
        raise HTTPException(404)
    return str(made)


def _is_personal(element: documents.HtmlElement) -> bool:
    words = (element.text, *(child.tail for child in element))
    values = element.attrib.values()
    return any(_SLOT in text for text in (*words, *values) if isinstance(text, str))


def _issue_id(request: Request) -> IssueId:
    edition = request.path_params["edition"]
    when = _WHEN.fullmatch(request.path_params["when"])
    if when is None or not _EDITION.fullmatch(edition):
        raise HTTPException(404)
    year, month, day, hour = when.groups()
    return IssueId(f"{edition}-{year}{month}{day}-{hour}")
