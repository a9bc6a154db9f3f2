"""Kind `page`: the links that a CSS selector finds; also how any page and its links are read."""

from collections.abc import Iterator
from urllib.parse import urldefrag, urljoin, urlsplit

from lxml import etree, html
from lxml.cssselect import CSSSelector

from publisher.collect.clean import strip_illegal
from publisher.collect.decode import to_text

_LARGEST = 5 << 20  # characters of a page


def listed_links(body: bytes, content_type: str, url: str, selector: str) -> tuple[str, ...]:
    """The addresses that the selected links, or those inside what is selected, lead to.

    Absolute, http or https, without fragments, each once, in the order of the page; those to the
    listing itself are left out.  Pure.
    """
    page = page_of(body, content_type)
    if page is None:
        return ()
    base = base_of(page, url)
    hit = CSSSelector(selector, translator="html")(page)
    found = dict.fromkeys(address for one in hit for address in _links(one, base))
    found.pop(urldefrag(url).url, None)
    return tuple(found)


def page_of(body: bytes, content_type: str) -> html.HtmlElement | None:
    """The tree of an HTML document; None for what is none."""
    text = to_text(body, content_type)[:_LARGEST]
    parser = html.HTMLParser(no_network=True, huge_tree=False, encoding="utf-8")
    try:
        return html.document_fromstring(text.encode("utf-8"), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return None


def base_of(page: html.HtmlElement, url: str) -> str:
    """What its relative addresses are resolved against: <base href>, else where it was found."""
    said = next(page.iter("base"), None)
    return url if said is None else web_address(url, said.get("href") or "") or url


def web_address(base: str, said: str) -> str | None:
    """Absolute, http or https; None for anything else."""
    try:
        found = urljoin(base, strip_illegal(said).strip()) if said.strip() else ""
        parts = urlsplit(found)
    except ValueError:  # half an IPv6 address
        return None
    return found if parts.scheme in {"http", "https"} and parts.netloc else None


def _links(element: html.HtmlElement, base: str) -> Iterator[str]:
    for one in element.iter("a"):
        if address := web_address(base, one.get("href") or ""):
            yield urldefrag(address).url
