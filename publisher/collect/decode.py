"""Bytes to text: what a document says of its encoding, weighed against what its bytes show."""

import codecs
import re

from publisher.collect.clean import strip_illegal

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)
_DECLARED = re.compile(rb"<\?xml[^>]*encoding\s*=\s*[\"']([\w.:-]+)[\"']", re.IGNORECASE)
_CYRILLIC = ("windows-1251", "koi8-r", "iso8859-5")
_COMMON = frozenset("оеаинтсрвлкмдпуяыьгзбчй")  # the commonest Russian letters, lower case


def to_text(data: bytes, content_type: str = "") -> str:
    """The document as text, without characters XML forbids.

    Byte-order mark, then valid UTF-8 whatever is declared, then the HTTP charset, the XML
    declaration, and the Cyrillic encoding that reads most like Russian.
    """
    for mark, name in _BOMS:
        if data.startswith(mark):
            return strip_illegal(data.decode(name, "replace").lstrip("\ufeff"))
    try:
        return strip_illegal(data.decode("utf-8"))
    except UnicodeDecodeError:
        return strip_illegal(_legacy(data, content_type))


def _legacy(data: bytes, content_type: str) -> str:
    named = [found[1] for found in [_CHARSET.search(content_type)] if found]
    named += [found[1].decode("ascii") for found in [_DECLARED.search(data[:200])] if found]
    for name in named:
        try:
            if codecs.lookup(name).name != "utf-8":
                return data.decode(name)
        except (LookupError, UnicodeDecodeError):
            continue
    readings = [data.decode(name, "replace") for name in _CYRILLIC]
    return max(readings, key=_russian)


def _russian(text: str) -> int:
    """How much a reading looks like Russian: common letters count, unreadable ones cost."""
    return sum(letter in _COMMON for letter in text) - 5 * text.count("\ufffd")
