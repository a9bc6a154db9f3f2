"""Standing pages of the public site without what was withdrawn: our own page in, less of it out."""

from collections.abc import Collection

from lxml import html as documents

from publisher.render.cleaning import web_url

_PAGE = b"<!doctype html"


def is_page(data: bytes) -> bool:
    """Whether the bytes are one of our pages and no feed."""
    return data.lstrip()[: len(_PAGE)].lower() == _PAGE


def page_without(data: bytes, urls: Collection[str]) -> bytes | None:
    """The page less every story that leads to one of these addresses; None where one still does.

    The same bytes where it names none.  A story is whatever stands in an element with
    `data-story`.
    """
    gone = {*urls, *map(web_url, urls)} - {""}
    document = documents.document_fromstring(data, parser=documents.HTMLParser(encoding="utf-8"))
    named = [link for link in document.iter("a") if link.get("href") in gone]
    if not named:
        return None if any(url.encode() in data for url in gone) else data
    for link in named:
        story = _story_of(link)
        if story is None:
            return None
        if story.getparent() is not None:
            story.drop_tree()
    left = documents.tostring(document, encoding="utf-8", doctype="<!doctype html>")
    return bytes(left) + b"\n"


def _story_of(link: documents.HtmlElement) -> documents.HtmlElement | None:
    around = (link, *link.iterancestors())
    return next((one for one in around if one.get("data-story") is not None), None)
