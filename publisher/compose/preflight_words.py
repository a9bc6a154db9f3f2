"""Pre-flight of words: the subject's width, a whole text part, letters that only look alike."""

import re
from collections.abc import Iterator
from itertools import islice
from typing import Final
from unicodedata import category, east_asian_width

from publisher.compose.letters import folded, invisible, mixed_words
from publisher.compose.preflight_proof import Proof
from publisher.model.problems import Problem, Severity, msgid

WIDEST: Final = 70  # columns: what a wide inbox shows of a subject; a phone shows about 40
_MANY: Final = 5  # of one fault: enough to understand it
_ADDRESS: Final = re.compile(r"https?://[^\s<>\"]+")
_HEADINGS: Final = ("h1", "h2", "h3")


def subject_problems(proof: Proof) -> Iterator[Problem]:
    """It says something, in one line, no wider than an inbox shows."""
    subject = proof.mail.subject
    columns = width(subject)
    if not subject.strip() or invisible(subject):
        yield Problem(
            message=msgid("The subject is empty, or holds a character nobody sees: “{subject}”"),
            args={"subject": subject},
            remedy=msgid("Give the issue a subject of its own: publisher order"),
        )
    elif columns > WIDEST:
        yield Problem(
            message=msgid("The subject is {columns} columns wide; inboxes show {limit}."),
            args={"columns": columns, "limit": WIDEST},
            remedy=msgid("Put what matters first, or give the issue a subject of its own."),
            severity=Severity.NOTE,
        )


def width(text: str) -> int:
    """Columns a text takes: wide letters and emoji two, marks on letters none."""
    return sum(
        0 if category(one) in {"Mn", "Me", "Cf"} else 2 if east_asian_width(one) in "WF" else 1
        for one in text
    )


def text_problems(proof: Proof) -> Iterator[Problem]:
    """The text part has every address and every headline of the HTML part."""
    plain = _letters(proof.mail.text)
    addresses = set(_ADDRESS.findall(proof.mail.text))
    for link in _linked(proof):
        if link not in addresses and link.rstrip("/") not in addresses:
            yield _incomplete(link)
    for heading in proof.elements(*_HEADINGS):
        words = _letters(heading.text_content())
        if words and words not in plain:
            yield _incomplete(folded(heading.text_content()))


def spelling_problems(proof: Proof) -> Iterator[Problem]:
    """A word of two alphabets is mostly a Latin letter in a Russian word; searches miss it."""
    words = dict.fromkeys(mixed_words(f"{proof.mail.subject} {_prose(proof.mail.text)}"))
    for word in islice(words, _MANY):
        yield Problem(
            message=msgid("The word “{word}” mixes Latin and Cyrillic letters."),
            args={"word": word},
            remedy=msgid("Type the word again with one keyboard layout."),
            severity=Severity.NOTE,
        )


def _linked(proof: Proof) -> list[str]:
    found = ((link.get("href") or "").strip() for link in proof.elements("a"))
    return [link for link in dict.fromkeys(found) if link.startswith(("http://", "https://"))]


def _prose(text: str) -> str:
    return _ADDRESS.sub(" ", text)


def _letters(text: str) -> str:
    return re.sub(r"[\W_]+", "", text).casefold()


def _incomplete(what: str) -> Problem:
    return Problem(
        message=msgid("The text part lacks what the HTML part has: {what}"),
        args={"what": what},
        remedy=msgid("Print it in the text template, too."),
    )
