"""Which stories an issue carries, in what order, and what each language sees.  Renders nothing."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from publisher.compose.ad_consent import ads_by_consent
from publisher.compose.company import ALONE, Company
from publisher.compose.lead import choose_lead, is_breaking, newest_first
from publisher.compose.marks import highest_mark, mark_problem
from publisher.compose.rights import printable
from publisher.compose.window import issue_id
from publisher.model.articles import Article
from publisher.model.editions import Edition, Fallback, Window
from publisher.model.issues import AS_BY_RULE, Correction, Issue, IssueStatus, Item, Order
from publisher.model.legal import LegalProfile
from publisher.model.names import Language, SectionId, StoryKey
from publisher.model.newsroom import Newsroom
from publisher.model.problems import Problem, Severity, msgid

SPONSORED = 2  # advertisements of one issue; others wait for the next


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """What lies on the table when an issue is composed.

    `available` are the articles of the span from `eligible_since` to `eligible_until`;
    `versions` every language version of their stories and of those the editor asks for (the
    available ones may be among them); `spent` the stories sealed issues of the
    `spending_editions` carried since `spent_since`, `updated` those of them that changed since.
    """

    available: Sequence[Article]
    versions: Sequence[Article]
    spent: frozenset[StoryKey]
    number: int  # of the issue, from 1
    profiles: Mapping[Language, LegalProfile]  # in force on the day of the window's end
    order: Order = AS_BY_RULE
    pinned: Sequence[StoryKey] = ()  # to lead the edition's next issue, the newest wish first
    updated: frozenset[StoryKey] = frozenset()
    corrections: tuple[Correction, ...] = ()
    company: Company = ALONE

    @property
    def asked_for(self) -> frozenset[StoryKey]:
        """What an editor wants in it."""
        lead = [self.order.lead] if self.order.lead else []
        return frozenset((*lead, *self.order.taken, *self.pinned)) - frozenset(self.order.out)


def select(
    edition: Edition, newsroom: Newsroom, material: Material, *, window: Window, now: datetime
) -> Issue:
    """The issue of this window.

    DRAFT; HELD when a mark or missing translations block it, SKIPPED when there is too little;
    `problems` say why.  A story is taken when one of its versions is available and none was
    spent; it then carries every version in the edition's languages that is here by `now`.  Each
    section prints `per_section` stories and links the others; beyond `max`, links included,
    stories are left for the next issue, last places of every section first.  What an editor asks
    for is printed whatever the caps say, what was mailed before only where it changed since, as
    an update.  Same input, same issue.
    """
    stories = list(_stories(edition, newsroom, material, now))
    news = [item for item in stories if not item.sponsored]
    ranked = _ranked(news, edition, material.order)
    capped = _capped(ranked, edition, material.asked_for)
    printed, lead = _with_lead_first(capped, newsroom, material)
    paid = sorted((item for item in stories if item.sponsored), key=newest_first)[:SPONSORED]
    items = (*printed, *paid)
    articles = [article for item in items for article in item.versions]
    profiles = tuple(material.profiles.values())
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
        problems=(*problems, *_unmet(material, items)),
        profiles={language: profile.version for language, profile in material.profiles.items()},
        order=material.order,
        corrections=_apart(material.corrections, items),
        ads_by_consent=ads_by_consent(material.profiles),
        twice_a_day=material.company.twice_a_day,
        beside_others=material.company.beside_others,
    )


# --- the stories ------------------------------------------------------------------------------


def _stories(
    edition: Edition, newsroom: Newsroom, material: Material, now: datetime
) -> Iterable[Item]:
    """Each story that may be carried, once."""
    everything = (*material.versions, *material.available)
    available = {article.id for article in material.available}
    chosen = {
        article.story
        for article in everything
        if _is_free(article.story, material)
        and (article.id in available or article.story in material.asked_for)
        and _may_carry(article, edition, material, now)
    }
    versions: dict[StoryKey, dict[Language, Article]] = {story: {} for story in sorted(chosen)}
    for article in everything:
        if article.story in chosen and _may_carry(article, edition, material, now):
            versions[article.story].setdefault(article.language, printable(article))
    for story, by_language in versions.items():
        ordered = [by_language[one] for one in newsroom.site.languages if one in by_language]
        section = next((a.section for a in ordered if a.section in edition.sections), None)
        if section is not None:
            yield Item(
                story=story,
                section=section,
                versions=tuple(ordered),
                update=story in material.spent,
            )


def _is_free(story: StoryKey, material: Material) -> bool:
    """Not held out, and never twice as news (law 10): again only as an update, by an order."""
    if story in material.order.out:
        return False
    asked_again = story in material.updated and story in {
        *material.order.taken,
        material.order.lead,
    }
    return story not in material.spent or asked_again


def _may_carry(article: Article, edition: Edition, material: Material, now: datetime) -> bool:
    """Placed, in a language of the edition, and here, not under embargo.

    Backlog comes only where an editor asks for it.
    """
    here = article.available_at
    if here is None and article.story in material.asked_for:
        here = article.published_at
    return (
        article.section is not None
        and article.language in edition.languages
        and here is not None
        and here <= now
    )


def _ranked(
    items: Iterable[Item], edition: Edition, order: Order
) -> Mapping[SectionId, Sequence[Item]]:
    """Every section of the edition with its stories: breaking first, then newest first.

    Where an editor gave a story a place in its section, it has that.
    """
    ordered = sorted(items, key=lambda item: (not is_breaking(item), *newest_first(item)))
    return {
        section: _placed([item for item in ordered if item.section == section], order)
        for section in edition.sections
    }


def _placed(items: Sequence[Item], order: Order) -> Sequence[Item]:
    places = dict(order.places)
    placed = [item for item in items if item.story not in places]
    moved = [item for item in items if item.story in places]
    for item in sorted(moved, key=lambda item: places[item.story]):
        placed.insert(places[item.story] - 1, item)
    return placed


def _capped(
    ranked: Mapping[SectionId, Sequence[Item]], edition: Edition, sure: frozenset[StoryKey]
) -> list[Item]:
    """At most `max` items, first places of every section before second ones; in print order.

    Those in `sure` are kept and printed first of all.
    """
    limits = edition.limits
    columns = list(ranked.values())
    places = sorted(
        (item.story not in sure, place, order)
        for order, items in enumerate(columns)
        for place, item in enumerate(items)
    )
    most = max(limits.max, sum(not beyond for beyond, _, _ in places))
    kept = sorted((order, place) for _, place, order in places[:most])
    chosen: list[Item] = []
    for order, items in enumerate(columns):
        here = [items[place] for column, place in kept if column == order]
        room = limits.per_section - sum(item.story in sure for item in here)
        others = [item.story for item in here if item.story not in sure]
        linked = frozenset(others[max(room, 0) :])
        chosen += [replace(item, linked=item.story in linked) for item in here]
    return chosen


def _with_lead_first(
    items: Sequence[Item], newsroom: Newsroom, material: Material
) -> tuple[tuple[Item, ...], StoryKey | None]:
    here = {item.story for item in items}
    wanted = [material.order.lead, *material.pinned]
    by_hand = next((story for story in wanted if story in here), None)
    lead = by_hand or choose_lead(items, newsroom)
    sections = list(dict.fromkeys(item.section for item in items))
    ordered = sorted(items, key=lambda i: (sections.index(i.section), i.story != lead))
    return tuple(ordered), lead


def _apart(corrections: Sequence[Correction], items: Sequence[Item]) -> tuple[Correction, ...]:
    """Those of stories that this issue does not print anyway, corrected."""
    printed = {item.story for item in items}
    return tuple(one for one in corrections if one.article.story not in printed)


# --- the verdict ------------------------------------------------------------------------------


def _verdict(
    edition: Edition, items: Sequence[Item], profiles: Sequence[LegalProfile]
) -> tuple[IssueStatus, tuple[Problem, ...]]:
    news = [item for item in items if not item.sponsored]
    if len(news) < max(edition.limits.min, 1):
        return IssueStatus.SKIPPED, (_too_few(len(news), edition),)
    found = [mark_problem(article, profiles) for item in items for article in item.versions]
    found += [_untranslated(language, edition, news) for language in edition.languages]
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


def _unmet(material: Material, items: Sequence[Item]) -> Iterable[Problem]:
    """What an editor asked of this issue that cannot be had."""
    lead = [material.order.lead] if material.order.lead else []
    carried = {item.story for item in items}
    for story in dict.fromkeys((*lead, *material.order.taken)):
        if story not in carried:
            yield Problem(
                message=_why_not(story, material), args={"story": story}, severity=Severity.WARN
            )


def _why_not(story: StoryKey, material: Material) -> str:
    if story in material.order.out:
        return msgid("“{story}” is asked for and held out at once; it is left out.")
    if story in material.spent:
        return msgid("“{story}” was mailed before and has not changed since; it is left out.")
    return msgid(
        "“{story}” is asked for and cannot be carried: it is not here yet, or stands in no section "
        "or language of this edition."
    )
