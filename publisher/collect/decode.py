"""Bytes to text: what a document says of its encoding, weighed against what its bytes show."""

import codecs
import re
from collections import Counter
from collections.abc import Iterator
from math import log2

from publisher.collect.clean import all_legal, strip_illegal

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (b"<\0", "utf-16-le"),  # XML 1.0 appendix F: "<" in two bytes, no mark
    (b"\0<", "utf-16-be"),
)
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([A-Za-z0-9_.:-]+)", re.IGNORECASE)
_DECLARED = re.compile(rb"<\?xml[^>]*encoding\s*=\s*[\"']([A-Za-z0-9_.:-]+)[\"']", re.IGNORECASE)
_CYRILLIC = ("cp1251", "koi8-r", "iso8859-5")
# One byte a letter: anything can be read by them, so a wrong declaration is not noticed by itself.
_DOUBTED = frozenset({*_CYRILLIC, "koi8-u", "mac-cyrillic", "iso8859-1", "cp1252", "ascii"})
# Python reads these too; no document is written in them, and UTF-7 smuggles tags.
_FOREIGN = frozenset(
    {"utf-7", "unicode-escape", "raw-unicode-escape", "punycode", "idna", "undefined"}
)
_RUN = re.compile(rb"[\x80-\xff]+")
_SAMPLE = 20_000  # bytes above 127 that a guess is made of
_FREQUENT = {  # letters of Russian prose, by how many of a thousand they are
    110: "о", 80: "еаи", 60: "нтс", 45: "рвл", 33: "кмдп", 25: "у", 19: "яыьгзб", 12: "чйх",
    7: "жшю", 4: "щц", 3: "эф", 1: "ъё",
}  # fmt: skip
_WEIGHTS = {letter: log2(many / 30) for many, letters in _FREQUENT.items() for letter in letters}
_FEW = 40  # letters
_MARGIN = 0.7  # bits a letter
_SIGN = -6.0  # what is no letter of Russian
_SWAPPED = re.compile(r"[а-яё][А-ЯЁ]")


def to_text(data: bytes, content_type: str = "") -> str:
    """The document as text, without characters XML forbids.

    Byte-order mark, then valid UTF-8 whatever is declared, then the HTTP charset, then the XML
    declaration, unless Russian is plainly written in another encoding than they say.  Nothing
    declared: the Cyrillic encoding that reads most like Russian, or windows-1252 where bytes above
    127 stand alone, as accents and quotes do.
    """
    for mark, name in _MARKS:
        if data.startswith(mark):
            return strip_illegal(data.decode(name, "replace").lstrip("\ufeff"))
    try:
        text = data.decode("utf-8")
        return text if all_legal(data) else strip_illegal(text)
    except UnicodeDecodeError:
        return strip_illegal(_legacy(data, content_type))


def _legacy(data: bytes, content_type: str) -> str:
    guess = _guess(data)
    for name in _declared(data, content_type):
        if name in _DOUBTED and guess in _CYRILLIC and not _reads_well(data, name, guess):
            continue
        try:
            return data.decode(name)
        except (UnicodeError, LookupError):  # or no encoding of texts: rot13
            continue
    return data.decode(guess, "replace")


def _declared(data: bytes, content_type: str) -> Iterator[str]:
    """Python's names of what HTTP and the XML declaration say, as far as it may be believed."""
    http, xml = _CHARSET.search(content_type), _DECLARED.search(data[:500])
    for said in (http[1] if http else None, xml[1].decode("ascii") if xml else None):
        try:
            name = codecs.lookup(said or "utf-8").name
        except LookupError:
            continue
        if name.replace("_", "-") not in _FOREIGN and name != "utf-8":  # it is not, as we know
            yield name


def _guess(data: bytes) -> str:
    sample = _sample(data)
    runs = _RUN.findall(sample)
    if sum(len(run) for run in runs if len(run) > 1) * 2 < sum(map(len, runs)):
        return "cp1252"
    return max(_CYRILLIC, key=lambda name: _russian(sample, name))


def _reads_well(data: bytes, name: str, best: str) -> bool:
    """Whether a reading is nearly as Russian as the best one; a few words prove nothing."""
    sample = _sample(data)
    letters = len(sample.replace(b" ", b""))
    if letters < _FEW and name in _CYRILLIC:
        return True
    return _russian(sample, name) >= _russian(sample, best) - _MARGIN * letters


def _sample(data: bytes) -> bytes:
    """Bytes above 127 from the beginning, words apart."""
    kept, size = [], 0
    for run in _RUN.finditer(data):
        kept.append(run[0])
        size += len(run[0])
        if size >= _SAMPLE:
            break
    return b" ".join(kept)


def _russian(sample: bytes, name: str) -> float:
    """How likely a reading is as Russian, in bits; the case of letters counts a little.

    A capital after a small letter costs most: KOI8-R and the others read each other's small
    letters as capitals.
    """
    text = sample.decode(name, "replace").replace(" ", "")
    letters = sum(_WEIGHTS.get(sign, _SIGN) * many for sign, many in Counter(text.lower()).items())
    capitals = sum(map(str.isupper, text))
    return letters - 0.5 * capitals - 4 * len(_SWAPPED.findall(text))
