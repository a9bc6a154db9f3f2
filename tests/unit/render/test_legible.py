"""Texts that XML cannot hold: they cost only the feeds that have them, and nobody sees them."""

from dataclasses import replace

import pytest

from publisher.render.feed_facts import differences
from publisher.render.feeds import atom, rss
from publisher.render.legible import legible
from tests.support.build import make_image
from tests.support.outfeeds import make_feed, make_feed_entry

WRONG = ["\x00", "\x0b", "\ud800", "\ufffe"]


def test_every_text_of_a_feed_is_cleaned_however_deep_it_lies() -> None:
    image = make_image(caption="A\x00 bridge")
    feed = make_feed(
        title="The\x0b paper", entries=(make_feed_entry(image=image, authors=("A\r\nB",)),)
    )

    found = legible(feed)

    assert found.title == "The paper"
    assert found.entries[0].authors == ("A\nB",)
    assert found.entries[0].image == replace(image, caption="A bridge")
    assert legible(found) == found


@pytest.mark.parametrize("wrong", [*WRONG, "\r", "\r\n"], ids=ascii)
@pytest.mark.parametrize("field", ["title", "summary", "content", "url", "credit", "section_title"])
def test_a_feed_with_such_a_text_is_written_without_it(field: str, wrong: str) -> None:
    feed = make_feed(entries=(make_feed_entry(**{field: f"a{wrong}b", "id": "tag:a.test,2026:1"}),))

    for write, extension in ((rss, "rss"), (atom, "atom")):
        data = write(feed)
        assert data == write(legible(feed))
        assert differences(feed, extension, data) == []
