"""Texts as the legal gate compares them: folding, finding, look-alike and invisible characters."""

import re
import unicodedata
from functools import lru_cache
from typing import Final

from publisher.model.articles import AGE_MARKS, AgeMark

# What a browser draws as room between words.  Zero-width characters are none of it: they alter.
_SPACES: Final = "\t\n\r\f\u00a0\u1680\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
_NO_LETTERS: Final = re.compile(r"[^\w+]+|_+")
_LONG: Final = 500  # characters
_WORD: Final = re.compile(r"\w+")
_HIDING: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_LAYOUT: Final = frozenset("\n\r\t")
# Letters and marks by category, yet drawn as nothing (Unicode: Default_Ignorable_Code_Point).
_BLANK: Final = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0"
) | frozenset(map(chr, range(0xFE00, 0xFE10)))
_MARK: Final = re.compile(r"(?<![\w+])(\d{1,3})\+(?![\w+])")


def folded(text: str) -> str:
    """NFC, with white space collapsed to single spaces: rule L09's comparison.

    Never NFKC, which turns № into No.
    """
    return _folded_once(text) if len(text) > _LONG else _folded(text)


def _folded(text: str) -> str:
    text = unicodedata.normalize("NFC", text)
    for space in _SPACES:  # several times as fast as one pattern, on a whole mail
        if space in text:
            text = text.replace(space, " ")
    return " ".join(filter(None, text.split(" ")))


_folded_once = lru_cache(maxsize=64)(_folded)  # the gate asks a few long texts for many short ones


@lru_cache(maxsize=256)
def count_of(part: str, text: str) -> int:
    """How often `part` stands in `text`, both folded, as whole words.

    "ФС77-12345" does not stand in "ФС77-123456", nor under a stroke of combining characters.
    """
    return len(_whole(folded(part)).findall(folded(text)))


@lru_cache(maxsize=64)
def without(part: str, text: str) -> tuple[str, ...]:
    """What is left of the folded `text` around every `part`, in order; two or more pieces."""
    return tuple(_whole(folded(part)).split(folded(text)))


def bare(text: str) -> str:
    """Words of letters, digits and plus signs: quotes, spaces and dashes are typography's."""
    return _bare_once(text) if len(text) > _LONG else _bare(text)


def _bare(text: str) -> str:
    return _NO_LETTERS.sub(" ", text).strip().casefold()


_bare_once = lru_cache(maxsize=64)(_bare)


def mixed_words(text: str) -> tuple[str, ...]:
    """Words whose letters come from several alphabets: the sign of a look-alike character."""
    return tuple(word for word in _WORD.findall(text) if len(_alphabets(word)) > 1)


def invisible(text: str) -> tuple[str, ...]:
    """Control, zero-width and other characters nobody sees, as "U+200B"; line ends are none."""
    return tuple(
        f"U+{ord(letter):04X}"
        for letter in text
        if letter in _BLANK or (unicodedata.category(letter) in _HIDING and letter not in _LAYOUT)
    )


def glyph(age: AgeMark) -> str:
    """The age mark as printed, the same in every language: "16+"."""
    return f"{age}+"


GLYPHS: Final = frozenset(glyph(age) for age in AGE_MARKS)


def marks_in(text: str) -> tuple[int, ...]:
    """The numbers of everything in a text that looks like an age mark, in order."""
    return tuple(int(found) for found in _MARK.findall(text))


def shows_mark(text: str, mark: str) -> bool:
    """Whether an age mark stands in a text by itself."""
    return re.search(rf"(?<![\w+]){re.escape(mark)}(?![\w+])", text) is not None


def _alphabets(word: str) -> frozenset[str]:
    """Alphabets by the first word of each letter's Unicode name: LATIN, CYRILLIC, FULLWIDTH."""
    return frozenset(
        unicodedata.name(letter, "UNNAMED").split()[0] for letter in word if letter.isalpha()
    )


def _whole(part: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){re.escape(part)}(?![\w\u0300-\u036f])")
