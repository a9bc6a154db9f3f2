"""What visitors get, and the feed of an edition, as files a person can open: ordinary-day/."""

from dataclasses import replace

import pytest

from publisher.assets import Assets
from publisher.compose.feed_catalogue import catalogue
from publisher.compose.feeds import FeedMaterial
from publisher.compose.front import plan_front
from publisher.compose.issue_feeds import edition_feed
from publisher.model.feeds import Feed, FeedKind
from publisher.model.issues import IssueStatus, Item
from publisher.model.names import Language
from publisher.model.newsroom import FeedPolicy
from publisher.page_gate import gated_page
from publisher.render.feed_facts import differences
from publisher.render.feeds import atom, rss
from publisher.render.json_feed import json_feed
from publisher.render.site import FEEDS, FRONT, SiteOrder
from tests.support.build import EN, NOON, RU, make_issue, make_profile
from tests.support.golden import golden_for
from tests.support.sheets import localizers, ordinary_day

FORMATS = {"rss": rss, "atom": atom, "json": json_feed}
both = pytest.mark.parametrize("language", [EN, RU])


def order_of(language: Language, page: str) -> SiteOrder:
    """The ordinary day's stories on the site of the same newsroom."""
    printed = ordinary_day(language)
    newsroom = replace(
        printed.newsroom, feeds=FeedPolicy(yandex=(RU,), hubs=("https://hub.test/",))
    )
    articles = sorted(
        (one.article for one in printed.layout.items if one.article.language == language),
        key=lambda article: (-article.published_at.timestamp(), article.id),
    )
    order = SiteOrder(
        newsroom=newsroom, language=language, profile=make_profile(), now=NOON, page=page
    )
    if page == FRONT:
        return replace(order, front=plan_front(articles, newsroom, now=NOON))
    return replace(order, places=catalogue(newsroom, localizers(EN, RU)))


@both
@pytest.mark.parametrize(("page", "name"), [(FRONT, "front"), (FEEDS, "feeds")])
def test_a_page_is_byte_for_byte_what_the_golden_file_holds(
    language: Language, page: str, name: str, request: pytest.FixtureRequest
) -> None:
    made = gated_page(order_of(language, page), Assets())

    assert made.problems == ()
    assert made.html is not None
    golden_for(request.config)(f"ordinary-day/{language}.{name}.html", made.html.encode())


def issues_feed(language: Language) -> Feed:
    """One issue of the edition, in its feed."""
    printed = ordinary_day(language)
    issue = make_issue(
        number=12,
        status=IssueStatus.SENT,
        items=tuple(
            Item(story=one.article.story, section=one.section, versions=(one.article,))
            for one in printed.layout.items
        ),
    )
    words = localizers(EN, RU)
    newsroom = printed.newsroom
    place = next(
        one
        for one in catalogue(newsroom, words)
        if (one.kind, one.language) == (FeedKind.EDITION, language)
    )
    material = FeedMaterial(newsroom=newsroom, words=words, profile=make_profile(), versions={})
    return edition_feed(
        material,
        place,
        [issue],
        subjects={issue.id: printed.layout.items[0].article.title},
        standing={one.article.id for one in printed.layout.items},
    )


@both
@pytest.mark.parametrize("extension", FORMATS)
def test_the_feed_of_an_edition_is_what_the_golden_file_holds(
    language: Language, extension: str, request: pytest.FixtureRequest
) -> None:
    feed = issues_feed(language)
    data = FORMATS[extension](feed)

    assert differences(feed, extension, data) == []
    golden_for(request.config)(f"ordinary-day/{language}.edition.{extension}", data)
