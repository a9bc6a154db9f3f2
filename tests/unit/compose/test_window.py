from datetime import UTC, date, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest

from publisher.compose import window as windows
from publisher.compose.window import Lateness
from publisher.model.editions import Calendar, Missed, OnHoliday, Schedule, Window
from publisher.model.names import EditionId, StoryKey
from tests.support.build import (
    DUE,
    MOSCOW,
    make_edition,
    make_issue,
    make_newsroom,
    make_schedule,
)

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FRIDAY_DUE = DUE - 3 * DAY  # DUE is a Monday; working days only
NEW_YEAR = Calendar(
    off=frozenset(date(2027, 1, day) for day in range(1, 11)),
    working=frozenset({date(2027, 2, 20)}),
)


def local(schedule: Schedule, *, after: datetime, n: int) -> list[str]:
    fired = islice(windows.firings(schedule, after=after), n)
    return [f"{i.astimezone(schedule.zone):%a %d %b %H:%M}" for i in fired]


def moscow(year: int, month: int, day: int, hour: int = 0) -> datetime:
    return datetime(year, month, day, hour, tzinfo=MOSCOW)


# --- firings ----------------------------------------------------------------------------------


def test_firings_are_strictly_after_and_leave_out_weekends() -> None:
    assert local(make_schedule(), after=FRIDAY_DUE, n=2) == ["Mon 23 Nov 08:00", "Tue 24 Nov 08:00"]


@pytest.mark.parametrize("zone", ["Europe/Amsterdam", "America/Los_Angeles"])
def test_midnight_is_not_skipped_on_the_day_after_a_change(zone: str) -> None:
    """APScheduler skips these (delivery.md 7.3)."""
    schedule = make_schedule(crons=("0 0 * * *",), zone=ZoneInfo(zone), working_days=False)

    year = list(windows.firings(schedule, after=datetime(2027, 1, 1, 12, tzinfo=schedule.zone)))[
        :364
    ]

    assert [i.astimezone(schedule.zone).date() for i in year] == [
        date(2027, 1, 2) + n * DAY for n in range(364)
    ]


def test_a_doubled_wall_time_fires_once() -> None:
    schedule = make_schedule(
        crons=("30 2 * * *",), zone=ZoneInfo("Europe/Amsterdam"), working_days=False
    )

    fired = list(islice(windows.firings(schedule, after=datetime(2027, 10, 30, tzinfo=UTC)), 3))

    assert fired == [
        datetime(2027, 10, 30, 0, 30, tzinfo=UTC),
        datetime(2027, 10, 31, 0, 30, tzinfo=UTC),
        datetime(2027, 11, 1, 1, 30, tzinfo=UTC),
    ]


def test_several_crons_fire_together_in_order() -> None:
    schedule = make_schedule(crons=("0 18 * * *", "0 8 * * *", "0 8 * * 1"), working_days=False)

    assert local(schedule, after=DUE - HOUR, n=3) == [
        "Mon 23 Nov 08:00",
        "Mon 23 Nov 18:00",
        "Tue 24 Nov 08:00",
    ]


def test_working_days_follow_the_calendar() -> None:
    schedule = make_schedule(calendar=NEW_YEAR)

    assert local(schedule, after=moscow(2026, 12, 31), n=2) == [
        "Thu 31 Dec 08:00",
        "Mon 11 Jan 08:00",
    ]
    assert local(schedule, after=moscow(2027, 2, 19, 9), n=2) == [
        "Sat 20 Feb 08:00",
        "Mon 22 Feb 08:00",
    ]


@pytest.mark.parametrize(
    ("on_holiday", "fired"),
    [
        (None, ["Fri 25 Dec 17:00", "Fri 01 Jan 17:00", "Fri 08 Jan 17:00", "Fri 15 Jan 17:00"]),
        (OnHoliday.SKIP, ["Fri 25 Dec 17:00", "Fri 15 Jan 17:00", "Fri 22 Jan 17:00"]),
        (OnHoliday.DAY_BEFORE, ["Fri 25 Dec 17:00", "Thu 31 Dec 17:00", "Fri 15 Jan 17:00"]),
        (OnHoliday.DAY_AFTER, ["Fri 25 Dec 17:00", "Mon 11 Jan 17:00", "Fri 15 Jan 17:00"]),
    ],
)
def test_a_holiday_moves_a_weekly_firing(on_holiday: OnHoliday | None, fired: list[str]) -> None:
    """The Fridays 1 and 8 January are off; two firings moved to one instant are one."""
    schedule = make_schedule(
        crons=("0 17 * * 5",), working_days=False, calendar=NEW_YEAR, on_holiday=on_holiday
    )

    assert local(schedule, after=moscow(2026, 12, 24), n=len(fired)) == fired


def test_a_moved_firing_may_pass_one_that_stays() -> None:
    """Saturday is no holiday and stays, Sunday is one and moves to Friday."""
    schedule = make_schedule(
        crons=("0 17 * * 6,0",),
        working_days=False,
        calendar=Calendar(off=frozenset({date(2027, 6, 6)})),
        on_holiday=OnHoliday.DAY_BEFORE,
    )

    assert local(schedule, after=moscow(2027, 6, 1), n=3) == [
        "Fri 04 Jun 17:00",
        "Sat 05 Jun 17:00",
        "Sat 12 Jun 17:00",
    ]


@pytest.mark.parametrize("on_holiday", [OnHoliday.DAY_BEFORE, OnHoliday.DAY_AFTER])
def test_a_calendar_without_a_working_day_in_reach_leaves_the_firing_out(
    on_holiday: OnHoliday,
) -> None:
    off = frozenset(date(2027, 1, 1) + n * DAY for n in range(200))
    schedule = make_schedule(
        crons=("0 17 10 4 *",),
        working_days=False,
        calendar=Calendar(off=off),
        on_holiday=on_holiday,
    )

    assert local(schedule, after=moscow(2027, 1, 2), n=1) == ["Mon 10 Apr 17:00"]  # 2028


def test_a_firing_moved_from_before_the_instant_still_comes_after_it() -> None:
    schedule = make_schedule(
        crons=("0 17 1 1 *",),
        working_days=False,
        calendar=NEW_YEAR,
        on_holiday=OnHoliday.DAY_AFTER,
    )

    assert local(schedule, after=moscow(2027, 1, 5), n=1) == ["Mon 11 Jan 17:00"]


def test_a_day_off_that_is_worked_is_no_holiday() -> None:
    day = frozenset({date(2027, 6, 4)})
    schedule = make_schedule(
        crons=("0 17 4 6 *",),
        working_days=False,
        calendar=Calendar(off=day, working=day),
        on_holiday=OnHoliday.SKIP,
    )

    assert local(schedule, after=moscow(2027, 6, 1), n=1) == ["Fri 04 Jun 17:00"]


def test_next_and_last_meet_around_an_instant() -> None:
    schedule = make_schedule()

    assert windows.last_firing(schedule, at=DUE) == DUE
    assert windows.last_firing(schedule, at=DUE - HOUR) == FRIDAY_DUE
    assert windows.next_firing(schedule, after=FRIDAY_DUE) == DUE
    assert windows.next_firing(schedule, after=DUE) == DUE + DAY


@pytest.mark.parametrize(
    ("cron", "last"),
    [
        ("0 8 1 * *", moscow(2026, 11, 1, 8)),
        ("0 8 1 12 *", moscow(2025, 12, 1, 8)),
        ("0 8 29 2 *", moscow(2024, 2, 29, 8)),
    ],
)
def test_the_last_firing_is_found_months_and_years_back(cron: str, last: datetime) -> None:
    schedule = make_schedule(crons=(cron,), working_days=False)

    assert windows.last_firing(schedule, at=DUE) == last


def test_a_schedule_that_meets_no_working_day_never_fires() -> None:
    ever_off = frozenset(date(2020, 1, 1) + n * DAY for n in range(7000))
    silent = make_schedule(crons=("* * * * *",), calendar=Calendar(off=ever_off))

    assert windows.never_fires(silent, now=DUE)
    assert windows.last_firing(silent, at=DUE) is None
    assert not windows.never_fires(make_schedule(), now=DUE)


# --- windows ----------------------------------------------------------------------------------


def test_a_window_opens_where_the_last_sealed_one_closed() -> None:
    sealed = Window(start=DUE - 9 * DAY, end=DUE - 4 * DAY)

    due = windows.due_window(make_edition(), last_sealed=sealed, began=sealed.start, now=DUE + HOUR)

    assert due == Window(start=DUE - 4 * DAY, end=DUE)


def test_a_sealed_window_is_not_due_again() -> None:
    sealed = Window(start=FRIDAY_DUE, end=DUE)

    for late in (timedelta(0), HOUR, 23 * HOUR):
        assert not windows.due_window(
            make_edition(), last_sealed=sealed, began=FRIDAY_DUE, now=DUE + late
        )


@pytest.mark.parametrize(
    ("backlog", "start"),
    [(None, FRIDAY_DUE), (timedelta(hours=24), DUE - DAY), (timedelta(0), DUE)],
)
def test_a_first_issue_looks_back_to_the_firing_before_or_as_backlog_says(
    backlog: timedelta | None, start: datetime
) -> None:
    edition = make_edition(backlog=backlog)

    due = windows.due_window(edition, last_sealed=None, began=None, now=DUE)

    assert due == Window(start=start, end=DUE)


def test_a_first_issue_never_sealed_leaves_its_span_to_the_next() -> None:
    due = windows.due_window(make_edition(), last_sealed=None, began=FRIDAY_DUE, now=DUE + DAY)

    assert due == Window(start=FRIDAY_DUE, end=DUE + DAY)


def test_an_early_draft_is_due_before_its_hour() -> None:
    edition = make_edition(draft=timedelta(minutes=45))

    due = windows.due_window(edition, last_sealed=None, began=None, now=DUE - timedelta(minutes=45))

    assert due == Window(start=FRIDAY_DUE, end=DUE)


def test_an_edition_that_never_fired_has_no_window() -> None:
    ever_off = frozenset(date(2020, 1, 1) + n * DAY for n in range(7000))
    edition = make_edition(schedule=make_schedule(calendar=Calendar(off=ever_off)))

    assert windows.due_window(edition, last_sealed=None, began=None, now=DUE) is None
    assert windows.window_at(edition, DUE, last_sealed=None, began=None) == Window(
        start=DUE, end=DUE
    )


def test_an_hour_asked_for_need_not_be_a_firing_but_must_be_new() -> None:
    sealed = Window(start=FRIDAY_DUE, end=DUE)
    asked = (DUE + HOUR).astimezone(MOSCOW)

    window = windows.window_at(make_edition(), asked, last_sealed=sealed, began=FRIDAY_DUE)

    assert window == Window(start=DUE, end=DUE + HOUR)
    assert window.end.tzinfo is UTC
    assert windows.window_at(make_edition(), DUE, last_sealed=sealed, began=FRIDAY_DUE) is None


def test_the_beginning_is_that_of_the_first_issue_whatever_became_of_it() -> None:
    first = make_issue(window=Window(start=FRIDAY_DUE, end=DUE))
    second = make_issue(window=Window(start=DUE, end=DUE + DAY))

    assert windows.beginning([second, first]) == FRIDAY_DUE
    assert windows.beginning([]) is None


@pytest.mark.parametrize(
    ("began", "since"),
    [
        (None, DUE - DAY),  # a first issue: its own window
        (DUE - 3 * DAY, DUE - 3 * DAY),  # never before the edition's beginning
        (DUE - 90 * DAY, DUE - 7 * DAY),  # what was not carried passes on, seven days at most
    ],
)
def test_articles_count_from_max_age_back_but_not_from_before_the_beginning(
    began: datetime | None, since: datetime
) -> None:
    window = Window(start=DUE - DAY, end=DUE)

    assert windows.eligible_since(window, began=began) == since


def test_a_draft_sees_what_is_here_and_a_late_issue_its_own_window() -> None:
    window = Window(start=DUE - DAY, end=DUE)

    assert windows.eligible_until(window, now=DUE - HOUR) == DUE - HOUR
    assert windows.eligible_until(window, now=DUE + HOUR) == DUE


def test_spent_stories_are_asked_for_long_before_the_window() -> None:
    assert windows.spent_since(Window(start=DUE - DAY, end=DUE)) == DUE - 90 * DAY


def test_other_editions_spend_stories_unless_they_may_be_repeated() -> None:
    morning, evening, weekly = EditionId("morning"), EditionId("evening"), EditionId("weekly")
    editions = {
        morning: make_edition(),
        evening: make_edition(id=evening),
        weekly: make_edition(id=weekly, repeats=(morning, weekly)),
    }
    newsroom = make_newsroom(editions=editions)

    assert windows.spending_editions(editions[evening], newsroom) == {morning, evening, weekly}
    assert windows.spending_editions(editions[weekly], newsroom) == {evening, weekly}


def test_an_issue_is_overtaken_by_a_seal_that_moves_its_window_or_spends_its_story() -> None:
    issue = make_issue(window=Window(start=FRIDAY_DUE, end=DUE))
    before = Window(start=FRIDAY_DUE - DAY, end=FRIDAY_DUE)
    between = Window(start=FRIDAY_DUE, end=FRIDAY_DUE + HOUR)

    assert not windows.overtaken(issue, last_sealed=None, spent=frozenset())
    assert not windows.overtaken(issue, last_sealed=before, spent=frozenset({StoryKey("other")}))
    assert windows.overtaken(issue, last_sealed=between, spent=frozenset())
    assert windows.overtaken(issue, last_sealed=before, spent=frozenset({StoryKey("bridge")}))


# --- the hour ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "standing"),
    [
        (DUE - HOUR, Lateness.EARLY),
        (DUE - timedelta(minutes=45), Lateness.DRAFT),
        (DUE - timedelta(seconds=1), Lateness.DRAFT),
        (DUE, Lateness.DUE),
        (DUE + 3 * HOUR, Lateness.DUE),
        (DUE + 3 * HOUR + timedelta(seconds=1), Lateness.MISSED),
    ],
)
def test_an_hour_is_early_drafted_due_or_missed(now: datetime, standing: Lateness) -> None:
    edition = make_edition(draft=timedelta(minutes=45))

    assert windows.lateness(edition, DUE, now=now) is standing


@pytest.mark.parametrize(
    ("missed", "now", "goes"),
    [
        (Missed.SEND, DUE - HOUR, False),
        (Missed.MERGE, DUE, True),
        (Missed.MERGE, DUE + 4 * HOUR, False),
        (Missed.SKIP, DUE + 4 * HOUR, False),
        (Missed.SEND, DUE + 4 * HOUR, True),
    ],
)
def test_a_missed_issue_goes_only_where_late_is_better_than_never(
    missed: Missed, now: datetime, goes: bool
) -> None:
    assert windows.goes_out(make_edition(missed=missed), DUE, now=now) is goes


def test_an_issue_is_named_by_the_wall_of_its_zone() -> None:
    assert windows.issue_id(make_edition(), DUE) == "morning-20261123-0800"
