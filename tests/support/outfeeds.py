"""Outgoing feeds, valid by default."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from publisher.compose.feed_catalogue import Words, catalogue
from publisher.compose.feed_entries import by_story, printed
from publisher.compose.feeds import FeedMaterial, article_feed
from publisher.model.articles import Article
from publisher.model.feeds import Alternate, Feed, FeedEntry, FeedKind, Related
from publisher.model.legal import LegalProfile
from publisher.model.names import Language, SectionId
from publisher.model.newsroom import Newsroom
from tests.support.build import DUE, EN, RU, STATEMENT, make_image


def make_feed_entry(**overrides: Any) -> FeedEntry:
    """An English article with everything a feed can say of one."""
    entry = FeedEntry(
        id="tag:embankment.test,2026:story/bridge/en",
        language=EN,
        url="https://embankment.test/en/bridge",
        title="A bridge opens over the river",
        summary="The first walkers crossed at dawn.",
        content=f"<p>The first walkers crossed at dawn.</p><p>{STATEMENT}</p><p>16+</p>",
        authors=("Anna Orlova", "Пётр Зимин"),
        section=SectionId("moscow"),
        section_title="Moscow",
        published_at=DUE - timedelta(hours=5),
        updated_at=DUE - timedelta(hours=5),
        age=16,
        credit=None,
        image=make_image(),
        image_url="https://embankment.test/media/0123456789abcdef.png",
        alternates=(Alternate(language=RU, url="https://embankment.test/ru/bridge"),),
        related=(Related(title="A tram turns back", url="https://embankment.test/en/tram"),),
    )
    return replace(entry, **overrides)


def make_feed(**overrides: Any) -> Feed:
    """A section feed with two entries, newest first."""
    tram = make_feed_entry(
        id="tag:embankment.test,2026:story/tram/en",
        url="https://embankment.test/en/tram",
        title="A tram turns back",
        published_at=DUE - timedelta(hours=7),
        updated_at=DUE - timedelta(hours=1),
        authors=(),
        age=6,
        credit="The Wire",
        image=None,
        image_url=None,
        alternates=(),
        related=(),
    )
    feed = Feed(
        path="feeds/en/moscow",
        id="tag:embankment.test,2026:feed/en/moscow",
        language=EN,
        section=SectionId("moscow"),
        title="The Embankment: Moscow",
        subtitle="Stories of The Embankment, section “Moscow”",
        home_url="https://embankment.test/",
        url="https://embankment.test/feeds/en/moscow",
        updated_at=DUE - timedelta(hours=1),
        author="The Embankment",
        statement=STATEMENT,
        copyright="© 2026 The Embankment",
        age=16,
        entries=(make_feed_entry(), tram),
    )
    return replace(feed, **overrides)


def build_feeds(
    newsroom: Newsroom,
    articles: Mapping[Language, Sequence[Article]],
    versions: Sequence[Article],
    *,
    profile: LegalProfile,
    words: Mapping[Language, Words],
    now: datetime,
    withdrawn: Sequence[Article] = (),
    kinds: frozenset[FeedKind] = frozenset({FeedKind.WHOLE, FeedKind.SECTION}),
) -> tuple[Feed, ...]:
    """The feeds of these kinds, in the order of the catalogue."""
    material = FeedMaterial(
        newsroom=newsroom, words=words, profile=profile, versions=by_story(versions, now)
    )
    some = [one for found in articles.values() for one in found]
    shown = printed(some, newsroom, profile, now)
    return tuple(
        article_feed(material, place, shown, withdrawn=withdrawn)
        for place in catalogue(newsroom, words)
        if place.kind in kinds
    )
