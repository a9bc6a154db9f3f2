"""When a source is to be looked at again, and what its own rhythm is."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.collect.rhythm import (
    CAP,
    FLOOR,
    after_failure,
    after_success,
    beat,
    is_due,
    rhythm,
    wants_quiet,
)
from publisher.model.sources import FetchState, Hints, SourceKind
from tests.support.build import NOON, make_source
from tests.support.dice import Loaded

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
FEED = make_source()
FOLDER = make_source(kind=SourceKind.FOLDER, url=None)
EVENTS = st.lists(st.none() | st.integers(-(10**6), 10**6).map(lambda m: NOON + m * MINUTE))


def state(**known: object) -> FetchState:
    return FetchState(source=FEED.id, **{"url": FEED.url, **known})  # type: ignore[arg-type]


# --- is it due ----------------------------------------------------------------------------------


def test_a_source_never_looked_at_is_due() -> None:
    assert is_due(FEED, FetchState(source=FEED.id), now=NOON)


def test_what_the_last_pass_reckoned_is_kept_over_a_restart() -> None:
    waits = state(checked_at=NOON - HOUR, next_check_at=NOON + MINUTE)

    assert not is_due(FEED, waits, now=NOON)
    assert is_due(FEED, waits, now=NOON + MINUTE)


def test_a_corrected_address_is_due_at_once() -> None:
    gone = state(url="https://old.test/", gone_at=NOON, next_check_at=NOON + DAY)

    assert is_due(FEED, gone, now=NOON)
    assert not wants_quiet(FEED, gone, now=NOON)


def test_a_source_that_is_gone_is_never_due() -> None:
    gone = state(gone_at=NOON, next_check_at=NOON)

    assert not is_due(FEED, gone, now=NOON + 400 * DAY)
    assert wants_quiet(FEED, gone, now=NOON + 400 * DAY)


def test_another_every_counts_at_once_but_not_against_a_wish_for_quiet() -> None:
    hurried = make_source(every=MINUTE)
    slow = state(every=DAY, next_check_at=NOON + DAY)

    assert is_due(hurried, slow, now=NOON)
    asked = state(every=DAY, next_check_at=NOON + DAY, not_before=NOON + HOUR)
    assert not is_due(hurried, asked, now=NOON)
    assert not is_due(hurried, state(every=DAY, failures=2, next_check_at=NOON + DAY), now=NOON)


def test_quiet_ends_at_its_hour() -> None:
    asked = state(not_before=NOON + HOUR)

    assert wants_quiet(FEED, asked, now=NOON)
    assert not wants_quiet(FEED, asked, now=NOON + HOUR)
    assert not wants_quiet(FEED, state(), now=NOON)


# --- the rhythm ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("minutes", "gap"),
    [((0, 30, 60), 30 * MINUTE), ((0,), None), ((), None), ((5, 5, 5), timedelta(0))],
)
def test_a_beat_is_the_mean_gap(minutes: tuple[int, ...], gap: timedelta | None) -> None:
    found = beat([NOON - at * MINUTE for at in minutes], now=NOON)

    assert found.gap == gap
    assert found.newest_at == (NOON - min(minutes) * MINUTE if minutes else None)


def test_a_beat_knows_no_future_and_only_the_last_twenty() -> None:
    often = [NOON - n * MINUTE for n in range(20)]

    assert beat([*often, NOON - 300 * DAY, None], now=NOON).gap == MINUTE
    assert beat([NOON + DAY], now=NOON).newest_at == NOON


@pytest.mark.parametrize(
    ("gap", "silent", "pause"),
    [
        (20 * MINUTE, MINUTE, 10 * MINUTE),
        (MINUTE, MINUTE, FLOOR),
        (3 * DAY, HOUR, CAP),
        (None, HOUR, 15 * MINUTE),
        (20 * MINUTE, 7 * DAY, CAP / 4),
        (20 * MINUTE, 14 * DAY, CAP / 2),
        (20 * MINUTE, 30 * DAY, CAP),
    ],
)
def test_a_source_has_its_own_rhythm(
    gap: timedelta | None, silent: timedelta, pause: timedelta
) -> None:
    known = state(gap=gap, newest_at=NOON - silent)

    assert rhythm(FEED, known, now=NOON) == pause
    assert rhythm(make_source(every=2 * MINUTE), known, now=NOON) == 2 * MINUTE


@given(EVENTS)
def test_a_rhythm_found_stays_between_floor_and_cap(events: list[datetime | None]) -> None:
    found = beat(events, now=NOON)
    known = state(gap=found.gap, newest_at=found.newest_at)

    assert FLOOR <= rhythm(FEED, known, now=NOON) <= CAP


# --- after a look -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fresh", "ttl", "pause"),
    [
        (None, None, 15 * MINUTE),
        (timedelta(0), None, 15 * MINUTE),
        (HOUR, None, HOUR),
        (None, 2 * HOUR, 2 * HOUR),
        (HOUR, 30 * MINUTE, HOUR),
        (365 * DAY, None, DAY),
    ],
)
def test_a_source_is_left_alone_as_long_as_it_asks(
    fresh: timedelta | None, ttl: timedelta | None, pause: timedelta
) -> None:
    known = state(hints=Hints(ttl=ttl))

    assert after_success(FEED, known, fresh_for=fresh, now=NOON) == NOON + pause


def test_what_it_asks_counts_against_every_too() -> None:
    hurried = make_source(every=MINUTE)

    assert after_success(hurried, state(), fresh_for=HOUR, now=NOON) == NOON + HOUR


def test_hours_and_days_it_skips_are_passed_over() -> None:
    """Noon is 09:00 UTC on a Monday."""
    night = state(hints=Hints(skip_hours=(9, 10, 11)))
    monday = state(hints=Hints(skip_days=(0,)))
    always = state(hints=Hints(skip_hours=tuple(range(24))))

    def after(known: FetchState) -> datetime:
        return after_success(
            FEED, known, fresh_for=None, now=datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
        )

    assert after(night) == datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
    assert after(monday) == datetime(2026, 11, 24, 0, 0, tzinfo=UTC)
    assert after(always) == datetime(2026, 11, 23, 9, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("failures", "minutes"), [(1, 15), (2, 30), (3, 60), (5, 240), (6, 480), (7, 720), (10**6, 720)]
)
def test_each_failure_doubles_the_pause_up_to_half_a_day(failures: int, minutes: int) -> None:
    again = after_failure(FEED, state(failures=failures), now=NOON, dice=Loaded(0))
    latest = after_failure(FEED, state(failures=failures), now=NOON, dice=Loaded(1))

    assert again == NOON + minutes * MINUTE
    assert latest == NOON + minutes * MINUTE * 1.2


def test_a_folder_is_never_left_alone_for_long() -> None:
    def after(failures: int) -> datetime:
        known = FetchState(source=FOLDER.id, failures=failures)
        return after_failure(FOLDER, known, now=NOON, dice=Loaded(1))

    assert after(1) == NOON + timedelta(seconds=20)
    assert after(99) == NOON + 5 * MINUTE


def test_a_source_in_trouble_is_not_asked_more_often_than_a_healthy_one() -> None:
    daily = make_source(every=DAY)

    assert after_failure(daily, state(failures=3), now=NOON, dice=Loaded(0)) == NOON + DAY


def test_a_wish_for_quiet_is_longer_than_any_pause_of_ours() -> None:
    asked = state(failures=1, not_before=NOON + 3 * DAY)

    assert after_failure(FEED, asked, now=NOON, dice=Loaded(1)) == NOON + 3 * DAY
