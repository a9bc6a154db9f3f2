"""When a source is to be looked at again."""

from datetime import timedelta

import pytest

from publisher.collect.rhythm import after_failure, is_due
from publisher.model.sources import FetchState, SourceKind
from tests.support.build import NOON, make_source

MINUTE = timedelta(minutes=1)
FEED = make_source()
FOLDER = make_source(kind=SourceKind.FOLDER)


def state(**known: object) -> FetchState:
    return FetchState(source=FEED.id, **known)  # type: ignore[arg-type]


def test_a_source_never_looked_at_is_due() -> None:
    assert is_due(FEED, state(), now=NOON)


@pytest.mark.parametrize(
    ("every", "minutes", "due"),
    [(None, 14, False), (None, 15, True), (MINUTE, 1, True), (60 * MINUTE, 59, False)],
)
def test_a_source_has_its_rhythm(every: timedelta | None, minutes: int, due: bool) -> None:
    checked = state(checked_at=NOON - minutes * MINUTE)

    assert is_due(make_source(every=every), checked, now=NOON) is due


def test_what_the_last_pass_asked_for_comes_first() -> None:
    waits = state(checked_at=NOON - 60 * MINUTE, next_check_at=NOON + MINUTE)

    assert not is_due(FEED, waits, now=NOON)
    assert is_due(FEED, waits, now=NOON + MINUTE)


@pytest.mark.parametrize(
    ("failures", "minutes"), [(1, 15), (2, 30), (3, 60), (5, 240), (6, 360), (10**6, 360)]
)
def test_each_failure_doubles_the_pause_up_to_six_hours(failures: int, minutes: int) -> None:
    assert after_failure(FEED, failures, now=NOON) == NOON + minutes * MINUTE


def test_a_folder_is_never_left_alone_for_long() -> None:
    assert after_failure(FOLDER, 1, now=NOON) == NOON + timedelta(seconds=20)
    assert after_failure(FOLDER, 99, now=NOON) == NOON + 5 * MINUTE


def test_a_source_in_trouble_is_not_asked_more_often_than_a_healthy_one() -> None:
    daily = make_source(every=timedelta(days=1))

    assert after_failure(daily, 3, now=NOON) == NOON + timedelta(days=1)
