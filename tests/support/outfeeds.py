"""Outgoing feeds, valid by default."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from publisher.model.feeds import Alternate, Feed, FeedEntry, Related
from publisher.model.names import SectionId
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
