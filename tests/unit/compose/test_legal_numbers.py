"""Every rule L01 to L21 and every check 1 to 25 has tests that bear its number; 23 and 3 besides."""

import re
from pathlib import Path

import pytest

from publisher.compose.layout import lay_out
from publisher.compose.legal import blocking, check_profile
from publisher.model.editions import Fallback
from publisher.model.names import StoryKey
from tests.support.build import (
    EN,
    RU,
    make_article,
    make_edition,
    make_issue,
    make_item,
    make_newsroom,
)
from tests.support.footers import profile_2017

TESTS = Path(__file__).parents[2]
NUMBERED = re.compile(r"def test_(l|check_)0*(\d+)_")


def numbers(kind: str) -> set[int]:
    """Which numbers of a kind stand in the name of some test."""
    texts = (file.read_text("utf-8") for file in TESTS.rglob("test_*.py"))
    return {int(n) for text in texts for found, n in NUMBERED.findall(text) if found == kind}


def test_every_rule_and_every_check_has_a_test_with_its_number() -> None:
    assert numbers("l") == set(range(1, 22))
    assert numbers("check_") == set(range(1, 26))


@pytest.mark.parametrize(
    ("policy", "shown"),
    [(Fallback.STRICT, ["tram"]), (Fallback.FLAG, ["bridge", "tram"])],
)
def test_check_23_under_strict_a_story_without_the_language_is_absent(
    policy: Fallback, shown: list[str]
) -> None:
    tram = StoryKey("tram")
    issue = make_issue(
        items=(
            make_item(make_article(language=RU)),
            make_item(make_article(story=tram, language=EN), story=tram),
        ),
        lead=tram,
    )
    layout = lay_out(issue, make_edition(fallback=policy), make_newsroom(), EN)

    assert layout is not None
    assert sorted(item.article.story for item in layout.items) == shown


def test_check_23_a_paired_story_appears_once_in_the_readers_language() -> None:
    pair = make_item(versions=(make_article(language=EN), make_article(language=RU)))
    for language in (EN, RU):
        layout = lay_out(make_issue(items=(pair,)), make_edition(), make_newsroom(), language)

        assert layout is not None
        assert [item.article.language for item in layout.items] == [language]
        assert not any(item.fallback for item in layout.items)


def test_check_3_what_blocks_can_be_acknowledged_by_nobody() -> None:
    """A WARN can; see test_legal_profile.py."""
    found = check_profile(
        profile_2017(founders=(), approved_by=""), day=profile_2017().valid_from, languages=(EN,)
    )

    assert {problem.rule for problem in blocking(found)} >= {"L01", "L05"}
