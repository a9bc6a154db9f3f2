"""How a mail house's 4xx and 250 change how many mails fly to it."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from publisher.deliver.flow import Flow, begun
from publisher.model.rates import HOUSES, DomainGroup, Hours, WarmUp, groups_of
from tests.support.build import NOON

MINUTE = timedelta(minutes=1)
MOSCOW, TOKYO = ZoneInfo("Europe/Moscow"), ZoneInfo("Asia/Tokyo")


def flying(most: int) -> Flow:
    flow = begun(most)
    while flow.free(now=NOON):
        flow.taken()
    return flow


def test_a_4xx_halves_what_flies_and_acceptances_bring_it_back() -> None:
    flow = flying(8)
    flow.slowed(now=NOON)
    assert int(flow.width) == 4
    assert not flow.free(now=NOON)  # seven still fly

    for _ in range(100):
        if flow.flying:
            flow.accepted()
        else:
            flow.taken()
    assert flow.width == 8


def test_a_house_that_takes_nothing_is_left_in_peace_for_longer_each_time() -> None:
    flow, spans = begun(1), []
    now = NOON
    for _ in range(4):
        for _ in range(3):
            flow.taken()
            flow.slowed(now=now)
        assert flow.until is not None
        spans.append((flow.until - now) // MINUTE)
        assert not flow.free(now=now)
        now = flow.until
        assert flow.free(now=now)

    assert spans == [1, 5, 15, 15]
    flow.taken()
    flow.accepted()
    assert flow.rests == 0


def test_domains_of_one_house_are_one_group_and_others_their_own() -> None:
    named = {name: DomainGroup(name=name, domains=domains) for name, domains in HOUSES.items()}
    groups = groups_of(named)

    assert {groups.group(f"a@{one}") for one in ("mail.ru", "bk.ru", "inbox.ru", "list.ru")} == {
        "mail-ru"
    }
    assert groups.group("a@gmail.com") == "gmail"
    assert groups.group("a@ya.ru") == groups.group("a@yandex.ru") == "yandex"
    assert groups.group("a@readers.test") == "readers.test"


def test_a_warm_up_gives_each_day_its_number_and_then_no_limit() -> None:
    plan = WarmUp(start=date(2026, 11, 23), days=(50, 100))
    counts = []
    for day in (22, 23, 24, 25):
        limit = plan.limit(datetime(2026, 11, day - 1, 22, tzinfo=UTC), MOSCOW)
        counts.append(limit and limit.count)  # it is one in the morning in Moscow

    assert counts == [0, 50, 100, None]


def test_hours_are_those_of_the_readers_clock() -> None:
    """NOON is noon in Moscow, and six in the evening in Tokyo."""
    day, night = Hours(start=time(7), end=time(18)), Hours(start=time(22), end=time(6))

    assert day.opening(NOON, MOSCOW) == NOON
    assert day.opening(NOON, TOKYO) == NOON + timedelta(hours=13)
    assert night.opening(NOON, MOSCOW) == NOON + timedelta(hours=10)
    assert night.opening(NOON + timedelta(hours=12), MOSCOW) == NOON + timedelta(hours=12)


def test_a_clock_set_back_leaves_no_house_in_peace_for_longer() -> None:
    flow = begun(1)
    for _ in range(3):
        flow.taken()
        flow.slowed(now=NOON)
    assert not flow.free(now=NOON)
    assert flow.opens(NOON) == NOON + MINUTE
    assert flow.free(now=NOON - MINUTE)
    assert flow.opens(NOON - MINUTE) == NOON - MINUTE
