"""What an answer's headers ask of us."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.collect.courtesy import fresh_for, linked, quiet_until
from tests.support.build import NOON

SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)
HTTP_NOON = "Mon, 23 Nov 2026 09:00:00 GMT"
HTTP_TEN = "Mon, 23 Nov 2026 10:00:00 GMT"


@pytest.mark.parametrize(
    ("headers", "fresh"),
    [
        ({}, None),
        ({"cache-control": "max-age=600"}, 600 * SECOND),
        ({"cache-control": "public, Max-Age = 600"}, 600 * SECOND),
        ({"cache-control": 'max-age="600"'}, 600 * SECOND),
        ({"cache-control": "max-age=600", "age": "200"}, 400 * SECOND),
        ({"cache-control": "max-age=600", "age": "900"}, 0 * SECOND),
        ({"cache-control": "max-age=600", "age": "old"}, 600 * SECOND),
        ({"cache-control": "max-age=600, no-cache"}, None),
        ({"cache-control": "no-store", "expires": HTTP_TEN}, None),
        ({"cache-control": "max-age=-1"}, None),
        ({"cache-control": "max-age=60", "expires": HTTP_TEN}, 60 * SECOND),
        ({"expires": HTTP_TEN, "date": HTTP_NOON}, HOUR),
        ({"expires": HTTP_TEN}, HOUR),
        ({"expires": HTTP_NOON, "date": HTTP_TEN}, 0 * SECOND),
        ({"expires": "0"}, 0 * SECOND),
        ({"expires": "-1", "date": HTTP_NOON}, 0 * SECOND),
    ],
)
def test_an_answer_says_how_long_it_is_fresh(
    headers: dict[str, str], fresh: timedelta | None
) -> None:
    assert fresh_for(headers, NOON) == fresh


@pytest.mark.parametrize(
    ("said", "wait"),
    [
        ("120", 120 * SECOND),
        (" 0 ", 0 * SECOND),
        (HTTP_TEN, HOUR),
        ("Sun, 22 Nov 2026 09:00:00 GMT", 0 * SECOND),
        ("999999999", timedelta(days=31)),
        ("soon", None),
        ("-5", None),
        ("", None),
        (None, None),
    ],
)
def test_a_wish_for_quiet_is_seconds_or_a_date(said: str | None, wait: timedelta | None) -> None:
    assert quiet_until(said, NOON) == (None if wait is None else NOON + wait)


@pytest.mark.parametrize(
    ("link", "hub"),
    [
        ('<https://hub.test/>; rel="hub", <https://a.test/f>; rel="self"', "https://hub.test/"),
        ("<https://a.test/f>; rel=self, <https://hub.test/>; rel=hub", "https://hub.test/"),
        ('<https://hub.test/>; title="a, b"; rel="other hub"', "https://hub.test/"),
        ("<https://hub.test/>; rel=hubs", None),
        ("", None),
        ("<<>>;;;,", None),
    ],
)
def test_a_link_header_names_the_hub(link: str, hub: str | None) -> None:
    assert linked({"link": link}, "hub") == hub


@given(st.text(max_size=60), st.text(max_size=60))
def test_no_header_is_too_odd(one: str, other: str) -> None:
    fresh = fresh_for({"cache-control": one, "expires": other, "age": other, "date": one}, NOON)

    assert fresh is None or fresh >= timedelta(0)
    until = quiet_until(one, NOON)
    assert until is None or NOON <= until <= NOON + timedelta(days=31)
    linked({"link": one}, "hub")
