"""The head of an answer, fit to be kept."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.collect.heads import kept, onward

AS_THEY_COME = st.binary(max_size=60).map(lambda some: some.decode("utf-8", "surrogateescape"))


def test_names_are_in_lower_case_and_repeats_are_joined() -> None:
    pairs = [("Link", "<a>; rel=hub"), ("ETag", '"1"'), ("LINK", "<b>; rel=self")]

    assert kept(pairs) == {"link": "<a>; rel=hub, <b>; rel=self", "etag": '"1"'}


def test_a_value_is_cut_off_at_a_length() -> None:
    assert {len(value) for value in kept([("a", "x" * 3000), ("a", "y" * 3000)]).values()} == {4000}


@given(st.lists(st.tuples(st.sampled_from(["A", "a", "b"]), AS_THEY_COME), max_size=4))
def test_what_is_kept_can_be_stored(pairs: list[tuple[str, str]]) -> None:
    for value in kept(pairs).values():
        value.encode("utf-8")


@pytest.mark.parametrize(
    ("location", "there"),
    [
        ("/b", "http://a.test/b"),
        ("../b?c#d", "http://a.test/b?c"),
        ("//b.test", "http://b.test"),
        ("https://b.test/%2F", "https://b.test/%2F"),
        ("/ж", "http://a.test/ж"),
        ("/\udce6\udce6", "http://a.test/%E6%E6"),
    ],
)
def test_a_location_leads_on(location: str, there: str) -> None:
    assert onward("http://a.test/x/y#z", location) == there


@given(AS_THEY_COME)
def test_wherever_it_leads_can_be_stored(location: str) -> None:
    try:
        onward("http://a.test/", location).encode("utf-8")
    except UnicodeError:
        raise AssertionError(location) from None
    except ValueError:
        pass
