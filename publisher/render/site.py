"""The public site's pages as HTML: what was chosen in, a whole document out.  Chooses nothing."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from urllib.parse import quote, urljoin

from publisher.assets import Assets
from publisher.i18n.localizer import Localizer
from publisher.model.articles import Article, Image
from publisher.model.feeds import FeedKind, FeedPlace
from publisher.model.front import Front
from publisher.model.legal import LegalProfile
from publisher.model.names import ArticleId, Language
from publisher.model.newsroom import FeedPolicy, Newsroom
from publisher.model.problems import msgid
from publisher.render.cleaning import clean, web_url
from publisher.render.doors import doors
from publisher.render.imprint import imprint_of, today_in
from publisher.render.sheet import Door, Headline, Photo
from publisher.render.site_sheet import (
    FeedDoor,
    FeedRow,
    FeedShelf,
    FeedsView,
    Frame,
    FrontView,
    Moment,
    SiteBlock,
    SiteStory,
)
from publisher.render.stock import templates_of, words_of
from publisher.render.typography import NBSP, first_sentence, typeset

COLUMN: Final = 576  # px: 36rem
THUMB: Final = 176
_TITLE, _SUMMARY = 500, 480  # characters
FORMAT_NAMES: Final[Mapping[str, str]] = {"rss": "RSS", "atom": "Atom", "json": "JSON Feed"}
_OWN_LANGUAGE = msgid("Read in English")  # said in the language it leads to
FRONT, FEEDS = "", "feeds"  # pages, as addresses name them


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteOrder:
    """Everything one page is made from; it pickles, for another process does the work."""

    newsroom: Newsroom
    language: Language
    profile: LegalProfile
    now: datetime
    page: str
    front: Front = field(default_factory=lambda: Front(ticker=(), lead=None, blocks=()))
    labels: Mapping[ArticleId, tuple[str, ...]] = field(default_factory=dict)  # beside a story
    notes: tuple[str, ...] = ()  # labels of what is only named
    places: Sequence[FeedPlace] = ()


def page_url(newsroom: Newsroom, language: Language, page: str) -> str:
    """Where a page of the site lies in one language: the first language has no prefix."""
    first = newsroom.site.languages[0]
    parts = [newsroom.site.base_url, *([language] if language != first else []), page]
    return "/".join(parts)


def page_file(newsroom: Newsroom, language: Language, page: str) -> str:
    """The same below the public folder."""
    first = newsroom.site.languages[0]
    parts = [*([language] if language != first else []), *([page] if page else []), "index.html"]
    return "/".join(parts)


def site_page(order: SiteOrder, assets: Assets) -> str:
    """One page; the same order gives the same text.

    Raises Misconfigured for a missing catalog and for a missing or broken template.
    """
    words = words_of(assets, order.newsroom.site.languages)
    frame, view = site_view(order, words)
    return templates_of(assets).render(
        f"web/{'front' if order.page == FRONT else 'feeds'}.html.j2",
        text=words[order.language],
        newsroom=order.newsroom,
        site=frame,
        imprint=frame.imprint,
        today=frame.today,
        view=view,
    )


def site_view(
    order: SiteOrder, words: Mapping[Language, Localizer]
) -> tuple[Frame, FrontView | FeedsView]:
    """What the page's template is given: `site` and `view`."""
    desk = _Desk(order, words)
    return desk.frame(), desk.front() if order.page == FRONT else desk.feeds()


class _Desk:
    """The order at hand, with the words to fill it."""

    def __init__(self, order: SiteOrder, words: Mapping[Language, Localizer]) -> None:
        self._order, self._words = order, words
        self._text, self._newsroom = words[order.language], order.newsroom
        self._zone = order.newsroom.site.zone
        self._today = order.now.astimezone(self._zone).date()

    def frame(self) -> Frame:
        order, language = self._order, self._order.language
        tongues = (one for one in self._newsroom.site.languages if one != language)
        return Frame(
            name=order.profile.registered_name,
            url=page_url(self._newsroom, language, order.page),
            home=page_url(self._newsroom, language, FRONT),
            feeds=page_url(self._newsroom, language, FEEDS),
            today=today_in(self._text, self._newsroom, now=order.now),
            tongues=tuple(self._tongue(one) for one in tongues),
            imprint=imprint_of(order.profile, language, year=self._today.year),
            first=page_url(self._newsroom, self._newsroom.site.languages[0], order.page),
            notes=order.notes,
            doors=tuple(self._doors()),
        )

    def _doors(self) -> Iterator[Door]:
        """Where else there is something to read, in the order a reader looks for it."""
        newsroom, text = self._newsroom, self._text
        yield Door(url=page_url(newsroom, text.language, FEEDS), name=text.say(msgid("All feeds")))
        for edition in newsroom.editions.values():
            if text.language in edition.languages:
                url = f"{newsroom.site.base_url}/archive/{edition.id}/{text.language}"
                title = edition.title[text.language]
                yield Door(url=url, name=text.say(msgid("Past issues: {title}"), title=title))
        named = (newsroom.site.feeds, newsroom.site.privacy)  # above, and in the legal block
        there = {web_url(pages.get(text.language, "")) for pages in named}
        yield from (one for one in doors(newsroom, text) if one.url not in there)

    def _tongue(self, language: Language) -> Door:
        return Door(
            url=page_url(self._newsroom, language, self._order.page),
            name=self._words[language].say(_OWN_LANGUAGE),
            language=language,
        )

    # --- the front page --------------------------------------------------------------------------

    def front(self) -> FrontView:
        front, lead = self._order.front, self._order.front.lead
        return FrontView(
            ticker=tuple(self._named(one) for one in front.ticker),
            lead=self._told(lead, whole=True, width=COLUMN) if lead else None,
            lead_section=self._section(lead) if lead else "",
            blocks=tuple(
                SiteBlock(
                    id=block.section.id,
                    title=block.section.title[self._text.language],
                    told=tuple(self._block(block.told)),
                    briefs=tuple(self._named(one) for one in block.briefs),
                    feed=self._door(f"feeds/{self._text.language}/{block.section.id}"),
                )
                for block in front.blocks
            ),
        )

    def _door(self, path: str) -> Door:
        kind, url = next(iter(self._addresses(path).items()))
        return Door(url=url, name=FORMAT_NAMES[kind])

    def _block(self, told: Sequence[Article]) -> list[SiteStory]:
        """At most one photo a section: the first there is."""
        pictured = next((one for one in told if one.image), None)
        return [self._told(one, width=THUMB if one is pictured else 0) for one in told]

    def _told(self, article: Article, *, width: int, whole: bool = False) -> SiteStory:
        return SiteStory(
            headline=self._headline(article),
            moment=self._moment(article.published_at),
            summary=self._summary(article, whole=whole),
            byline=tuple(
                clean(one, 120).replace(" ", NBSP)
                for one in (*article.authors[:3], article.credit or "")
                if one
            ),
            photo=self._photo(article.image, article.language, width) if width else None,
            notes=self._order.labels.get(article.id, ()),
        )

    def _named(self, article: Article) -> SiteStory:
        return SiteStory(
            headline=self._headline(article), moment=self._moment(article.published_at)
        )

    def _headline(self, article: Article) -> Headline:
        section = self._newsroom.section(article.section) if article.section else None
        mark = article.age if article.age is not None else self._order.profile.unrated
        return Headline(
            title=self._set(article.title, _TITLE),
            url=web_url(urljoin(f"{self._newsroom.site.base_url}/", article.url)),
            language=article.language,
            age=f"{mark}+" if section and section.listing and mark is not None else "",
        )

    def _moment(self, at: datetime) -> Moment:
        return Moment(
            iso=at.replace(microsecond=0).isoformat(),
            words=self._text.stamp(at, self._zone, today=self._today),
            whole=self._text.moment(at, self._zone),
        )

    def _section(self, article: Article) -> str:
        section = self._newsroom.section(article.section) if article.section else None
        return section.title[self._text.language] if section else ""

    def _summary(self, article: Article, *, whole: bool) -> str:
        summary = clean(article.summary, _SUMMARY)
        if not whole:
            summary = first_sentence(summary, self._text.manners.typography)
        return self._set(summary, _SUMMARY)

    def _photo(self, image: Image | None, language: Language, width: int) -> Photo | None:
        if image is None:
            return None
        shown = min(width, image.width)
        return Photo(
            src=f"{self._newsroom.site.root}/media/{quote(image.file)}",
            width=shown,
            height=round(image.height * shown / image.width),
            alt=self._set(image.alt or image.caption, 300),
            caption=self._set(image.caption, 300),
            credit=clean(image.credit or "", 120),
        )

    def _set(self, words: str, limit: int) -> str:
        return typeset(clean(words, limit), self._text.manners.typography)

    # --- the page of feeds -----------------------------------------------------------------------

    def feeds(self) -> FeedsView:
        """This language's feeds, then those of every language, then the others'."""
        own = self._text.language
        others = [one for one in self._newsroom.site.languages if one != own]
        shelves = [self._shelf(one) for one in (own, None, *others)]
        policy = self._newsroom.feeds
        return FeedsView(
            shelves=tuple(one for one in shelves if one.rows),
            archives=policy.archives,
            hubs=bool(policy.hubs),
        )

    def _shelf(self, language: Language | None) -> FeedShelf:
        text = self._words[language or self._text.language]
        title = text.say(msgid("In English")) if language else text.say(msgid("All languages"))
        found = [one for one in self._order.places if one.language == language]
        rows = (
            (text.say(msgid("The whole")), {FeedKind.WHOLE, FeedKind.COMBINED, FeedKind.YANDEX}),
            (text.say(msgid("By section")), {FeedKind.SECTION}),
            (text.say(msgid("By edition")), {FeedKind.EDITION}),
        )
        made = [
            FeedRow(
                title=name if language else "",
                feeds=tuple(self._feed(one, text) for one in found if one.kind in kinds),
            )
            for name, kinds in rows
        ]
        return FeedShelf(
            title=title, language=text.language, rows=tuple(one for one in made if one.feeds)
        )

    def _feed(self, place: FeedPlace, text: Localizer) -> FeedDoor:
        addresses = self._addresses(place.path, place.formats)
        (kind, url), *others = addresses.items()
        return FeedDoor(
            title=_title_of(place, self._newsroom, text),
            holds=_holds(place, self._newsroom.feeds, text),
            format=FORMAT_NAMES[kind],
            url=url,
            others={FORMAT_NAMES[one]: address for one, address in others},
        )

    def _addresses(
        self, path: str, formats: Sequence[str] = tuple(FORMAT_NAMES)
    ) -> Mapping[str, str]:
        base = self._newsroom.site.base_url
        return {kind: f"{base}/{path}.{kind}" for kind in formats}


def _title_of(place: FeedPlace, newsroom: Newsroom, text: Localizer) -> str:
    language = text.language
    match place.kind:
        case FeedKind.SECTION if place.section is not None:
            return newsroom.section(place.section).title[language]
        case FeedKind.EDITION if place.edition is not None:
            titles = newsroom.editions[place.edition].title
            return titles.get(language) or next(iter(titles.values()))
        case FeedKind.COMBINED:
            return text.say(msgid("All stories in every language"))
        case FeedKind.YANDEX:
            return text.say(msgid("All stories, for Yandex"))
    return text.say(msgid("All stories"))


def _holds(place: FeedPlace, policy: FeedPolicy, text: Localizer) -> str:
    """What a feed carries, in one sentence."""
    choice = policy.of(place.path.removeprefix("feeds/"))
    many = choice.items or 1
    if place.kind is FeedKind.EDITION:
        return text.plural(
            "The newest issue, with everything it carried.",
            "The {n} newest issues, each with everything it carried.",
            n=many,
        )
    if place.kind is FeedKind.YANDEX:
        return text.plural(
            "The newest story, its text as plain words.",
            "The {n} newest stories, their texts as plain words.",
            n=many,
        )
    if choice.full:
        return text.plural("The newest story, whole.", "The {n} newest stories, whole.", n=many)
    return text.plural(
        "The newest story in summary, with a link.",
        "The {n} newest stories in summary, each with a link.",
        n=many,
    )
