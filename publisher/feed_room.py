"""What every feed is made of, fetched once; then one feed after another.  Writes no file."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain as chained

from publisher.compose.feed_archives import (
    Month,
    archive_paging,
    archive_place,
    chain,
    month_of,
    whole_paging,
)
from publisher.compose.feed_catalogue import catalogue, feed_name
from publisher.compose.feed_entries import (
    FeedDesk,
    by_story,
    entry_of,
    kept_back,
    printed,
    related_stories,
)
from publisher.compose.feeds import STYLESHEET, FeedMaterial, article_feed
from publisher.compose.issue_feeds import edition_feed
from publisher.feed_files import FeedFiles
from publisher.house import House
from publisher.model.articles import Article
from publisher.model.feeds import NEWS_SITEMAP, Feed, FeedKind, FeedPlace
from publisher.model.legal import LegalProfile
from publisher.model.names import Language
from publisher.model.problems import Problem, msgid
from publisher.render.dialects import sitemap_faults
from publisher.render.news_sitemap import SPAN, news_sitemap
from publisher.render.palette import custom_properties

_REBUILT = 2  # months at either end of an archive: the others do not change
_A_MONTH = 2_000  # articles of one archive document; the newest ones


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedRoom:
    """The material of one build."""

    house: House
    profile: LegalProfile
    now: datetime
    places: tuple[FeedPlace, ...]
    articles: Mapping[Language, Sequence[Article]]  # as stored, newest first
    withdrawn: Sequence[Article]
    material: FeedMaterial
    may_print: Mapping[Language, Sequence[Article]]  # of `articles`, newest first

    @property
    def kept_back(self) -> tuple[Problem, ...]:
        """Why public articles are in no feed."""
        everything = chained.from_iterable(self.articles.values())
        return kept_back(everything, profile=self.profile, now=self.now)

    async def feeds(self) -> AsyncIterator[tuple[Feed, tuple[str, ...]]]:
        """Each feed with the formats it is written in; archives behind the feed they belong to."""
        for place in self.places:
            if place.kind is FeedKind.EDITION:
                yield await self._edition(place), place.formats
                continue
            months = await self._months(place)
            base = self.house.newsroom.site.base_url
            feed = article_feed(
                self.material,
                place,
                self._printed_for(place),
                withdrawn=self.withdrawn,
                paging=whole_paging(place, months, base),
            )
            yield feed, place.formats
            for month in self._stale(place, months):
                yield await self._archive(place, month, months), place.formats

    def newest(self) -> list[Article]:
        """What may be printed in any language, newest first."""
        every = chained.from_iterable(self.may_print.values())
        return sorted(every, key=lambda one: (-one.published_at.timestamp(), one.id))

    def _printed_for(self, place: FeedPlace) -> Sequence[Article]:
        return self.may_print[place.language] if place.language else self.newest()

    async def _edition(self, place: FeedPlace) -> Feed:
        house = self.house
        most = house.newsroom.feeds.of(feed_name(place)).items or 1
        issues = await house.issues.recent(edition=place.edition, limit=most)
        stories = {item.story for issue in issues for item in issue.items}
        standing = await house.articles.versions_of(stories)
        subjects = await house.digests.subjects([issue.id for issue in issues])
        language = place.language or house.newsroom.site.languages[0]
        return edition_feed(
            self.material,
            place,
            issues,
            subjects=subjects.get(language, {}),
            standing={article.id for article in standing},
        )

    # --- archives --------------------------------------------------------------------------------

    async def _months(self, place: FeedPlace) -> list[Month]:
        """The months with articles, oldest first; none where the feed itself holds everything."""
        if place.kind is not FeedKind.WHOLE or not self.house.newsroom.feeds.archives:
            return []
        language = place.language or self.house.newsroom.site.languages[0]
        if len(self.articles[language]) <= (
            self.house.newsroom.feeds.of(feed_name(place)).items or 1
        ):
            return []
        days = await self.house.articles.days(language=language, now=self.now)
        return chain(days)

    def _stale(self, place: FeedPlace, months: Sequence[Month]) -> list[Month]:
        """Both ends, for what comes late and for backlog, and those whose files are not there."""
        root = self.house.files.root
        first = place.formats[0]
        return [
            month
            for number, month in enumerate(months)
            if number < _REBUILT
            or number >= len(months) - _REBUILT
            or not (root / f"{archive_place(place, month).path}.{first}").is_file()
        ]

    async def _archive(self, place: FeedPlace, month: Month, months: Sequence[Month]) -> Feed:
        house = self.house
        last = min(month.after().starts() - timedelta(microseconds=1), self.now)
        language = place.language or house.newsroom.site.languages[0]
        found = await house.articles.newest(language=language, limit=_A_MONTH, now=last)
        ours = [one for one in found if one.published_at >= month.starts()]
        room = await _material(house, self.profile, ours, self.now)
        return article_feed(
            room,
            archive_place(place, month),
            printed(ours, house.newsroom, self.profile, self.now),
            withdrawn=[one for one in self.withdrawn if month_of(one.published_at) == month],
            paging=archive_paging(place, month, months, house.newsroom.site.base_url),
        )


async def write_sitemap(
    room: FeedRoom, files: FeedFiles
) -> tuple[dict[str, bool], tuple[Problem, ...]]:
    """The news sitemap, where config wants one: its file and whether it is new, or why not."""
    house, newsroom = room.house, room.house.newsroom
    if not newsroom.feeds.news_sitemap:
        return {NEWS_SITEMAP: True} if house.files.remove(NEWS_SITEMAP) else {}, ()
    desk = FeedDesk(
        newsroom=newsroom, words=house.text, profile=room.profile, versions=room.material.versions
    )
    data = news_sitemap(
        (entry_of(desk, one) for one in room.newest() if one.published_at >= room.now - SPAN),
        publication=newsroom.site.name[newsroom.site.languages[0]],
        site=newsroom.site.base_url,
        now=room.now,
    )
    if wrong := sitemap_faults(data, now=room.now, site=newsroom.site.base_url):
        return {}, (_refused_sitemap(wrong),)
    return {NEWS_SITEMAP: await files.put(NEWS_SITEMAP, data)}, ()


async def write_stylesheet(house: House, files: FeedFiles) -> dict[str, bool]:
    """What browsers read feeds by: the newsroom's own templates/web/feed.css, or ours, in its look.

    What the look decides stands before it, as custom properties.
    """
    found = house.assets.find("templates/web/feed.css")
    if found is None:
        return {}
    data = custom_properties(house.newsroom.look).encode() + found.read_bytes()
    return {STYLESHEET: await files.put(STYLESHEET, data)}


def _refused_sitemap(wrong: Sequence[str]) -> Problem:
    return Problem(
        message=msgid("The news sitemap would be refused: {what}"),
        args={"what": "; ".join(wrong[:5])},
        remedy=msgid("The last good file stays in place. This is a fault of the program."),
    )


async def open_feed_room(
    house: House, profile: LegalProfile, withdrawn: Sequence[Article], now: datetime
) -> FeedRoom:
    """Fetch what the feeds of this moment carry; `withdrawn` leave their tombstones."""
    newsroom = house.newsroom
    places = catalogue(newsroom, house.text)
    most = [newsroom.feeds.of(feed_name(place)).items or 1 for place in places]
    articles = {
        language: await house.articles.newest(
            language=language, limit=max(most) * (len(newsroom.sections) + 1), now=now
        )
        for language in newsroom.site.languages
    }
    everything = list(chained.from_iterable(articles.values()))
    return FeedRoom(
        house=house,
        profile=profile,
        now=now,
        places=places,
        articles=articles,
        withdrawn=withdrawn,
        material=await _material(house, profile, everything, now),
        may_print={
            language: printed(some, newsroom, profile, now) for language, some in articles.items()
        },
    )


async def _material(
    house: House, profile: LegalProfile, articles: Iterable[Article], now: datetime
) -> FeedMaterial:
    return FeedMaterial(
        newsroom=house.newsroom,
        words=house.text,
        profile=profile,
        versions=by_story(await house.articles.versions_of(related_stories(articles)), now),
    )
