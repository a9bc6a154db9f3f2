"""Two ways with known rates: the better one has most of the time, whatever happens between."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.deliver.duel import Duel

STEP = 0.001  # seconds between two things done


def spent(
    duel: Duel, rates: dict[bool, int], seconds: float, *, begin: float = 0.0
) -> dict[bool, float]:
    """How long each way had its turn, of that time."""
    had = {True: 0.0, False: 0.0}
    for step in range(round(seconds / STEP)):
        way = duel.second
        duel.did(rates[way], now=begin + step * STEP)
        had[way] += STEP
    return had


@pytest.mark.parametrize("better", [True, False])
def test_the_better_way_has_nearly_all_of_the_time(better: bool) -> None:
    had = spent(Duel(), {better: 10, not better: 8}, 60)

    assert had[better] > 58.8
    assert had[not better] > 0.4  # it is tried again: the world changes


def test_what_becomes_better_is_found_within_its_next_trial() -> None:
    duel = Duel()
    spent(duel, {True: 10, False: 8}, 10)
    had = spent(duel, {True: 10, False: 12}, 60, begin=10)

    assert had[False] > 45


def test_sessions_that_open_slowly_count_for_nobody() -> None:
    duel = Duel()
    spent(duel, {True: 1, False: 1}, 0.29)
    had = spent(duel, {True: 10, False: 8}, 10, begin=0.29)

    assert had[False] < 0.3


def test_a_break_begins_the_measurement_anew() -> None:
    """Whoever had nothing to do was not slow."""
    duel, at = Duel(), 0.0
    for _ in range(100):
        spent(duel, {True: 10, False: 8}, 0.15, begin=at)
        at += 5

    assert duel.second  # no trial came to an end


@given(st.integers(1, 50), st.integers(1, 50), st.floats(0, 1e6))
def test_whatever_the_rates_and_the_hour_the_choice_is_the_better_one(
    first: int, second: int, begin: float
) -> None:
    duel = Duel()
    spent(duel, {True: second, False: first}, 1.5, begin=begin)

    assert first == second or duel.second == (second > first)
