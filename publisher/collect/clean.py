"""The one choke point for HTML: what has passed here is safe to print.  Also plain text of it."""

import re
from html import escape, unescape

import nh3

_TAGS = {
    "a", "abbr", "b", "blockquote", "br", "cite", "code", "del", "em", "figcaption", "figure",
    "h2", "h3", "h4", "hr", "i", "img", "ins", "li", "mark", "ol", "p", "pre", "q", "s", "small",
    "strong", "sub", "sup", "table", "tbody", "td", "th", "thead", "tr", "u", "ul",
}  # fmt: skip
_ATTRIBUTES = {
    "a": {"href", "title", "hreflang"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
    "ol": {"start"},
    "*": {"lang", "dir"},
}
_SCHEMES = {"http", "https", "mailto"}
_DROPPED_WHOLE = {
    "script", "style", "iframe", "object", "embed", "noscript", "template", "svg", "math", "video",
    "audio", "canvas", "form", "title",
}  # fmt: skip
# 200,000 nested quotations cost the parser six minutes, 10,000 a quarter of a second (measured).
_MOST_TAGS = 10_000
_ROUNDS = 5  # of cleaning until nothing changes; a second one is rare
_BLOCK = re.compile(
    r"</?(?:p|div|br|li|h[1-6]|tr|td|th|table|blockquote|ul|ol|hr|figure)\b[^>]*>", re.IGNORECASE
)
_TAG = re.compile(r"<[^>]*>")
_SPACE = re.compile(r"\s+")
_PICTURE = re.compile(r"<img[^>]*>")
_PICTURED = re.compile(
    r"<figure\b[^>]*>(?:(?!</?figure).)*?<img(?:(?!</?figure).)*</figure>", re.DOTALL
)
_EMPTY = re.compile(r"<(a|p|figure|li|em|strong)(?: [^>]*)?>(?:\s|&nbsp;|<br>)*</\1>")
# What XML 1.0 section 2.2 forbids: no feed or mail may carry it.
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def clean(html: str, *, base: str | None = None) -> str:
    """HTML with nothing in it that runs, frames, styles or tracks; cleaning twice changes nothing.

    Links go to http, https and mailto only.  Relative ones are resolved against `base`, an http
    address; without one they are dropped, for they lead nowhere in a mail.  Pictures are dropped,
    with their captions: those we print are fetched, credited and served by us (laws 8 and 11).
    """
    text = strip_illegal(html)
    if text.count("<") > _MOST_TAGS:
        return _words_only(text)
    for _ in range(_ROUNDS):
        before, text = text, _once(text, base)
        if text == before:
            return text
    return _words_only(text)


def plain_text(html: str) -> str:
    """The words of HTML on one line, entities undone."""
    words = _TAG.sub("", _BLOCK.sub(" ", clean(html)))
    return one_line(unescape(words))


def one_line(text: str) -> str:
    """Plain text without illegal characters, white space made single."""
    return _SPACE.sub(" ", strip_illegal(text)).strip()


def strip_illegal(text: str) -> str:
    """The text without characters that no XML document may hold."""
    return _ILLEGAL.sub("", text)


def shortened(text: str, limit: int) -> str:
    """At most `limit` characters, cut between words, with an ellipsis where cut."""
    if len(text) <= limit:
        return text
    return text[: limit - 1].rsplit(" ", 1)[0].rstrip(" ,;:—–-") + "…"


def _once(html: str, base: str | None) -> str:
    try:
        safe = nh3.clean(
            html,
            tags=_TAGS,
            attributes=_ATTRIBUTES,
            url_schemes=_SCHEMES,
            url_relative=("rewrite_with_base", base) if base else "deny",
            clean_content_tags=_DROPPED_WHOLE,
            link_rel=None,
            strip_comments=True,
        )
    except ValueError:  # a base that is no address
        return _once(html, None)
    unpictured = _PICTURE.sub("", _PICTURED.sub("", safe))
    return strip_illegal(_EMPTY.sub("", unpictured)).strip()  # "&#1;" has become a character


def _words_only(html: str) -> str:
    return escape(one_line(unescape(_TAG.sub(" ", html))), quote=False)
