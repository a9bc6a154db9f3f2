"""Texts as the gate compares them."""

import pytest

from publisher.compose.letters import (
    count_of,
    folded,
    invisible,
    marks_in,
    mixed_words,
    shows_mark,
    without,
)


def test_folding_touches_white_space_and_nothing_else() -> None:
    assert folded(" ЭЛ\u00a0№\u202fФС77-00000 —\r\n «А»\t16+ ") == "ЭЛ № ФС77-00000 — «А» 16+"


def test_composed_and_decomposed_letters_are_the_same() -> None:
    assert folded("и\u0306") == "й"


@pytest.mark.parametrize("extra", ["\u200b", "\u00ad", "\u2060", "\ufeff"])
def test_zero_width_characters_are_not_white_space(extra: str) -> None:
    assert count_of("серия ЭЛ", f"серия{extra} ЭЛ") == 0


@pytest.mark.parametrize("around", ["{}1", "1{}", "не{}", "{}а", "{}\u0336"])
def test_a_part_inside_longer_words_is_another_text(around: str) -> None:
    assert count_of("77-12345", around.format("77-12345")) == 0


def test_each_whole_occurrence_counts() -> None:
    assert count_of("А б", "А  б. А\nб") == 2
    assert without("А б", "раз А  б два") == ("раз ", " два")


def test_a_word_of_two_alphabets_is_found() -> None:
    assert mixed_words("Cетевое издание ЭЛ № ФС77-1") == ("Cетевое",)
    assert mixed_words("IT-компания «The Embankment» ФС77") == ()
    assert mixed_words("οдно") == ("οдно",)


@pytest.mark.parametrize(
    "character", ["\u200b", "\u202e", "\u00ad", "\x07", "\u2028", "\ufe0f", "\u3164"]
)
def test_invisible_characters_are_named(character: str) -> None:
    assert invisible(f"а{character}б") == (f"U+{ord(character):04X}",)


def test_line_ends_and_no_break_spaces_are_not_invisible() -> None:
    assert invisible("а\nб\u00a0в\tг") == ()


def test_marks_stand_by_themselves() -> None:
    assert marks_in("16+ и 18+, а не 5+5 или a16+") == (16, 18)
    assert shows_mark("(16+)", "16+")
    assert not shows_mark("116+", "16+")
    assert not shows_mark("16++", "16+")
