"""Kind `feed`: RSS, RDF and Atom bytes become Entries, by feedparser behind our own decoding."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any
from urllib.parse import urljoin, urlsplit

import feedparser
import lxml.html

from publisher.collect.clean import clean, plain_text, shortened
from publisher.collect.dates import parse_date
from publisher.collect.decode import to_text
from publisher.model.names import Language
from publisher.model.problems import Place, Problem, Severity, msgid
from publisher.model.sources import Entry, FoundImage, Source

_SUMMARY = 500  # characters
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_DOCTYPE = re.compile(r"<!DOCTYPE[^\[>]*(\[.*?\])?\s*>", re.DOTALL | re.IGNORECASE)
_RELATIVE = re.compile(r"""\b(?:href|src)\s*=\s*["']?(?!https?:|mailto:)""", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedDocument:
    """What a feed held; `readable` is False for what is no feed at all."""

    entries: tuple[Entry, ...]
    problems: tuple[Problem, ...]
    readable: bool


def parse(body: bytes, content_type: str, url: str, source: Source) -> FeedDocument:
    """Every usable item, in the order found; an item that is none costs itself alone.

    Pure, and heavy: made to run in another process.
    """
    text = _DOCTYPE.sub("", _DECLARATION.sub("", to_text(body, content_type)), count=1)
    parsed = feedparser.parse(
        text.encode("utf-8"),
        response_headers={"content-type": "application/xml; charset=utf-8"},
        sanitize_html=False,
        resolve_relative_uris=False,
    )
    if not parsed.get("version"):
        return FeedDocument(entries=(), problems=(), readable=False)
    entries: list[Entry] = []
    problems: list[Problem] = []
    for number, item in enumerate(parsed.entries, start=1):
        if not plain_text(item.get("title", "")):
            problems.append(_untitled(url, number))
            continue
        entries.append(_entry(item, url, source))
    return FeedDocument(entries=tuple(entries), problems=tuple(problems), readable=True)


def _entry(item: Mapping[str, Any], base: str, source: Source) -> Entry:
    link = urljoin(base, str(item.get("link", "")).strip()) if item.get("link") else None
    if link and urlsplit(link).scheme not in {"http", "https"}:
        link = None
    body = _absolute(_body(item), link or base)
    summary = plain_text(str(item.get("summary", "")))
    return Entry(
        key=_key(item, link),
        language=source.language or Language("und"),
        title=plain_text(item["title"]),
        summary=shortened(summary or plain_text(body), _SUMMARY),
        body=clean(body),
        url=link,
        categories=tuple(
            str(tag.get("term") or tag.get("label")).strip()
            for tag in item.get("tags", ())
            if tag.get("term") or tag.get("label")
        ),
        published_at=_date(item, source, "published", "created", "updated"),
        updated_at=_date(item, source, "updated"),
        authors=tuple(_authors(item)),
        image=_image(item, link or base),
    )


def _key(item: Mapping[str, Any], link: str | None) -> str:
    """guid, then link, then what it says: the best name the item gives itself."""
    if guid := str(item.get("id", "")).strip():
        return guid
    if link:
        return link
    words = f"{item.get('title', '')}\0{item.get('summary', '')}"
    return "sha256:" + sha256(words.encode("utf-8", "replace")).hexdigest()


def _body(item: Mapping[str, Any]) -> str:
    """content:encoded or Atom content, the longest of them; else the description."""
    contents = [str(one.get("value", "")) for one in item.get("content", ())]
    return max(contents, key=len, default="") or str(item.get("summary", ""))


def _absolute(html: str, base: str) -> str:
    if not _RELATIVE.search(html):
        return html
    tree = lxml.html.fragment_fromstring(html, create_parent="div")
    tree.make_links_absolute(base, handle_failures="discard")
    return lxml.html.tostring(tree, encoding="unicode").removeprefix("<div>").removesuffix("</div>")


def _date(item: Mapping[str, Any], source: Source, *names: str) -> datetime | None:
    found = (parse_date(str(item[name]), zone=source.zone) for name in names if item.get(name))
    return next((date for date in found if date is not None), None)


def _authors(item: Mapping[str, Any]) -> Iterator[str]:
    for author in item.get("authors", ()):
        if name := plain_text(str(author.get("name", ""))):
            yield name


def _image(item: Mapping[str, Any], base: str) -> FoundImage | None:
    """The first picture of media:content, then of an enclosure; what it shows from media:*."""
    pictures = [
        str(one.get("url") or one.get("href"))
        for one in (*item.get("media_content", ()), *item.get("enclosures", ()))
        if str(one.get("type") or one.get("medium") or "").startswith("image")
        and (one.get("url") or one.get("href"))
    ]
    if not pictures:
        return None
    credits_ = [str(one.get("content", "")) for one in item.get("media_credit", ())]
    caption = plain_text(str(item.get("media_description", "") or ""))
    return FoundImage(
        src=urljoin(base, pictures[0]),
        alt=caption,
        caption=caption,
        credit=plain_text(credits_[0]) or None if credits_ else None,
    )


def _untitled(url: str, number: int) -> Problem:
    return Problem(
        message=msgid("Item {number} has no title and is left out."),
        args={"number": number},
        severity=Severity.WARN,
        place=Place(file=url),
    )
