"""Kind `feed`: documents become entries."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from publisher.collect.alike import material
from publisher.collect.feeds import FeedDocument, parse
from publisher.model.sources import Entry, Source
from tests.support.build import RU, make_source

URL = "https://wire.test/rss/all.xml"
CORPUS = Path(__file__).parents[3].parent / "shared" / "corpus" / "feeds"
_NAMES = (
    'xmlns:content="http://purl.org/rss/1.0/modules/content/" '
    'xmlns:media="http://search.yahoo.com/mrss/" xmlns:dc="http://purl.org/dc/elements/1.1/"'
)


def read(document: str | bytes, source: Source | None = None) -> FeedDocument:
    body = document if isinstance(document, bytes) else document.encode()
    return parse(body, "application/rss+xml", URL, source or make_source())


def rss(*items: str, prolog: str = "") -> str:
    inside = "".join(f"<item>{item}</item>" for item in items)
    return (
        f'{prolog}<rss version="2.0" {_NAMES}><channel><title>Wire</title>{inside}</channel></rss>'
    )


def one(item: str, source: Source | None = None) -> Entry:
    (entry,) = read(rss(f"<title>T</title>{item}"), source).entries
    return entry


def test_an_rss_item_becomes_an_entry() -> None:
    entry = one(
        "<link>https://wire.test/a</link><guid>tag:a</guid><category>City life</category>"
        "<category>Мир</category><dc:creator>Anna Orlova</dc:creator>"
        "<pubDate>Sun, 22 Nov 2026 10:00:00 +0300</pubDate>"
        "<description>Short &amp;amp; sweet</description>"
        "<content:encoded><![CDATA[<p>Long <b>words</b></p><script>x</script>]]></content:encoded>"
    )

    assert entry == Entry(
        key="tag:a",
        language=make_source().language or RU,
        title="T",
        summary="Short & sweet",
        body="<p>Long <b>words</b></p>",
        url="https://wire.test/a",
        categories=("City life", "Мир"),
        published_at=datetime(2026, 11, 22, 7, 0, tzinfo=UTC),
        authors=("Anna Orlova",),
        guid="tag:a",
        words=material("T", "Short & sweet", "Long words"),
    )


def test_an_rdf_item_becomes_an_entry() -> None:
    document = f"""<?xml version="1.0"?>
      <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" {_NAMES}>
      <channel rdf:about="https://wire.test/"><title>Wire</title></channel>
      <item rdf:about="https://wire.test/a"><title>A</title><link>https://wire.test/a</link>
      <description>D</description><dc:date>2026-11-22T10:00:00+03:00</dc:date></item></rdf:RDF>"""

    (entry,) = read(document).entries

    assert (entry.title, entry.summary, entry.url) == ("A", "D", "https://wire.test/a")
    assert entry.published_at == datetime(2026, 11, 22, 7, 0, tzinfo=UTC)


def test_an_atom_entry_becomes_an_entry() -> None:
    document = """<feed xmlns="http://www.w3.org/2005/Atom"><title>Wire</title><entry>
      <id>urn:1</id><title type="text">Use &lt;b&gt; well</title><link href="/a"/>
      <author><name>Anna</name></author><published>2026-11-22T10:00:00Z</published>
      <updated>2026-11-22T11:00:00Z</updated><summary>S</summary>
      <content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>Long <a href="b">b</a></p></div></content>
      </entry></feed>"""

    (entry,) = read(document).entries

    assert (entry.key, entry.title, entry.url) == ("urn:1", "Use <b> well", "https://wire.test/a")
    assert entry.body == '<p>Long <a href="https://wire.test/b">b</a></p>'
    assert entry.published_at == datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
    assert entry.updated_at == datetime(2026, 11, 22, 11, 0, tzinfo=UTC)


def test_atom_text_is_not_markup() -> None:
    document = """<feed xmlns="http://www.w3.org/2005/Atom"><title>W</title><entry><id>1</id>
      <title>A</title><content type="text">1 &lt; 2 &lt;script&gt;</content></entry></feed>"""

    assert read(document).entries[0].body == "<p>1 &lt; 2 &lt;script&gt;</p>"


def test_an_xml_base_of_the_content_counts() -> None:
    document = """<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://other.test/blog/"><title>W</title>
      <entry><id>urn:1</id><title>A</title><link href="a"/>
      <content type="html">&lt;a href="b"&gt;b&lt;/a&gt;</content></entry></feed>"""

    (entry,) = read(document).entries

    assert entry.url == "https://other.test/blog/a"
    assert entry.body == '<a href="https://other.test/blog/b">b</a>'


@pytest.mark.parametrize(
    ("item", "key", "url"),
    [
        ("<guid>abc</guid>", "abc", None),
        ("<guid>abc</guid><link>/x</link>", "abc", "https://wire.test/x"),
        ("<guid>https://wire.test/p</guid>", "https://wire.test/p", "https://wire.test/p"),
        ("<link>y?a=1</link>", "https://wire.test/rss/y?a=1", "https://wire.test/rss/y?a=1"),
        ("<guid>k</guid><link>javascript:alert(1)</link>", "k", None),
        ("<guid>k</guid><link>http://[bad</link>", "k", None),
        ("<guid>k</guid><link>file:///etc/passwd</link>", "k", None),
    ],
)
def test_an_item_is_known_by_guid_then_link(item: str, key: str, url: str | None) -> None:
    entry = one(item)

    assert (entry.key, entry.url) == (key, url)


def test_an_item_without_guid_and_link_is_known_by_what_it_says() -> None:
    first, again, other = (one(f"<description>{words}</description>") for words in ("a", "a", "b"))

    assert first.key == again.key != other.key
    assert first.key.startswith("sha256:")


def test_a_key_never_grows_too_long_for_an_index() -> None:
    assert len(one(f"<guid>{'x' * 9000}</guid>").key) < 100


def test_relative_addresses_become_absolute() -> None:
    entry = one(
        "<link>https://wire.test/news/a</link><description>"
        "&lt;a href='/x'&gt;x&lt;/a&gt; &lt;a href='y'&gt;y&lt;/a&gt; &lt;a href='//z.test'&gt;z&lt;/a&gt;</description>"
    )

    for address in ("https://wire.test/x", "https://wire.test/news/y", "https://z.test"):
        assert f'href="{address}' in entry.body


def test_a_picture_its_credit_and_its_caption_are_found() -> None:
    entry = one(
        "<description>Words</description><media:content url='/a.jpg' medium='image'>"
        "<media:title>Not the headline</media:title><media:description>A bridge</media:description>"
        "<media:credit role='photographer'>Vera Lindqvist</media:credit></media:content>"
    )

    image = entry.image
    assert image is not None
    assert (image.src, image.caption, image.credit) == (
        "https://wire.test/a.jpg",
        "A bridge",
        "Vera Lindqvist",
    )
    assert (entry.title, entry.summary, entry.body) == ("T", "Words", "Words")


@pytest.mark.parametrize(
    ("item", "src"),
    [
        ("<enclosure url='/a.jpg' type='image/jpeg' length='1'/>", "https://wire.test/a.jpg"),
        ("<media:content url='https://p.test/a.PNG?w=1'/>", "https://p.test/a.PNG?w=1"),
        ("<enclosure url='/a.mp3' type='audio/mpeg' length='1'/>", None),
        ("<media:content url='file:///etc/passwd' type='image/png'/>", None),
        ("<media:content url='http://[bad' type='image/png'/>", None),
        ("<media:content type='image/png'/>", None),
    ],
)
def test_only_pictures_behind_http_count(item: str, src: str | None) -> None:
    image = one(item).image

    assert (image.src if image else None) == src


def test_an_inline_picture_is_not_printed() -> None:
    assert (
        one(
            "<description>&lt;p&gt;a&lt;img src='http://spy.test/p.gif'&gt;&lt;/p&gt;</description>"
        ).body
        == "<p>a</p>"
    )


@pytest.mark.parametrize(
    ("words", "hour"),
    [
        ("Sun, 22 Nov 2026 10:00:00 MSK", 7),
        ("Вс, 22 ноя 2026 10:00:00 +0300", 7),
        ("22 ноября 2026, 10:00", 0),
        ("Sun, 22 Nov 2026 10:00:00", 0),
    ],
)
def test_russian_and_naive_dates_are_right(words: str, hour: int) -> None:
    source = make_source(zone=ZoneInfo("Asia/Vladivostok"))

    entry = one(f"<pubDate>{words}</pubDate>", source)

    assert entry.published_at == datetime(2026, 11, 22, hour, 0, tzinfo=UTC)


def test_an_unreadable_date_is_no_date_and_updated_is_not_published() -> None:
    assert one("<pubDate>soon</pubDate>").published_at is None
    assert one("<pubDate>Sun, 22 Nov 2026 10:00:00 GMT</pubDate>").updated_at is None


def test_an_item_without_title_costs_itself_alone() -> None:
    found = read(
        rss(
            "<title>A</title>",
            "<description>B</description>",
            "<title> </title>",
            "<title>C</title>",
        )
    )

    assert [entry.title for entry in found.entries] == ["A", "C"]
    assert [problem.args["number"] for problem in found.problems] == [2, 3]
    assert found.problems[0].place.file == URL


def test_items_are_in_the_sources_language() -> None:
    assert one("", make_source(language=RU)).language == RU
    assert not read(rss("<title>A</title>"), make_source(language=None)).readable


@pytest.mark.parametrize(
    "document",
    ["", "   ", "words", "<html><body>No</body></html>", "<!DOCTYPE html><html lang='ru'></html>",
     '{"version": "1"}', "/etc/passwd", "file:///etc/passwd", "<", "<?xml version='1.0'?>"],
)  # fmt: skip
def test_what_is_no_feed_is_not_readable(document: str) -> None:
    assert not read(document).readable


def test_half_a_document_gives_its_whole_items() -> None:
    whole = rss("<title>A</title>", "<title>B</title>")

    found = read(whole[: whole.index("<title>B") + 4])

    assert found.readable
    assert found.entries[0].title == "A"


def test_junk_before_the_document_does_no_harm() -> None:
    assert read(
        rss("<title>A</title>", prolog="\n\nWarning: x on line 3\n<?xml version='1.0'?>")
    ).readable


def test_characters_no_xml_may_hold_are_gone_everywhere() -> None:
    document = rss(
        "<title>A&#0;b</title><guid>k&#0;&#xD800;</guid><category>c&#1;</category><description>&#2;d</description>"
    )

    (entry,) = read(document).entries

    words = (entry.title, entry.key, *entry.categories, entry.summary, entry.body)
    assert all(sign >= " " for text in words for sign in text)
    "".join(words).encode("utf-8")


LONG = "A" * 100_000


@pytest.mark.parametrize(
    "doctype",
    [
        f'<!DOCTYPE rss [<!ENTITY a "{LONG}">]>',
        f'<!DOCTYPE rss [<!ENTITY z "]>"><!ENTITY a "{LONG}">]>',
        f'<!DOCTYPE rss [<!ENTITY z "<rss>"><!ENTITY a "{LONG}">]>',
        f'<!-- <rss> --><!DOCTYPE rss [<!-- ]> --><!ENTITY a "{LONG}">]>',
        f"<!DOCTYPE rss>\n<!DOCTYPE rss [\n<!ENTITY a '{LONG}'>\n]>",
        f'<x/>\n<!DOCTYPE rss [\n<!ENTITY a "{LONG}">\n]>',
        f'<!DOCTYPE rss [\n<!ENTITY b "{LONG}">\n<!ENTITY a "&b;&b;&b;&b;">\n]>',
        '<!DOCTYPE rss [<!ENTITY a SYSTEM "file:///etc/hostname">]>',
        '<!DOCTYPE rss SYSTEM "http://127.0.0.1:9/evil.dtd">',
        f'<!DOCTYPE rss [ unclosed "quote <!ENTITY a "{LONG}">',
    ],
)
def test_no_entity_of_the_documents_own_is_ever_expanded(doctype: str) -> None:
    document = rss(f"<title>T</title><description>{'&a;' * 1000}</description>", prolog=doctype)

    found = read(document)

    for entry in found.entries:
        assert len(entry.summary) <= 500
        assert len(entry.body) < 20_000


def test_the_usual_doctype_of_old_feeds_does_no_harm() -> None:
    doctype = '<?xml version="1.0"?><!DOCTYPE rss PUBLIC "-//Netscape//DTD RSS 0.91//EN" "http://n.test/rss.dtd" [<!ENTITY % x SYSTEM "y"> %x;]>'

    assert (
        read(rss("<title>A &amp; B&nbsp;C</title>", prolog=doctype)).entries[0].title == "A & B C"
    )


def test_markup_without_end_does_not_take_the_afternoon() -> None:
    began = time.perf_counter()

    entry = one(f"<description>{'&lt;blockquote&gt;' * 200_000}x</description>")

    assert timedelta(seconds=time.perf_counter() - began) < timedelta(seconds=20)
    assert entry.body == "x"


@pytest.mark.skipif(not CORPUS.is_dir(), reason="NO FEED CORPUS HERE: its feeds are NOT tested")
def test_every_feed_of_the_corpus_is_read_without_an_exception() -> None:
    ours = sorted((CORPUS / "miniflux").glob("*.xml"))
    theirs = sorted(path for path in (CORPUS / "feedparser").rglob("*") if path.is_file())[::20]

    found = {
        path.name: parse(path.read_bytes(), "text/xml", URL, make_source())
        for path in (*ours, *theirs)
    }

    assert len(ours) > 5
    assert len(theirs) > 50
    assert [path.name for path in ours if not found[path.name].entries] == []


@pytest.mark.skipif(not CORPUS.is_dir(), reason="NO FEED CORPUS HERE: its feeds are NOT tested")
@pytest.mark.parametrize("name", ["koi8r.xml", "encoding_WINDOWS-1251.xml"])
def test_russian_feeds_of_the_corpus_read_as_russian(name: str) -> None:
    found = parse((CORPUS / "miniflux" / name).read_bytes(), "text/xml", URL, make_source())

    words = "".join(entry.title + entry.summary for entry in found.entries).lower()
    assert any(word in words for word in (" и ", " в ", " на ", "тест", "стать"))
