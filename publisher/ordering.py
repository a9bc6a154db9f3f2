"""The editor's order of an issue: what leads, what is in and out, where it stands, what is said.

It is tried before it is kept: what cannot be had is refused in words, and nothing is changed.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from publisher import pipeline
from publisher.errors import Refused
from publisher.hand import hold, is_held_by_hand, known_issue
from publisher.house import House
from publisher.model.issues import AS_BY_RULE, Issue, IssueStatus, Order
from publisher.model.names import IssueId, Language, StoryKey
from publisher.model.problems import Problem, Severity, msgid
from publisher.model.terms import Term

SUBJECT_LONGEST = 110  # characters
INTRO_LONGEST = 2_000
_OPEN = frozenset({IssueStatus.DRAFT, IssueStatus.HELD, IssueStatus.APPROVED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What an editor says this time; what is not said stays."""

    reset: bool = False  # forget every wish first
    lead: StoryKey | None = None
    lead_by_rule: bool = False
    pin: tuple[StoryKey, ...] = ()
    out: tuple[StoryKey, ...] = ()
    back: tuple[StoryKey, ...] = ()  # neither pinned nor held out any more
    first: tuple[StoryKey, ...] = ()  # to the top of their sections, in this order
    move: Mapping[StoryKey, int] = field(default_factory=dict)
    intro: Mapping[Language, str] = field(default_factory=dict)  # empty words: none
    subject: Mapping[Language, str] = field(default_factory=dict)


async def order(house: House, issue_id: IssueId, change: Change, *, by: str) -> Issue:
    """The issue composed again by the changed order; nobody's yes to what it was counts.

    Raises Refused for an issue that is sealed or over, and for what cannot be had.
    """
    issue = await known_issue(house, issue_id)
    if issue.status not in _OPEN:
        raise Refused(_too_late(issue))
    wanted = changed(issue, change)
    await _refuse_unfit(house, issue, wanted)
    if issue.correction_of is not None:  # only words: what it corrects is not for choosing
        return await house.wishes.order(issue_id, wanted, now=house.clock(), by=by)
    await _try(house, issue, wanted)
    await house.wishes.order(issue_id, wanted, now=house.clock(), by=by)
    made = await pipeline.compose(house, issue.edition, at=issue.due_at)
    if made.issue is None:
        raise Refused(*([made.reason] if made.reason else []))
    return await hold(house, issue_id, by=by) if is_held_by_hand(issue) else made.issue


async def _try(house: House, issue: Issue, wanted: Order) -> None:
    made = await pipeline.draft(house, issue.edition, at=issue.due_at, order=wanted)
    if made.issue is None:
        raise Refused(*([made.reason] if made.reason else []))
    if made.issue.status is IssueStatus.SKIPPED:
        raise Refused(replace(made.issue.problems[0], severity=Severity.BLOCK))
    before = {(one.message, one.args.get("story")) for one in issue.problems}
    unmet = [
        replace(one, severity=Severity.BLOCK)
        for one in made.issue.problems
        if "story" in one.args and (one.message, one.args["story"]) not in before
    ]
    if unmet:
        raise Refused(*unmet)


# --- the decider --------------------------------------------------------------------------------


def changed(issue: Issue, change: Change) -> Order:
    """The issue's order after this change.

    The last word counts: what is pinned is not held out, what is held out leads and stands
    nowhere.
    """
    order = AS_BY_RULE if change.reset else issue.order
    gone = frozenset(change.out)
    lead = change.lead or (None if change.lead_by_rule else order.lead)
    sure = [one for one in (*order.taken, *change.pin) if one not in {*gone, *change.back}]
    kept = {*change.pin, *change.back, *([change.lead] if change.lead else [])}
    out = [one for one in (*order.out, *change.out) if one not in kept]
    places = {**dict(order.places), **_tops(issue, change.first), **change.move}
    return Order(
        lead=None if lead in gone else lead,
        taken=tuple(dict.fromkeys(sure)),
        out=tuple(dict.fromkeys(out)),
        places=tuple((story, at) for story, at in places.items() if story not in out),
        intro=_said({**order.intro, **change.intro}),
        subject=_said({**order.subject, **change.subject}),
    )


def _tops(issue: Issue, first: Iterable[StoryKey]) -> Mapping[StoryKey, int]:
    """The first places of each section, in the order named."""
    section_of = {item.story: item.section for item in issue.items}
    taken: dict[str, int] = {}
    places: dict[StoryKey, int] = {}
    for story in first:
        section = section_of.get(story, "")
        taken[section] = taken.get(section, 0) + 1
        places[story] = taken[section]
    return places


def _said(words: Mapping[Language, str]) -> Mapping[Language, str]:
    return {language: text.strip() for language, text in words.items() if text.strip()}


# --- what cannot be had -------------------------------------------------------------------------


async def _refuse_unfit(house: House, issue: Issue, wanted: Order) -> None:
    problems = [
        _too_long(language, len(words), longest)
        for texts, longest in ((wanted.subject, SUBJECT_LONGEST), (wanted.intro, INTRO_LONGEST))
        for language, words in texts.items()
        if len(words) > longest
    ]
    languages = house.newsroom.editions[issue.edition].languages
    problems += [
        _not_spoken(language, languages)
        for language in {*wanted.subject, *wanted.intro}
        if language not in languages
    ]
    others = await house.issues.recent(edition=issue.edition) if wanted.subject else ()
    problems += [
        _same_subject(other, words)
        for other in others
        for language, words in wanted.subject.items()
        if other.id != issue.id and other.order.subject.get(language) == words
    ]
    if problems:
        raise Refused(*problems)


def _too_late(issue: Issue) -> Problem:
    return Problem(
        message=msgid("{issue} is {status}; its order cannot be changed any more."),
        args={"issue": issue.id, "status": Term(issue.status.value)},
    )


def _too_long(language: Language, length: int, longest: int) -> Problem:
    return Problem(
        message=msgid("The words for “{language}” have {n} characters; {most} is the most."),
        args={"language": language, "n": length, "most": longest},
        remedy=msgid("Shorten them."),
    )


def _not_spoken(language: Language, languages: Sequence[Language]) -> Problem:
    return Problem(
        message=msgid("The edition is not published in “{language}”."),
        args={"language": language, "known": ", ".join(languages)},
        remedy=msgid("Its languages: {known}."),
    )


def _same_subject(other: Issue, words: str) -> Problem:
    return Problem(
        message=msgid("{issue} has the subject “{subject}” already."),
        args={"issue": other.id, "subject": words},
        remedy=msgid(
            "Give every issue a subject of its own, or readers take it for the same mail."
        ),
    )
