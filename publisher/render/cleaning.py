"""Words and addresses from articles, made safe to print on one line.  Knows no language."""

import re
from urllib.parse import quote, urlsplit

_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")  # an override would turn the page around
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff]+")
_BLANKS = re.compile(" {2,}")
# Somebody wrote what we write for a personal value: it must stay words.
_SLOTLIKE = re.compile(r"xSLOTx|\{\{\s*slot")


def clean(words: str, limit: int) -> str:
    """One line of safe text, cut at a word: no control, no direction override, no slot."""
    text = _CONTROL.sub(" ", _BIDI.sub("", words)).encode("utf-8", "replace").decode()
    text = _SLOTLIKE.sub(_harmless, _BLANKS.sub(" ", text).strip())
    if len(text) <= limit:
        return text
    cut = text[:limit].rsplit(" ", 1)[0].rstrip(" ,.:;—–-")
    return f"{cut}…"


def _harmless(match: re.Match[str]) -> str:
    return match.group().lower().replace("{{", "{ {")


def web_url(url: str) -> str:
    """The address if a browser may follow it, else nothing; ASCII only."""
    try:
        parts = urlsplit(url.strip())
        netloc = parts.netloc.encode("idna").decode("ascii")
    except ValueError:  # UnicodeError is one too
        return ""
    if parts.scheme.lower() not in {"http", "https"} or not netloc or _SLOTLIKE.search(url):
        return ""
    return quote(parts._replace(netloc=netloc).geturl(), safe="!#$%&'()*+,/:;=?@[]~")
