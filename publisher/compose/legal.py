"""The legal gate before rendering: which profile counts, is it sound, may the issue carry it?

The gate on final mails is legal_mail.py, on final feeds legal_feed.py.  It configures and checks;
it is no legal advice.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date

from publisher.compose.advertising import sponsor_problems
from publisher.compose.labels import list_problems
from publisher.compose.legal_profile import check_fields, check_times, place
from publisher.compose.legal_rulesets import RULESETS, asks_marks, followed, statement_of
from publisher.compose.legal_statement import (
    check_letters,
    check_marks,
    check_name,
    check_number,
    check_registration,
)
from publisher.compose.letters import glyph, marks_in
from publisher.compose.marks import highest_mark, mark_problem
from publisher.model.articles import AGE_MARKS, AgeMark, Article
from publisher.model.issues import Issue
from publisher.model.legal import Acknowledgement, LegalProfile
from publisher.model.names import Language
from publisher.model.newsroom import Newsroom
from publisher.model.problems import Place, Problem, Severity, msgid


def profile_on(versions: Sequence[LegalProfile], day: date) -> LegalProfile | None:
    """The version in effect on a day, the newest that had begun; None before the first."""
    begun = [version for version in versions if version.valid_from <= day]
    return max(begun, key=lambda version: version.valid_from, default=None)


def no_profile(profile_id: str, *, day: date) -> Problem:
    """L01 where `profile_on` found nothing."""
    return Problem(
        message=msgid("No version of the legal profile “{profile}” covers {day}."),
        args={"profile": profile_id, "day": day.isoformat()},
        remedy=msgid("Add a version that begins on or before that day."),
        rule="L01",
        place=Place(key=f"legal.{profile_id}"),
    )


def check_profile(
    profile: LegalProfile, *, day: date, languages: Sequence[Language]
) -> tuple[Problem, ...]:
    """Rules L01 to L07, L21, and L08 on the statement, as they stand on `day`.

    The ruleset is the one in force that day: a profile of 2017 is judged by the rules of 2018
    from 1 January 2018 on.  A WARN acknowledged in the profile by that day becomes a NOTE.
    """
    found = tuple(_profile_problems(profile, day, languages))
    return tuple(_acknowledged(problem, profile, day) for problem in found)


def check_issue(
    issue: Issue, profile: LegalProfile, newsroom: Newsroom, *, recipients_day: date
) -> tuple[Problem, ...]:
    """Rules L08, L13, L15, L19: what an issue carries, against the profile its readers see."""
    found = tuple(_issue_problems(issue, profile, newsroom, recipients_day))
    return tuple(_acknowledged(problem, profile, recipients_day) for problem in found)


def blocking(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """What keeps an issue or feed back: every BLOCK, and every WARN nobody acknowledged."""
    return tuple(problem for problem in problems if problem.severity is not Severity.NOTE)


def _profile_problems(
    profile: LegalProfile, day: date, languages: Sequence[Language]
) -> Iterator[Problem]:
    yield from check_times(profile, day=day)
    yield from check_letters(profile)
    yield from _unknown_rulesets(profile)
    rulesets = followed(profile, day)
    if not rulesets:
        return
    yield from check_fields(profile, rulesets, languages=languages)
    yield from check_marks(profile)
    yield from check_name(profile)
    if profile.registration:
        yield from check_number(profile, profile.registration)
        yield from check_registration(profile, profile.registration, rulesets)


def _issue_problems(
    issue: Issue, profile: LegalProfile, newsroom: Newsroom, day: date
) -> Iterator[Problem]:
    yield from _unknown_rulesets(profile)
    marked = any(ruleset.listing_marks for ruleset in followed(profile, day))
    listings = {section.id for section in newsroom.sections if section.listing}
    articles = []
    for item in issue.items:
        needs_own = marked and item.section in listings
        for article in item.versions:
            articles.append(article)
            yield from _item_problems(article, profile, needs_own=needs_own)
    yield from _issue_mark(issue, profile, highest_mark(articles, [profile]))
    yield from sponsor_problems(issue, profile)
    yield from list_problems(profile, newsroom.labels, day=day)


def _item_problems(
    article: Article, profile: LegalProfile, *, needs_own: bool
) -> Iterator[Problem]:
    if article.age is not None and article.age not in AGE_MARKS:
        yield _no_such_mark(article)
    elif article.age is None and needs_own:
        yield _unmarked_listing(article)
    elif problem := mark_problem(article, [profile]):
        yield problem


def _issue_mark(issue: Issue, profile: LegalProfile, needed: AgeMark | None) -> Iterator[Problem]:
    if needed is None or not asks_marks(profile):
        return
    if issue.age is None or issue.age < needed:
        yield Problem(
            message=msgid("The issue {issue} must carry the mark {mark}, and does not."),
            args={"issue": issue.id, "mark": glyph(needed)},
            remedy=msgid("Compose the issue again."),
            rule="L08",
        )
    stated = marks_in(statement_of(profile))
    if stated and max(stated) < max(needed, issue.age or 0):
        yield Problem(
            message=msgid(
                "The issue {issue} is marked {mark}, the statement of the legal profile "
                "“{profile}” only {stated}+."
            ),
            args={
                "issue": issue.id,
                "mark": f"{max(needed, issue.age or 0)}+",
                "profile": profile.id,
                "stated": max(stated),
            },
            remedy=msgid("Leave out what is above the masthead's mark."),
            rule="L08",
        )


def _acknowledged(problem: Problem, profile: LegalProfile, day: date) -> Problem:
    if problem.severity is not Severity.WARN:
        return problem
    signature = _signature(problem.rule, profile, day)
    if signature is None:
        return problem
    return replace(
        problem,
        severity=Severity.NOTE,
        args={**problem.args, "by": signature.by, "on": signature.on.isoformat()},
        remedy=msgid("Acknowledged by {by} on {on}."),
    )


def _signature(rule: str | None, profile: LegalProfile, day: date) -> Acknowledgement | None:
    return next(
        (
            one
            for one in profile.acknowledged
            if one.rule == rule and one.by.strip() and one.on <= day
        ),
        None,
    )


def _unknown_rulesets(profile: LegalProfile) -> Iterator[Problem]:
    for name in (profile.ruleset, *profile.also):
        if name not in RULESETS:
            yield Problem(
                message=msgid(
                    "The legal profile “{profile}” follows no ruleset known here: “{ruleset}”."
                ),
                args={"profile": profile.id, "ruleset": name},
                remedy=msgid('Write ruleset = "ru-network-2018".'),
                rule="L02",
                place=place(profile, "ruleset"),
            )


def _no_such_mark(article: Article) -> Problem:
    return Problem(
        message=msgid("“{title}” ({article}) is marked {mark}+, which is no age mark."),
        args={"title": article.title, "article": article.id, "mark": article.age or 0},
        remedy=msgid("There are 0+, 6+, 12+, 16+ and 18+."),
        rule="L08",
    )


def _unmarked_listing(article: Article) -> Problem:
    return Problem(
        message=msgid("“{title}” ({article}) is a listing and has no age mark of its own."),
        args={"title": article.title, "article": article.id},
        remedy=msgid("Give it the mark of the film, show or event."),
        rule="L19",
    )
