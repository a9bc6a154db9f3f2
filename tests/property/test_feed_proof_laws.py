"""parse(write(feed)) == feed, in every format, whatever the texts hold; and a proof that can fail."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.feed_gate import WRITERS
from publisher.model.feeds import Alternate, Feed, FeedEntry, FeedKind, Paging, Related, Tombstone
from publisher.model.names import Language, SectionId
from publisher.render.feed_facts import differences, facts_in, facts_of
from tests.support.build import EN, RU, make_image
from tests.support.outfeeds import make_feed, make_feed_entry

FORMATS = pytest.mark.parametrize("extension", WRITERS)
START = datetime(2026, 1, 1, tzinfo=UTC)
nasty = st.text(
    alphabet=st.one_of(
        st.characters(),
        st.sampled_from(["\x00", "\x0b", "\ud800", "\ufffe", "🛶", "й", "]", ">", "<", "&", "\r"]),
        st.sampled_from(["\u2028", "\xa0", "\u202e", '"', "'", "{", "}", "\\", "\t", "\n"]),
    ),
    max_size=40,
)
words = nasty.map(lambda text: f"x{text}x")  # titles and names are never empty here
addresses = st.from_regex(r"https://[a-z]{1,8}\.test/[a-z0-9/?&=%;~'-]{0,20}", fullmatch=True)
instants = st.integers(0, 10**8).map(lambda s: START + timedelta(seconds=s, milliseconds=250))


@st.composite
def entries(draw: st.DrawFn, number: int) -> FeedEntry:
    published = draw(instants)
    image = draw(st.sampled_from([None, make_image(), make_image(credit=draw(words))]))
    return make_feed_entry(
        id=f"tag:a.test,2026:story/{number}/en",
        language=draw(st.sampled_from([EN, RU])),
        url=draw(addresses),
        title=draw(words),
        summary=draw(nasty),
        content=draw(nasty),
        authors=tuple(draw(st.lists(words, max_size=3))),
        section=draw(st.sampled_from([SectionId("moscow"), None])),
        section_title="Москва & мир",
        published_at=published,
        updated_at=published + timedelta(hours=draw(st.integers(0, 3))),
        age=draw(st.sampled_from([None, 0, 16])),
        credit=draw(st.none() | words),
        image=image,
        image_url=image and draw(addresses),
        alternates=tuple(
            Alternate(language=Language(one), url=draw(addresses))
            for one in draw(st.sets(st.sampled_from(["de", "fr", "tt"])))
        ),
        related=tuple(
            Related(title=draw(words), url=draw(addresses)) for _ in range(draw(st.integers(0, 2)))
        ),
    )


@st.composite
def feeds(draw: st.DrawFn) -> Feed:
    page = st.none() | addresses
    found = [draw(entries(number)) for number in range(draw(st.integers(0, 3)))]
    return make_feed(
        language=draw(st.sampled_from([EN, RU, None])),
        title=draw(words),
        subtitle=draw(nasty),
        copyright=draw(words),
        age=draw(st.sampled_from([None, 12])),
        entries=tuple(one if one.section else replace(one, section_title=None) for one in found),
        hubs=tuple(draw(st.lists(addresses, max_size=2, unique=True))),
        stylesheet=draw(page),
        paging=Paging(previous=draw(page), next=draw(page), current=draw(page)),
        tombstones=tuple(
            Tombstone(id=f"tag:a.test,2026:story/gone-{number}/en", at=draw(instants))
            for number in range(draw(st.integers(0, 2)))
        ),
    )


@FORMATS
@given(feed=feeds())
def test_what_is_written_is_what_is_read(extension: str, feed: Feed) -> None:
    data = WRITERS[extension](feed)

    assert facts_in(data, extension) == facts_of(feed, extension)
    assert differences(feed, extension, data) == []
    assert WRITERS[extension](feed) == data


@FORMATS
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("title", "Another"),
        ("summary", "Another"),
        ("content", "<p>Another</p>"),
        ("url", "https://embankment.test/another"),
        ("authors", ("Another",)),
        ("published_at", START),
        ("age", 18),
        ("credit", "Another"),
        ("section_title", "Another"),
        ("language", RU),
        ("alternates", ()),
        ("related", ()),
        ("image", None),
    ],
)
def test_anything_that_was_lost_or_changed_is_found(
    extension: str, name: str, value: object
) -> None:
    feed = make_feed()
    data = WRITERS[extension](feed)
    other = replace(feed.entries[0], **{name: value})  # type: ignore[arg-type]

    assert differences(replace(feed, entries=(other, *feed.entries[1:])), extension, data)
    assert differences(replace(feed, entries=feed.entries[:1]), extension, data) == ["entries"]


@FORMATS
@pytest.mark.parametrize("data", [b"", b"{", b"<rss/>", b"<feed><entry/></feed>", b"[]", b"{}"])
def test_bytes_that_are_no_feed_prove_nothing(extension: str, data: bytes) -> None:
    assert differences(make_feed(), extension, data)


def test_full_texts_of_the_dialect_are_proved_too() -> None:
    entry = make_feed_entry(full_text="One & two <three>\nНовая строка")
    feed = make_feed(kind=FeedKind.YANDEX, entries=(entry,))
    data = WRITERS["rss"](feed)

    assert differences(feed, "rss", data) == []
    assert differences(replace(feed, entries=(replace(entry, full_text="x"),)), "rss", data)
