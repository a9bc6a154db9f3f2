"""Typography: one idempotent pass over a plain text, by the rules of its language.

Letters and digits never change; only quotes, dashes, dots and spaces do.  Protected spans keep
every byte: addresses, links, code, and numbers such as «ФС77-00000».
"""

import re
from collections.abc import Callable
from functools import lru_cache

from publisher.i18n.manners import Typography

NBSP = "\u00a0"
_PROTECTED = re.compile(
    r"""
    `[^`]*`                              # code
    | \b[a-z][a-z0-9+.-]*://\S+          # links
    | \bwww\.\S+
    | [^\s@«“"]+@[^\s@]+\.\w+            # mail addresses
    | \w*\d\w*(?:[-–/:.]\w*\d\w*)+       # ФС77-00000, 2026-11-23, 10:28, 1.5
    | (?:[^\W\d_]{2}\s?№|№)\s?[^\W\d_]{2}\s?\d\d\s?-\s?\d+   # ЭЛ № ФС 77 - 00000
    """,
    re.VERBOSE | re.IGNORECASE,
)
_HELD = re.compile("[\U000f0000-\U000ffffd]")  # stands for a protected span while we work
_SPACED_DASH = re.compile(rf"(?<=\S)(?<!\d)[ {NBSP}]+(?:-{{1,3}}|[–—])[ {NBSP}]+(?=\S)")
_DASH_AFTER_DIGIT = re.compile(rf"(?<=\d)[ {NBSP}]+(?:-{{1,3}}|[–—])[ {NBSP}]+(?=[^\s\d])")
_DOTS = re.compile(r"(?<!\.)\.{3}(?!\.)")
_SINGLE_OPENS = re.compile(r"""(?<![\w.,!?…’”'])'(?!\d\ds?\b)(?=\w[^']*[\w.,!?…]'(?!\w))""")
_NUMBER_AND_WORD = re.compile(r"(?<=\d) (?=[^\W\d_])")
_THOUSANDS = re.compile(r"(?<=\d) (?=\d{3}(?!\d))")
_INITIALS = re.compile(r"(?<![^\W_])([^\W\d_]\.) (?=[^\W\d_])")
_OPENING = "([{«„“‘—–-/"  # noqa: RUF001 - the quotes themselves
_SPACES = re.compile(r"[\u00a0\u2007\u2009\u202f]")
_SENTENCE = re.compile(
    r"""(?:(?<![^\W_])(?P<word>[^\W\d_]{3,}|\d+)\.|[!?…]+)[»”"'’)]*"""
    r"""(?P<gap>\s+)(?P<next>[«“"„(]?[^\W_])"""
)
_Bond = tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]]


@lru_cache(maxsize=2048)  # a story is set again for every variant of its issue
def typeset(text: str, rules: Typography) -> str:
    """The text as it is printed; a second pass changes nothing."""
    if _HELD.search(text):
        return text  # private-use characters of our own: leave such a text alone
    spans: list[str] = []

    def hold(match: re.Match[str]) -> str:
        spans.append(match.group())
        return chr(0xF0000 + len(spans) - 1)

    working = _PROTECTED.sub(hold, text)
    for step in (_quote, _dots, _dash, _keep_together):
        working = step(working, rules)
    return _HELD.sub(lambda match: spans[ord(match.group()) - 0xF0000], working)


def first_sentence(text: str, rules: Typography) -> str:
    """The first sentence of a text; all of it where nobody can tell.

    A point ends one after a word of three letters or a number, before a capital or a digit: «им.»,
    "Mr." and initials end none, nor does what the language lists.
    """
    for end in _SENTENCE.finditer(text):
        known = (end["word"] or "").casefold() in _folded(rules.abbreviations)
        if not known and not end["next"][-1].islower():
            return text[: end.start("gap")]
    return text


@lru_cache(maxsize=8)
def _folded(words: tuple[str, ...]) -> frozenset[str]:
    return frozenset(word.casefold() for word in words)


def plain_spaces(text: str) -> str:
    """No-break and thin spaces as plain ones: for subjects and the text part."""
    return _SPACES.sub(" ", text)


def _quote(text: str, rules: Typography) -> str:
    """Straight quotes to pairs, inner ones within outer ones."""
    if rules.quotes:
        text = _paired(text, rules)
    if rules.apostrophe and rules.inner:
        text = _SINGLE_OPENS.sub(rules.inner[0], text)
    if rules.apostrophe:
        text = text.replace("'", rules.apostrophe)
    return text


def _paired(text: str, rules: Typography) -> str:
    pairs = (rules.quotes, rules.inner or rules.quotes)
    depth, before, made = 0, " ", []
    for position, character in enumerate(text):
        now = character
        if character == '"':
            opens = _opens(before, text[position + 1 : position + 2], depth)
            now = pairs[min(depth, 1)][0] if opens else pairs[min(max(depth - 1, 0), 1)][1]
            depth = depth + 1 if opens else max(depth - 1, 0)
        elif character == rules.quotes[0]:
            depth += 1
        elif character == rules.quotes[1]:
            depth = max(depth - 1, 0)
        made.append(now)
        before = now
    return "".join(made)


def _opens(before: str, after: str, depth: int) -> bool:
    """Whether a straight quote between these two opens: a word follows, and none goes before."""
    if before.isspace() or before in _OPENING:
        return bool(after) and not after.isspace()
    return depth == 0 and bool(after) and after.isalnum() and not before.isalnum()


def _dots(text: str, rules: Typography) -> str:
    return _DOTS.sub(rules.ellipsis, text) if rules.ellipsis else text


def _dash(text: str, rules: Typography) -> str:
    """Dashes between words; between two numbers they are somebody's score or range."""
    if not rules.dash:
        return text
    text = _SPACED_DASH.sub(rules.dash, text)
    return _DASH_AFTER_DIGIT.sub(rules.dash, text)


def _keep_together(text: str, rules: Typography) -> str:
    """No-break spaces where a line must not end."""
    for pattern, kept in _bonds(rules):
        text = pattern.sub(kept, text)
    return text


@lru_cache(maxsize=64)
def _bonds(rules: Typography) -> tuple[_Bond, ...]:
    """What must stay on one line, and how it is written then."""
    bonds: list[_Bond] = []
    if rules.short:
        bonds.append(
            (re.compile(rf"(?<![\w-])({_either(rules.short)}) (?=\S)", re.IGNORECASE), rf"\1{NBSP}")
        )
    if rules.clitics:
        bonds.append((re.compile(rf"(?<=\w) (?=(?:{_either(rules.clitics)})(?![\w-]))"), NBSP))
    if rules.signs:
        bonds.append((re.compile(rf"(?<=[{re.escape(rules.signs)}]) (?=\S)"), NBSP))
    if rules.numbers:
        bonds.extend(((_THOUSANDS, NBSP), (_NUMBER_AND_WORD, NBSP)))
    if rules.initials:
        bonds.append((_INITIALS, _after_initial))
    return tuple(bonds)


def _after_initial(match: re.Match[str]) -> str:
    """«А. П.» or «А. Соколова»; a small letter after the point begins an ordinary word."""
    following = match.string[match.end()]
    together = match[1][0].isupper() and following.isupper()
    return f"{match[1]}{NBSP if together else ' '}"


def _either(words: tuple[str, ...]) -> str:
    return "|".join(re.escape(word) for word in words)
