"""Rules L08 and L19 on issues, and acceptance checks 8 to 10 (legal-and-i18n.md 8)."""

from datetime import date
from typing import Any

import pytest

from publisher.compose.legal import blocking, check_issue
from publisher.compose.marks import highest_mark
from publisher.model.articles import AgeMark
from publisher.model.issues import Issue, Item
from publisher.model.legal import LegalProfile
from publisher.model.names import Language, SectionId, StoryKey
from tests.support.build import EN, RU, make_article, make_issue, make_newsroom, make_profile
from tests.support.footers import profile_2017

DAY = date(2026, 11, 23)
MARKS: tuple[AgeMark, ...] = (0, 6, 12, 16, 18)


def issue_of(*ages: Any, section: str = "moscow", age: Any = 16) -> Issue:
    items = tuple(
        Item(
            story=StoryKey(f"s{at}"),
            section=SectionId(section),
            versions=(make_article(story=StoryKey(f"s{at}"), age=mark),),
        )
        for at, mark in enumerate(ages)
    )
    return make_issue(items=items, age=age)


def held_by(issue: Issue, profile: LegalProfile | None = None) -> list[str | None]:
    found = check_issue(issue, profile or make_profile(), make_newsroom(), recipients_day=DAY)
    return [problem.rule for problem in blocking(found)]


def test_check_8_items_of_6_12_and_16_make_an_issue_of_16() -> None:
    issue = issue_of(6, 12, 16)
    articles = [article for item in issue.items for article in item.versions]

    assert highest_mark(articles, [make_profile(age=None)]) == 16
    assert held_by(issue) == []


def test_check_8_an_item_of_18_under_a_masthead_of_16_holds_the_issue() -> None:
    assert set(held_by(issue_of(6, 18, age=18))) == {"L08"}


def test_check_8_an_unrated_item_without_a_default_holds_the_issue() -> None:
    assert held_by(issue_of(None)) == ["L08"]
    assert held_by(issue_of(None), make_profile(unrated=12)) == []


def test_check_8_every_language_version_is_rated() -> None:
    item = Item(
        story=StoryKey("s"),
        section=SectionId("moscow"),
        versions=(make_article(), make_article(language=RU, age=None)),
    )

    assert held_by(make_issue(items=(item,))) == ["L08"]


def test_check_8_a_story_only_linked_counts_too() -> None:
    item = Item(
        story=StoryKey("s"),
        section=SectionId("moscow"),
        versions=(make_article(age=18),),
        linked=True,
    )

    assert "L08" in held_by(make_issue(items=(item,)))


@pytest.mark.parametrize("age", [None, 0, 12])
def test_l08_an_issue_marked_below_its_items_or_masthead_is_held(age: AgeMark | None) -> None:
    assert held_by(issue_of(6, age=age)) == ["L08"]


def test_l08_an_issue_marked_above_its_statement_is_held() -> None:
    assert held_by(issue_of(6, age=18)) == ["L08"]


@pytest.mark.parametrize("age", [14, 1, 21, -1])
def test_check_9_a_mark_that_does_not_exist_holds_the_issue(age: int) -> None:
    assert "L08" in held_by(issue_of(age))


@pytest.mark.parametrize("language", [EN, RU])
@pytest.mark.parametrize("mark", MARKS)
def test_check_9_every_real_mark_passes_in_every_language(
    mark: AgeMark, language: Language
) -> None:
    profile = make_profile(
        age=mark,
        statements={RU: make_profile().statements[RU].replace("16+", f"{mark}+")},
    )
    item = Item(
        story=StoryKey("s"),
        section=SectionId("moscow"),
        versions=(make_article(language=language, age=mark),),
    )

    assert held_by(make_issue(items=(item,), age=mark), profile) == []


def test_check_10_a_listing_without_its_own_mark_is_held() -> None:
    listing = issue_of(None, section="city-guide")

    assert held_by(listing) == ["L19"]
    assert held_by(listing, make_profile(unrated=16)) == ["L19"]
    assert held_by(issue_of(12, section="city-guide")) == []


def test_l19_holds_under_the_rules_of_2017_as_well() -> None:
    listing = issue_of(None, section="city-guide")
    found = check_issue(listing, profile_2017(), make_newsroom(), recipients_day=date(2017, 9, 8))

    assert [problem.rule for problem in found] == ["L19"]
    assert found[0].args["title"] == "A bridge opens over the river"


def test_an_unknown_ruleset_holds_the_issue() -> None:
    assert held_by(issue_of(6), make_profile(ruleset="fr-press")) == ["L02"]
