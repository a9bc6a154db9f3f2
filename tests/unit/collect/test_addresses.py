"""Web addresses: what only tracks, and which are the same page."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.addresses import plain_address, untracked


@pytest.mark.parametrize(
    ("url", "left"),
    [
        ("https://a.test/n?utm_source=rss&id=7&utm_medium=feed", "https://a.test/n?id=7"),
        ("https://a.test/n?utm_source=rss#top", "https://a.test/n#top"),
        ("https://a.test/n?yclid=1&ysclid=2&fbclid=3&_openstat=4", "https://a.test/n"),
        ("https://a.test/n?b=2&a=%20x&&c", "https://a.test/n?b=2&a=%20x&&c"),
        ("https://a.test/n?UTM_Campaign=x&from=rss", "https://a.test/n?from=rss"),
        ("https://a.test/utm_source=x", "https://a.test/utm_source=x"),
    ],
)
def test_parameters_that_only_track_are_dropped_and_nothing_else(url: str, left: str) -> None:
    assert untracked(url) == left


@pytest.mark.parametrize(
    "url",
    [
        "http://www.a.test/n/", "https://A.test:443/n", "https://a.test/n?utm_source=x",
        "https://a.test/n#top", "http://a.test:80/n/?gclid=1", "https://a.test./n",
    ],
)  # fmt: skip
def test_spellings_of_one_page_are_one(url: str) -> None:
    assert plain_address(url) == "https://a.test/n"


def test_other_pages_are_others() -> None:
    pages = [
        "https://a.test/n",
        "https://a.test/n?id=1",
        "https://a.test/m",
        "https://b.test/n",
        "https://a.test:8443/n",
    ]

    assert len({plain_address(page) for page in pages}) == len(pages)
    assert plain_address("https://пример.рф/а") == plain_address("https://xn--e1afmkfd.xn--p1ai/а")


@given(st.text(max_size=80) | st.from_regex(r"https?://[a-z.:/?&=#_%@\[\]]{0,60}", fullmatch=True))
def test_once_is_enough_and_nothing_is_too_odd(url: str) -> None:
    assert untracked(untracked(url)) == untracked(url)
    assert plain_address(plain_address(url)) == plain_address(url)
