"""When an issue is due for whom."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from publisher.compose.waves import closes_at, opens_at, waves_of
from publisher.model.rates import Hours
from tests.support.build import DUE, make_edition, make_issue

HOUR = timedelta(hours=1)
WAVES = replace(make_edition(), waves=True)
DAYTIME = Hours(start=time(7), end=time(22))


def test_where_the_clock_is_behind_ours_the_issue_waits_for_its_hour() -> None:
    """Due at 08:00 in Moscow."""
    waves = waves_of(WAVES, make_issue(), ["Europe/London", "Asia/Tokyo"], now=DUE)

    assert waves.by_zone == {"Europe/London": DUE + 3 * HOUR, "Asia/Tokyo": DUE}
    assert waves.first == DUE


@pytest.mark.parametrize(
    "zone", ["Europe/Nowhere", "../etc/passwd", "Europe", "", "\0", "localtime"]
)
def test_who_lives_where_no_clock_is_known_follows_the_editions(zone: str) -> None:
    waves = waves_of(WAVES, make_issue(), [zone, "Europe/London"], now=DUE)
    night = DUE + 15 * HOUR  # 23:00

    assert waves.by_zone == {zone: DUE, "Europe/London": DUE + 3 * HOUR}
    assert opens_at(replace(WAVES, hours=DAYTIME), zone, now=night) == night + 8 * HOUR


def test_nothing_is_due_in_the_past() -> None:
    late = DUE + 5 * HOUR
    waves = waves_of(WAVES, make_issue(), ["Europe/London"], now=late)

    assert (waves.first, waves.by_zone) == (late, {"Europe/London": late})


def test_without_waves_everybody_is_due_at_once() -> None:
    waves = waves_of(make_edition(), make_issue(), ["Europe/London"], now=DUE)

    assert (waves.first, waves.by_zone) == (DUE, {})


def test_hours_are_the_editions_and_in_waves_the_readers() -> None:
    early = DUE - 3 * HOUR  # five in the morning in Moscow, eleven in Tokyo
    plain, waves = (replace(one, hours=DAYTIME) for one in (make_edition(), WAVES))

    assert opens_at(plain, "Asia/Tokyo", now=early) == early + 2 * HOUR
    assert opens_at(waves, "Asia/Tokyo", now=early) == early
    assert opens_at(waves, None, now=early) == early + 2 * HOUR
    assert opens_at(make_edition(), None, now=early) == early
    night = DUE + 15 * HOUR  # 23:00
    assert waves_of(plain, make_issue(), [], now=night).first == night + 8 * HOUR


def test_hours_end_by_the_clock_that_holds_for_the_reader() -> None:
    """Due at 08:00 in Moscow, which is 14:00 in Tokyo."""
    plain, waves = (replace(one, hours=DAYTIME) for one in (make_edition(), WAVES))

    assert closes_at(plain, "Asia/Tokyo", now=DUE) == DUE + 14 * HOUR
    assert closes_at(waves, "Asia/Tokyo", now=DUE) == DUE + 8 * HOUR
    assert closes_at(waves, None, now=DUE) == DUE + 14 * HOUR
    assert closes_at(make_edition(), None, now=DUE) is None


def test_hours_over_midnight_end_the_next_day_and_an_hour_that_comes_twice_ends_once() -> None:
    night = Hours(start=time(20), end=time(2))
    berlin = ZoneInfo("Europe/Berlin")  # at three in summer it is two again, on 25 October 2026
    half = Hours(start=time(1), end=time(2, 30))
    first, second = (datetime(2026, 10, 25, hour, 10, tzinfo=UTC) for hour in (0, 1))

    assert night.closing(DUE + 15 * HOUR, ZoneInfo("Europe/Moscow")) == DUE + 18 * HOUR
    assert half.closing(first, berlin) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert half.closing(second, berlin) == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
