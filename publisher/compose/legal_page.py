"""The legal gate on a page of the public site: the imprint of its day, seen by every reader."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from publisher.compose.labels import NO_LABELS, Labels, label_problems
from publisher.compose.legal_imprint import facts_of
from publisher.compose.legal_listings import listing_problems, mark_above
from publisher.compose.legal_mail import copyright_in, statement_problems
from publisher.compose.legal_rulesets import statement_of
from publisher.compose.letters import count_of, folded, glyph, shows_mark, without
from publisher.compose.visible import Document, read_html
from publisher.model.articles import AgeMark
from publisher.model.labels import LabelList
from publisher.model.legal import LegalProfile
from publisher.model.names import Language
from publisher.model.problems import Problem, msgid

_ROOT: Final = re.compile(r":root\s*\{([^{}]*)\}")
_SET: Final = re.compile(r"(--[\w-]+)\s*:\s*([^;]+)")
_USED: Final = re.compile(r"var\(\s*(--[\w-]+)\s*\)")


def inspect_page(  # noqa: PLR0913 - a page, and everything it was made from
    html: str,
    *,
    name: str,
    profile: LegalProfile,
    language: Language,
    first_title: str = "",
    listed: Sequence[tuple[str, AgeMark]] = (),
    labels: Labels = NO_LABELS,
    lists: Sequence[LabelList] = (),
) -> tuple[Problem, ...]:
    """What keeps this page from being public; empty when nothing does.

    It is read in every palette its style sheets set.  `first_title` is where the masthead ends.
    """
    documents = [read_html(seen) for seen in palettes(html)]
    texts = [view.text for document in documents for view in document.views]
    statement = statement_of(profile)
    return (
        *(one for document in documents for one in statement_problems(document, statement)),
        *_imprint(name, texts, profile, statement),
        *_marked(name, documents, profile, first_title),
        *listing_problems(texts, listed),
        *label_problems(texts, labels, lists, language),
    )


def palettes(html: str) -> list[str]:
    """The page with the custom properties of its `:root` filled in, once for every such block."""
    blocks = [dict(_SET.findall(block)) for block in _ROOT.findall(html)]
    first: dict[str, str] = blocks[0] if blocks else {}
    return [_filled(html, first | block) for block in blocks or [first]]


def _filled(html: str, values: Mapping[str, str]) -> str:
    return _USED.sub(lambda found: values.get(found[1], found[0]).strip(), html)


def _imprint(
    name: str, texts: Sequence[str], profile: LegalProfile, statement: str
) -> Iterator[Problem]:
    if not folded(statement) or not profile.registered_name.strip():
        return  # legal_profile.py says so
    above = [without(statement, text)[0] for text in texts]
    if not all(count_of(profile.registered_name, text) for text in above):
        yield _lacks(name, "registered_name", profile.registered_name, rule="L07")
    for key, fact in facts_of(profile):
        if not all(count_of(fact, text) for text in texts):
            yield _lacks(name, key, fact, rule="L02")
    yield from _translations(name, texts, profile, statement)
    notices = list(profile.copyright.values())
    if not all(any(copyright_in(text, line) for line in notices) for text in texts):
        yield _lacks(name, "copyright", next(iter(notices), ""), rule="L17")


def _translations(
    name: str, texts: Sequence[str], profile: LegalProfile, statement: str
) -> Iterator[Problem]:
    for spoken, words in profile.statements.items():
        if words != statement and not all(count_of(words, text) == 1 for text in texts):
            yield _lacks(name, f"statement.{spoken}", words, rule="L09")


def _marked(
    name: str, documents: Sequence[Document], profile: LegalProfile, first_title: str
) -> Iterator[Problem]:
    """L08: above the first story, and again below with the statement."""
    if profile.age is None:
        return
    mark, statement = glyph(profile.age), statement_of(profile)
    texts = [view.text for document in documents for view in document.views]
    if first_title:
        yield from mark_above(texts, first_title, profile.age)
    if not all(shows_mark(without(statement, text)[0], mark) for text in texts):
        yield _lacks(name, "age.mark", mark, rule="L08")


def _lacks(name: str, key: str, fact: str, *, rule: str) -> Problem:
    return Problem(
        message=msgid("The page {page} does not show {key} of the imprint: “{fact}”."),
        args={"page": name, "key": key, "fact": fact},
        remedy=msgid("Print it in the web templates, as the legal profile holds it, and visibly."),
        rule=rule,
    )
