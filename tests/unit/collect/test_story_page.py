"""An article's own page: what is trusted first, and what a bad page cannot do."""

import json
import pickle
import subprocess
import sys
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from publisher.collect.story_page import read_alternates, read_story
from publisher.model.sources import Entry, FoundImage
from tests.support.build import EN, RU, make_source

URL = "https://wire.test/news/bridge?utm_source=list"
PLAIN = "https://wire.test/news/bridge"
TYPE = "text/html; charset=utf-8"
SENTENCES = [
    f"In the {ordinal} hour the walkers crossed the new bridge, and the ferrymen watched them go."
    for ordinal in ("first", "second", "third", "fourth", "fifth", "sixth")
]
ARTICLE = (
    "<nav><a href='/'>Home</a></nav><article><h1>A bridge <em>opens</em></h1>"
    + "".join(f"<p>{one} <a href='/map'>See the <b>map</b></a>.</p>" for one in SENTENCES)
    + "</article><footer>All rights are kept by the wire</footer>"
)
WORDS = " ".join(f"{one} See the map." for one in SENTENCES)


def page(head: str = "", body: str = ARTICLE) -> bytes:
    return f"<!doctype html><html><head>{head}</head><body>{body}</body></html>".encode()


def linked_data(thing: object) -> str:
    inside = json.dumps(thing).replace("</", r"<\/")
    return f'<script type="application/ld+json">{inside}</script>'


def news(**facts: Any) -> dict[str, Any]:
    return {"@context": "https://schema.org", "@type": "NewsArticle", "headline": "Told", **facts}


def read(head: str = "", body: str = ARTICLE, **source: Any) -> Entry | None:
    return read_story(page(head, body), TYPE, URL, make_source(**source))


def story(head: str = "", body: str = ARTICLE, **source: Any) -> Entry:
    entry = read(head, body, **source)
    assert entry is not None
    return entry


def test_json_ld_tells_the_article() -> None:
    facts = news(
        headline="Bread &amp; roses",
        description="Both were <b>sold</b> at dawn.",
        author=[{"@type": "Person", "name": "Текст: Анна Орлова"}, "Lev B.", "Lev B."],
        datePublished="2026-11-22T10:00:00+03:00",
        dateModified="2026-11-22 12:00",
        articleSection=["City life", "Market"],
        image={
            "@type": "ImageObject",
            "url": "/p.jpg",
            "caption": "The market",
            "creditText": "Anna Orlova",
        },
    )

    entry = story(linked_data(facts))

    assert (entry.key, entry.url, entry.language) == (PLAIN, PLAIN, EN)
    assert (entry.title, entry.summary) == ("Bread & roses", "Both were sold at dawn.")
    assert entry.authors == ("Анна Орлова", "Lev B.")
    assert entry.published_at == datetime(2026, 11, 22, 7, 0, tzinfo=UTC)
    assert entry.updated_at == datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
    assert entry.categories == ("City life", "Market")
    assert entry.image == FoundImage(
        src="https://wire.test/p.jpg", alt="The market", caption="The market", credit="Anna Orlova"
    )


@pytest.mark.parametrize(
    "wrapped",
    [
        [{"@type": "WebSite", "name": "Wire"}, news()],
        {"@graph": [{"@type": "BreadcrumbList"}, news()]},
        {"@type": "WebPage", "mainEntity": news()},
        news() | {"@type": ["Thing", "OpinionNewsArticle"]},
        news() | {"@type": "https://schema.org/ReportageNewsArticle"},
        news() | {"@type": "schema:BlogPosting"},
    ],
)
def test_an_article_is_found_wherever_json_ld_keeps_it(wrapped: object) -> None:
    assert story(linked_data(wrapped)).title == "Told"


@pytest.mark.parametrize(
    "broken",
    [
        '<script type="application/ld+json">{"@type": "NewsArticle", </script>',
        '<script type="application/ld+json"></script>',
        linked_data({"@type": [{"a": 1}], "headline": "No"}),
        linked_data({"@type": 7, "@graph": {"@graph": 1}}),
        linked_data([[[[[[[news(headline="No")]]]]]]]),
        '<script type="application/ld+json">' + "[" * 100_000 + "</script>",
    ],
)
def test_broken_json_ld_costs_nothing_but_itself(broken: str) -> None:
    assert story(broken + linked_data(news())).title == "Told"


@pytest.mark.parametrize(
    "wrapping", ["<!--\n{}\n-->", "//<![CDATA[\n{}\n//]]>", "\n<![CDATA[{}]]>\n"]
)
def test_json_ld_may_be_wrapped_as_scripts_once_were(wrapping: str) -> None:
    inside = wrapping.replace("{}", json.dumps(news()))

    assert story(f'<script type="application/ld+json">{inside}</script>').title == "Told"


@pytest.mark.parametrize(
    "facts",
    [
        {"image": "http://["},
        {"image": ["data:image/png;base64,AAAA"]},
        {"image": {"url": ["a"], "creditText": {"a": 1}}},
        {"image": 7, "author": 7, "articleSection": {"a": 1}, "articleBody": ["x"]},
        {"datePublished": "31 June", "dateModified": 20261122, "author": [None, {"name": 3}]},
        {"description": {"@value": "x"}, "mainEntityOfPage": [URL]},
    ],
)
def test_facts_of_the_wrong_shape_count_as_absent(facts: dict[str, Any]) -> None:
    entry = story(linked_data(news(**facts)))

    assert (entry.title, entry.image, entry.published_at, entry.authors) == ("Told", None, None, ())


def test_what_no_document_may_hold_is_taken_out() -> None:
    entry = story(linked_data(news(headline="A\x00 b\ud800", image="/p\ud800.jpg")))

    assert entry.title == "A b"
    assert entry.image == FoundImage(src="https://wire.test/p.jpg")


def test_open_graph_speaks_where_json_ld_is_silent() -> None:
    entry = story(
        '<meta property="og:title" content=""><meta property="og:title" content="Shared">'
        '<meta property="og:description" content="In short">'
        '<meta property="article:published_time" content="2026-11-22T10:00:00+03:00">'
        '<meta property="article:modified_time" content="2026-11-22T11:00:00+03:00">'
        '<meta property="article:section" content="City life">'
        '<meta property="article:author" content="https://social.test/anna">'
        '<meta name="author" content="By Anna Orlova">'
        '<meta property="og:image" content="/share.jpg">'
        '<meta property="og:image:alt" content="A bridge in fog">'
    )

    assert (entry.title, entry.summary) == ("Shared", "In short")
    assert entry.published_at == datetime(2026, 11, 22, 7, 0, tzinfo=UTC)
    assert entry.updated_at == datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
    assert (entry.categories, entry.authors) == (("City life",), ("Anna Orlova",))
    assert entry.image == FoundImage(src="https://wire.test/share.jpg", alt="A bridge in fog")


def test_the_words_about_one_picture_are_not_put_to_another() -> None:
    head = (
        '<meta property="og:image" content="/share.jpg">'
        '<meta property="og:image:alt" content="A bridge in fog">'
    )

    named = story(head + linked_data(news(image={"url": "/p.jpg", "author": {"name": "Lev B."}})))
    nameless = story(head + linked_data(news(image={"creditText": "Lev B.", "caption": "Lions"})))

    assert named.image == FoundImage(src="https://wire.test/p.jpg", credit="Lev B.")
    assert nameless.image == FoundImage(src="https://wire.test/share.jpg", alt="A bridge in fog")


def test_the_text_keeps_paragraphs_links_and_weight_but_not_the_headline_or_the_frame() -> None:
    entry = story()

    assert entry.title == "A bridge opens"
    assert entry.body.count("<p>") == len(SENTENCES)
    assert '<a href="https://wire.test/map">' in entry.body
    assert "<strong>map</strong>" in entry.body
    assert entry.body.startswith("<p>")
    assert not any(word in entry.body for word in ("A bridge", "Home", "All rights"))
    assert entry.summary.startswith(SENTENCES[0])
    assert entry.traces


def test_another_large_heading_becomes_a_subtitle() -> None:
    entry = story(
        body=ARTICLE.replace("</article>", f"<h1>Later</h1><p>{SENTENCES[0]}</p></article>")
    )

    assert "<h2>Later</h2>" in entry.body


def test_paragraphs_of_the_page_are_preferred_to_a_plain_body_of_the_same_words() -> None:
    entry = story(linked_data(news(articleBody=WORDS)))

    assert entry.body.count("<p>") == len(SENTENCES)


def test_a_body_that_says_much_more_than_the_page_is_kept() -> None:
    whole = "\n".join([*SENTENCES, *(f"{one} And back." for one in SENTENCES)])

    entry = story(linked_data(news(articleBody=whole)))

    assert entry.body.count("<p>") == 2 * len(SENTENCES)
    assert entry.body.endswith("And back.</p>")


def test_an_html_body_is_cleaned() -> None:
    body = "<p>" + "Words <script>x()</script><i onclick='x()'>here</i>. " * 300 + "</p>"

    entry = story(linked_data(news(articleBody=body)))

    assert "script" not in entry.body
    assert "onclick" not in entry.body
    assert "<i>here</i>" in entry.body


@pytest.mark.parametrize(
    ("canonical", "expected"),
    [
        ("https://www.wire.test/2026/bridge", "https://www.wire.test/2026/bridge"),
        ("/2026/bridge?utm_medium=x&id=7", "https://wire.test/2026/bridge?id=7"),
        ("https://other.test/bridge", PLAIN),
        ("https://wire.test/", PLAIN),
        ("javascript:x", PLAIN),
        ("http://[", PLAIN),
        ("", PLAIN),
    ],
)
def test_the_canonical_address_counts_on_the_same_site_alone(canonical: str, expected: str) -> None:
    entry = story(f'<link rel="canonical" href="{canonical}">')

    assert (entry.key, entry.url) == (expected, expected)


def test_other_languages_are_those_the_page_names() -> None:
    document = page(
        '<link rel="alternate" hreflang="ru-RU" href="/ru/news/bridge?utm_source=x">'
        '<link rel="alternate" hreflang="x-default" href="/news/bridge">'
        '<link rel="alternate" hreflang="de" href="http://[">'
        '<link rel="alternate" type="application/rss+xml" href="/rss">'
        '<link rel="stylesheet" hreflang="fr" href="/fr">'
    )
    expected = ((RU, "https://wire.test/ru/news/bridge"),)

    entry = read_story(document, TYPE, URL, make_source())

    assert entry is not None
    assert entry.alternates == expected
    assert read_alternates(document, TYPE, URL) == expected
    assert read_alternates(b"", TYPE, URL) == ()


@pytest.mark.parametrize(
    "stamp",
    [
        '<time datetime="2024-11-22T10:00:00+03:00">yesterday</time>',
        '<meta itemprop="datePublished" content="2024-11-22T10:00:00+03:00">',
    ],
)
def test_a_stamp_on_the_article_is_its_date_and_a_clock_in_the_frame_is_not(stamp: str) -> None:
    clock = '<header><time datetime="2024-11-25T00:00:00+03:00">now</time></header>'

    entry = story(body=clock + ARTICLE.replace("</h1>", "</h1>" + stamp))

    assert entry.published_at == datetime(2024, 11, 22, 7, 0, tzinfo=UTC)


def test_trafilatura_finds_what_nothing_says_outright() -> None:
    head = '<meta name="dcterms.created" content="2024-11-22"><meta name="dc.creator" content="Anna Orlova">'

    entry = story(head)

    assert entry.authors == ("Anna Orlova",)
    assert entry.published_at == datetime(2024, 11, 21, 21, 0, tzinfo=UTC)  # midnight in Moscow


def test_photo_credits_and_profiles_are_no_authors() -> None:
    entry = story(
        linked_data(news(author=["Фото: Лев Б.", "https://wire.test/anna", "Анна Орлова"]))
    )

    assert entry.authors == ("Анна Орлова",)


@pytest.mark.parametrize(
    "body",
    [b"", b"   ", b"{}", page(body=""), page("<title>Wire</title>", ""), page(body="<p>x</p>")],
)
def test_a_page_without_title_or_words_is_no_article(body: bytes) -> None:
    assert read_story(body, TYPE, URL, make_source()) is None


def test_a_title_whose_heading_is_only_white_space_is_taken_from_the_head() -> None:
    entry = story("<title>A bridge opens</title>", "<h1>\n <img src=logo></h1>" + ARTICLE[-900:])

    assert entry.title == "A bridge opens"


def test_a_document_over_five_megabytes_is_not_read() -> None:
    large = page('<link rel="alternate" hreflang="ru" href="/ru/a">') + b" " * (5 << 20)

    assert read_story(large, TYPE, URL, make_source()) is None
    assert read_alternates(large, TYPE, URL) == ()


def test_a_page_that_goes_too_deep_costs_its_text_alone() -> None:
    entry = story("<title>T</title><meta name='description' content='D'>", "<div>" * 50_000 + "x")

    assert (entry.title, entry.summary) == ("T", "D")


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["@type", "@graph", "name", "url", "image", "author", "caption"]), inner
        )
    ),
    max_leaves=8,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    facts=st.dictionaries(
        st.sampled_from(
            [
                "headline",
                "description",
                "articleBody",
                "author",
                "datePublished",
                "image",
                "articleSection",
                "mainEntityOfPage",
                "@graph",
            ]
        ),
        _json,
    )
)
def test_no_json_ld_brings_the_reader_down(facts: dict[str, Any]) -> None:
    entry = read_story(page(linked_data({"@type": "Article", **facts})), TYPE, URL, make_source())

    assert entry is None or (entry.title and entry.summary)


def test_the_work_and_its_result_travel_between_processes() -> None:
    work = pickle.loads(pickle.dumps(read_story))  # noqa: S301 - our own bytes

    entry = work(page(), TYPE, URL, make_source())

    assert pickle.loads(pickle.dumps(entry)) == entry  # noqa: S301 - our own bytes


def test_trafilatura_is_not_loaded_until_a_page_is_read() -> None:
    code = "import sys, publisher.collect.follow; print('trafilatura' in sys.modules)"

    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert told.stdout.strip() == "False"
