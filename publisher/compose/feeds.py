"""The feeds of a newsroom, as nouns: channels around entries.  Writes no bytes; see render."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from urllib.parse import quote

from publisher.compose.feed_catalogue import Words, feed_name
from publisher.compose.feed_entries import TAG_SAFE, FeedDesk, entry_id, entry_of
from publisher.compose.marks import highest_mark
from publisher.model.articles import AgeMark, Article
from publisher.model.feeds import Feed, FeedEntry, FeedKind, FeedPlace, Paging, Tombstone
from publisher.model.legal import LegalProfile
from publisher.model.names import Language, StoryKey
from publisher.model.newsroom import Newsroom
from publisher.model.problems import msgid

STYLESHEET = "feeds/feed.css"
_TOMBSTONES = 100  # a feed's; readers ask far more often than a newsroom withdraws


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedMaterial:
    """What every feed is made with."""

    newsroom: Newsroom
    words: Mapping[Language, Words]
    profile: LegalProfile
    versions: Mapping[StoryKey, Mapping[Language, Article]]  # public ones only


def article_feed(
    material: FeedMaterial,
    place: FeedPlace,
    articles: Iterable[Article],
    *,
    withdrawn: Collection[Article] = (),
    paging: Paging = Paging(),  # noqa: B008 - frozen
) -> Feed:
    """The feed of a place: the newest of `articles` (see `feed_entries.printed`) that belong there.

    An archive holds all it is given.  `withdrawn`: those that leave a tombstone here.
    """
    choice = material.newsroom.feeds.of(feed_name(place))
    dialect = place.kind is FeedKind.YANDEX
    ours = [one for one in articles if _belongs(one, place) and not (dialect and not one.body)]
    carried = ours if place.kind is FeedKind.ARCHIVE else ours[: choice.items]
    desk = FeedDesk(
        newsroom=material.newsroom,
        words=material.words,
        profile=material.profile,
        versions=material.versions,
        full=bool(choice.full) and not dialect,
        words_only=dialect,
    )
    return channel(
        material,
        place,
        tuple(entry_of(desk, article) for article in carried),
        age=highest_mark(carried, (material.profile,)),
        paging=paging,
        tombstones=_tombstones(material, place, withdrawn),
    )


def channel(
    material: FeedMaterial,
    place: FeedPlace,
    entries: tuple[FeedEntry, ...],
    *,
    age: AgeMark | None,
    paging: Paging = Paging(),  # noqa: B008 - frozen
    tombstones: tuple[Tombstone, ...] = (),
) -> Feed:
    """A feed around these entries, newest first."""
    site = material.newsroom.site
    spoken = place.language or site.languages[0]
    name = quote(feed_name(place).rpartition("/")[2], safe=TAG_SAFE)
    changes = [entry.updated_at for entry in entries] + [one.at for one in tombstones]
    return Feed(
        path=place.path,
        id=f"tag:{site.feed_authority}:feed/{place.language or 'all'}/{name}",
        language=place.language,
        section=place.section,
        kind=place.kind,
        title=place.title,
        subtitle=_subtitle(material, place, spoken),
        home_url=f"{site.base_url}/",
        url=f"{site.base_url}/{place.path}",
        updated_at=max(changes, default=_came_in_force(material.profile)),
        author=site.name[spoken],
        statement=" ".join(material.profile.statements.values()),
        copyright=_copyright(material, spoken, entries),
        age=age,
        entries=entries,
        hubs=() if place.kind is FeedKind.ARCHIVE else material.newsroom.feeds.hubs,
        stylesheet=f"{site.base_url}/{STYLESHEET}",
        paging=paging,
        tombstones=tombstones,
        show_legal_line=_shows_legal_line(material.newsroom, place),
    )


def _belongs(article: Article, place: FeedPlace) -> bool:
    spoken = place.language is None or article.language == place.language
    return spoken and place.section in {None, article.section}


def _shows_legal_line(newsroom: Newsroom, place: FeedPlace) -> bool:
    """Yandex takes the text alone: no advertising, no other words, no links."""
    return newsroom.feeds.visible_legal_line and place.kind is not FeedKind.YANDEX


def _tombstones(
    material: FeedMaterial, place: FeedPlace, withdrawn: Collection[Article]
) -> tuple[Tombstone, ...]:
    found = [
        Tombstone(id=entry_id(material.newsroom, one), at=one.withdrawn.at)
        for one in withdrawn
        if one.withdrawn is not None and _belongs(one, place)
    ]
    newest = sorted(found, key=lambda one: (-one.at.timestamp(), one.id))
    return tuple(newest[:_TOMBSTONES])


def _came_in_force(profile: LegalProfile) -> datetime:
    """When a feed without entries changed last: as old as what it says of itself."""
    return datetime.combine(profile.valid_from, time(), UTC)


def _subtitle(material: FeedMaterial, place: FeedPlace, language: Language) -> str:
    site, say = material.newsroom.site.name[language], material.words[language].say
    match place.kind:
        case FeedKind.SECTION if place.section is not None:
            title = material.newsroom.section(place.section).title[language]
            return say(msgid("Stories of {site}, section “{section}”"), site=site, section=title)
        case FeedKind.EDITION if place.edition is not None:
            titles = material.newsroom.editions[place.edition].title
            title = titles.get(language) or next(iter(titles.values()))
            return say(msgid("Issues of {site}, edition “{edition}”"), site=site, edition=title)
        case FeedKind.COMBINED:
            return say(msgid("All stories of {site} in every language"), site=site)
    return say(msgid("All stories of {site}"), site=site)


def _copyright(material: FeedMaterial, language: Language, entries: Sequence[FeedEntry]) -> str:
    """With the year of the newest entry; an empty feed takes the year the profile came in force."""
    notices = material.profile.copyright
    notice = notices.get(language) or next(iter(notices.values()), "")
    zone = material.newsroom.site.zone
    day = entries[0].published_at.astimezone(zone) if entries else material.profile.valid_from
    return notice.replace("{year}", str(day.year))
