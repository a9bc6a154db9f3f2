from collections.abc import Sequence
from typing import Any

import pytest

from publisher.compose.layout import lay_out
from publisher.model.editions import Fallback
from publisher.model.issues import Item, Layout, PrintedItem
from publisher.model.names import Language, SectionId, StoryKey
from tests.support.build import EN, RU, make_article, make_edition, make_issue, make_newsroom

RUSSIA, MOSCOW = SectionId("russia"), SectionId("moscow")


def item(name: str, *languages: Language, section: SectionId = MOSCOW, **overrides: Any) -> Item:
    versions = tuple(
        make_article(story=StoryKey(name), language=one, section=section) for one in languages
    )
    return Item(story=StoryKey(name), section=section, versions=versions, **overrides)


ITEMS = (
    item("duma", EN, RU, section=RUSSIA),
    item("bridge", EN),
    item("rink", EN, RU),
    item("tram", RU, linked=True),
)


def laid(
    language: Language,
    fallback: Fallback,
    items: Sequence[Item] = ITEMS,
    lead: str | None = "bridge",
) -> Layout | None:
    issue = make_issue(items=tuple(items), lead=lead)
    return lay_out(issue, make_edition(fallback=fallback), make_newsroom(), language)


def names(items: Sequence[PrintedItem]) -> list[str]:
    return [f"{one.article.id}{'*' if one.fallback else ''}" for one in items]


@pytest.mark.parametrize(
    ("language", "fallback", "lead", "blocks", "count"),
    [
        (EN, Fallback.FLAG, "bridge-en", [(["duma-en"], []), (["rink-en"], ["tram-ru*"])], 3),
        (RU, Fallback.FLAG, "bridge-en*", [(["duma-ru"], []), (["rink-ru"], ["tram-ru"])], 3),
        (EN, Fallback.STRICT, "bridge-en", [(["duma-en"], []), (["rink-en"], [])], 3),
        (RU, Fallback.STRICT, "duma-ru", [(["rink-ru"], ["tram-ru"])], 2),
        (
            RU,
            Fallback.BOTH,
            "bridge-en*",
            [(["duma-ru", "duma-en*"], []), (["rink-ru", "rink-en*"], ["tram-ru"])],
            3,
        ),
    ],
)
def test_readers_see_their_language_as_the_fallback_says(
    language: Language,
    fallback: Fallback,
    lead: str,
    blocks: list[tuple[list[str], list[str]]],
    count: int,
) -> None:
    layout = laid(language, fallback)

    assert layout is not None
    assert (layout.issue, layout.language) == ("morning-20261123-0800", language)
    assert layout.lead is not None
    assert names([layout.lead]) == [lead]
    assert [(names(block.items), names(block.more)) for block in layout.blocks] == blocks
    assert layout.count == count


def test_a_lead_in_both_languages_leads_in_one_and_follows_in_the_other() -> None:
    layout = laid(RU, Fallback.BOTH, [item("rink", EN, RU)], "rink")

    assert layout is not None
    assert names(layout.items) == ["rink-ru", "rink-en*"]
    assert layout.count == 1


def test_a_lead_alone_leaves_no_empty_block() -> None:
    layout = laid(EN, Fallback.FLAG, [item("bridge", EN)])

    assert layout is not None
    assert layout.blocks == ()
    assert names(layout.items) == ["bridge-en"]


def test_a_link_is_given_once_even_where_both_languages_are_shown() -> None:
    items = [item("bridge", EN, RU), item("tram", EN, RU, linked=True)]

    layout = laid(RU, Fallback.BOTH, items)

    assert layout is not None
    assert names(layout.blocks[0].more) == ["tram-ru"]


@pytest.mark.parametrize(
    "items",
    [
        pytest.param([], id="an empty issue"),
        pytest.param([item("bridge", EN)], id="nothing in the language"),
        pytest.param([item("bridge", EN), item("tram", RU, linked=True)], id="only a link"),
    ],
)
def test_a_language_with_nothing_to_print_has_no_layout(items: list[Item]) -> None:
    assert laid(RU, Fallback.STRICT, items) is None
