"""The one choke point for HTML: what has passed here is safe to print.  Also plain text of it."""

import re
from functools import lru_cache
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
# Of cleaned HTML, where names are in lower case; ignoring case would cost four times as much.
_BLOCK = re.compile(r"</?(?:p|div|br|li|h[1-6]|tr|td|th|table|blockquote|ul|ol|hr|figure)\b[^>]*>")
_TAG = re.compile(r"<[^>]*>")
# A link that may be relative: what is none at all is treated like one.
# Possessive, or "href=" before a quotation mark would count as relative every time.
_RELATIVE = re.compile(r"href\s*+=\s*+[\"']?+\s*+(?!https?://|mailto:)", re.IGNORECASE)
_WHOLE_LINKS = ('<a href="http://', '<a href="https://')
_PICTURE = re.compile(r"<img[^>]*>")
_PICTURED = re.compile(
    r"<figure\b[^>]*>(?:(?!</?figure).)*?<img(?:(?!</?figure).)*</figure>", re.DOTALL
)
_EMPTY = re.compile(r"<(a|p|figure|li|em|strong)(?: [^>]*)?>(?:\s|&nbsp;|<br>)*</\1>")
# What XML 1.0 section 2.2 forbids: no feed or mail may carry it.
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_CONTROLS = bytes({*range(0x20), 0x7F} - set(b"\t\n\r"))
_NO_SIGNS = b"\xef\xbf"  # U+FFFE and U+FFFF begin so, and little else does


def clean(html: str, *, base: str | None = None) -> str:
    """HTML with nothing in it that runs, frames, styles or tracks; cleaning twice changes nothing.

    Links go to http, https and mailto only.  Relative ones are resolved against `base`, an http
    address; without one they are dropped, for they lead nowhere in a mail.  Pictures are dropped,
    with their captions: those we print are fetched, credited and served by us (laws 8 and 11).
    """
    text = strip_illegal(html)
    if "<" not in text and "&" not in text and ">" not in text:
        return text.strip()
    if text.count("<") > _MOST_TAGS:
        return _words_only(text)
    for _ in range(_ROUNDS):
        before, text = text, _once(text, base)
        if text == before:
            return text
    return _words_only(text)


def plain_text(html: str) -> str:
    """The words of HTML on one line, entities undone."""
    if "<" not in html and "&" not in html:
        return one_line(html)
    return words_of(clean(html))


def words_of(cleaned: str) -> str:
    """The same of HTML that `clean` gave."""
    if "<" not in cleaned and "&" not in cleaned:
        return _single_spaced(cleaned)
    return _single_spaced(unescape(_TAG.sub("", _BLOCK.sub(" ", cleaned))))


def one_line(text: str) -> str:
    """Plain text without illegal characters, white space made single."""
    return _single_spaced(strip_illegal(text))


def _single_spaced(text: str) -> str:
    """Printable text has no white space but spaces, and is not taken apart for them."""
    if not text.isprintable():
        return " ".join(text.split())
    while "  " in text:
        text = text.replace("  ", " ")
    return text.strip(" ")


def strip_illegal(text: str) -> str:
    """The text without characters that no XML document may hold."""
    if text.isprintable():  # the quickest look, and enough where no line ends
        return text
    try:
        return text if all_legal(text.encode()) else _ILLEGAL.sub("", text)
    except UnicodeEncodeError:  # half a surrogate pair
        return _ILLEGAL.sub("", text)


def all_legal(data: bytes) -> bool:
    """Whether UTF-8 surely has nothing to strip: five times as fast as the expression."""
    return len(data.translate(None, _CONTROLS)) == len(data) and _NO_SIGNS not in data


def shortened(text: str, limit: int) -> str:
    """At most `limit` characters, cut between words, with an ellipsis where cut."""
    if len(text) <= limit:
        return text
    return text[: limit - 1].rsplit(" ", 1)[0].rstrip(" ,;:—–-") + "…"


def _once(html: str, base: str | None) -> str:
    relative = base if base and _may_be_relative(html) else None
    try:
        safe = _cleaner(relative).clean(html)
    except ValueError:  # a base that is no address
        safe = _cleaner(None).clean(html)
    unpictured = _PICTURE.sub("", _PICTURED.sub("", safe)) if "<img" in safe else safe
    emptied = _EMPTY.sub("", unpictured)
    return (strip_illegal(emptied) if "&#" in html else emptied).strip()  # "&#1;" is one by now


def _may_be_relative(html: str) -> bool:
    """Counting is ten times as fast as the expression, and settles nearly every text."""
    if html.count("<a") == sum(map(html.count, _WHOLE_LINKS)) and "<A" not in html:
        return False
    whole = html.count('href="http://') + html.count('href="https://')
    return html.lower().count("href") != whole and bool(_RELATIVE.search(html))


@lru_cache(maxsize=64)  # making one takes longer than using it
def _cleaner(base: str | None) -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes=_SCHEMES,
        url_relative=("rewrite_with_base", base) if base else "deny",
        clean_content_tags=_DROPPED_WHOLE,
        link_rel=None,
        strip_comments=True,
    )


def _words_only(html: str) -> str:
    return escape(one_line(unescape(_TAG.sub(" ", html))), quote=False)
