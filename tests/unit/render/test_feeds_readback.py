"""What was built is what is read back, whatever the texts hold."""

import locale
from collections.abc import Callable
from datetime import UTC, datetime
from html import escape

import feedparser
import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.errors import Refused
from publisher.model.feeds import Feed
from publisher.render.feed_extension import clean
from publisher.render.feeds import atom, rss
from publisher.render.readback import decode_feed
from tests.support.build import STATEMENT
from tests.support.outfeeds import make_feed, make_feed_entry

BOTH = pytest.mark.parametrize("build", [rss, atom])
Build = Callable[[Feed], bytes]
NASTY = st.text(
    alphabet=st.one_of(
        st.characters(),  # control characters, surrogates and non-characters included
        st.sampled_from(["\x00", "\x0b", "\ud800", "\ufffe", "🛶", "й", "]", ">", "<", "&", "\r"]),
    ),
    max_size=60,
)
INSTANTS = st.integers(min_value=10**7, max_value=35 * 10**8).map(
    lambda second: datetime.fromtimestamp(second + 0.25, UTC)
)


@BOTH
def test_a_feed_is_read_back_for_the_gate(build: Build) -> None:
    feed = make_feed()
    decoded = decode_feed(build(feed))

    assert decoded.rights == f"© 2026 The Embankment\n{STATEMENT}"
    assert decoded.ratings == ("16+",)
    assert [one.id for one in decoded.entries] == [one.id for one in feed.entries]
    assert [one.content for one in decoded.entries] == [one.content for one in feed.entries]
    assert [one.rating for one in decoded.entries] == ["16+", "6+"]
    assert [one.rights for one in decoded.entries] == ["© 2026 The Embankment", "The Wire"]


@BOTH
def test_a_summary_stands_in_for_missing_content_as_html(build: Build) -> None:
    feed = make_feed(entries=(make_feed_entry(content="", summary="1 < 2"),))

    assert [one.content for one in decode_feed(build(feed)).entries] == ["1 &lt; 2"]


@BOTH
def test_a_mark_that_is_missing_is_seen_to_be_missing(build: Build) -> None:
    feed = make_feed(age=None, entries=(make_feed_entry(age=None),))
    decoded = decode_feed(build(feed))

    assert decoded.ratings == ()
    assert decoded.entries[0].rating is None


@BOTH
@given(title=NASTY, summary=NASTY, content=NASTY, author=NASTY)
def test_any_text_survives_bar_what_xml_cannot_hold(
    build: Build, title: str, summary: str, content: str, author: str
) -> None:
    entry = make_feed_entry(
        title=f"T{title}",
        summary=f"S{summary}",
        content=f"<p>{escape(content)}]]></p>",
        authors=(f"A{author}",),
        credit=f"C{title}",
        section_title=f"L{title}",
    )
    data = build(make_feed(entries=(entry,), copyright=f"©{title}", title=f"F{title}"))
    decoded = decode_feed(data)

    assert decoded.entries[0].content == clean(entry.content).strip()
    assert decoded.entries[0].rights == clean(f"C{title}").strip()
    assert decoded.rights.startswith(clean(f"©{title}").strip())
    assert not feedparser.parse(data, sanitize_html=False, resolve_relative_uris=False).bozo
    assert build(make_feed(entries=(entry,), copyright=f"©{title}", title=f"F{title}")) == data


@BOTH
@given(published=INSTANTS, updated=INSTANTS)
def test_instants_are_read_back_to_the_second(
    build: Build, published: datetime, updated: datetime
) -> None:
    late = max(published, updated)
    entry = make_feed_entry(published_at=published, updated_at=late)
    [parsed] = feedparser.parse(build(make_feed(entries=(entry,), updated_at=late))).entries

    assert tuple(parsed.published_parsed[:6]) == tuple(published.timetuple()[:6])
    if late.replace(microsecond=0) > published:
        assert tuple(parsed.updated_parsed[:6]) == tuple(late.timetuple()[:6])


@BOTH
@given(count=st.integers(min_value=0, max_value=30))
def test_entries_keep_their_order(build: Build, count: int) -> None:
    entries = tuple(make_feed_entry(id=f"tag:x,2026:{at}") for at in range(count))

    assert [one.id for one in decode_feed(build(make_feed(entries=entries))).entries] == [
        one.id for one in entries
    ]


@BOTH
def test_building_leaves_the_processs_locale_alone(
    build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[object] = []
    monkeypatch.setattr(locale, "setlocale", lambda *args: calls.append(args))

    build(make_feed())

    assert calls == []


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<rss>",
        b"<rss/>",
        b"<html><body/></html>",
        b'<!DOCTYPE rss [<!ENTITY a "b">]><rss><channel/></rss>',
        b'<!DOCTYPE rss SYSTEM "file:///etc/passwd"><rss><channel/></rss>',
    ],
)
def test_what_is_no_feed_of_ours_is_refused(data: bytes) -> None:
    with pytest.raises(Refused) as refusal:
        decode_feed(data)

    assert refusal.value.problems[0].rule == "L12"
