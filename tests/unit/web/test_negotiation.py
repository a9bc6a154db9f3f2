"""Who would rather have a page; and what was decided is kept, but never without bound."""

from pathlib import Path

import pytest

from publisher.web.documents import Document, read_document
from publisher.web.negotiation import prefers_page
from tests.support.kiosk import shelve


@pytest.fixture
def document(tmp_path: Path) -> Document:
    shelve(tmp_path, "feeds/en/all.rss")
    found = read_document(tmp_path / "feeds/en/all.rss", None)
    assert found is not None
    return found


def test_decisions_are_kept_for_so_many_headers_and_no_more(document: Document) -> None:
    for number in range(1000):
        chosen = document.choose(b"gzip, x%d" % number, b"text/x%d, */*" % number)
        assert chosen is not None
        assert chosen.found is document.forms["gzip"].feed

    assert len(document._chosen) == 100


def test_a_long_header_is_read_and_not_kept(document: Document) -> None:
    chosen = document.choose(b"br, " + b"x" * 10_000, b"text/html")

    assert chosen is not None
    assert chosen.found is document.forms["br"].page
    assert document._chosen == {}


def test_what_is_kept_is_what_was_decided(document: Document) -> None:
    asked = (b"gzip;q=0.5, identity", b"*/*")

    assert document.choose(*asked) is document.choose(*asked)
    assert document.choose(b"identity;q=0", None) is None


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
