from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from publisher.compose.walls import instants, is_working, to_instant
from publisher.model.editions import Calendar
from tests.support.build import make_schedule


def wall(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("zone", "local", "utc"),
    [
        # an ordinary day
        ("Europe/Amsterdam", "2027-06-01 08:00", "2027-06-01 06:00"),
        # 28 March 2027, 02:00 -> 03:00 at 01:00Z
        ("Europe/Amsterdam", "2027-03-28 01:59", "2027-03-28 00:59"),
        ("Europe/Amsterdam", "2027-03-28 02:00", "2027-03-28 01:00"),
        ("Europe/Amsterdam", "2027-03-28 02:30", "2027-03-28 01:00"),
        ("Europe/Amsterdam", "2027-03-28 03:00", "2027-03-28 01:00"),
        # 31 October 2027, 03:00 -> 02:00 at 01:00Z: the first 02:30
        ("Europe/Amsterdam", "2027-10-31 02:30", "2027-10-31 00:30"),
        ("Europe/Amsterdam", "2027-10-31 03:00", "2027-10-31 02:00"),
        ("America/Los_Angeles", "2027-03-14 02:30", "2027-03-14 10:00"),
        ("America/Los_Angeles", "2027-11-07 01:30", "2027-11-07 08:30"),
        # half an hour: 3 October 2027, 02:00 -> 02:30; 4 April 2027, 02:00 -> 01:30
        ("Australia/Lord_Howe", "2027-10-03 02:10", "2027-10-02 15:30"),
        ("Australia/Lord_Howe", "2027-04-04 01:40", "2027-04-03 14:40"),
        # Moscow: the last spring forward, and the step back for good
        ("Europe/Moscow", "2011-03-27 02:30", "2011-03-26 23:00"),
        ("Europe/Moscow", "2014-10-26 01:30", "2014-10-25 21:30"),
        ("Europe/Moscow", "2026-11-23 08:00", "2026-11-23 05:00"),
        # a whole day that never was
        ("Pacific/Apia", "2011-12-30 08:00", "2011-12-30 10:00"),
    ],
)
def test_a_wall_time_is_one_instant(zone: str, local: str, utc: str) -> None:
    instant = to_instant(wall(local), ZoneInfo(zone))

    assert instant == wall(utc).replace(tzinfo=UTC)
    assert instant.tzinfo is UTC


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2027, 2, 19), True),
        (date(2027, 2, 20), True),  # a worked Saturday
        (date(2027, 2, 21), False),
        (date(2027, 2, 22), False),  # a Monday off
    ],
)
def test_the_calendar_has_the_last_word_on_working_days(day: date, works: bool) -> None:
    calendar = Calendar(off=frozenset({date(2027, 2, 22)}), working=frozenset({date(2027, 2, 20)}))

    assert is_working(day, calendar) is works


def test_every_quarter_of_an_hour_in_a_gap_fires_once_behind_it() -> None:
    schedule = make_schedule(
        crons=("*/15 * * * *",), zone=ZoneInfo("Europe/Amsterdam"), working_days=False
    )
    day = date(2027, 3, 28)

    fired = [i.strftime("%H:%M") for i in instants(schedule, since=day, until=day)]

    assert fired[:8] == ["23:00", "23:15", "23:30", "23:45", "00:00", "00:15", "00:30", "00:45"]
    assert fired[8:10] == ["01:00", "01:15"]
    assert len(fired) == 23 * 4
