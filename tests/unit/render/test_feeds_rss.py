"""RSS 2.0 as feed readers and the W3C validator's rules want it (feeds.md 2.1, 2.3, 2.6)."""

from dataclasses import replace
from datetime import timedelta

import feedparser
from lxml import etree

from publisher.model.feeds import Feed
from publisher.render.feeds import rss
from tests.support.build import DUE, STATEMENT, make_image
from tests.support.outfeeds import make_feed, make_feed_entry

NAMES = {
    "atom": "http://www.w3.org/2005/Atom",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "media": "http://search.yahoo.com/mrss/",
}


def channel_of(feed: Feed) -> etree._Element:
    channel = etree.fromstring(rss(feed)).find("channel")
    assert channel is not None
    return channel


def words(element: etree._Element, path: str) -> list[str]:
    return [found.text or "" for found in element.findall(path, NAMES)]


def test_feedparser_reads_the_same_entries_in_the_same_order() -> None:
    feed = make_feed()
    parsed = feedparser.parse(rss(feed))

    assert not parsed.bozo
    assert parsed.version == "rss20"
    assert [one.id for one in parsed.entries] == [one.id for one in feed.entries]
    assert [one.link for one in parsed.entries] == [one.url for one in feed.entries]
    assert [one.title for one in parsed.entries] == [one.title for one in feed.entries]
    assert [one.content[0].value for one in parsed.entries] == [one.content for one in feed.entries]
    assert parsed.entries[0].published_parsed[:5] == (2026, 11, 23, 0, 0)


def test_the_channels_link_is_the_home_page_and_self_the_feed() -> None:
    channel = channel_of(make_feed())
    links = {
        (one.get("rel"), one.get("type")): one.get("href")
        for one in channel.findall("atom:link", NAMES)
    }

    assert words(channel, "link") == ["https://embankment.test/"]
    assert links == {
        ("alternate", "text/html"): "https://embankment.test/",  # fastfeedparser looks here alone
        ("self", "application/rss+xml"): "https://embankment.test/feeds/en/moscow.rss",
        ("alternate", "application/atom+xml"): "https://embankment.test/feeds/en/moscow.atom",
        ("alternate", "application/feed+json"): "https://embankment.test/feeds/en/moscow.json",
    }


def test_statement_copyright_and_mark_stand_where_readers_programs_look() -> None:
    channel = channel_of(make_feed())
    rating = channel.find("media:rating", NAMES)

    assert words(channel, "copyright") == [f"© 2026 The Embankment\n{STATEMENT}"]
    assert rating is not None
    assert (rating.text, rating.get("scheme")) == ("16+", "urn:ru:436-fz")
    assert words(channel, "item/media:rating") == ["16+", "6+"]
    assert words(channel, "item/copyright") == []  # an error there
    assert words(channel, "item/dc:rights") == ["© 2026 The Embankment", "The Wire"]


def test_the_clock_is_the_feeds_own() -> None:
    channel = channel_of(make_feed())

    assert words(channel, "lastBuildDate") == ["Mon, 23 Nov 2026 04:00:00 +0000"]
    assert words(channel, "item/pubDate") == [
        "Mon, 23 Nov 2026 00:00:00 +0000",
        "Sun, 22 Nov 2026 22:00:00 +0000",
    ]


def test_only_a_material_update_is_told() -> None:
    first, second = channel_of(make_feed()).findall("item")

    assert words(first, "atom:updated") == []
    assert words(second, "atom:updated") == ["2026-11-23T04:00:00+00:00"]


def test_guids_are_no_permalinks() -> None:
    guids = channel_of(make_feed()).findall("item/guid")

    assert [guid.get("isPermaLink") for guid in guids] == ["false", "false"]


def test_bylines_without_addresses_are_creators_not_authors() -> None:
    first, second = channel_of(make_feed()).findall("item")

    assert words(first, "dc:creator") == ["Anna Orlova", "Пётр Зимин"]
    assert words(second, "dc:creator") == []
    assert words(first, "author") == []


def test_the_description_comes_before_the_content() -> None:
    tags = [element.tag for element in channel_of(make_feed()).findall("item")[0]]

    assert tags.index("description") < tags.index(f"{{{NAMES['content']}}}encoded")


def test_a_plain_summary_is_escaped_for_programs_that_take_it_for_html() -> None:
    feed = make_feed(entries=(make_feed_entry(summary="1 < 2 & <b>3</b>"),))

    assert words(channel_of(feed), "item/description") == ["1 &lt; 2 &amp; &lt;b&gt;3&lt;/b&gt;"]
    assert feedparser.parse(rss(feed)).entries[0].summary == "1 &lt; 2 &amp; &lt;b&gt;3&lt;/b&gt;"


def test_plain_text_holds_its_signs_in_hexadecimal() -> None:
    feed = make_feed(entries=(make_feed_entry(title="R&D <beta>"),))

    assert b"<title>R&#x26;D &#x3C;beta&gt;</title>" in rss(feed)
    assert words(channel_of(feed), "item/title") == ["R&D <beta>"]


def test_the_other_language_and_related_stories_are_links() -> None:
    [first, _] = channel_of(make_feed()).findall("item")

    assert [dict(link.attrib) for link in first.findall("atom:link", NAMES)] == [
        {"href": "https://embankment.test/en/bridge", "rel": "alternate", "type": "text/html"},
        {
            "href": "https://embankment.test/ru/bridge",
            "rel": "alternate",
            "type": "text/html",
            "hreflang": "ru",
        },
        {
            "href": "https://embankment.test/en/bridge",
            "rel": "alternate",
            "type": "text/html",
            "hreflang": "en",
        },
        {
            "href": "https://embankment.test/en/tram",
            "rel": "related",
            "type": "text/html",
            "title": "A tram turns back",
        },
    ]


def test_a_picture_is_one_enclosure_and_a_media_content_of_the_same_size() -> None:
    [first, second] = channel_of(make_feed()).findall("item")
    [enclosure] = first.findall("enclosure")
    [content] = first.findall("media:content", NAMES)

    assert dict(enclosure.attrib) == {
        "url": "https://embankment.test/media/0123456789abcdef.png",
        "length": "90000",
        "type": "image/png",
    }
    assert content.get("fileSize") == "90000"
    assert (content.get("width"), content.get("height")) == ("1200", "800")
    assert words(content, "media:description") == ["The new bridge"]
    assert words(content, "media:credit") == ["Vera Lindqvist"]
    assert second.findall("enclosure") == []


def test_a_picture_without_credit_is_not_printed() -> None:
    feed = make_feed(entries=(make_feed_entry(image=make_image(credit=None)),))

    assert b"enclosure" not in rss(feed)
    assert b"media:content" not in rss(feed)


def test_sections_are_categories_with_a_scheme() -> None:
    [category, _] = channel_of(make_feed()).findall("item/category")

    assert category.text == "Moscow"
    assert category.get("domain") == "tag:embankment.test,2026:sections"


def test_every_item_names_its_language() -> None:
    channel = channel_of(make_feed())
    languages = [
        item.get("{http://www.w3.org/XML/1998/namespace}lang") for item in channel.findall("item")
    ]

    assert words(channel, "language") == ["en"]
    assert languages == ["en", "en"]


def test_a_feed_without_content_describes_its_entries() -> None:
    feed = make_feed(entries=(make_feed_entry(content=""),))
    [item] = channel_of(feed).findall("item")

    assert words(item, "description") == ["The first walkers crossed at dawn."]
    assert words(item, "content:encoded") == []


def test_an_empty_feed_is_still_a_feed() -> None:
    parsed = feedparser.parse(rss(make_feed(entries=(), age=None, subtitle="")))

    assert not parsed.bozo
    assert parsed.entries == []
    assert parsed.feed.title == "The Embankment: Moscow"


def test_two_builds_are_equal_and_a_change_shows() -> None:
    assert rss(make_feed()) == rss(make_feed())
    assert rss(make_feed()) != rss(make_feed(updated_at=DUE))


def test_fractions_of_a_second_are_dropped() -> None:
    entry = make_feed_entry(updated_at=DUE + timedelta(microseconds=5))

    assert b"2026-11-23T05:00:00+00:00" in rss(make_feed(entries=(entry,)))


def test_nothing_of_the_generator_changes_with_its_release() -> None:
    assert words(channel_of(make_feed()), "generator") == ["Publisher"]
    assert words(channel_of(make_feed()), "ttl") == ["15"]


def test_texts_of_every_kind_are_cleaned() -> None:
    feed = make_feed()
    dirty = replace(feed, title="a\x00b\x0b\ud800\ufffe", subtitle="\x1f", copyright="\x01©")

    assert words(channel_of(dirty), "title") == ["ab"]
