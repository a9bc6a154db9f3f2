"""Which articles a feed carries, and what each entry says.  Writes no XML; see render."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from typing import Protocol
from urllib.parse import quote

from publisher.compose.bodies import absolute, resolved
from publisher.compose.marks import highest_mark, mark_of, mark_problem
from publisher.compose.rights import printable
from publisher.model.articles import Article, Image
from publisher.model.feeds import Alternate, Feed, FeedEntry, Related
from publisher.model.legal import LegalProfile
from publisher.model.names import Language, SectionId, StoryKey
from publisher.model.newsroom import Newsroom, Section
from publisher.model.problems import Problem, msgid

RELATED = 3  # as in a digest
_EMPTY = datetime(1970, 1, 1, tzinfo=UTC)
_TAG_SAFE = "/:@-._~!$'()*+,;="  # RFC 4151 specific: pchar and "/"


class Words(Protocol):
    """Sentences in one language; i18n's Localizer."""

    def say(self, message: str, /, **args: object) -> str:
        """The translated sentence with its slots filled."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Desk:
    """What every feed of one language is made with."""

    newsroom: Newsroom
    language: Language
    words: Words
    profile: LegalProfile
    versions: Mapping[StoryKey, Mapping[Language, Article]]  # public ones only

    @property
    def media(self) -> str:
        return f"{self.newsroom.site.base_url}/media/"


def build_feeds(
    newsroom: Newsroom,
    articles: Mapping[Language, Sequence[Article]],
    versions: Sequence[Article],
    *,
    profile: LegalProfile,
    words: Mapping[Language, Words],
    now: datetime,
) -> tuple[Feed, ...]:
    """For every language of the site the whole feed, then one for every section, even empty.

    `articles` are candidates by language, more than a feed holds so that quiet sections fill up;
    `versions` every language version of their stories and of `related_stories`.  Absent: what is
    embargoed or dated after `now`, unplaced, or kept back by its age mark (see `kept_back`).
    """
    public = _by_story(versions, now)
    feeds: list[Feed] = []
    for language in newsroom.site.languages:
        desk = _Desk(
            newsroom=newsroom,
            language=language,
            words=words[language],
            profile=profile,
            versions=public,
        )
        printed = _printed(articles.get(language, ()), newsroom, profile, now)
        feeds.extend(_feed(desk, section, printed) for section in (None, *newsroom.sections))
    return tuple(feeds)


def kept_back(
    articles: Iterable[Article], *, profile: LegalProfile, now: datetime
) -> tuple[Problem, ...]:
    """Why public articles are left out of every feed: unrated, or marked above the masthead."""
    found = (mark_problem(one, (profile,)) for one in articles if _is_public(one, now))
    return tuple(problem for problem in found if problem is not None)


def related_stories(articles: Iterable[Article]) -> frozenset[StoryKey]:
    """The stories whose versions `build_feeds` needs: the articles' own and those they name."""
    return frozenset(story for one in articles for story in (one.story, *one.related))


def entry_id(newsroom: Newsroom, article: Article) -> str:
    """RFC 4151 tag of one language version; the same in every feed, for ever."""
    story = quote(article.story, safe=_TAG_SAFE)
    return f"tag:{newsroom.site.feed_authority}:story/{story}/{article.language}"


def entry_url(newsroom: Newsroom, article: Article) -> str:
    """Where its entries, and the links of others, lead."""
    return resolved(article.url, f"{newsroom.site.base_url}/") or article.url


# --- which ------------------------------------------------------------------------------------


def _is_public(article: Article, now: datetime) -> bool:
    """Placed, dated now or before, and under no embargo; backlog is public (law 10 is of mail)."""
    embargoed = article.available_at is not None and article.available_at > now
    return article.section is not None and article.published_at <= now and not embargoed


def _printed(
    articles: Iterable[Article], newsroom: Newsroom, profile: LegalProfile, now: datetime
) -> list[Article]:
    """What may be printed, newest first."""
    sections = {section.id for section in newsroom.sections}
    kept = [
        printable(article)
        for article in articles
        if article.section in sections
        and _is_public(article, now)
        and mark_problem(article, (profile,)) is None
    ]
    return sorted(kept, key=lambda article: (-article.published_at.timestamp(), article.id))


def _by_story(
    versions: Iterable[Article], now: datetime
) -> Mapping[StoryKey, Mapping[Language, Article]]:
    stories: dict[StoryKey, dict[Language, Article]] = {}
    for article in versions:
        if _is_public(article, now):
            stories.setdefault(article.story, {})[article.language] = article
    return stories


# --- the channel ------------------------------------------------------------------------------


def _feed(desk: _Desk, section: Section | None, articles: Sequence[Article]) -> Feed:
    """The newest of `articles`, all of them or one section's."""
    site, language = desk.newsroom.site, desk.language
    ours = [one for one in articles if section is None or one.section == section.id]
    carried = ours[: desk.newsroom.feeds.items]
    entries = tuple(_entry(desk, article) for article in carried)
    name = section.id if section else "all"
    path = f"feeds/{language}/{name}"
    title, subtitle = _titles(desk, section)
    updated = max((entry.updated_at for entry in entries), default=_EMPTY)
    return Feed(
        path=path,
        id=f"tag:{site.feed_authority}:feed/{language}/{quote(name, safe=_TAG_SAFE)}",
        language=language,
        section=section.id if section else None,
        title=title,
        subtitle=subtitle,
        home_url=f"{site.base_url}/",
        url=f"{site.base_url}/{path}",
        updated_at=updated,
        author=site.name[language],
        statement=" ".join(desk.profile.statements.values()),
        copyright=_copyright(desk, carried),
        age=highest_mark(carried, (desk.profile,)),
        entries=entries,
    )


def _titles(desk: _Desk, section: Section | None) -> tuple[str, str]:
    site, say = desk.newsroom.site.name[desk.language], desk.words.say
    if section is None:
        return site, say(msgid("All stories of {site}"), site=site)
    title = section.title[desk.language]
    return (
        say(msgid("{site}: {section}"), site=site, section=title),
        say(msgid("Stories of {site}, section “{section}”"), site=site, section=title),
    )


def _copyright(desk: _Desk, articles: Sequence[Article]) -> str:
    """With the year of the newest entry; an empty feed takes the year the profile came in force."""
    notices = desk.profile.copyright
    notice = notices.get(desk.language) or next(iter(notices.values()), "")
    zone = desk.newsroom.site.zone
    newest = articles[0].published_at.astimezone(zone) if articles else desk.profile.valid_from
    return notice.replace("{year}", str(newest.year))


# --- the entry --------------------------------------------------------------------------------


def _entry(desk: _Desk, article: Article) -> FeedEntry:
    section = desk.newsroom.section(_placed(article))
    image = article.image
    return FeedEntry(
        id=entry_id(desk.newsroom, article),
        language=article.language,
        url=_url(desk, article),
        title=article.title,
        summary=article.summary,
        content=_content(desk, article),
        authors=article.authors,
        section=section.id,
        section_title=section.title[desk.language],
        published_at=article.published_at,
        updated_at=max(article.updated_at or article.published_at, article.published_at),
        age=mark_of(article, (desk.profile,)),
        credit=article.credit,
        image=image,
        image_url=_image_url(desk, image) if image else None,
        alternates=_alternates(desk, article),
        related=_related(desk, article),
    )


def _placed(article: Article) -> SectionId:
    assert article.section is not None  # noqa: S101  # _printed() left out the others
    return article.section


def _url(desk: _Desk, article: Article) -> str:
    return entry_url(desk.newsroom, article)


def _image_url(desk: _Desk, image: Image) -> str:
    return f"{desk.media}{quote(image.file)}"


def _alternates(desk: _Desk, article: Article) -> tuple[Alternate, ...]:
    """The other language versions, in the site's order."""
    versions = desk.versions.get(article.story, {})
    return tuple(
        Alternate(language=language, url=_url(desk, versions[language]))
        for language in desk.newsroom.site.languages
        if language in versions and language != article.language
    )


def _related(desk: _Desk, article: Article) -> tuple[Related, ...]:
    """At most RELATED stories that exist in the same language, in the editor's order."""
    stories = (story for story in dict.fromkeys(article.related) if story != article.story)
    found = [desk.versions.get(story, {}).get(article.language) for story in stories]
    return tuple(Related(title=one.title, url=_url(desk, one)) for one in found if one is not None)[
        :RELATED
    ]


# --- its content ------------------------------------------------------------------------------


def _content(desk: _Desk, article: Article) -> str:
    """Correction, picture, text, whose it is, legal line: what a reader's client shows."""
    text = _text(desk, article)
    parts = [
        _correction(desk, article),
        _figure(desk, article.image) if article.image and article.image.file not in text else "",
        text,
        f"<p><cite>{escape(article.credit)}</cite></p>" if article.credit else "",
        _legal_line(desk, article) if desk.newsroom.feeds.visible_legal_line else "",
    ]
    return "\n".join(part for part in parts if part)


def _text(desk: _Desk, article: Article) -> str:
    if desk.newsroom.feeds.full and article.body.strip():
        return absolute(article.body, base=_url(desk, article), pictures=desk.media)
    return f"<p>{escape(article.summary)}</p>" if article.summary else ""


def _correction(desk: _Desk, article: Article) -> str:
    if not article.correction:
        return ""
    words = desk.words.say(msgid("Correction: {text}"), text=article.correction)
    return f"<p><strong>{escape(words)}</strong></p>"


def _figure(desk: _Desk, image: Image) -> str:
    caption = f"{escape(image.caption)} " if image.caption else ""
    return (
        f'<figure><img src="{escape(_image_url(desk, image))}" alt="{escape(image.alt)}"'
        f' width="{image.width}" height="{image.height}">'
        f"<figcaption>{caption}<small>{escape(image.credit or '')}</small></figcaption></figure>"
    )


def _legal_line(desk: _Desk, article: Article) -> str:
    """Every statement verbatim in its own language, then the article's mark."""
    statements = [
        f'<p lang="{escape(language)}"><small>{escape(words, quote=False)}</small></p>'
        for language, words in desk.profile.statements.items()
    ]
    mark = mark_of(article, (desk.profile,))
    marked = [] if mark is None else [f"<p><small>{mark}+</small></p>"]
    return "\n".join([*statements, *marked])
