"""Which stories an issue carries, in what order, and what each language sees.  Renders nothing."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from publisher.compose.lead import choose_lead, is_breaking, newest_first
from publisher.compose.marks import highest_mark, mark_problem
from publisher.compose.rights import printable
from publisher.compose.window import issue_id
from publisher.model.articles import Article
from publisher.model.editions import Edition, Fallback, Window
from publisher.model.issues import (
    Issue,
    IssueStatus,
    Item,
)
from publisher.model.legal import LegalProfile
from publisher.model.names import Language, SectionId, StoryKey
from publisher.model.newsroom import Newsroom
from publisher.model.problems import Problem, Severity, msgid


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """What lies on the table when an issue is composed.

    `available` are the articles of the span from `eligible_since` to `eligible_until`;
    `versions` every language version of their stories (the available ones may be among them);
    `spent` the stories sealed issues of the `spending_editions` carried since `spent_since`.
    """

    available: Sequence[Article]
    versions: Sequence[Article]
    spent: frozenset[StoryKey]
    number: int  # of the issue, from 1
    profiles: Mapping[Language, LegalProfile]  # in force on the day of the window's end


def select(
    edition: Edition, newsroom: Newsroom, material: Material, *, window: Window, now: datetime
) -> Issue:
    """The issue of this window.

    DRAFT; HELD when a mark or missing translations block it, SKIPPED when there is too little;
    `problems` say why.  A story is taken when one of its versions is available and none was
    spent; it then carries every version in the edition's languages that is here by `now`.  Each
    section prints `per_section` stories and links the others; beyond `max`, links included,
    stories are left for the next issue, last places of every section first.  Same input, same
    issue.
    """
    ranked = _ranked(_stories(edition, newsroom, material, now), edition)
    items, lead = _with_lead_first(_capped(ranked, edition), newsroom)
    profiles = tuple(material.profiles.values())
    articles = [article for item in items for article in item.versions]
    status, problems = _verdict(edition, items, profiles)
    return Issue(
        id=issue_id(edition, window.end),
        edition=edition.id,
        number=material.number,
        status=status,
        window=window,
        due_at=window.end,
        items=items,
        lead=lead,
        age=highest_mark(articles, profiles),
        composed_at=now,
        problems=problems,
        profiles={language: profile.version for language, profile in material.profiles.items()},
    )


# --- the stories ------------------------------------------------------------------------------


def _stories(
    edition: Edition, newsroom: Newsroom, material: Material, now: datetime
) -> Iterable[Item]:
    """Each story that may be carried, once."""
    fresh = {
        article.story
        for article in material.available
        if article.story not in material.spent and _may_carry(article, edition, now)
    }
    versions: dict[StoryKey, dict[Language, Article]] = {story: {} for story in fresh}
    for article in (*material.versions, *material.available):
        if article.story in fresh and _may_carry(article, edition, now):
            versions[article.story].setdefault(article.language, printable(article))
    for story, by_language in versions.items():
        ordered = [by_language[one] for one in newsroom.site.languages if one in by_language]
        section = next((a.section for a in ordered if a.section in edition.sections), None)
        if section is not None:
            yield Item(story=story, section=section, versions=tuple(ordered))


def _may_carry(article: Article, edition: Edition, now: datetime) -> bool:
    """Placed, in a language of the edition, and here: neither backlog nor under embargo."""
    return (
        article.section is not None
        and article.language in edition.languages
        and article.available_at is not None
        and article.available_at <= now
    )


def _ranked(items: Iterable[Item], edition: Edition) -> Mapping[SectionId, Sequence[Item]]:
    """Every section of the edition with its stories: breaking first, then newest first."""
    ordered = sorted(items, key=lambda item: (not is_breaking(item), *newest_first(item)))
    return {
        section: [item for item in ordered if item.section == section]
        for section in edition.sections
    }


def _capped(ranked: Mapping[SectionId, Sequence[Item]], edition: Edition) -> list[Item]:
    """At most `max` items, first places of every section before second ones; in print order."""
    limits = edition.limits
    places = sorted(
        (place, order) for order, items in enumerate(ranked.values()) for place in range(len(items))
    )
    columns = list(ranked.values())
    kept = sorted((order, place) for place, order in places[: limits.max])
    return [
        replace(columns[order][place], linked=place >= limits.per_section) for order, place in kept
    ]


def _with_lead_first(
    items: Sequence[Item], newsroom: Newsroom
) -> tuple[tuple[Item, ...], StoryKey | None]:
    lead = choose_lead(items, newsroom)
    sections = list(dict.fromkeys(item.section for item in items))
    ordered = sorted(items, key=lambda i: (sections.index(i.section), i.story != lead))
    return tuple(ordered), lead


# --- the verdict ------------------------------------------------------------------------------


def _verdict(
    edition: Edition, items: Sequence[Item], profiles: Sequence[LegalProfile]
) -> tuple[IssueStatus, tuple[Problem, ...]]:
    if len(items) < max(edition.limits.min, 1):
        return IssueStatus.SKIPPED, (_too_few(len(items), edition),)
    found = [mark_problem(article, profiles) for item in items for article in item.versions]
    found += [_untranslated(language, edition, items) for language in edition.languages]
    problems = tuple(problem for problem in found if problem is not None)
    return (IssueStatus.HELD if problems else IssueStatus.DRAFT), problems


def _too_few(stories: int, edition: Edition) -> Problem:
    return Problem(
        message=msgid("Only {n} of {min} stories: the issue is skipped, its stories wait."),
        args={"n": stories, "min": max(edition.limits.min, 1)},
        severity=Severity.NOTE,
    )


def _untranslated(language: Language, edition: Edition, items: Sequence[Item]) -> Problem | None:
    """Too large a share of the stories would be shown to these readers in another language."""
    if edition.fallback is Fallback.STRICT:
        return None
    lacking = sum(all(one.language != language for one in item.versions) for item in items)
    if lacking / len(items) <= edition.fallback_limit:
        return None
    return Problem(
        message=msgid(
            "{share}% of the stories have no version in the language “{language}”; "
            "the limit is {limit}%."
        ),
        args={
            "share": round(100 * lacking / len(items)),
            "language": language,
            "limit": round(100 * edition.fallback_limit),
        },
        remedy=msgid(
            "Wait for translations and compose again, leave stories out, or raise fallback_limit."
        ),
    )
