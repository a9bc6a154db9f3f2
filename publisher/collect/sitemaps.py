"""Kind `sitemap`: what a sitemap lists (sitemaps.org 0.9, Google's news and image additions)."""

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from lxml import etree

from publisher.collect.clean import plain_text
from publisher.collect.dates import parse_date
from publisher.collect.decode import to_text
from publisher.collect.listing import web_address
from publisher.model.names import Language
from publisher.model.sources import Source

_LARGEST = 50 << 20  # bytes, unpacked (sitemaps.org: 50 MiB)
_MOST = 50_000  # addresses (sitemaps.org)
_GZIP = b"\x1f\x8b"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One page as a sitemap names it."""

    url: str
    title: str | None = None  # news:title
    published_at: datetime | None = None  # news:publication_date
    changed_at: datetime | None = None  # lastmod
    alternates: tuple[tuple[Language, str], ...] = ()  # xhtml:link with hreflang


@dataclass(frozen=True, slots=True, kw_only=True)
class Sitemap:
    """Pages, or other sitemaps; in the order found."""

    pages: tuple[Listed, ...] = ()
    children: tuple[Listed, ...] = ()


def read_sitemap(body: bytes, content_type: str, url: str, source: Source) -> Sitemap | None:
    """What the document lists; None for what is no sitemap.  Pure, and heavy."""
    text = to_text(_unpacked(body), content_type)
    if not text.lstrip().startswith("<"):
        return _lines(text, url)
    root = _root(text)
    if root is None:
        return None
    match _name(root):
        case "urlset":
            pages = tuple(_listed(one, url, source.zone) for one in list(root)[:_MOST])
            return Sitemap(pages=tuple(one for one in pages if one))
        case "sitemapindex":
            children = tuple(_listed(one, url, source.zone) for one in list(root)[:_MOST])
            return Sitemap(children=tuple(one for one in children if one))
        case _:
            return None


def _unpacked(body: bytes) -> bytes:
    """A .xml.gz file is sent as it lies there, without Content-Encoding."""
    if not body.startswith(_GZIP):
        return body
    try:
        return zlib.decompressobj(wbits=zlib.MAX_WBITS | 16).decompress(body, _LARGEST)
    except zlib.error:
        return b""


def _lines(text: str, base: str) -> Sitemap | None:
    """A sitemap may be plain text, an address a line; a line that is none costs itself."""
    found = (line.strip() for line in text.splitlines()[:_MOST])
    pages = tuple(Listed(url=line) for line in found if web_address(base, line) == line)
    return Sitemap(pages=pages) if pages else None


def _root(text: str) -> etree._Element | None:
    """No entity is resolved, no DTD read, nothing fetched; an address cut in two is left out."""
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        recover=True,
        remove_comments=True,
        remove_pis=True,
    )
    start = text.find("<", text.find("?>") + 1 if text.lstrip().startswith("<?") else 0)
    try:
        return etree.fromstring(text[start : text.rfind(">") + 1].encode("utf-8"), parser)
    except (etree.XMLSyntaxError, ValueError):
        return None


def _listed(one: etree._Element, base: str, zone: ZoneInfo) -> Listed | None:
    page = _words(one)
    url = web_address(base, page.get("loc", ""))
    if url is None:
        return None
    news = next((_words(part) for part in one if _name(part) == "news"), {})
    return Listed(
        url=url,
        title=plain_text(news.get("title", "")) or None,
        published_at=parse_date(news.get("publication_date", ""), zone=zone),
        changed_at=parse_date(page.get("lastmod", ""), zone=zone),
        alternates=tuple(_alternates(one, base)),
    )


def _words(one: etree._Element) -> Mapping[str, str]:
    """What its own children say; a picture or a film inside it has a `loc` and a title too."""
    found: dict[str, str] = {}
    for part in one:
        found.setdefault(_name(part), (part.text or "").strip())
    return found


def _alternates(one: etree._Element, base: str) -> Iterator[tuple[Language, str]]:
    for link in one:
        language = (link.get("hreflang") or "").partition("-")[0].lower()
        address = web_address(base, link.get("href") or "")
        if _name(link) == "link" and address and language and language != "x":
            yield Language(language), address


def _name(element: etree._Element) -> str:
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""
