"""Laws of the typography pass: idempotent, and it never touches a letter or a digit."""

from hypothesis import given
from hypothesis import strategies as st

from publisher.i18n.manners import Typography
from publisher.render.typography import typeset
from tests.support.build import EN, RU
from tests.support.sheets import localizers

RULES = [localizers()[language].manners.typography for language in (EN, RU)]
PIECES = st.sampled_from(
    [
        *"\"'.-–—«»„“”‘’ \u00a0()№,!?5",
        "...",
        " - ",
        "в ",
        "и ",
        " ли",
        "слово",
        "word",
        "ФС77-0",
        "А. ",
    ]
)
TEXTS = st.one_of(st.text(max_size=60), st.lists(PIECES, max_size=25).map("".join))


@given(text=TEXTS, rules=st.sampled_from(RULES))
def test_a_second_pass_changes_nothing(text: str, rules: Typography) -> None:
    once = typeset(text, rules)

    assert typeset(once, rules) == once


@given(text=TEXTS, rules=st.sampled_from(RULES))
def test_letters_and_digits_stay_as_they_are(text: str, rules: Typography) -> None:
    assert [c for c in typeset(text, rules) if c.isalnum()] == [c for c in text if c.isalnum()]
