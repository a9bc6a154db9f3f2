"""What the demo's site shows of articles: every word and address decided.  Serves no pages."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote, unquote, urlsplit

from markupsafe import Markup

from publisher.compose.bodies import absolute
from publisher.compose.front import plan_front
from publisher.compose.legal import profile_on
from publisher.compose.marks import mark_of, mark_problem
from publisher.compose.rights import printable
from publisher.i18n.localizer import Localizer
from publisher.model.articles import Article, Image
from publisher.model.legal import LegalProfile
from publisher.model.names import Language
from publisher.model.newsroom import Newsroom, Section
from publisher.model.problems import msgid
from publisher.ports import Articles
from publisher.render.sheet import Headline, Photo, Story
from publisher.render.site import FRONT, SiteOrder
from publisher.render.typography import NBSP, typeset

COLUMN = 576  # px: 36rem
LATEST = 24  # stories on the front page
_NEWEST = 500  # articles an address is looked for among
_RELATED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Tongue:
    """The same page in another language, named in that language."""

    language: Language
    name: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A whole article as a page."""

    language: Language
    url: str
    section: str
    title: str
    summary: str
    authors: str
    credit: str
    published: str
    published_at: datetime
    updated: str  # empty unless changed
    age: str  # "12+"
    photo: Photo | None
    body: Markup  # sanitised when collected
    correction: str
    related: tuple[Headline, ...]
    others: tuple[Tongue, ...]


class Newsstand:
    """One language of the site at one moment."""

    def __init__(
        self,
        newsroom: Newsroom,
        words: Mapping[Language, Localizer],
        language: Language,
        now: datetime,
    ) -> None:
        self._newsroom, self._site = newsroom, newsroom.site
        self._words, self._text = words, words[language]
        self._now = now
        self._profiles = _profiles(newsroom, now)

    async def latest(self, articles: Articles, *, limit: int = LATEST) -> list[Article]:
        """What may be shown in this language, newest first."""
        newest = await articles.newest(language=self._text.language, limit=limit, now=self._now)
        return [one for one in newest if self._is_public(one)]

    def front_order(self, articles: Sequence[Article]) -> SiteOrder | None:
        """The front page of these; None before the first version of the legal profile."""
        if not self._profiles:
            return None
        return SiteOrder(
            newsroom=self._newsroom,
            language=self._text.language,
            profile=self._profiles[0],
            now=self._now,
            page=FRONT,
            front=plan_front(articles, self._newsroom, now=self._now),
        )

    async def at(self, articles: Articles, path: str) -> Article | None:
        """The article whose own address has this path, decoded; None where there is none."""
        found = await self.latest(articles, limit=_NEWEST)
        return next((one for one in found if unquote(urlsplit(one.url).path) == path), None)

    async def piece(self, articles: Articles, article: Article) -> Piece:
        """The article with its other languages and what else there is to read."""
        versions = await articles.versions_of([article.story, *article.related])
        public = [one for one in versions if self._is_public(one)]
        shown, language = printable(article), article.language
        return Piece(
            language=language,
            url=article.url,
            section=self._section(article),
            title=self._set(article.title, language),
            summary=self._set(article.summary, language),
            authors=", ".join(article.authors),
            credit=article.credit or "",
            published=self._text.moment(article.published_at, self._site.zone),
            published_at=article.published_at,
            updated=self._updated(article),
            age=self._age(article),
            photo=self._photo(shown.image, language),
            body=Markup(self._body(shown)),  # noqa: S704 - sanitised by collect.clean
            correction=self._set(article.correction or "", language),
            related=tuple(self.headline(one) for one in _related(article, public)),
            others=tuple(self._tongues(article, public)),
        )

    def story(self, article: Article, *, pictured: bool = False) -> Story:
        """A teaser: headline, one sentence, facts; the picture of the lead only."""
        shown = printable(article)
        return Story(
            headline=self.headline(article),
            label=self._section(article),
            label_names=(),
            summary=self._set(article.summary, article.language),
            names=(),  # among the facts: a page of the site is in one language
            facts=tuple(self._facts(article)),
            photo=self._photo(shown.image, article.language) if pictured else None,
            correction="",
            related=(),
        )

    def headline(self, article: Article) -> Headline:
        section = self._section_of(article)
        return Headline(
            title=self._set(article.title, article.language),
            url=article.url,
            language=article.language,
            age=self._age(article) if section and section.listing else "",
            section=self._section(article),
        )

    def _is_public(self, article: Article) -> bool:
        """Placed, dated now or before, under no embargo, and with a mark that lets it go."""
        here = article.available_at or article.published_at
        return (
            article.section is not None
            and max(article.published_at, here) <= self._now
            and mark_problem(article, self._profiles) is None
        )

    def _section_of(self, article: Article) -> Section | None:
        return next((one for one in self._newsroom.sections if one.id == article.section), None)

    def _section(self, article: Article) -> str:
        section = self._section_of(article)
        return section.title[self._text.language] if section else ""

    def _facts(self, article: Article) -> Iterator[str]:
        today = self._now.astimezone(self._site.zone).date()
        when = self._text.stamp(article.published_at, self._site.zone, today=today)
        for fact in (*article.authors, article.credit or "", when):
            if fact:
                yield fact.replace(" ", NBSP)

    def _updated(self, article: Article) -> str:
        changed = article.updated_at
        if changed is None or changed - article.published_at < timedelta(minutes=1):
            return ""
        when = self._text.moment(changed, self._site.zone)
        return self._text.say(msgid("Updated {time}"), time=when)

    def _age(self, article: Article) -> str:
        mark = mark_of(article, self._profiles)
        return "" if mark is None else f"{mark}+"

    def _photo(self, image: Image | None, language: Language) -> Photo | None:
        if image is None:
            return None
        width = min(COLUMN, image.width)
        return Photo(
            src=f"/media/{quote(image.file)}",
            width=width,
            height=round(image.height * width / image.width),
            alt=self._set(image.alt or image.caption, language),
            caption=self._set(image.caption, language),
            credit=image.credit or "",
        )

    def _body(self, article: Article) -> str:
        return absolute(article.body, base=article.url, pictures=f"{self._site.base_url}/media/")

    def _set(self, words: str, language: Language) -> str:
        known = self._words.get(language)
        return typeset(words, known.manners.typography) if known else words

    def _tongues(self, article: Article, public: Iterable[Article]) -> Iterator[Tongue]:
        for one in public:
            if one.story == article.story and one.language != article.language:
                name = self._words[one.language].say(msgid("Read this story in English"))
                yield Tongue(language=one.language, name=name, url=one.url)


def _profiles(newsroom: Newsroom, now: datetime) -> tuple[LegalProfile, ...]:
    day = now.astimezone(newsroom.site.zone).date()
    profile = profile_on(newsroom.profiles.get(newsroom.feeds_legal, ()), day)
    return (profile,) if profile else ()


def _related(article: Article, public: Sequence[Article]) -> list[Article]:
    """In the editor's order, in the same language."""
    found = {one.story: one for one in public if one.language == article.language}
    named = (story for story in dict.fromkeys(article.related) if story != article.story)
    return [found[story] for story in named if story in found][:_RELATED]
