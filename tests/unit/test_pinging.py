"""When hubs are told, and when again: the deciders of WebSub's publisher."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from publisher.manifest import Listed
from publisher.model.pings import Ping
from publisher.model.problems import Problem
from publisher.pinging import Wish, heard, is_due, unheard, wishes
from tests.support.build import NOON

TOPIC, HUB = "https://embankment.test/feeds/en/all.rss", "https://hub.test/"
WISH = Wish(topic=TOPIC, hub=HUB, digest="bb")
NO = Problem(message="It said no.")
MINUTE = timedelta(minutes=1)


def make_ping(**overrides: object) -> Ping:
    """The hub was told of older bytes."""
    ping = Ping(topic=TOPIC, hub=HUB, told="aa", told_at=NOON - timedelta(days=1), tried="aa")
    return replace(ping, **overrides)  # type: ignore[arg-type]


def listed(**overrides: object) -> Listed:
    one = Listed(sha256="bb", modified=NOON, address=TOPIC, hubs=(HUB,))
    return replace(one, **overrides)  # type: ignore[arg-type]


def test_every_hub_in_config_is_to_know_every_feed_that_names_it() -> None:
    other = "https://other.test/"
    files = {
        "feeds/en/all.rss": listed(hubs=(HUB, other)),
        "feeds/en/archive-2026-01.rss": listed(hubs=()),
        "feeds/feed.css": listed(address=None, hubs=()),
    }

    assert [one.hub for one in wishes(files, {HUB, other})] == [HUB, other]
    assert list(wishes(files, {HUB})) == [WISH]
    assert list(wishes(files, ())) == []


def test_a_hub_is_told_what_is_new_to_it_and_nothing_twice() -> None:
    assert is_due(WISH, None, now=NOON)
    assert is_due(WISH, make_ping(), now=NOON)
    assert not is_due(WISH, make_ping(told="bb"), now=NOON)
    assert not is_due(WISH, heard(make_ping(tried="bb"), now=NOON), now=NOON)


def test_pauses_grow_to_six_hours_whatever_changes_meanwhile() -> None:
    ping, now, pauses = make_ping(), NOON, []
    for number in range(14):
        ping = unheard(replace(ping, tried=f"{number}"), NO, None, now=now)
        assert ping.again_at is not None
        assert not is_due(WISH, ping, now=ping.again_at - timedelta(seconds=1))
        assert is_due(WISH, ping, now=ping.again_at)
        pauses.append((ping.again_at - now) // MINUTE)
        now = ping.again_at
    assert pauses == [1, 2, 4, 8, 16, 32, 64, 128, 256, 360, 360, 360, 360, 360]


def test_a_hub_that_asks_for_quiet_is_left_alone() -> None:
    ping = unheard(make_ping(tried="bb"), NO, "7200", now=NOON)

    assert ping.again_at == NOON + timedelta(hours=2)
    assert ping.problem == NO


@given(st.lists(st.booleans(), max_size=60))
def test_law_no_hub_is_asked_for_ever_and_a_change_begins_anew(answers: list[bool]) -> None:
    """A hub that never hears of the same bytes is asked sixteen times in a row, no more."""
    ping, now, asked = make_ping(), NOON, 0
    for yes in answers:
        if not is_due(WISH, ping, now=now):
            break
        tried, asked = replace(ping, tried="bb"), asked + 1
        ping = heard(tried, now=now) if yes else unheard(tried, NO, None, now=now)
        now = ping.again_at or now
        if yes:
            break
    assert asked <= 16
    assert is_due(replace(WISH, digest="cc"), ping, now=now)
