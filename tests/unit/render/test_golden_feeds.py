"""What feed readers get, as files a person can open: tests/golden/cases/ordinary-day/."""

from dataclasses import replace

import feedparser
import pytest

from publisher.model.feeds import Feed, FeedKind
from publisher.model.names import Language
from publisher.model.newsroom import FeedPolicy
from publisher.render.dialects import sitemap_faults
from publisher.render.feeds import atom, rss
from publisher.render.json_feed import json_feed
from publisher.render.news_sitemap import news_sitemap
from tests.support.build import EN, NOON, RU, make_profile
from tests.support.golden import golden_for
from tests.support.outfeeds import build_feeds
from tests.support.sheets import localizers, ordinary_day

FORMATS = {"rss": rss, "atom": atom, "json": json_feed}
XML = ("rss", "atom")
KINDS = frozenset(FeedKind) - {FeedKind.EDITION}
POLICY = FeedPolicy(yandex=(EN, RU), hubs=("https://hub.embankment.test/",))


def whole_feed(language: Language | None, kind: FeedKind = FeedKind.WHOLE) -> Feed:
    """The ordinary day's stories of one language, from the same newsroom as the digest."""
    orders = {one: ordinary_day(one) for one in (EN, RU)}
    articles = {
        one: sorted(
            (item.article for item in order.layout.items if item.article.language == one),
            key=lambda article: (-article.published_at.timestamp(), article.id),
        )
        for one, order in orders.items()
    }
    newsroom = replace(orders[EN].newsroom, feeds=POLICY)
    feeds = build_feeds(
        newsroom,
        articles,
        [article for some in articles.values() for article in some],
        profile=make_profile(),
        words=localizers(EN, RU),
        now=NOON,
        kinds=KINDS,
    )
    return next(feed for feed in feeds if (feed.language, feed.kind) == (language, kind))


@pytest.mark.parametrize("language", [EN, RU])
@pytest.mark.parametrize("extension", FORMATS)
def test_a_feed_is_byte_for_byte_what_the_golden_file_holds(
    language: Language, extension: str, request: pytest.FixtureRequest
) -> None:
    data = FORMATS[extension](whole_feed(language))

    golden_for(request.config)(f"ordinary-day/{language}.feed.{extension}", data)


@pytest.mark.parametrize("extension", FORMATS)
def test_the_feed_of_every_language_is_what_the_golden_file_holds(
    extension: str, request: pytest.FixtureRequest
) -> None:
    data = FORMATS[extension](whole_feed(None, FeedKind.COMBINED))

    golden_for(request.config)(f"ordinary-day/all.feed.{extension}", data)


@pytest.mark.parametrize("language", [EN, RU])
def test_the_dialect_of_yandex_is_what_the_golden_file_holds(
    language: Language, request: pytest.FixtureRequest
) -> None:
    feed = whole_feed(language, FeedKind.YANDEX)
    data = rss(feed)

    assert feed.entries
    golden_for(request.config)(f"ordinary-day/{language}.yandex.rss", data)


def test_the_news_sitemap_is_what_the_golden_file_holds(request: pytest.FixtureRequest) -> None:
    feed = whole_feed(None, FeedKind.COMBINED)
    data = news_sitemap(
        feed.entries, publication="The Embankment", site="https://embankment.test", now=NOON
    )

    assert sitemap_faults(data, now=NOON, site="https://embankment.test") == ()
    assert data.count(b"<news:news>") == len(feed.entries)
    golden_for(request.config)("ordinary-day/sitemap-news.xml", data)


@pytest.mark.parametrize("language", [EN, RU])
@pytest.mark.parametrize("extension", XML)
def test_a_golden_feed_reads_back_to_the_stories_of_that_language(
    language: Language, extension: str
) -> None:
    feed = whole_feed(language)

    found = feedparser.parse(FORMATS[extension](feed))

    assert not found.bozo
    assert len(found.entries) == len(feed.entries) > 0
    assert [one.title for one in found.entries] == [one.title for one in feed.entries]
