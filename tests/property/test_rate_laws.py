"""Laws of rates: never above a limit, whatever stops in between; and mail goes on for ever."""

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.deliver.flow import Flow, begun
from publisher.model.rates import Bucket, Daily, Hours, Rate, slot_ends
from tests.support.build import NOON

UNITS = [timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)]
rates = st.builds(
    lambda count, per: Rate(count=count, per=per), st.integers(1, 40), st.sampled_from(UNITS)
)
zones = st.sampled_from(
    [
        *("UTC", "Europe/Moscow", "Europe/Berlin", "Europe/London", "America/New_York"),
        *("America/Havana", "Africa/Cairo", "Asia/Beirut", "Atlantic/Azores", "Asia/Tehran"),
        *("Australia/Lord_Howe", "Africa/Casablanca", "America/Santiago", "Asia/Kathmandu"),
    ]
).map(ZoneInfo)
minutes = st.integers(0, 12 * 366 * 24 * 60)
dates = minutes.map(lambda one: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(minutes=one))
# How far the clock goes, in hundredths of a unit; how many are asked for; what becomes of them.
fates = st.sampled_from(["used", "lost", "put back"])
steps = st.lists(
    st.tuples(st.integers(0, 150), st.integers(0, 50), fates, st.floats(0, 1)),
    min_size=1,
    max_size=40,
)


@given(rates, steps)
def test_no_span_as_long_as_the_unit_holds_more_than_the_rate(
    rate: Rate, walk: list[tuple[int, int, str, float]]
) -> None:
    """Tokens are written down before they are used: who dies with some never uses them."""
    bucket, now, used = Bucket(), NOON, list[datetime]()
    for hundredths, wanted, fate, when in walk:
        now += rate.per * hundredths / 100
        got, bucket = bucket.take(rate, wanted, now=now)
        assert got <= wanted
        if fate == "put back":
            bucket = bucket.put_back(rate, got, until=slot_ends(rate, now=now))
        elif fate == "used":
            left = slot_ends(rate, now=now) + rate.late - now
            at = now + left * min(when, 0.999)  # gone out within the slot, or a little later
            used += [at] * got
            now = max(now, at)
    used.sort()
    for first, beyond in zip(used, used[rate.count :], strict=False):
        assert beyond - first > rate.per


@given(zones, st.integers(1, 40), dates, steps)
def test_no_day_of_the_calendar_holds_more_than_its_number(
    zone: ZoneInfo, count: int, begins: datetime, walk: list[tuple[int, int, str, float]]
) -> None:
    """And at midnight all of them are there, on days of 23 and of 25 hours too."""
    limit, bucket, now = Daily(count=count, zone=zone), Bucket(), begins
    used: Counter[date] = Counter()
    for hundredths, wanted, fate, _ in walk:
        now += limit.per * hundredths / 100
        got, bucket = bucket.take(limit, wanted, now=now)
        today = now.astimezone(zone).date()
        if fate == "put back":
            bucket = bucket.put_back(limit, got, until=slot_ends(limit, now=now))
        else:
            used[today] += got
            assert used[today] <= count
        _, empty = bucket.take(limit, count, now=now)
        opens = empty.opens_at(limit, now=now)
        assert now < opens <= now + timedelta(hours=26)
        assert opens.astimezone(zone).date() > today
        assert (opens - timedelta(seconds=1)).astimezone(zone).date() == today
        assert empty.room(limit, now=opens) == count


@given(rates, steps)
def test_a_bucket_opens_when_it_says_and_not_before(
    rate: Rate, walk: list[tuple[int, int, str, float]]
) -> None:
    bucket, now = Bucket(), NOON
    for hundredths, wanted, _, _ in walk:
        now += rate.per * hundredths / 100
        _, bucket = bucket.take(rate, wanted, now=now)
        opens = bucket.opens_at(rate, now=now)
        assert now <= opens <= now + rate.slot + rate.late + rate.per
        assert bucket.room(rate, now=opens) > 0
        assert (opens == now) == (bucket.room(rate, now=now) > 0)
        if opens > now:
            assert bucket.room(rate, now=opens - timedelta(microseconds=1)) == 0
        assert len(bucket.taken) <= 22  # bounded, whatever was asked


@given(rates, st.integers(1, 50), st.integers(1, 400))
def test_a_clock_stepped_back_stops_nothing_for_longer_than_a_unit(
    rate: Rate, wanted: int, days: int
) -> None:
    """Nor, asked again and again meanwhile, for as long as it was stepped back."""
    got, bucket = Bucket().take(rate, wanted, now=NOON)
    back = NOON - timedelta(days=days)
    _, asked = bucket.take(rate, rate.count - got, now=back)
    for part in (1, 2, 3):
        _, asked = asked.take(rate, 0, now=back + rate.per * part / 4)
    assert asked.room(rate, now=back + rate.per / 2) == 0
    assert asked.room(rate, now=back + rate.per + 2 * rate.slot) == rate.count
    assert bucket.opens_at(rate, now=back) <= back + rate.slot + rate.late + rate.per


events = st.lists(st.sampled_from(["take", "accepted", "slowed", "back"]), max_size=80)


@given(st.integers(1, 30), events)
def test_a_flow_stays_between_one_and_its_most_and_is_free_again(
    most: int, happened: list[str]
) -> None:
    flow, now = begun(most), NOON
    for event in happened:
        now += timedelta(seconds=1)
        _after(flow, event, now)
        assert 1 <= flow.width <= flow.most
        assert 0 <= flow.flying <= flow.most
    while flow.flying:
        flow.back()
    assert flow.free(now=now + timedelta(minutes=15))


def _after(flow: Flow, event: str, now: datetime) -> None:
    if event == "take":
        if flow.free(now=now):
            flow.taken()
    elif flow.flying:
        {"accepted": flow.accepted, "back": flow.back}.get(event, partial(flow.slowed, now=now))()


QUARTER = timedelta(minutes=15)
TURNS = [  # of clocks, forward and back, by an hour, by half of one, and over midnight
    *(("Europe/Berlin", "2026-03-29T01:00Z"), ("Europe/Berlin", "2026-10-25T01:00Z")),
    *(("America/Havana", "2026-03-08T05:00Z"), ("America/Havana", "2026-11-01T05:00Z")),
    *(("Africa/Cairo", "2026-04-23T22:00Z"), ("Africa/Cairo", "2026-10-29T21:00Z")),
    *(("Australia/Lord_Howe", "2026-10-03T15:30Z"), ("Australia/Lord_Howe", "2026-04-04T15:00Z")),
    *(("America/Santiago", "2026-09-06T04:00Z"), ("America/Santiago", "2026-04-05T03:00Z")),
    ("Europe/Moscow", "2026-11-23T21:00Z"),
]
near, anywhere = st.integers(-8, 8), st.integers(0, 95)


@settings(max_examples=300)
@given(st.sampled_from(TURNS), near, near, st.one_of(near, anywhere), st.integers(0, 9))
def test_hours_open_at_the_first_moment_the_clock_is_within_them(
    turn: tuple[str, str], now_at: int, starts: int, ends: int, back: int
) -> None:
    """Through hours that there are twice, and those that there are not."""
    zone, change = ZoneInfo(turn[0]), datetime.fromisoformat(turn[1])
    standing = change.astimezone(zone).replace(tzinfo=None)
    start, end = (standing + QUARTER * starts).time(), (standing + QUARTER * ends).time()
    if start == end:
        return
    hours, now = Hours(start=start, end=end), change + QUARTER * now_at - timedelta(hours=back)
    opens = hours.opening(now, zone)
    assert hours.opening(opens, zone) == opens
    expected = now
    while not _within(expected.astimezone(zone).time(), start, end):
        expected += QUARTER
    assert opens == expected
    closes = expected
    while _within(closes.astimezone(zone).time(), start, end):
        closes += QUARTER
    assert hours.closing(opens, zone) == closes


def _within(clock: time, start: time, end: time) -> bool:
    over_midnight = end < start
    return (clock >= start) + (clock < end) > (not over_midnight)
