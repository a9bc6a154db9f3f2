"""Linters of dialects: what a platform refuses, found in our final bytes before it finds it.

Yandex: webmaster help on feeds of fresh content (RSS 2.0, full text in yandex:full-text).
Google: the news sitemap, see news_sitemap.py.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from lxml import etree

from publisher.model.feeds import Feed, FeedKind
from publisher.model.problems import Problem, Severity, msgid
from publisher.render.feed_extension import YANDEX
from publisher.render.news_sitemap import MOST, SPAN

_GENRES: Final = frozenset({"lenta", "message", "article", "interview"})
_MARKUP: Final = re.compile(r"</?[a-zA-Z][^<>]*>|https?://")
_LEAST_WORDS: Final = 10
_SITEMAP: Final = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
_NEWS: Final = "{http://www.google.com/schemas/sitemap-news/0.9}"


def dialect_faults(feed: Feed, data: bytes) -> Mapping[str, tuple[Problem, ...]]:
    """Which entries the platform would refuse, and why; nothing of ordinary feeds."""
    if feed.kind is not FeedKind.YANDEX:
        return {}
    root = _root(data)
    return {
        item.findtext("guid") or "": (_refused(item, faults),)
        for item in root.iterfind("channel/item")
        if (faults := list(_of_yandex(item)))
    }


def sitemap_faults(data: bytes, *, now: datetime, site: str) -> tuple[str, ...]:
    """What Google would refuse in a news sitemap: short words for a log; none is well."""
    root = _root(data)
    pages = root.findall(f"{_SITEMAP}url")
    faults = [f"more than {MOST} pages"] if len(pages) > MOST else []
    for page in pages:
        faults += _of_google(page, now, urlsplit(site).netloc)
    return tuple(faults)


def _root(data: bytes) -> etree._Element:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    return etree.fromstring(data, parser)


def _of_yandex(item: etree._Element) -> Iterator[str]:
    if not (item.findtext("title") or "").strip():
        yield "title"
    if not urlsplit(item.findtext("link") or "").netloc:
        yield "link"
    if not item.findtext("pubDate"):
        yield "pubDate"
    if item.findtext(f"{{{YANDEX}}}genre") not in _GENRES:
        yield "yandex:genre"
    text = item.findtext(f"{{{YANDEX}}}full-text") or ""
    if len(text.split()) < _LEAST_WORDS or _MARKUP.search(text):
        yield "yandex:full-text"


def _of_google(page: etree._Element, now: datetime, host: str) -> Iterator[str]:
    where = page.findtext(f"{_SITEMAP}loc") or ""
    if urlsplit(where).netloc != host:
        yield f"{where}: another site"
    news = page.find(f"{_NEWS}news")
    told = {} if news is None else {one.tag: (one.text or "").strip() for one in news.iter()}
    for name in ("name", "language", "publication_date", "title"):
        if not told.get(f"{_NEWS}{name}"):
            yield f"{where}: no {name}"
    at = told.get(f"{_NEWS}publication_date")
    if at and not now - SPAN - timedelta(seconds=1) <= datetime.fromisoformat(at) <= now:
        yield f"{where}: not of the last two days"


def _refused(item: etree._Element, faults: list[str]) -> Problem:
    return Problem(
        message=msgid("“{title}” is left out of the feed for Yandex: {what} would be refused."),
        args={"title": item.findtext("title") or "", "what": ", ".join(faults)},
        remedy=msgid(
            "Yandex takes titles, dates and full texts of plain words, without addresses."
        ),
        severity=Severity.WARN,
    )
