"""The one choke point for HTML: what has passed here is safe to print.  Also plain text of it."""

import re
from html import unescape

import nh3

_TAGS = {
    "a", "abbr", "b", "blockquote", "br", "cite", "code", "del", "em", "figcaption", "figure",
    "h2", "h3", "h4", "hr", "i", "img", "ins", "li", "mark", "ol", "p", "pre", "q", "s", "small",
    "strong", "sub", "sup", "table", "tbody", "td", "th", "thead", "tr", "u", "ul",
}  # fmt: skip
_ATTRIBUTES = {
    "a": {"href", "title", "hreflang"},
    "img": {"src", "alt", "title", "width", "height"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
    "ol": {"start"},
    "*": {"lang", "dir"},
}
_SCHEMES = {"http", "https", "mailto"}
_DROPPED_WHOLE = {"script", "style", "iframe", "object", "embed", "noscript", "template", "svg"}
_BLOCK = re.compile(
    r"</?(?:p|div|br|li|h[1-6]|tr|table|blockquote|ul|ol|hr|figure)\b[^>]*>", re.IGNORECASE
)
_TAG = re.compile(r"<[^>]*>")
_SPACE = re.compile(r"\s+")
# What XML 1.0 section 2.2 forbids: no feed or mail may carry it.
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def clean(html: str) -> str:
    """HTML with nothing in it that runs, frames, styles or tracks; cleaning twice changes nothing.

    Links go to http, https and mailto only; relative ones are dropped, for they lead nowhere in a
    mail: make them absolute first.
    """
    return nh3.clean(
        strip_illegal(html),
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes=_SCHEMES,
        url_relative="deny",
        clean_content_tags=_DROPPED_WHOLE,
        link_rel=None,
        strip_comments=True,
    ).strip()


def plain_text(html: str) -> str:
    """The words of HTML on one line, entities undone."""
    words = _TAG.sub("", _BLOCK.sub(" ", clean(html)))
    return _SPACE.sub(" ", strip_illegal(unescape(words))).strip()


def strip_illegal(text: str) -> str:
    """The text without characters that no XML document may hold."""
    return _ILLEGAL.sub("", text)


def shortened(text: str, limit: int) -> str:
    """At most `limit` characters, cut between words, with an ellipsis where cut."""
    if len(text) <= limit:
        return text
    return text[: limit - 1].rsplit(" ", 1)[0].rstrip(" ,;:—–-") + "…"
