"""JSON Feed becomes Entries."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from publisher.collect.feeds import FeedDocument, parse
from tests.support.build import make_source

VERSION = "https://jsonfeed.org/version/1.1"


def read(feed: object, content_type: str = "application/feed+json") -> FeedDocument:
    body = feed if isinstance(feed, bytes) else json.dumps(feed).encode()
    return parse(body, content_type, "https://wire.test/feed.json", make_source())


def feed(*items: Any, **more: Any) -> dict[str, Any]:
    return {"version": VERSION, "title": "Wire", "items": list(items), **more}


def test_an_item_becomes_an_entry() -> None:
    item = {
        "id": 42,
        "url": "https://wire.test/a?utm_source=json",
        "title": "Tom & Jerry",
        "content_html": "<p>Long <b>words</b></p><script>x</script>",
        "summary": "Short",
        "date_published": "2026-11-22T10:00:00+03:00",
        "date_modified": "2026-11-22T11:00:00+03:00",
        "authors": [{"name": "Anna Orlova"}, {"url": "https://a.test"}],
        "tags": ["City life", 7],
        "image": "/a.png",
    }

    (entry,) = read(feed(item)).entries

    assert (entry.key, entry.guid, entry.url) == ("42", "42", "https://wire.test/a")
    assert (entry.title, entry.summary) == ("Tom & Jerry", "Short")
    assert entry.body == "<p>Long <b>words</b></p>"
    assert entry.published_at == datetime(2026, 11, 22, 7, 0, tzinfo=UTC)
    assert entry.updated_at == datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
    assert (entry.authors, entry.categories) == (("Anna Orlova",), ("City life",))
    assert entry.image is not None
    assert entry.image.src == "https://wire.test/a.png"


def test_plain_text_becomes_paragraphs_and_version_one_has_one_author() -> None:
    item = {"id": "a", "title": "A", "content_text": "1 < 2\n\nand so on", "author": {"name": "B"}}

    (entry,) = read(feed(item, version="https://jsonfeed.org/version/1")).entries

    assert entry.body == "<p>1 &lt; 2</p><p>and so on</p>"
    assert entry.authors == ("B",)


def test_hub_and_address_are_found() -> None:
    document = read(
        feed(
            hubs=[{"type": "rssCloud", "url": "x"}, {"type": "WebSub", "url": "https://hub.test/"}],
            feed_url="https://wire.test/feed.json",
        )
    )

    assert (document.hub, document.topic) == ("https://hub.test/", "https://wire.test/feed.json")


def test_an_item_that_is_nonsense_costs_itself_alone() -> None:
    document = read(feed("text", None, {"id": ["x"]}, {"id": "b", "title": "B"}), "text/plain")

    assert [entry.title for entry in document.entries] == ["B"]
    assert len(document.problems) == 3


@pytest.mark.parametrize(
    "body", [b"{", b"{}", b'{"version": "2"}', b'{"version": 1.1, "items": []}', b"{" * 100_000]
)
def test_what_is_no_json_feed_is_none(body: bytes) -> None:
    assert not read(body).readable


def test_items_that_are_no_list_are_none() -> None:
    assert read({"version": VERSION, "items": {"a": 1}}).entries == ()
