"""The feeds of the sample newsroom: what was meant, and the files that say it."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from publisher import pipeline
from publisher.demo.run import demonstrating
from publisher.feed_gate import feeds_profile
from publisher.feed_room import open_feed_room
from publisher.model.feeds import Feed
from tests.support.build import NOON


@dataclass(frozen=True, kw_only=True)
class SampleFeeds:
    public: Path
    meant: Mapping[str, Feed]  # by path without extension


def sample_feeds(folder: Path) -> SampleFeeds:
    """Collect and publish as `publisher demo` does; nothing is sent."""

    async def build() -> Mapping[str, Feed]:
        async with demonstrating(folder, {}, lambda: NOON) as show:
            house = show.app.house
            await pipeline.collect(house, list(house.newsroom.sources))
            published = await pipeline.publish_feeds(house)
            assert not [one for one in published.problems if one.severity.name == "BLOCK"]
            room = await open_feed_room(house, feeds_profile(house, NOON), (), NOON)
            return {feed.path: feed async for feed, _ in room.feeds()}

    return SampleFeeds(public=folder / "public", meant=asyncio.run(build()))
