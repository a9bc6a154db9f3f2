"""Which digests an issue needs, and which of them each group of readers is given."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from publisher.compose.layout import lay_out
from publisher.compose.variants import plan, told_by
from publisher.model.editions import Edition, Fallback
from publisher.model.issues import Correction, Issue, Item
from publisher.model.names import IssueId, Language, SectionId, StoryKey
from publisher.model.sources import Sponsor
from publisher.model.variants import ALL, EVERYTHING, Group, Variant
from tests.support.build import EN, RU, make_article, make_edition, make_issue, make_newsroom

MOSCOW, WORLD, GUIDE = SectionId("moscow"), SectionId("world"), SectionId("guide")
NEWSROOM = make_newsroom()
EDITION = make_edition(sections=(MOSCOW, WORLD, GUIDE), languages=(EN, RU))


def story(key: str, section: SectionId, *languages: Language, **overrides: Any) -> Item:
    versions = tuple(
        make_article(
            story=StoryKey(key), key=key, language=one, section=section, title=f"{key} {one}"
        )
        for one in languages or (EN, RU)
    )
    return Item(story=StoryKey(key), section=section, versions=versions, **overrides)


BRIDGE, RIVER = story("bridge", MOSCOW), story("river", WORLD)
MENDED = make_article(correction="On Friday.")
OWED = Correction(section=MOSCOW, article=MENDED)
ISSUE = make_issue(items=(BRIDGE, RIVER), corrections=(OWED,))
AD = replace(
    story("advert", GUIDE),
    versions=tuple(
        replace(one, sponsored=Sponsor(advertiser="ООО «Мост»", erid="2Vtz"))
        for one in story("advert", GUIDE).versions
    ),
)
PAID = replace(ISSUE, items=(BRIDGE, RIVER, AD), ads_by_consent=(EN, RU))


def group(
    *sections: SectionId,
    language: Language = EN,
    owed: bool = False,
    advertising: bool = False,
    readers: int = 1,
) -> Group:
    return Group(
        language=language,
        sections=frozenset(sections) or None,
        corrections=frozenset({OWED.key}) if owed else frozenset(),
        advertising=advertising,
        readers=readers,
    )


def planned(*groups: Group, issue: Issue = ISSUE, edition: Edition = EDITION) -> Any:
    return plan(issue, edition, NEWSROOM, groups)


def names(made: Any) -> list[tuple[str, str]]:
    return [(page.language, page.variant.name) for page in made.pages]


def seats(made: Any) -> list[str | None]:
    return [seat.variant for seat in made.seats]


def titles(page: Any) -> list[str]:
    return [one.article.story for one in page.layout.items]


def test_nobody_needs_more_than_the_plain_pages() -> None:
    assert names(planned()) == [("en", ALL), ("ru", ALL)]


@pytest.mark.parametrize(
    ("sections", "printed"),
    [
        ((), None),
        ((MOSCOW,), ["bridge"]),
        ((MOSCOW, GUIDE), ["bridge"]),  # nothing of the guide in this issue
        ((MOSCOW, WORLD), None),  # all there is
    ],
    ids=["all", "one", "one and an empty one", "every one there is"],
)
def test_chosen_sections_make_a_page_of_their_own_where_that_is_less(
    sections: Sequence[SectionId], printed: list[str] | None
) -> None:
    made = planned(group(*sections))

    assert len(made.pages) == (2 if printed is None else 3)
    assert (made.seats[0].variant == ALL) is (printed is None)
    if printed:
        page = made.pages[-1]
        assert titles(page) == printed
        assert page.layout.count == len(printed)
        assert page.layout.lead is not None


def test_choices_that_come_to_the_same_share_a_page() -> None:
    made = planned(group(MOSCOW), group(MOSCOW, GUIDE))

    assert len(made.pages) == 3
    assert len(set(seats(made))) == 1


def test_whose_sections_are_empty_gets_no_mail() -> None:
    assert seats(planned(group(GUIDE))) == [None]


def test_a_correction_is_mailed_even_where_no_story_is() -> None:
    made = planned(group(GUIDE, owed=True))
    page = made.pages[-1]

    assert made.seats[0].variant == page.variant.name
    assert titles(page) == []
    assert [one.article for one in page.layout.corrections] == [MENDED]


def test_corrections_stand_on_the_pages_of_those_they_are_owed() -> None:
    made = planned(group(readers=9), group(owed=True))

    assert [bool(page.layout.corrections) for page in made.pages] == [False, False, True]


def test_who_got_it_in_another_language_is_told_in_that_one() -> None:
    [*_, page] = planned(group(language=RU, owed=True)).pages

    assert [(one.article.language, one.fallback) for one in page.layout.corrections] == [(EN, True)]


def test_advertising_is_printed_for_those_who_agreed_beside_a_page_without() -> None:
    made = planned(group(advertising=True, readers=2), group(), issue=PAID)

    assert names(made) == [("en", ALL), ("ru", ALL), ("en", "all-ads")]
    assert [len(page.layout.sponsored) for page in made.pages] == [0, 0, 1]
    assert seats(made) == [ALL]
    assert all("advert" not in titles(page) for page in made.pages)


def test_where_the_law_asks_no_consent_everybody_sees_it() -> None:
    made = planned(group(advertising=True), issue=replace(PAID, ads_by_consent=(RU,)))

    assert names(made) == [("en", ALL), ("ru", ALL)]
    assert [len(page.layout.sponsored) for page in made.pages] == [1, 0]


def test_who_agreed_needs_no_page_of_their_own_where_there_is_no_advertising() -> None:
    assert names(planned(group(advertising=True))) == [("en", ALL), ("ru", ALL)]


def test_a_language_the_edition_does_not_speak_gets_the_first() -> None:
    made = planned(group(WORLD, language=Language("de")))

    assert names(made)[-1] == ("en", Variant(sections=frozenset({WORLD})).name)


def test_a_language_with_nothing_to_print_gets_no_mail() -> None:
    strict = replace(EDITION, fallback=Fallback.STRICT)
    issue = make_issue(items=(story("bridge", MOSCOW, EN),))

    assert seats(planned(group(language=RU), issue=issue, edition=strict)) == [None]


def test_an_issue_made_to_correct_another_tells_everybody_something() -> None:
    """Whoever is owed nothing by the ledger is addressed all the same: they were sent the first."""
    issue = replace(
        ISSUE, items=(), lead=None, only_to=IssueId("first"), correction_of=IssueId("first")
    )
    made = planned(group(), group(owed=True), issue=issue)

    assert [len(page.layout.corrections) for page in made.pages] == [1, 1]
    assert set(seats(made)) == {made.pages[0].variant.name}


def test_a_page_remembers_what_it_told_and_with_which_correction() -> None:
    layout = lay_out(ISSUE, EDITION, NEWSROOM, EN, Variant(corrections=frozenset({OWED.key})))
    assert layout is not None
    told = told_by(layout)

    assert told[MENDED.id] == OWED.key
    assert told[RIVER.versions[0].id] == ""


def test_names_tell_variants_apart_and_stay() -> None:
    variants = [
        EVERYTHING,
        Variant(sections=frozenset({MOSCOW})),
        Variant(sections=frozenset({WORLD})),
        Variant(corrections=frozenset({OWED.key})),
        Variant(advertising=True),
    ]

    assert len({one.name for one in variants}) == len(variants)
    assert Variant(sections=frozenset({WORLD, MOSCOW})).name == (
        Variant(sections=frozenset({MOSCOW, WORLD})).name
    )


def test_beyond_sixty_four_the_fewest_readers_get_all_sections() -> None:
    """127 choices of seven sections: those of the most readers are kept."""
    sections = tuple(SectionId(f"s{n}") for n in range(7))
    items = tuple(story(f"n{n}", section) for n, section in enumerate(sections))
    choices = [
        [one for bit, one in enumerate(sections) if number >> bit & 1] for number in range(1, 127)
    ]
    groups = [group(*chosen, readers=number) for number, chosen in enumerate(choices, start=1)]
    made = planned(
        *groups, issue=make_issue(items=items), edition=replace(EDITION, sections=sections)
    )

    assert len(made.pages) == 64
    assert [seat.variant == ALL for seat in made.seats] == [True] * 64 + [False] * 62
    assert made.widened == sum(range(1, 65))


def test_beyond_sixty_four_corrections_owed_to_the_fewest_wait() -> None:
    corrections = tuple(
        Correction(section=MOSCOW, article=make_article(key=f"c{n}", correction=f"Wrong {n}."))
        for n in range(7)
    )
    keys = [one.key for one in corrections]
    groups = [
        Group(
            language=EN,
            sections=None,
            corrections=frozenset(key for bit, key in enumerate(keys) if number >> bit & 1),
            readers=number,
        )
        for number in range(1, 127)
    ]
    made = planned(*groups, issue=replace(ISSUE, corrections=corrections))
    pages = {page.variant.name: page.variant for page in made.pages}

    assert len(made.pages) == 64
    assert made.postponed == sum(range(1, 65))
    for seat in made.seats:
        assert seat.variant is not None
        assert pages[seat.variant].corrections <= seat.corrections
