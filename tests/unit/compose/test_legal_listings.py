"""Rule L19 as printed: a listing's mark stands behind its title, in every part."""

import pytest

from publisher.compose.legal_listings import listing_problems, mark_above

FILM = ("Фильм «Мост» - во дворе", 12)


def rules(*texts: str) -> list[str | None]:
    return [problem.rule for problem in listing_problems(texts, [FILM])]  # type: ignore[list-item]


def test_l19_a_mark_right_behind_the_title_passes_however_it_is_set() -> None:
    assert rules("Фильм «Мост»\u00a0— во\u00a0дворе\u00a012+ Прочее 16+") == []
    assert rules("Фильм „Мост“ – во дворе (12+)", "ФИЛЬМ «МОСТ» — ВО ДВОРЕ\n12+") == []


@pytest.mark.parametrize(
    "text",
    [
        "Фильм «Мост» — во дворе. Прочее длинное 12+",
        "Фильм «Мост» — во дворе 16+",
        "Фильм «Мост» — во дворе 112+",
        "12+ Фильм «Мост» — во дворе",
        "12+",
        "",
    ],
)
def test_l19_a_listing_without_its_own_mark_refuses(text: str) -> None:
    assert rules("Фильм «Мост» — во дворе 12+", text) == ["L19"]


def test_l19_a_title_that_ends_in_a_number_is_no_trap() -> None:
    assert list(listing_problems(["Топ 5 12+"], [("Топ 5", 12)])) == []
    assert [one.rule for one in listing_problems(["Топ 512+"], [("Топ 5", 12)])] == ["L19"]


def test_l08_the_mark_stands_above_the_first_story() -> None:
    assert list(mark_above(["The Embankment No. 1 16+ Мост открыт"], "Мост открыт", 16)) == []
    [problem] = mark_above(["The Embankment 16+ Мост", "Мост 16+"], "«Мост»", 16)
    assert problem.rule == "L08"


def test_l19_the_title_is_marked_wherever_it_stands() -> None:
    assert rules("Фильм «Мост» — во дворе 12+ … Фильм «Мост» — во дворе") == ["L19"]
