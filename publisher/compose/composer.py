"""Which stories an issue carries, in what order, and what each language sees.  Renders nothing."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from publisher.compose.marks import highest_mark, mark_problem
from publisher.compose.rights import printable
from publisher.compose.window import issue_id
from publisher.model.articles import Article
from publisher.model.editions import Edition, Fallback, Window
from publisher.model.issues import (
    Block,
    Issue,
    IssueStatus,
    Item,
    Layout,
    PrintedItem,
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


def choose_lead(items: Sequence[Item], newsroom: Newsroom) -> StoryKey | None:
    """The story to put first, of items in print order; None when nothing is printed.

    The first breaking story; else, of the first section that is no listing, the newest with an
    image, or the first.  What is only linked never leads.
    """
    printed = [item for item in items if not item.linked]
    breaking = [item for item in printed if _is_breaking(item)]
    if breaking:
        return breaking[0].story
    listings = {section.id for section in newsroom.sections if section.listing}
    news = [item for item in printed if item.section not in listings] or printed
    first = [item for item in news if item.section == news[0].section]
    pictured = sorted(filter(_has_image, first), key=_newest_first)
    return next((item.story for item in [*pictured, *first]), None)


def lay_out(
    issue: Issue, edition: Edition, newsroom: Newsroom, language: Language
) -> Layout | None:
    """What readers of this language see; None when nothing is printed for them.

    `strict` leaves out what lacks the language, `flag` shows the site's first other language,
    marked, `both` shows every version, the reader's first.  Where the issue's lead is left out
    the language gets a lead of its own.  `count` counts stories, however many versions.
    """
    shown = {item.story: _printed(item, edition.fallback, language) for item in issue.items}
    items = [item for item in issue.items if shown[item.story]]
    printed = [item for item in items if not item.linked]
    if not printed:
        return None
    own_lead = any(item.story == issue.lead for item in printed)
    lead = issue.lead if own_lead else choose_lead(printed, newsroom)
    return Layout(
        issue=issue.id,
        language=language,
        lead=next(shown[item.story][0] for item in printed if item.story == lead),
        blocks=tuple(_blocks(items, shown, lead)),
        count=len(printed),
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
    ordered = sorted(items, key=lambda item: (not _is_breaking(item), *_newest_first(item)))
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


def _newest_first(item: Item) -> tuple[float, StoryKey]:
    return -item.versions[0].published_at.timestamp(), item.story


def _is_breaking(item: Item) -> bool:
    return any(article.breaking for article in item.versions)


def _has_image(item: Item) -> bool:
    return any(article.image is not None for article in item.versions)  # printable: credited


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


# --- the layout -------------------------------------------------------------------------------


def _printed(item: Item, fallback: Fallback, language: Language) -> tuple[PrintedItem, ...]:
    """The versions of an item these readers see, their own language first."""
    own = [article for article in item.versions if article.language == language]
    others = [article for article in item.versions if article.language != language]
    match fallback:
        case Fallback.STRICT:
            seen = own
        case Fallback.FLAG:
            seen = own or others[:1]
        case Fallback.BOTH:
            seen = own + others
    return tuple(
        PrintedItem(section=item.section, article=article, fallback=article.language != language)
        for article in seen
    )


def _blocks(
    items: Sequence[Item], shown: Mapping[StoryKey, tuple[PrintedItem, ...]], lead: StoryKey | None
) -> Iterable[Block]:
    for section in dict.fromkeys(item.section for item in items):
        here = [item for item in items if item.section == section]
        stories = [
            printed
            for item in here
            if not item.linked
            for printed in shown[item.story][1 if item.story == lead else 0 :]
        ]
        more = [printed for item in here if item.linked for printed in shown[item.story][:1]]
        if stories or more:
            yield Block(section=section, items=tuple(stories), more=tuple(more))
