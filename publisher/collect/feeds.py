"""Kind `feed`: RSS, RDF, Atom and JSON Feed bytes become Entries.

Three readers give items of one shape: fast_feeds, slow_feeds (feedparser), json_feeds.
"""

import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from html import escape
from typing import Any
from urllib.parse import urljoin, urlsplit

from publisher.addresses import untracked
from publisher.collect import fast_feeds, json_feeds, slow_feeds
from publisher.collect.alike import material, traces
from publisher.collect.bylines import byline
from publisher.collect.clean import (
    clean,
    one_line,
    plain_text,
    shortened,
    strip_illegal,
    words_of,
)
from publisher.collect.dates import parse_date
from publisher.collect.decode import to_text
from publisher.collect.feed_head import head_of, hints_in, linked_in
from publisher.model.names import Language
from publisher.model.problems import Place, Problem, Severity, msgid
from publisher.model.sources import Entry, FoundImage, Hints, Source

NO_HINTS = Hints()
_SUMMARY = 500  # characters
_LONGEST_KEY = 500  # characters; an index of PostgreSQL holds no more than 2,700 bytes
# What stands before the first element: declarations, comments, and the DOCTYPE with its entities.
_PROLOG = re.compile(
    r"""(?:\s+|<\?.*?\?>|<!--.*?-->
      |<!DOCTYPE(?:[^\[\]>"']|"[^"]*"|'[^']*'|\[(?:<!--.*?-->|[^\]"']|"[^"]*"|'[^']*')*+\])*+>)++""",
    re.DOTALL | re.IGNORECASE | re.VERBOSE,
)
_WHOLE = re.compile(r"https?://[a-z0-9.-]+(?::\d{1,5})?/(?!/)(?:[^\s<>\"\\./]|\.(?!\.?(?:/|$))|/)*")
_ELEMENT = re.compile(r"<\w")
_REFERENCE = re.compile(r"&#(?:x([0-9a-f]{1,8})|([0-9]{1,10}));", re.IGNORECASE)
# feedparser takes these for the item's own title and description.
_MEDIA_WORDS = re.compile(r"(</?media:)(title|description)\b[^>/]*(?=/?>)")
# Where Russian platforms want the whole text (reference feeds.md section 2.5), most trusted first.
_FULL_TEXTS = ("yandex_full-text", "turbo_content", "rambler_fulltext")
_CAPTION = "media_our-description"
_PICTURE_NAMES = (".jpg", ".jpeg", ".png", ".webp", ".gif")


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedDocument:
    """What a feed held; `readable` is False for what is no feed at all."""

    entries: tuple[Entry, ...]
    problems: tuple[Problem, ...]
    readable: bool
    hints: Hints = NO_HINTS
    hub: str | None = None  # WebSub: who tells of changes, and what they call it
    topic: str | None = None


NO_FEED = FeedDocument(entries=(), problems=(), readable=False)


def parse(body: bytes, content_type: str, url: str, source: Source) -> FeedDocument:
    """Every usable item, in the order found; an item that is none costs itself alone.

    Items are in the source's language.  Pure, and heavy: made to run in another process.
    """
    document = _from_root(to_text(body, content_type))
    parsed = _parsed(document)
    if parsed is None or not parsed.get("version") or source.language is None:
        return NO_FEED
    atom = str(parsed["version"]).startswith("atom")
    entries: list[Entry] = []
    problems: list[Problem] = []
    for number, item in enumerate(parsed["entries"], start=1):
        title = _title(item, atom=atom)
        if title:
            entries.append(_entry(item, title, url, source, source.language))
        else:
            problems.append(_untitled(url, number))
    head = "" if parsed["version"] == "json" else head_of(document)
    return FeedDocument(
        entries=tuple(entries),
        problems=tuple(problems),
        readable=True,
        hints=hints_in(head),
        hub=_web_address(url, linked_in(head, "hub") or parsed.get("hub") or ""),
        topic=_web_address(url, linked_in(head, "self") or parsed.get("topic") or ""),
    )


def _from_root(text: str) -> str:
    """The document from its first element on: no entity is ever declared."""
    if text.lstrip()[:1] == "{":
        return text
    prolog = _PROLOG.match(text)
    root = _ELEMENT.search(text, prolog.end() if prolog else 0)
    if root is None:
        return ""
    return _MEDIA_WORDS.sub(r"\1our-\2", _REFERENCE.sub(_legal, text[root.start() :]))


def _parsed(document: str) -> Mapping[str, Any] | None:
    if not document:
        return None
    if document.lstrip().startswith("{"):
        return json_feeds.read(document)
    return fast_feeds.read(document) or slow_feeds.read(document)


def _legal(found: re.Match[str]) -> str:
    """A character by its number, as it stands; nothing where XML forbids it.

    One such costs feedparser the whole document.
    """
    number = int(found[1], 16) if found[1] else int(found[2])
    return found[0] if number <= sys.maxunicode and strip_illegal(chr(number)) else ""


def _entry(
    item: Mapping[str, Any], title: str, feed: str, source: Source, language: Language
) -> Entry:
    link = _link(item, feed)
    body = _body(item, link or feed)
    words = words_of(body)
    summary = shortened(_summary(item) or words, _SUMMARY)
    return Entry(
        key=_key(item, link),
        guid=_said(item, "id")[:_LONGEST_KEY] or None,
        language=language,
        title=title,
        summary=summary,
        body=body,
        url=link,
        categories=tuple(_categories(item)),
        published_at=_date(item, source, "published", "created", "updated"),
        updated_at=_date(item, source, "updated"),
        authors=tuple(_authors(item)),
        image=_image(item, link or feed),
        alternates=tuple(_alternates(item, link or feed)),
        words=material(title, summary, words),
        traces=traces(words or summary),
    )


def _said(item: Mapping[str, Any], name: str) -> str:
    """One value as text; feedparser's own `get` answers "updated" with "published"."""
    value = item[name] if name in item else ""  # noqa: SIM401 - `get` is what lies
    return value.strip() if isinstance(value, str) else ""


def _title(item: Mapping[str, Any], *, atom: bool) -> str:
    """Atom says when it means text; in RSS it may always be HTML."""
    literal = atom and item.get("title_detail", {}).get("type") == "text/plain"
    return one_line(_said(item, "title")) if literal else plain_text(_said(item, "title"))


def _link(item: Mapping[str, Any], base: str) -> str | None:
    """The item's page, without what only tracks; a guid that is no address does not become one.

    An Atom link with hreflang is another language's page, wherever it stands.
    """
    pages = (one for one in item.get("links", ()) if one.get("rel") == "alternate")
    ours = [one["href"] for one in pages if one.get("href") and not one.get("hreflang")]
    theirs = {one["href"] for one in item.get("links", ()) if one.get("href")} - set(ours)
    said = _said(item, "link")
    if said in theirs and ours:
        said = str(ours[-1])
    if said == _said(item, "id") and _absolute(said) is None:
        return None
    found = _web_address(base, said) if said else None
    return untracked(found) if found else None


def _alternates(item: Mapping[str, Any], base: str) -> Iterator[tuple[Language, str]]:
    """Links with hreflang: where the same story stands in other languages."""
    for one in item.get("links", ()):
        language = str(one.get("hreflang") or "").partition("-")[0].lower()
        if one.get("rel") == "alternate" and language:
            address = _web_address(base, str(one.get("href") or ""))
            if address:
                yield Language(language), untracked(address)


def _key(item: Mapping[str, Any], link: str | None) -> str:
    """guid, then link, then what it says: the best name the item gives itself."""
    key = _said(item, "id") or link
    if key and len(key) <= _LONGEST_KEY:
        return key
    words = key or f"{_said(item, 'title')}\0{_said(item, 'summary')}"
    return "sha256:" + sha256(words.encode("utf-8")).hexdigest()


def _body(item: Mapping[str, Any], base: str) -> str:
    """The fullest text there is, in the order of trust: see _FULL_TEXTS; else the description."""
    contents = [one for one in item.get("content", ()) if one.get("value")]
    longest = max(contents, key=lambda one: len(str(one["value"])), default=None)
    detail = longest or item.get("summary_detail", {})
    elsewhere = next(filter(None, (_said(item, name) for name in _FULL_TEXTS)), "")
    if longest is None and elsewhere:
        return clean(elsewhere if "<" in elsewhere else as_paragraphs(elsewhere), base=base)
    value = str(detail.get("value") or _said(item, "summary"))
    if longest is not None and longest.get("type") == "text/plain":
        value = as_paragraphs(value)
    return clean(value, base=_web_address(base, str(detail.get("base") or "")) or base)


def as_paragraphs(text: str) -> str:
    """Plain text, a paragraph a line."""
    lines = (escape(line.strip(), quote=False) for line in text.splitlines())
    return "".join(f"<p>{line}</p>" for line in lines if line)


def _summary(item: Mapping[str, Any]) -> str:
    return plain_text(_said(item, "summary"))


def _categories(item: Mapping[str, Any]) -> Iterator[str]:
    for tag in item.get("tags", ()):
        if words := one_line(str(tag.get("term") or tag.get("label") or "")):
            yield words


def _date(item: Mapping[str, Any], source: Source, *names: str) -> datetime | None:
    found = (parse_date(_said(item, name), zone=source.zone) for name in names if name in item)
    return next((date for date in found if date is not None), None)


def _authors(item: Mapping[str, Any]) -> Iterator[str]:
    for author in item.get("authors", ()):
        if name := byline(plain_text(str(author.get("name") or ""))):
            yield name


def _image(item: Mapping[str, Any], base: str) -> FoundImage | None:
    """The widest picture of media:content, else an enclosure, else a thumbnail; with its words."""
    pictures = sorted(filter(_is_picture, item.get("media_content", ())), key=_width, reverse=True)
    others = filter(_is_picture, item.get("enclosures", ()))
    found = (
        _web_address(base, str(one.get("url") or one.get("href") or ""))
        for one in (*pictures, *others, *item.get("media_thumbnail", ()))
    )
    src = next(filter(None, found), None)
    if src is None:
        return None
    caption = plain_text(_said(item, _CAPTION))
    credits_ = (plain_text(str(one.get("content") or "")) for one in item.get("media_credit", ()))
    return FoundImage(
        src=src, alt=caption, caption=caption, credit=next(filter(None, credits_), None)
    )


def _width(media: Mapping[str, Any]) -> int:
    width = str(media.get("width") or "")
    return int(width) if width.isdecimal() else 0


def _is_picture(media: Mapping[str, Any]) -> bool:
    kind = str(media.get("type") or media.get("medium") or "")
    name = str(media.get("url") or media.get("href") or "").partition("?")[0].lower()
    return kind.startswith("image") or (not kind and name.endswith(_PICTURE_NAMES))


def _web_address(base: str, address: str) -> str | None:
    """Absolute, http or https; None for anything else."""
    if not address.strip():
        return None
    if _WHOLE.fullmatch(address):
        return address
    try:
        return _absolute(urljoin(base, strip_illegal(address).strip()))
    except ValueError:
        return None


def _absolute(address: str) -> str | None:
    """The address itself, where it is a whole http or https one."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    return address if parts.scheme in {"http", "https"} and parts.netloc else None


def _untitled(url: str, number: int) -> Problem:
    return Problem(
        message=msgid("Item {number} has no title and is left out."),
        args={"number": number},
        severity=Severity.WARN,
        place=Place(file=url),
    )
