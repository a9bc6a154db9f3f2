"""What was decided on a header is kept, but never without bound."""

import pytest

from publisher.web import negotiation
from publisher.web.negotiation import coding_for, prefers_page

OFFERED = ("br", "gzip", "identity")


def test_decisions_are_kept_for_so_many_headers_and_no_more() -> None:
    for number in range(5000):
        coding_for(b"gzip, x%d" % number, OFFERED)
        prefers_page(b"text/x%d, */*" % number)

    for kept in (negotiation._coding, negotiation._page):
        assert kept.cache_info().currsize <= 512


def test_a_long_header_is_read_and_not_kept() -> None:
    before = negotiation._coding.cache_info().misses

    assert coding_for(b"gzip, " + b"x" * 10_000, OFFERED) == "gzip"
    assert negotiation._coding.cache_info().misses == before


@pytest.mark.parametrize(
    ("accept", "is_page"),
    [
        (b"text/html", True),
        (b"text/*", True),
        (b"text/html;q=0.1, */*;q=0.01", True),
        (b"text/html, application/atom+xml", False),
        (b"application/*, text/html;q=0.9", False),
        (b"TEXT/HTML, */*;q=0.8", True),
        (b"text/html;q=0, */*", False),
        (b"*/*", False),
        (b"\xd0\x9d\xff, text/html", True),
    ],
)
def test_a_page_is_for_who_likes_it_better_than_any_feed(accept: bytes, is_page: bool) -> None:
    assert prefers_page(accept) is is_page
