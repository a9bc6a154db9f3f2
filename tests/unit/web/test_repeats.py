"""Patience with those who repeat: what is remembered, and for how long."""

from datetime import timedelta

from publisher.web.repeats import Repeats
from tests.support.build import NOON

HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)


def test_what_is_remembered_is_bounded_and_the_forgotten_are_new() -> None:
    repeats = Repeats(HOUR, most=100)
    for number in range(1000):
        assert repeats.wait(b"%d" % number, "/feeds/en/all.rss", b'"a"', now=NOON) == 0

    assert len(repeats._given) == 100
    assert repeats.wait(b"999", "/feeds/en/all.rss", b'"a"', now=NOON) == 3600
    assert repeats.wait(b"1", "/feeds/en/all.rss", b'"a"', now=NOON) == 0


def test_a_refusal_does_not_prolong_the_wait() -> None:
    repeats = Repeats(HOUR)
    waits = [
        repeats.wait(b"reader", "/feeds/en/all.rss", b'"a"', now=NOON + later)
        for later in (0 * SECOND, SECOND, HOUR / 2, HOUR - SECOND / 2, HOUR, HOUR + SECOND)
    ]

    assert waits == [0, 3599, 1800, 1, 0, 3599]


def test_a_clock_put_back_makes_nobody_wait_longer_than_the_span() -> None:
    repeats = Repeats(HOUR)
    repeats.wait(b"reader", "/feeds/en/all.rss", b'"a"', now=NOON)

    assert repeats.wait(b"reader", "/feeds/en/all.rss", b'"a"', now=NOON - 5 * HOUR) == 0


def test_whoever_was_given_something_last_is_remembered_longest() -> None:
    repeats = Repeats(HOUR, most=2)
    for reader, later in ((b"a", 0), (b"b", 1), (b"a", 2), (b"c", 2)):
        assert repeats.wait(reader, "/feeds/en/all.rss", b'"a"', now=NOON + later * HOUR) == 0

    assert repeats.wait(b"a", "/feeds/en/all.rss", b'"a"', now=NOON + 2 * HOUR) == 3600
