"""Laws of firings and windows: in any zone, for any schedule and any sequence of ticks."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

from hypothesis import example, given, settings
from hypothesis import strategies as st

from publisher.compose import window as windows
from publisher.compose.walls import is_working
from publisher.compose.words import parse_schedule
from publisher.model.editions import Calendar, OnHoliday, Schedule, Window
from tests.support.build import make_edition

ZONES = (
    "Europe/Amsterdam",
    "America/Los_Angeles",
    "Australia/Lord_Howe",
    "Europe/Moscow",
    "Pacific/Apia",
    "America/Sao_Paulo",
    "Africa/Casablanca",
    "Asia/Kathmandu",
    "UTC",
)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)

zones = st.sampled_from(ZONES).map(ZoneInfo)
instants = st.integers(0, 29 * 365 * 24 * 60).map(
    lambda minutes: datetime(2008, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)
walls = st.times().map(lambda at: at.replace(second=0, microsecond=0))
words = st.sampled_from(
    [
        "every day at 02:30",
        "every working day at 08:00",
        "every hour",
        "every 15 minutes",
        "every friday at 17:00",
        "every monday, wednesday and friday at 00:00 and 23:45",
        "every month on the 1st and 31st at 02:00",
        "every month on the last day at 09:00",
    ]
)


@st.composite
def schedules(draw: st.DrawFn) -> Schedule:
    parsed = parse_schedule(draw(words))
    return Schedule(
        words="",
        crons=parsed.crons,
        zone=draw(zones),
        working_days=parsed.working_days,
        on_holiday=draw(st.sampled_from([None, *OnHoliday])),
    )


@given(schedule=schedules(), after=instants, data=st.data())
@settings(deadline=None)
def test_firings_ascend_strictly_after(
    schedule: Schedule, after: datetime, data: st.DataObject
) -> None:
    near = after.date()
    off = data.draw(st.frozensets(st.dates(near, near + 40 * DAY), max_size=15))
    calendar = Calendar(off=off)
    schedule = Schedule(
        words="",
        crons=schedule.crons,
        zone=schedule.zone,
        working_days=schedule.working_days,
        on_holiday=schedule.on_holiday,
        calendar=calendar,
    )

    fired = list(islice(windows.firings(schedule, after=after), 40))

    assert len(fired) == 40
    assert all(one < two for one, two in pairwise([after, *fired]))
    if schedule.working_days:
        assert all(is_working(i.astimezone(schedule.zone).date(), calendar) for i in fired)
    elif schedule.on_holiday:
        assert not {i.astimezone(schedule.zone).date() for i in fired} & off


@given(zone=zones, at=walls, start=st.dates(date(2009, 1, 1), date(2036, 1, 1)))
@example(zone=ZoneInfo("Europe/Amsterdam"), at=time(3), start=date(2009, 3, 29))
@settings(deadline=None)
def test_every_wall_time_of_every_day_fires_once_in_any_zone(
    zone: ZoneInfo, at: time, start: date
) -> None:
    schedule = Schedule(words="", crons=(f"{at.minute} {at.hour} * * *",), zone=zone)
    asked = [datetime.combine(start + n * DAY, at) for n in range(370)]
    # By the world's hours: an hour before by the wall may be the same instant, or one that is not.
    before = datetime.combine(start, at, tzinfo=zone).astimezone(UTC) - HOUR

    fired = list(islice(windows.firings(schedule, after=before), 370))

    for wall, instant in zip(asked, fired, strict=True):
        shown = instant.astimezone(zone).replace(tzinfo=None, fold=0)
        exists = wall == wall.replace(tzinfo=zone).astimezone(UTC).astimezone(zone).replace(
            tzinfo=None, fold=0
        )
        if exists:
            assert (shown, instant.astimezone(zone).fold) == (wall, 0)
        else:
            just_before = (instant - timedelta(seconds=1)).astimezone(zone).replace(tzinfo=None)
            assert just_before < wall < shown


@given(schedule=schedules(), at=instants)
@settings(deadline=None)
def test_the_last_and_the_next_firing_enclose_any_instant(schedule: Schedule, at: datetime) -> None:
    last = windows.last_firing(schedule, at=at)
    following = windows.next_firing(schedule, after=at)

    assert last is not None
    assert following is not None
    assert last <= at < following
    assert windows.next_firing(schedule, after=last) == following
    assert windows.last_firing(schedule, at=last) == last


@given(
    schedule=schedules(),
    start=instants,
    pauses=st.lists(st.timedeltas(timedelta(0), 9 * DAY), min_size=1, max_size=30),
    draft=st.sampled_from([timedelta(0), 45 * timedelta(minutes=1), 3 * HOUR]),
    backlog=st.sampled_from([None, DAY]),
)
@settings(deadline=None)
def test_sealed_windows_tile_time_whenever_the_clock_ticks(
    schedule: Schedule,
    start: datetime,
    pauses: list[timedelta],
    draft: timedelta,
    backlog: timedelta | None,
) -> None:
    """Ticks come late, doubled (a pause of nothing), or not for days."""
    edition = make_edition(schedule=schedule, draft=draft, backlog=backlog)
    sealed: list[Window] = []
    now = start
    for pause in pauses:
        now += pause
        due = windows.due_window(
            edition,
            last_sealed=sealed[-1] if sealed else None,
            began=sealed[0].start if sealed else None,
            now=now,
        )
        if due:
            sealed.append(due)
            assert due.start <= due.end <= now + draft

    assert all(one.end == two.start for one, two in pairwise(sealed))
    assert len({windows.issue_id(edition, window.end) for window in sealed}) == len(sealed)
