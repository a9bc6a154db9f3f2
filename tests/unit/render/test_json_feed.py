"""JSON Feed 1.1: the specification's own rules, and what ours says beyond them."""

import json
from dataclasses import replace
from typing import Any

import jsonschema
import pytest

from publisher.model.feeds import Paging
from publisher.render.json_feed import json_feed
from tests.support.build import STATEMENT
from tests.support.json_feed_schema import SCHEMA
from tests.support.outfeeds import make_feed, make_feed_entry


def told(**overrides: Any) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(json_feed(make_feed(**overrides)))
    return document


@pytest.mark.parametrize(
    "overrides",
    [
        {},
        {"entries": ()},
        {"language": None, "age": None},
        {"hubs": ("https://hub.test/",), "paging": Paging(previous="https://a.test/feeds/en/b")},
        {"entries": (make_feed_entry(content="", summary="", section=None, section_title=None),)},
    ],
)
def test_every_document_is_valid_by_the_specification(overrides: dict[str, Any]) -> None:
    jsonschema.validate(told(**overrides), SCHEMA)


def test_the_schema_finds_what_is_wrong() -> None:
    """Else the test above proves nothing."""
    whole = told()
    for broken in (
        {key: value for key, value in whole.items() if key != "title"},
        {**whole, "items": [{"url": "https://a.test/"}]},
        {**whole, "surprise": 1},
    ):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(broken, SCHEMA)


def test_statement_and_mark_stand_in_an_object_of_our_own() -> None:
    document = told()

    assert document["_legal"] == {
        "rights": f"© 2026 The Embankment\n{STATEMENT}",
        "age": {"mark": "16+", "scheme": "urn:ru:436-fz"},
    }
    assert [one["_legal"]["age"]["mark"] for one in document["items"]] == ["16+", "6+"]
    assert document["items"][1]["_legal"]["rights"] == "The Wire"


def test_an_item_says_its_language_its_other_one_and_its_picture() -> None:
    item = told()["items"][0]

    assert item["language"] == "en"
    assert item["_alternates"] == [{"language": "ru", "url": "https://embankment.test/ru/bridge"}]
    assert item["image"] == item["attachments"][0]["url"]
    assert item["attachments"][0]["size_in_bytes"] > 0
    assert item["_image"]["credit"]
    assert item["tags"] == ["Moscow"]


def test_a_picture_without_credit_is_not_printed() -> None:
    entry = make_feed_entry()
    assert entry.image is not None
    bare = replace(entry, image=replace(entry.image, credit=None))

    item = told(entries=(bare,))["items"][0]

    assert {"image", "attachments", "_image"} & item.keys() == set()


def test_hubs_and_the_month_before_are_named() -> None:
    document = told(
        hubs=("https://hub.test/",), paging=Paging(previous="https://a.test/feeds/en/archive-1")
    )

    assert document["hubs"] == [{"type": "WebSub", "url": "https://hub.test/"}]
    assert document["next_url"] == "https://a.test/feeds/en/archive-1.json"


def test_letters_stand_as_they_are_and_an_item_is_a_line() -> None:
    data = json_feed(make_feed(title="Набережная"))

    assert "Набережная".encode() in data
    assert len(data.splitlines()) == 2 + len(make_feed().entries)
