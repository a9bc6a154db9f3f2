"""Which feeds a newsroom publishes, and where: for lists, discovery and whoever builds them."""

from collections.abc import Iterator, Mapping
from typing import Protocol

from publisher.model.editions import Edition
from publisher.model.feeds import FeedKind, FeedPlace
from publisher.model.names import Language
from publisher.model.newsroom import Newsroom, Section
from publisher.model.problems import msgid

COMBINED = "feeds/all/all"


class Words(Protocol):
    """Sentences in one language; i18n's Localizer."""

    def say(self, message: str, /, **args: object) -> str:
        """The translated sentence with its slots filled."""
        ...


def catalogue(newsroom: Newsroom, words: Mapping[Language, Words]) -> tuple[FeedPlace, ...]:
    """Every feed by language, the whole one first, then sections, editions and dialects.

    The one with every language comes last, where the site has several.  Archives are not listed:
    feeds lead to them.
    """
    places = [
        place
        for language in newsroom.site.languages
        for place in _of(newsroom, language, words[language])
    ]
    if len(newsroom.site.languages) > 1:
        places.append(_combined(newsroom, words[newsroom.site.languages[0]]))
    return tuple(places)


def feed_name(place: FeedPlace) -> str:
    """As `[feeds.each]` calls it: "en/moscow", "all/all"."""
    return place.path.removeprefix("feeds/")


def _of(newsroom: Newsroom, language: Language, words: Words) -> Iterator[FeedPlace]:
    site = newsroom.site.name[language]
    yield FeedPlace(
        path=f"feeds/{language}/all", kind=FeedKind.WHOLE, language=language, title=site
    )
    for section in newsroom.sections:
        yield _section(section, site, language, words)
    for edition in newsroom.editions.values():
        if language in edition.languages:
            yield _edition(edition, site, language, words)
    if language in newsroom.feeds.yandex:
        yield FeedPlace(
            path=f"feeds/{language}/for-yandex",
            kind=FeedKind.YANDEX,
            language=language,
            title=site,
            formats=("rss",),
        )


def _section(section: Section, site: str, language: Language, words: Words) -> FeedPlace:
    title = section.title[language]
    return FeedPlace(
        path=f"feeds/{language}/{section.id}",
        kind=FeedKind.SECTION,
        language=language,
        title=words.say(msgid("{site}: {section}"), site=site, section=title),
        section=section.id,
    )


def _edition(edition: Edition, site: str, language: Language, words: Words) -> FeedPlace:
    title = edition.title.get(language) or next(iter(edition.title.values()))
    return FeedPlace(
        path=f"feeds/{language}/edition-{edition.id}",
        kind=FeedKind.EDITION,
        language=language,
        title=words.say(msgid("{site}: {edition}"), site=site, edition=title),
        edition=edition.id,
    )


def _combined(newsroom: Newsroom, words: Words) -> FeedPlace:
    site = newsroom.site.name[newsroom.site.languages[0]]
    return FeedPlace(
        path=COMBINED,
        kind=FeedKind.COMBINED,
        language=None,
        title=words.say(msgid("{site}, all languages"), site=site),
    )
