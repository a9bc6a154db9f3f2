"""The feed of an edition: its issues as entries, each with what it carried."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from html import escape

from publisher.compose.feed_entries import FeedDesk, entry_url, legal_line
from publisher.compose.feeds import FeedMaterial, channel
from publisher.model.articles import AgeMark, Article
from publisher.model.feeds import Feed, FeedEntry, FeedPlace
from publisher.model.issues import PUBLIC, Issue, Item
from publisher.model.names import ArticleId, IssueId, Language
from publisher.model.newsroom import Newsroom
from publisher.model.problems import msgid


def edition_feed(
    material: FeedMaterial,
    place: FeedPlace,
    issues: Sequence[Issue],
    *,
    subjects: Mapping[IssueId, str],
    standing: Collection[ArticleId],
) -> Feed:
    """Issues that went out, newest first; only those in `subjects` went out in this language.

    `standing`: the articles that were not withdrawn since; the others are named nowhere.
    """
    language = place.language or material.newsroom.site.languages[0]
    choice = material.newsroom.feeds.of(place.path.removeprefix("feeds/"))
    shown = [_less(issue, standing) for issue in issues if _is_shown(issue, subjects)]
    carried = [one for one in shown if one.items][: choice.items]
    whole = {one.id: sum(not item.sponsored for item in one.items) for one in issues}
    entries = tuple(
        _entry(material, one, language, _title(material, one, place, subjects, whole))
        for one in carried
    )
    return channel(material, place, entries, age=_highest(material, carried))


def archive_url(newsroom: Newsroom, issue: Issue, language: Language) -> str:
    """Where the issue can be read in the browser: /archive/morning/2026-11-23-0800/en."""
    day, hour = issue.id.removeprefix(f"{issue.edition}-").split("-")[:2]
    when = f"{day[:4]}-{day[4:6]}-{day[6:]}-{hour}"
    return f"{newsroom.site.base_url}/archive/{issue.edition}/{when}/{language}"


def _title(
    material: FeedMaterial,
    issue: Issue,
    place: FeedPlace,
    subjects: Mapping[IssueId, str],
    whole: Mapping[IssueId, int],
) -> str:
    """Its subject; where a story was taken back, words that cannot be that story's headline."""
    if len(issue.items) == whole[issue.id]:
        return subjects[issue.id]
    language = place.language or material.newsroom.site.languages[0]
    titles = material.newsroom.editions[issue.edition].title
    return material.words[language].say(
        msgid("{title}, No. {number}"),
        title=titles.get(language) or next(iter(titles.values())),
        number=issue.number,
    )


def _is_shown(issue: Issue, subjects: Mapping[IssueId, str]) -> bool:
    return issue.status in PUBLIC and issue.id in subjects and issue.only_to is None


def _less(issue: Issue, standing: Collection[ArticleId]) -> Issue:
    """Without what was withdrawn, and without advertising."""
    kept = (
        replace(item, versions=tuple(one for one in item.versions if one.id in standing))
        for item in issue.items
        if not item.sponsored
    )
    return replace(issue, items=tuple(item for item in kept if item.versions))


def _highest(material: FeedMaterial, issues: Sequence[Issue]) -> AgeMark | None:
    marks = [one.age for one in issues] + [material.profile.age]
    return max((mark for mark in marks if mark is not None), default=None)


def _entry(material: FeedMaterial, issue: Issue, language: Language, subject: str) -> FeedEntry:
    site = material.newsroom.site
    when = issue.due_at
    told = [_told(item, language) for item in issue.items]
    return FeedEntry(
        id=f"tag:{site.feed_authority}:issue/{issue.id}/{language}",
        language=language,
        url=archive_url(material.newsroom, issue, language),
        title=subject,
        summary="; ".join(article.title for article in told),
        content=_content(material, issue, told),
        authors=(),
        section=None,
        section_title=None,
        published_at=when,
        updated_at=when,
        age=issue.age,
        credit=None,
        image=None,
        image_url=None,
        alternates=(),
        related=(),
    )


def _told(item: Item, language: Language) -> Article:
    own = (one for one in item.versions if one.language == language)
    return next(own, item.versions[0])


def _content(material: FeedMaterial, issue: Issue, told: Sequence[Article]) -> str:
    """Headlines that lead to their stories, each with its summary, then the legal line."""
    desk = FeedDesk(
        newsroom=material.newsroom,
        words=material.words,
        profile=material.profile,
        versions=material.versions,
    )
    stories = (
        f'<li lang="{one.language}">'
        f'<a href="{escape(entry_url(material.newsroom, one))}">{escape(one.title)}</a>'
        f"{'. ' if one.title[-1:].isalnum() else ' '}{escape(one.summary)}</li>"
        for one in told
    )
    return "\n".join(["<ul>", *stories, "</ul>", *legal_line(desk, issue.age)])
