"""Whatever of the law's is hidden or taken out of a finished digest, the gate sees it.

Every legal element of a real digest, in both parts, by every way of hiding it, on the element and
on all that stands around it.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache

import pytest
from lxml import html as lxml_html
from lxml.html import HtmlElement

from publisher.assets import Assets
from publisher.compose.labels import Labels
from publisher.compose.legal_digest import inspect_digest
from publisher.compose.letters import folded
from publisher.model.digests import DecodedMail
from publisher.model.legal import LegalProfile
from publisher.model.names import Language
from publisher.render.decode import decode
from publisher.render.email import render_digest
from publisher.render.splice import Personal, Splicer
from publisher.render.view import PrintOrder
from tests.support.build import EN, NOON, RU, STATEMENT, make_profile
from tests.support.sheets import day_article, make_order

LEAVE = "https://embankment.test/unsubscribe/trial"
PAPER = "#fdfcf9"
COURTESY = "The Embankment was registered on January 20, 2026, ЭЛ № ФС77-00000. 16+"
PROFILE: LegalProfile = make_profile(
    statements={RU: STATEMENT, EN: COURTESY},
    owner="Набережная Медиа Б. В.",
    responsible="Анна Орлова, Амстердам",
)
NOTE = "Имя из списка редакции."
FACTS = {
    "statement": STATEMENT,
    "courtesy": COURTESY,
    "founder": PROFILE.founders[0],
    "editor": PROFILE.editor_in_chief,
    "email": PROFILE.email,
    "phone": PROFILE.phone,
    "postal": PROFILE.postal,
    "owner": PROFILE.owner,
    "responsible": PROFILE.responsible,
    "copyright": "© 2026 The Embankment",
    "label": NOTE,
}


@cache
def made(language: Language) -> tuple[PrintOrder, DecodedMail]:
    """A digest with everything the law may ask for, as a reader would get it."""
    articles = (
        day_article("river", language),
        day_article("tram", language),
        day_article("film", language, age=12),
    )
    order = make_order(
        *articles,
        language=language,
        profile=PROFILE,
        labels={articles[1].id: (NOTE,)},
    )
    trial = Personal(
        address="r@readers.test", leave_url=LEAVE, message_id="trial@x.test", sent_at=NOON
    )
    digest = render_digest(order, Assets())
    return order, decode(b"".join(Splicer(digest.compiled).chunks(trial)))


def refused(language: Language, **changes: str) -> bool:
    order, mail = made(language)
    spoilt = replace(mail, **changes) if changes else mail
    found = inspect_digest(
        replace(spoilt, size=len(spoilt.html.encode())),
        layout=order.layout,
        issue=order.issue,
        newsroom=order.newsroom,
        profile=order.profile,
        labels=Labels(of=order.labels),
        ad_word="Реклама",
        leave_url="https://embankment.test/unsubscribe/",
    )
    return bool(found)


@pytest.mark.parametrize("language", [EN, RU])
def test_the_digest_that_is_spoilt_below_is_lawful(language: Language) -> None:
    assert not refused(language)


# --- the HTML part --------------------------------------------------------------------------------


def around(fact: str) -> Callable[[HtmlElement], HtmlElement | None]:
    """The innermost element that holds a fact."""

    def find(tree: HtmlElement) -> HtmlElement | None:
        holders = [
            one
            for one in tree.iter()
            if isinstance(one.tag, str)
            and one.tag not in {"head", "title", "html", "body"}
            and folded(fact) in folded(one.text_content())
        ]
        return holders[-1] if holders else None

    return find


def by_class(name: str) -> Callable[[HtmlElement], HtmlElement | None]:
    return lambda tree: next(iter(tree.find_class(name)), None)


ELEMENTS: dict[str, Callable[[HtmlElement], HtmlElement | None]] = {
    **{name: around(fact) for name, fact in FACTS.items()},
    "masthead": by_class("name"),
    "mark": by_class("mark"),
    "listing's mark": by_class("age"),
    "way out": by_class("leave"),
}


def styled(words: str) -> Callable[[HtmlElement], None]:
    def hide(element: HtmlElement) -> None:
        element.set("style", f"{element.get('style', '')};{words}")

    return hide


def removed(element: HtmlElement) -> None:
    parent = element.getparent()
    assert parent is not None
    parent.remove(element)


def commented(element: HtmlElement) -> None:
    parent = element.getparent()
    assert parent is not None
    words = lxml_html.tostring(element, encoding="unicode", with_tail=False)
    parent.replace(element, lxml_html.HtmlComment(words.replace("--", "")))


def attribute(name: str, value: str) -> Callable[[HtmlElement], None]:
    return lambda element: element.set(name, value)


WAYS: dict[str, Callable[[HtmlElement], None]] = {
    "removed": removed,
    "comment": commented,
    "display": styled("display:none"),
    "important": styled("display:none!important"),
    "visibility": styled("visibility:hidden"),
    "opacity": styled("opacity:0"),
    "out of sight": styled("position:absolute;left:-9999px"),
    "indent": styled("text-indent:-9999px"),
    "clipped": styled("max-height:0;overflow:hidden"),
    "hidden": attribute("hidden", "hidden"),
    "struck": styled("text-decoration:line-through"),
    "mso": styled("mso-hide:all"),
}
# These an inner element may undo by a style of its own, so they are laid on all inside as well.
DEEP: dict[str, str] = {
    "1 px": "font-size:1px",
    "colour of the paper": f"color:{PAPER}",
    "line height": "line-height:0",
}


def tree_of(language: Language) -> HtmlElement:
    return lxml_html.document_fromstring(made(language)[1].html)


def circles(element: HtmlElement, name: str, way: str) -> Iterator[int]:
    """How far around an element something is done to it: up to the body where it is worth it.

    The outer elements are the same for all, so two of them go all the way.
    """
    yield 0
    for at, one in enumerate(element.iterancestors(), start=1):
        if one.tag in {"body", "html"}:
            return
        if name in KEY and (at == 1 or way in OUTER):
            yield at


def outward(element: HtmlElement, steps: int) -> HtmlElement:
    return element if not steps else list(element.iterancestors())[steps - 1]


def written(tree: HtmlElement) -> str:
    return "<!DOCTYPE html>" + lxml_html.tostring(tree, encoding="unicode")


KEY = {"statement", "mark"}
OUTER = {"removed", "display", "clipped"}
PAIRS = [
    (name, way)
    for name in ELEMENTS
    for way in WAYS
    if name in KEY or way in {"removed", "comment", "display", "opacity", "hidden", "out of sight"}
]


@pytest.mark.parametrize(("name", "way"), PAIRS)
def test_every_legal_element_hidden_in_any_way_on_any_level_is_refused(name: str, way: str) -> None:
    found = ELEMENTS[name](tree_of(RU))
    assert found is not None, name
    for steps in circles(found, name, way):
        tree = tree_of(RU)
        target = ELEMENTS[name](tree)
        assert target is not None
        WAYS[way](outward(target, steps))

        assert refused(RU, html=written(tree)), (name, way, steps)


@pytest.mark.parametrize("way", DEEP)
@pytest.mark.parametrize("name", ELEMENTS)
def test_every_legal_element_too_small_or_in_the_papers_colour_is_refused(
    name: str, way: str
) -> None:
    tree = tree_of(EN)
    target = ELEMENTS[name](tree)
    assert target is not None
    for one in target.iter():
        if isinstance(one.tag, str):
            styled(DEEP[way] + "!important")(one)

    assert refused(EN, html=written(tree))


@pytest.mark.parametrize("name", ELEMENTS)
@pytest.mark.parametrize(
    "condition",
    [
        "@media screen",
        "@media (max-width:599px)",
        "@media (prefers-color-scheme:dark)",
        "[data-ogsc]",
    ],
)
def test_a_rule_that_hides_it_from_some_readers_is_refused(name: str, condition: str) -> None:
    tree = tree_of(RU)
    target = ELEMENTS[name](tree)
    assert target is not None
    target.set("id", "victim")
    hides = "#victim{display:none!important}"
    rule = f"{condition} {hides}" if condition.startswith("[") else f"{condition}{{{hides}}}"
    html = written(tree).replace("</head>", f"<style>{rule}</style></head>")

    assert refused(RU, html=html)


def test_the_mark_must_be_bold_and_no_smaller_than_the_text() -> None:
    for words in ("font-weight:normal", "font-size:13px"):
        tree = tree_of(RU)
        mark = ELEMENTS["mark"](tree)
        assert mark is not None
        styled(words)(mark)

        assert refused(RU, html=written(tree)), words


@pytest.mark.parametrize("language", [EN, RU])
def test_the_law_behind_the_place_where_gmail_cuts_is_refused(language: Language) -> None:
    html = made(language)[1].html
    padding = "<!-- " + "x" * 100_000 + " -->"

    assert refused(language, html=html.replace("</h1>", f"</h1>{padding}", 1))


# --- the text part --------------------------------------------------------------------------------


@pytest.mark.parametrize("language", [EN, RU])
@pytest.mark.parametrize("name", FACTS)
def test_every_fact_taken_out_of_the_text_part_is_refused(name: str, language: Language) -> None:
    text = " ".join(made(language)[1].text.split(" "))
    fact = FACTS[name]
    plain = folded(text)
    assert folded(fact) in plain

    assert refused(language, text=plain.replace(folded(fact), ""))


@pytest.mark.parametrize(
    "text", ["", " ", "The Embankment 16+"], ids=["empty", "blank", "masthead alone"]
)
def test_a_text_part_that_was_emptied_is_refused(text: str) -> None:
    assert refused(RU, text=text)


def test_marks_and_the_way_out_taken_out_of_the_text_part_are_refused() -> None:
    text = made(RU)[1].text
    assert text.count("16+") >= 3

    assert refused(RU, text=text.replace(LEAVE, ""))
    assert refused(RU, text=text.replace("12+", ""))
    assert refused(RU, text=text.replace("16+", "", 1))


# --- one letter -----------------------------------------------------------------------------------


@pytest.mark.parametrize("part", ["html", "text"])
@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ("ФС77-00000", "ФС77-00001"),
        ("ФС77-00000", "ФС77–00000"),
        ("ФС77-00000", "ФC77-00000"),
        ("Сетевое", "Cетевое"),
        ("№", "No"),
        ("2026 г.", "2025 г."),
    ],
    ids=["digit", "dash", "Latin C in the number", "Latin C in a word", "No", "year"],
)
def test_one_letter_of_the_statement_changed_is_refused(part: str, was: str, becomes: str) -> None:
    spoilt = STATEMENT.replace(was, becomes)
    assert spoilt != STATEMENT
    whole = getattr(made(RU)[1], part)
    changed = folded(whole).replace(folded(STATEMENT), folded(spoilt))
    assert changed != folded(whole)

    assert refused(RU, **{part: changed})
