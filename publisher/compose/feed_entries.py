"""What each entry of a feed says of its article, and which articles may stand in feeds at all."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from html import escape
from urllib.parse import quote

from publisher.compose.bodies import absolute, paragraphs, resolved
from publisher.compose.feed_catalogue import Words
from publisher.compose.labels import labels_in, lists_of
from publisher.compose.marks import mark_of, mark_problem
from publisher.compose.rights import printable
from publisher.model.articles import AgeMark, Article, Image
from publisher.model.feeds import Alternate, FeedEntry, Related
from publisher.model.legal import LegalProfile
from publisher.model.names import Language, SectionId, StoryKey
from publisher.model.newsroom import Newsroom
from publisher.model.problems import Problem, msgid

RELATED = 3  # as in a digest
TAG_SAFE = "/:@-._~!$'()*+,;="  # RFC 4151 specific: pchar and "/"


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedDesk:
    """What the entries of one feed are made with."""

    newsroom: Newsroom
    words: Mapping[Language, Words]
    profile: LegalProfile
    versions: Mapping[StoryKey, Mapping[Language, Article]]  # public ones only
    full: bool = True  # False: summaries only
    words_only: bool = False  # for a dialect: the text as plain words beside

    @property
    def media(self) -> str:
        return f"{self.newsroom.site.base_url}/media/"


def kept_back(
    articles: Iterable[Article], *, profile: LegalProfile, now: datetime
) -> tuple[Problem, ...]:
    """Why public articles are left out of every feed: unrated, or marked above the masthead."""
    found = (mark_problem(one, (profile,)) for one in articles if is_public(one, now))
    return tuple(problem for problem in found if problem is not None)


def related_stories(articles: Iterable[Article]) -> frozenset[StoryKey]:
    """The stories whose versions `build_feeds` needs: the articles' own and those they name."""
    return frozenset(story for one in articles for story in (one.story, *one.related))


def entry_id(newsroom: Newsroom, article: Article) -> str:
    """RFC 4151 tag of one language version; the same in every feed, for ever."""
    story = quote(article.story, safe=TAG_SAFE)
    return f"tag:{newsroom.site.feed_authority}:story/{story}/{article.language}"


def entry_url(newsroom: Newsroom, article: Article) -> str:
    """Where its entries, and the links of others, lead."""
    return resolved(article.url, f"{newsroom.site.base_url}/") or article.url


# --- which ------------------------------------------------------------------------------------


def is_public(article: Article, now: datetime) -> bool:
    """Placed, dated now or before, and under no embargo; backlog is public (law 10 is of mail)."""
    embargoed = article.available_at is not None and article.available_at > now
    return article.section is not None and article.published_at <= now and not embargoed


def printed(
    articles: Iterable[Article], newsroom: Newsroom, profile: LegalProfile, now: datetime
) -> list[Article]:
    """What may be printed, newest first."""
    sections = {section.id for section in newsroom.sections}
    kept = [
        printable(article)
        for article in articles
        if article.section in sections
        and not article.sponsored  # advertising goes to those who agreed to it, by mail
        and is_public(article, now)
        and mark_problem(article, (profile,)) is None
    ]
    return sorted(kept, key=lambda article: (-article.published_at.timestamp(), article.id))


def by_story(
    versions: Iterable[Article], now: datetime
) -> Mapping[StoryKey, Mapping[Language, Article]]:
    """Public versions, by story and language."""
    stories: dict[StoryKey, dict[Language, Article]] = {}
    for article in versions:
        if is_public(article, now):
            stories.setdefault(article.story, {})[article.language] = article
    return stories


# --- the entry --------------------------------------------------------------------------------


def entry_of(desk: FeedDesk, article: Article) -> FeedEntry:
    """One of `printed`, with everything a feed says of it."""
    section = desk.newsroom.section(_placed(article))
    image = article.image
    return FeedEntry(
        id=entry_id(desk.newsroom, article),
        language=article.language,
        url=_url(desk, article),
        title=article.title,
        summary=article.summary,
        content=_content(desk, article),
        full_text=_full_text(desk, article) if desk.words_only else None,
        authors=article.authors,
        section=section.id,
        section_title=section.title[article.language],
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


def _url(desk: FeedDesk, article: Article) -> str:
    return entry_url(desk.newsroom, article)


def _image_url(desk: FeedDesk, image: Image) -> str:
    return f"{desk.media}{quote(image.file)}"


def _alternates(desk: FeedDesk, article: Article) -> tuple[Alternate, ...]:
    """The other language versions, in the site's order."""
    versions = desk.versions.get(article.story, {})
    return tuple(
        Alternate(language=language, url=_url(desk, versions[language]))
        for language in desk.newsroom.site.languages
        if language in versions and language != article.language
    )


def _related(desk: FeedDesk, article: Article) -> tuple[Related, ...]:
    """At most RELATED stories that exist in the same language, in the editor's order."""
    stories = (story for story in dict.fromkeys(article.related) if story != article.story)
    found = [desk.versions.get(story, {}).get(article.language) for story in stories]
    return tuple(Related(title=one.title, url=_url(desk, one)) for one in found if one is not None)[
        :RELATED
    ]


# --- its content ------------------------------------------------------------------------------


def _content(desk: FeedDesk, article: Article) -> str:
    """Correction, picture, text, whose it is, legal line: what a reader's client shows."""
    text = _text(desk, article)
    parts = [
        _correction(desk, article),
        _figure(desk, article.image) if article.image and article.image.file not in text else "",
        text,
        f"<p><cite>{escape(article.credit)}</cite></p>" if article.credit else "",
        *(f"<p><small>{escape(one, quote=False)}</small></p>" for one in _labels(desk, article)),
        *legal_line(desk, mark_of(article, (desk.profile,))),
    ]
    return "\n".join(part for part in parts if part)


def _text(desk: FeedDesk, article: Article) -> str:
    if desk.full and article.body.strip():
        return _body(desk, article)
    return f"<p>{escape(article.summary)}</p>" if article.summary else ""


def _body(desk: FeedDesk, article: Article) -> str:
    return absolute(article.body, base=_url(desk, article), pictures=desk.media)


def _full_text(desk: FeedDesk, article: Article) -> str:
    return "\n".join([paragraphs(_body(desk, article)), *_labels(desk, article)])


def _labels(desk: FeedDesk, article: Article) -> tuple[str, ...]:
    """Rule L14: what must be said beside the names this entry mentions."""
    lists = lists_of(desk.profile, desk.newsroom.labels)
    if not lists:
        return ()
    told = [article.title, article.summary, article.correction or "", paragraphs(article.body)]
    told += [one.title for one in _related(desk, article)]
    return labels_in(told, lists, article.language)


def _correction(desk: FeedDesk, article: Article) -> str:
    if not article.correction:
        return ""
    words = desk.words[article.language].say(msgid("Correction: {text}"), text=article.correction)
    return f"<p><strong>{escape(words)}</strong></p>"


def _figure(desk: FeedDesk, image: Image) -> str:
    caption = f"{escape(image.caption)} " if image.caption else ""
    return (
        f'<figure><img src="{escape(_image_url(desk, image))}" alt="{escape(image.alt)}"'
        f' width="{image.width}" height="{image.height}">'
        f"<figcaption>{caption}<small>{escape(image.credit or '')}</small></figcaption></figure>"
    )


def legal_line(desk: FeedDesk, mark: AgeMark | None) -> Iterator[str]:
    """Every statement verbatim in its own language, then the mark, where policy shows them."""
    if not desk.newsroom.feeds.visible_legal_line:
        return
    for language, words in desk.profile.statements.items():
        yield f'<p lang="{escape(language)}"><small>{escape(words, quote=False)}</small></p>'
    if mark is not None:
        yield f"<p><small>{mark}+</small></p>"
