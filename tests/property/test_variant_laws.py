"""Laws of variants: every reader has one digest at most, 64 an issue, and nobody gets too much."""

from collections.abc import Mapping

from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.compose.variants import Plan, plan
from publisher.model.issues import Correction, Item
from publisher.model.names import Language, SectionId, StoryKey
from publisher.model.sources import Sponsor
from publisher.model.variants import ADVERTISING, MOST_VARIANTS, Group, Variant
from tests.support.build import EN, RU, make_article, make_edition, make_issue, make_newsroom

SECTIONS = tuple(SectionId(f"s{n}") for n in range(7))
NEWSROOM = make_newsroom()
EDITION = make_edition(sections=SECTIONS, languages=(EN, RU))
CORRECTIONS = tuple(
    Correction(section=SECTIONS[0], article=make_article(key=f"c{n}", correction=f"Wrong {n}."))
    for n in range(5)
)
KEYS = tuple(one.key for one in CORRECTIONS)


def item(number: int, *, paid: bool = False) -> Item:
    versions = tuple(
        make_article(
            key=f"n{number}",
            story=StoryKey(f"n{number}"),
            language=language,
            section=SECTIONS[number % 7],
            sponsored=Sponsor(advertiser="A", erid="e") if paid else None,
        )
        for language in (EN, RU)
    )
    section = SECTIONS[number % 7]
    return Item(story=StoryKey(f"n{number}"), section=section, versions=versions)


ISSUE = make_issue(
    items=(*(item(n) for n in range(7)), item(9, paid=True)),
    corrections=CORRECTIONS,
    ads_by_consent=(EN, RU),
)
subsets = st.frozensets(st.sampled_from(SECTIONS), min_size=1)
one_group = st.builds(
    Group,
    language=st.sampled_from([EN, RU, Language("de")]),
    sections=st.none() | subsets,
    corrections=st.frozensets(st.sampled_from(KEYS)),
    advertising=st.booleans(),
    readers=st.integers(1, 1000),
)


def several(least: int, most: int) -> st.SearchStrategy[list[Group]]:
    return st.lists(
        one_group,
        min_size=least,
        max_size=most,
        unique_by=lambda one: (one.language, one.sections, one.corrections, one.advertising),
    )


groups, crowds = several(0, 20), several(70, 120)


def by_name(made: Plan) -> Mapping[tuple[str, str], Variant]:
    return {(page.language, page.variant.name): page.variant for page in made.pages}


def seat_of(made: Plan, group: Group) -> str | None:
    asked = (group.language, group.sections, group.corrections)
    [found] = [
        seat.variant
        for seat in made.seats
        if (seat.language, seat.sections, seat.corrections) == asked
    ]
    return found


def spoken(group: Group) -> Language:
    return group.language if group.language in EDITION.languages else EN


@given(groups | crowds)
@settings(deadline=None)
def test_an_issue_has_at_most_64_digests_and_each_is_another(some: list[Group]) -> None:
    made = plan(ISSUE, EDITION, NEWSROOM, some)

    assert len(made.pages) <= MOST_VARIANTS
    assert len(by_name(made)) == len(made.pages)


@given(groups | crowds)
@settings(deadline=None)
def test_every_reader_has_exactly_one_digest_that_exists(some: list[Group]) -> None:
    made = plan(ISSUE, EDITION, NEWSROOM, some)
    pages = by_name(made)

    for group in some:
        name = seat_of(made, group)
        assert name is not None  # every section has a story
        assert (spoken(group), name) in pages
        assert not name.endswith(ADVERTISING)


@given(groups | crowds)
@settings(deadline=None)
def test_nobody_misses_a_section_or_is_told_what_they_are_not_owed(some: list[Group]) -> None:
    made = plan(ISSUE, EDITION, NEWSROOM, some)
    pages = by_name(made)

    for group in some:
        got = pages[spoken(group), seat_of(made, group) or ""]
        assert got.corrections <= group.corrections
        assert got.sections is None or got.sections == group.sections


@given(groups)
@settings(deadline=None)
def test_what_is_not_full_is_not_narrowed(some: list[Group]) -> None:
    made = plan(ISSUE, EDITION, NEWSROOM, some)
    few = len({(spoken(one), one.sections, one.corrections) for one in some}) * 2 + 4

    if few <= MOST_VARIANTS:
        assert (made.widened, made.postponed) == (0, 0)


@given(groups)
@settings(deadline=None)
def test_whoever_agreed_and_is_shown_advertising_has_a_twin_without_it(some: list[Group]) -> None:
    """They may end it after the seal."""
    names = by_name(plan(ISSUE, EDITION, NEWSROOM, some))

    for language, name in names:
        if name.endswith(ADVERTISING):
            assert (language, name.removesuffix(ADVERTISING)) in names


@given(groups)
@settings(deadline=None)
def test_the_same_readers_make_the_same_plan(some: list[Group]) -> None:
    assert plan(ISSUE, EDITION, NEWSROOM, some) == plan(ISSUE, EDITION, NEWSROOM, some)
