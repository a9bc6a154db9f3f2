"""Rules L19 and L08 as printed: where marks stand, seen from the titles of stories."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from publisher.compose.letters import bare, glyph
from publisher.model.articles import AgeMark
from publisher.model.problems import Problem, msgid

_KNOWN_BY: Final = 60  # letters of a title: templates cut and set the rest
_MARK_WITHIN: Final = 8  # letters behind a title: "16+", and words a template puts between


def listing_problems(
    texts: Sequence[str], listed: Sequence[tuple[str, AgeMark]]
) -> Iterator[Problem]:
    """`listed`: titles with the marks they must bear, in every text."""
    plain = [bare(text) for text in texts]
    for title, mark in listed:
        if not all(_bears(text, bare(title), glyph(mark)) for text in plain):
            yield Problem(
                message=msgid("The listing “{title}” does not show its age mark {mark}."),
                args={"title": title, "mark": glyph(mark)},
                remedy=msgid("Print the mark of a headline in both templates."),
                rule="L19",
            )


def mark_above(texts: Sequence[str], title: str, age: AgeMark) -> Iterator[Problem]:
    """L08 as printed: the issue's mark stands above its first story, in every text."""
    known = bare(title)[:_KNOWN_BY]
    for text in map(bare, texts):
        above = text.partition(known)[0] if known else text
        if re.search(rf"(?<!\S){re.escape(glyph(age))}", above) is None:
            yield Problem(
                message=msgid("The age mark {mark} does not stand above the first story."),
                args={"mark": glyph(age)},
                remedy=msgid("Print the mark in the masthead, bold, and again in the legal block."),
                rule="L08",
            )
            return


def _bears(text: str, title: str, mark: str) -> bool:
    """Whether a mark stands right behind the title, wherever it stands."""
    known, shown = title[:_KNOWN_BY], re.compile(rf"(?<!\S){re.escape(mark)}")
    at, found = text.find(known), False
    while at >= 0:
        if shown.search(text, at + len(known), at + len(title) + _MARK_WITHIN) is None:
            return False
        at, found = text.find(known, at + 1), True
    return found or not known
