"""Rule L19 as printed: every listed film, show or event bears its own age mark."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from publisher.compose.letters import glyph
from publisher.model.articles import AgeMark
from publisher.model.problems import Problem, msgid

_LETTERS: Final = re.compile(r"[^\w+]+|_+")
_KNOWN_BY: Final = 60  # letters of a title: templates cut and set the rest
_MARK_WITHIN: Final = 8  # letters behind a title: "16+", and words a template puts between


def listing_problems(
    texts: Sequence[str], listed: Sequence[tuple[str, AgeMark]]
) -> Iterator[Problem]:
    """`listed`: titles with the marks they must bear, in every text."""
    plain = [_letters(text) for text in texts]
    for title, mark in listed:
        if not all(_bears(text, _letters(title), glyph(mark)) for text in plain):
            yield Problem(
                message=msgid("The listing “{title}” does not show its age mark {mark}."),
                args={"title": title, "mark": glyph(mark)},
                remedy=msgid("Print the mark of a headline in both templates."),
                rule="L19",
            )


def _bears(text: str, title: str, mark: str) -> bool:
    """Whether a mark stands right behind the title, wherever it stands."""
    known = title[:_KNOWN_BY]
    at, found = text.find(known), False
    while at >= 0:
        behind = text[at + len(known) : at + len(title) + _MARK_WITHIN]
        if re.search(rf"(?<!\d){re.escape(mark)}", behind) is None:
            return False
        at, found = text.find(known, at + 1), True
    return found or not known


def _letters(text: str) -> str:
    """Letters, digits and plus signs: quotes, spaces and dashes are typography's."""
    return _LETTERS.sub("", text).casefold()
