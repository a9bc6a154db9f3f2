"""Atom 1.0 as RFC 4287 and the W3C validator want it (feeds.md 2.1, 2.3, 2.6)."""

import feedparser
from lxml import etree

from publisher.model.feeds import Alternate, Feed
from publisher.render.feeds import atom
from tests.support.build import EN, RU, STATEMENT
from tests.support.outfeeds import make_feed, make_feed_entry

NAMES = {"atom": "http://www.w3.org/2005/Atom", "media": "http://search.yahoo.com/mrss/"}


def root_of(feed: Feed) -> etree._Element:
    return etree.fromstring(atom(feed))


def words(element: etree._Element, path: str) -> list[str]:
    return [found.text or "" for found in element.findall(path, NAMES)]


def test_feedparser_reads_the_same_entries_in_the_same_order() -> None:
    feed = make_feed()
    parsed = feedparser.parse(atom(feed))

    assert not parsed.bozo
    assert parsed.version == "atom10"
    assert [one.id for one in parsed.entries] == [one.id for one in feed.entries]
    assert [one.link for one in parsed.entries] == [one.url for one in feed.entries]
    assert [one.title for one in parsed.entries] == [one.title for one in feed.entries]
    assert [one.summary for one in parsed.entries] == [one.summary for one in feed.entries]
    assert [one.content[0].value for one in parsed.entries] == [one.content for one in feed.entries]


def test_links_keep_every_attribute() -> None:
    [first, _] = root_of(make_feed()).findall("atom:entry", NAMES)

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
        {
            "href": "https://embankment.test/media/0123456789abcdef.png",
            "rel": "enclosure",
            "type": "image/png",
            "length": "90000",
        },
    ]


def test_no_two_alternates_are_of_the_same_type_and_language() -> None:
    twice = (
        Alternate(language=RU, url="https://embankment.test/ru/a"),
        Alternate(language=RU, url="https://embankment.test/ru/b"),
        Alternate(language=EN, url="https://embankment.test/en/c"),
    )
    root = root_of(make_feed(entries=(make_feed_entry(alternates=twice),)))
    kinds = [
        (link.get("type"), link.get("hreflang"))
        for link in root.findall("atom:entry/atom:link[@rel='alternate']", NAMES)
    ]

    assert kinds == [("text/html", None), ("text/html", "ru"), ("text/html", "en")]


def test_check_24_a_paired_story_names_its_twin_and_has_an_id_of_its_own() -> None:
    english = make_feed_entry()
    russian = make_feed_entry(
        id="tag:embankment.test,2026:story/bridge/ru",
        language=RU,
        url="https://embankment.test/ru/bridge",
        alternates=(Alternate(language=EN, url=english.url),),
    )
    here, there = root_of(make_feed(entries=(english, russian))).findall("atom:entry", NAMES)

    def twins(entry: etree._Element) -> dict[str | None, str | None]:
        links = entry.findall("atom:link[@rel='alternate']", NAMES)
        return {link.get("hreflang"): link.get("href") for link in links if link.get("hreflang")}

    assert twins(here) == twins(there) == {"en": english.url, "ru": russian.url}
    assert words(here, "atom:id") != words(there, "atom:id")
    assert words(here, "atom:updated")[0][:19] == words(here, "atom:published")[0][:19]


def test_an_article_in_one_language_has_one_alternate() -> None:
    [_, second] = root_of(make_feed()).findall("atom:entry", NAMES)

    assert [dict(link.attrib) for link in second.findall("atom:link", NAMES)] == [
        {
            "href": "https://embankment.test/en/tram",
            "rel": "alternate",
            "type": "text/html",
            "hreflang": "en",
        },
    ]


def test_the_feed_links_to_itself_its_twin_and_the_home_page() -> None:
    links = {
        (link.get("rel"), link.get("type")): link.get("href")
        for link in root_of(make_feed()).findall("atom:link", NAMES)
    }

    assert links == {
        ("self", "application/atom+xml"): "https://embankment.test/feeds/en/moscow.atom",
        ("alternate", "application/rss+xml"): "https://embankment.test/feeds/en/moscow.rss",
        ("alternate", "application/feed+json"): "https://embankment.test/feeds/en/moscow.json",
        ("alternate", "text/html"): "https://embankment.test/",
    }


def test_statement_copyright_and_mark_stand_where_readers_programs_look() -> None:
    root = root_of(make_feed())

    assert words(root, "atom:rights") == [f"© 2026 The Embankment\n{STATEMENT}"]
    assert words(root, "media:rating") == ["16+"]
    assert words(root, "atom:entry/media:rating") == ["16+", "6+"]
    assert words(root, "atom:entry/atom:rights") == ["© 2026 The Embankment", "The Wire"]


def test_somebody_is_always_the_author() -> None:
    root = root_of(make_feed())

    assert words(root, "atom:author/atom:name") == ["The Embankment"]
    assert words(root, "atom:entry/atom:author/atom:name") == ["Anna Orlova", "Пётр Зимин"]


def test_updated_comes_from_the_feed_not_from_the_clock() -> None:
    root = root_of(make_feed())

    assert words(root, "atom:updated") == ["2026-11-23T04:00:00+00:00"]
    assert words(root, "atom:entry/atom:published") == [
        "2026-11-23T00:00:00+00:00",
        "2026-11-22T22:00:00+00:00",
    ]
    updated = words(root, "atom:entry/atom:updated")
    assert [one[:19] for one in updated] == ["2026-11-23T00:00:00", "2026-11-23T04:00:00"]


def test_stories_of_one_second_are_told_apart_the_same_in_every_feed() -> None:
    """The W3C validator warns of two entries with the same atom:updated."""
    pair = [make_feed_entry(id=f"tag:a.test,2026:story/bridge/{one}") for one in ("en", "ru")]
    both = words(root_of(make_feed(entries=tuple(pair))), "atom:entry/atom:updated")
    alone = words(root_of(make_feed(entries=(pair[1],))), "atom:entry/atom:updated")

    assert len({*both}) == 2
    assert {one[:19] for one in both} == {"2026-11-23T00:00:00"}
    assert alone == both[1:]


def test_categories_carry_term_scheme_and_label() -> None:
    [category, _] = root_of(make_feed()).findall("atom:entry/atom:category", NAMES)

    assert dict(category.attrib) == {
        "term": "moscow",
        "scheme": "tag:embankment.test,2026:sections",
        "label": "Moscow",
    }


def test_a_scheme_is_made_from_the_home_page_where_the_id_is_no_tag() -> None:
    root = root_of(make_feed(id="urn:uuid:1"))
    [category, _] = root.findall("atom:entry/atom:category", NAMES)

    assert category.get("scheme") == "https://embankment.test/#sections"


def test_content_is_html_and_never_cdata() -> None:
    data = atom(make_feed())
    types = [
        one.get("type") for one in root_of(make_feed()).findall("atom:entry/atom:content", NAMES)
    ]

    assert types == ["html", "html"]
    assert b"CDATA" not in data


def test_feed_and_entries_name_their_language() -> None:
    feed = make_feed(entries=(make_feed_entry(language=RU),))
    lang = "{http://www.w3.org/XML/1998/namespace}lang"
    root = root_of(feed)

    assert root.get(lang) == "en"
    assert [entry.get(lang) for entry in root.findall("atom:entry", NAMES)] == ["ru"]


def test_no_prefix_is_made_up() -> None:
    assert b"ns0" not in atom(make_feed())


def test_an_empty_feed_is_still_a_feed() -> None:
    parsed = feedparser.parse(atom(make_feed(entries=(), age=None)))

    assert not parsed.bozo
    assert parsed.entries == []


def test_an_entry_without_content_and_summary_is_still_one() -> None:
    parsed = feedparser.parse(atom(make_feed(entries=(make_feed_entry(content="", summary=""),))))

    assert not parsed.bozo
    assert [one.title for one in parsed.entries] == ["A bridge opens over the river"]


def test_two_builds_are_equal() -> None:
    assert atom(make_feed()) == atom(make_feed())
