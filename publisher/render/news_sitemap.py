"""The news sitemap of Google: articles of the last two days on our own site, no more than 1,000.

developers.google.com/search/docs/crawling-indexing/sitemaps/news-sitemap; sitemaps.org protocol.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from lxml import etree

from publisher.model.feeds import FeedEntry
from publisher.render.feed_extension import clean
from publisher.render.feeds import whole_second

MOST: Final = 1_000
SPAN: Final = timedelta(days=2)
_SITEMAP: Final = "http://www.sitemaps.org/schemas/sitemap/0.9"
_NEWS: Final = "http://www.google.com/schemas/sitemap-news/0.9"
_XHTML: Final = "http://www.w3.org/1999/xhtml"


def news_sitemap(
    entries: Iterable[FeedEntry], *, publication: str, site: str, now: datetime
) -> bytes:
    """The sitemap at `now`; `site` is the address all pages of ours begin with."""
    root = etree.Element(
        f"{{{_SITEMAP}}}urlset", nsmap={None: _SITEMAP, "news": _NEWS, "xhtml": _XHTML}
    )
    host = urlsplit(site).netloc
    ours = [
        one
        for one in entries
        if now - SPAN <= one.published_at <= now and urlsplit(one.url).netloc == host
    ]
    for entry in ours[:MOST]:
        _page(root, entry, publication)
    return bytes(etree.tostring(root, pretty_print=True, xml_declaration=True, encoding="UTF-8"))


def _page(root: etree._Element, entry: FeedEntry, publication: str) -> None:
    page = etree.SubElement(root, f"{{{_SITEMAP}}}url")
    _text(page, _SITEMAP, "loc", entry.url)
    news = etree.SubElement(page, f"{{{_NEWS}}}news")
    paper = etree.SubElement(news, f"{{{_NEWS}}}publication")
    _text(paper, _NEWS, "name", publication)
    _text(paper, _NEWS, "language", entry.language.partition("-")[0].lower())
    _text(news, _NEWS, "publication_date", whole_second(entry.published_at).isoformat())
    _text(news, _NEWS, "title", entry.title)
    for one in entry.alternates:
        link = {"rel": "alternate", "hreflang": one.language, "href": clean(one.url)}
        etree.SubElement(page, f"{{{_XHTML}}}link", link)


def _text(parent: etree._Element, namespace: str, name: str, words: str) -> None:
    etree.SubElement(parent, f"{{{namespace}}}{name}").text = clean(words)
