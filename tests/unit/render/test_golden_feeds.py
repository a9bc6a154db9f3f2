"""What feed readers get, as files a person can open: tests/golden/cases/ordinary-day/."""

import feedparser
import pytest

from publisher.model.feeds import Feed
from publisher.model.names import Language
from publisher.render.feeds import atom, rss
from tests.support.build import EN, NOON, RU, make_profile
from tests.support.golden import golden_for
from tests.support.outfeeds import build_feeds
from tests.support.sheets import localizers, ordinary_day

FORMATS = {"rss": rss, "atom": atom}


def whole_feed(language: Language) -> Feed:
    """The ordinary day's stories of one language, from the same newsroom as the digest."""
    orders = {one: ordinary_day(one) for one in (EN, RU)}
    articles = {
        one: sorted(
            (item.article for item in order.layout.items if item.article.language == one),
            key=lambda article: (-article.published_at.timestamp(), article.id),
        )
        for one, order in orders.items()
    }
    feeds = build_feeds(
        orders[EN].newsroom,
        articles,
        [article for some in articles.values() for article in some],
        profile=make_profile(),
        words=localizers(EN, RU),
        now=NOON,
    )
    return next(feed for feed in feeds if feed.language == language and feed.section is None)


@pytest.mark.parametrize("language", [EN, RU])
@pytest.mark.parametrize("extension", FORMATS)
def test_a_feed_is_byte_for_byte_what_the_golden_file_holds(
    language: Language, extension: str, request: pytest.FixtureRequest
) -> None:
    data = FORMATS[extension](whole_feed(language))

    golden_for(request.config)(f"ordinary-day/{language}.feed.{extension}", data)


@pytest.mark.parametrize("language", [EN, RU])
@pytest.mark.parametrize("extension", FORMATS)
def test_a_golden_feed_reads_back_to_the_stories_of_that_language(
    language: Language, extension: str
) -> None:
    feed = whole_feed(language)

    found = feedparser.parse(FORMATS[extension](feed))

    assert not found.bozo
    assert len(found.entries) == len(feed.entries) > 0
    assert [one.title for one in found.entries] == [one.title for one in feed.entries]
