"""An article's own page: JSON-LD, then what its head says, then trafilatura."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from lxml import html

from publisher.addresses import plain_address, untracked
from publisher.collect.alike import material, traces
from publisher.collect.bylines import byline
from publisher.collect.clean import clean, one_line, plain_text, shortened, words_of
from publisher.collect.dates import parse_date
from publisher.collect.feeds import as_paragraphs
from publisher.collect.listing import base_of, page_of, web_address
from publisher.model.names import Language
from publisher.model.sources import Entry, FoundImage, Source

_LARGEST = 5 << 20  # bytes
_SUMMARY = 500  # characters
_KINDS = frozenset({
    "NewsArticle", "Article", "ReportageNewsArticle", "AnalysisNewsArticle", "OpinionNewsArticle",
    "BackgroundNewsArticle", "ReviewNewsArticle", "BlogPosting", "LiveBlogPosting", "Report",
})  # fmt: skip
_MOST_OF = 0.8  # of the words that JSON-LD has: then trafilatura's paragraphs and links are better
# Some templates wrap it as scripts were wrapped once.
_WRAPPING = re.compile(r"^\s*(?://\s*)?(?:<!--|<!\[CDATA\[)|(?://\s*)?(?:-->|\]\]>)\s*$")
_HEADING = re.compile(r"<h1\b[^>]*>(.*?)</h1>", re.DOTALL)

Facts = Mapping[str, Any]


def read_story(body: bytes, content_type: str, url: str, source: Source) -> Entry | None:
    """The article of a page; None where no title, or neither text nor summary, is found.

    Pure, and heavy: made to run in another process.
    """
    page = page_of(body, content_type) if len(body) <= _LARGEST else None
    if page is None or source.language is None:
        return None
    facts, head, address = _facts(page), _head(page), _address(page, url)
    title, text = _title(page, facts, head), _body(page, facts, address)
    words = words_of(text)
    said = _text(facts, "description") or head.get("og:description") or head.get("description", "")
    summary = shortened(plain_text(said) or words, _SUMMARY)
    if not title or not summary:
        return None
    gleaned = _Gleaned(page, address)
    changed = _text(facts, "dateModified") or head.get("article:modified_time", "")
    return Entry(
        key=address,
        language=source.language,
        title=title,
        summary=summary,
        body=text,
        url=address,
        categories=tuple(_sections(facts, head)),
        published_at=_published(page, facts, head, gleaned, source.zone),
        updated_at=parse_date(changed, zone=source.zone),
        authors=_authors(facts, head, gleaned),
        image=_image(facts, head, base_of(page, url)),
        alternates=alternates_on(page, url),
        words=material(title, summary, words),
        traces=traces(words or summary),
    )


def read_alternates(body: bytes, content_type: str, url: str) -> tuple[tuple[Language, str], ...]:
    """Where a page says that its other languages stand (link rel=alternate hreflang)."""
    page = page_of(body, content_type) if len(body) <= _LARGEST else None
    return () if page is None else alternates_on(page, url)


def alternates_on(page: html.HtmlElement, url: str) -> tuple[tuple[Language, str], ...]:
    """The same of a tree; x-default is no language."""
    found, base = [], base_of(page, url)
    for link in page.iter("link"):
        language = (link.get("hreflang") or "").partition("-")[0].strip().lower()
        rels = (link.get("rel") or "").lower().split()
        address = web_address(base, link.get("href") or "")
        if "alternate" in rels and language not in {"", "x"} and address:
            found.append((Language(language), untracked(address)))
    return tuple(found)


# --- where facts stand --------------------------------------------------------------------------


def _facts(page: html.HtmlElement) -> Facts:
    """The first article that JSON-LD describes (schema.org); broken JSON costs only itself."""
    for script in page.iter("script"):
        if (script.get("type") or "").strip().lower() != "application/ld+json":
            continue
        try:
            found = json.loads(_WRAPPING.sub("", script.text or ""), strict=False)
        except (ValueError, RecursionError):
            continue
        for thing in _things(found):
            if _is_article(thing):
                return thing
    return {}


def _is_article(thing: Facts) -> bool:
    """Its type may be a word, "schema:NewsArticle" or a whole address."""
    kinds = (one for one in _list(thing.get("@type")) if isinstance(one, str))
    return any(re.split("[/:#]", kind)[-1] in _KINDS for kind in kinds)


def _things(found: object, depth: int = 0) -> Iterator[dict[str, Any]]:
    match found:
        case list() if depth < 4:  # noqa: PLR2004 - a graph in a list in a graph is deep enough
            for one in found:
                yield from _things(one, depth + 1)
        case dict():
            yield found
            for inside in ("@graph", "mainEntity", "mainEntityOfPage"):
                if depth < 4:  # noqa: PLR2004
                    yield from _things(found.get(inside), depth + 1)


def _head(page: html.HtmlElement) -> Mapping[str, str]:
    """Open Graph and its kin, by name; the first of a name that says something counts."""
    found: dict[str, str] = {}
    for meta in page.iter("meta"):
        name = (meta.get("property") or meta.get("name") or "").strip().lower()
        if content := (meta.get("content") or "").strip():
            found.setdefault(name, content)
    return found


def _address(page: html.HtmlElement, url: str) -> str:
    """Its canonical address, where that is on the same host, and not the front page."""
    for link in page.iter("link"):
        if "canonical" in (link.get("rel") or "").lower().split():
            said = web_address(base_of(page, url), link.get("href") or "")
            if said and _host(said) == _host(url) and _leads_deeper(said):
                return untracked(said)
    return untracked(url)


def _host(url: str) -> str:
    return urlsplit(plain_address(url)).netloc


def _leads_deeper(url: str) -> bool:
    parts = urlsplit(url)
    return bool(parts.path.strip("/") or parts.query)


# --- what they say ------------------------------------------------------------------------------


def _title(page: html.HtmlElement, facts: Facts, head: Mapping[str, str]) -> str:
    """The headline; a <title> comes last, for it names the site too."""
    told = (_text(facts, "headline"), head.get("og:title", ""))
    found = (*map(plain_text, told), _heading(page), one_line(page.findtext(".//title") or ""))
    return next(filter(None, found), "")


def _heading(page: html.HtmlElement) -> str:
    heading = page.find(".//h1")
    return "" if heading is None else one_line(heading.text_content())


def _body(page: html.HtmlElement, facts: Facts, address: str) -> str:
    """JSON-LD's words, in trafilatura's paragraphs where those hold nearly all of them."""
    told = _text(facts, "articleBody")
    found = clean(_unheaded(_extracted(page, address), _heading(page)), base=address)
    if not told:
        return found
    whole = clean(told if "<p" in told else as_paragraphs(told), base=address)
    enough = len(words_of(found).split()) >= _MOST_OF * len(words_of(whole).split())
    return found if enough else whole


def _extracted(page: html.HtmlElement, address: str) -> str:
    from trafilatura import extract  # noqa: PLC0415 - heavy, and only pages need it

    try:
        found = extract(
            page,
            url=address,
            output_format="html",
            include_comments=False,
            include_links=True,
            include_tables=True,
            include_formatting=True,
            with_metadata=False,
            deduplicate=False,
        )
    except Exception:  # noqa: BLE001 - whatever it stumbles over, it costs this page's text alone
        return ""
    return found or ""


def _unheaded(text: str, heading: str) -> str:
    """Without the page's own heading, which is our title; what else is as large is a subtitle."""

    def lesser(found: re.Match[str]) -> str:
        return "" if plain_text(found[1]) == heading else f"<h2>{found[1]}</h2>"

    return _HEADING.sub(lesser, text)


class _Gleaned:
    """What trafilatura makes of a page where nothing says it outright; asked at most once."""

    def __init__(self, page: html.HtmlElement, address: str) -> None:
        self._page, self._address = page, address

    @cached_property
    def _told(self) -> Facts:
        from trafilatura import extract_metadata  # noqa: PLC0415 - as above

        dates = {"extensive_search": False, "original_date": True}
        try:
            return extract_metadata(self._page, self._address, date_config=dates).as_dict()
        except Exception:  # noqa: BLE001 - as above
            return {}

    @property
    def date(self) -> str:
        return _text(self._told, "date")

    @property
    def authors(self) -> list[str]:
        return _text(self._told, "author").split(";")


def _published(
    page: html.HtmlElement,
    facts: Facts,
    head: Mapping[str, str],
    gleaned: _Gleaned,
    zone: ZoneInfo,
) -> datetime | None:
    """Said outright, else stamped on the article, else a day that trafilatura finds."""
    told = (_text(facts, "datePublished"), head.get("article:published_time", ""), *_stamps(page))
    found = (parse_date(words, zone=zone) for words in told)
    return next(filter(None, found), None) or parse_date(gleaned.date, zone=zone)


def _stamps(page: html.HtmlElement) -> Iterator[str]:
    """Microdata, and <time> inside an article; elsewhere it may be a clock."""
    for one in page.xpath("//*[@itemprop='datePublished'] | //article//time[@datetime]"):
        yield one.get("content") or one.get("datetime") or ""


def _sections(facts: Facts, head: Mapping[str, str]) -> Iterator[str]:
    said = [*_list(facts.get("articleSection")), head.get("article:section", "")]
    yield from dict.fromkeys(plain_text(one) for one in said if isinstance(one, str) and one)


def _authors(facts: Facts, head: Mapping[str, str], gleaned: _Gleaned) -> tuple[str, ...]:
    """Of the first place that names any; an address of a profile is no name."""
    said = [head.get("article:author", "")], [head.get("author", "")]
    told = _persons(_names(facts.get("author"))) or _persons(said[0]) or _persons(said[1])
    return told or _persons(gleaned.authors)


def _persons(names: Iterable[str]) -> tuple[str, ...]:
    known = (byline(plain_text(one)) for one in names if "://" not in one)
    return tuple(dict.fromkeys(name for name in known if name))


def _names(author: object) -> Iterator[str]:
    for one in _list(author):
        if isinstance(one, dict):
            yield _text(one, "name")
        elif isinstance(one, str):
            yield one


def _image(facts: Facts, head: Mapping[str, str], base: str) -> FoundImage | None:
    """With what the page really says of it; without credit it will not be printed (law 11)."""
    said = next(iter(_list(facts.get("image"))), None)
    told: Facts = said if isinstance(said, dict) else {}
    named = said if isinstance(said, str) else _text(told, "url") or _text(told, "contentUrl")
    shared = web_address(base, head.get("og:image", ""))
    src = web_address(base, named)
    if src is None:  # then what is told is told of a picture that we do not have
        told, src = {}, shared
    if src is None:
        return None
    caption = plain_text(_text(told, "caption"))
    return FoundImage(
        src=src,
        alt=(plain_text(head.get("og:image:alt", "")) if src == shared else "") or caption,
        caption=caption,
        credit=_credit(told),
    )


def _credit(picture: Facts) -> str | None:
    named = (_names(picture.get(name)) for name in ("author", "creator", "copyrightHolder"))
    said = (_text(picture, "creditText"), *(one for names in named for one in names))
    return next(filter(None, map(plain_text, said)), None)


def _list(value: object) -> list[Any]:
    if isinstance(value, list):
        return value
    return [] if value is None else [value]


def _text(one: Facts, name: str) -> str:
    value = one.get(name)
    return value.strip() if isinstance(value, str) else ""
