"""Rules L01 and L02: is a legal profile approved, in time, and complete?"""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Final

from publisher.compose.legal_rulesets import Ruleset, demands_of
from publisher.model.legal import LegalProfile
from publisher.model.names import Language
from publisher.model.problems import Place, Problem, Severity, msgid

_REMINDERS: Final = (7, 30, 60)  # days before review_by
# What templates and examples leave behind; U+0425 is the Cyrillic letter drawn like X.
_UNFILLED: Final = re.compile(
    r"[X\u0425]{4,}|N{4,}|\bTODO\b|\bTBD\b|\bFIXME\b|\bexample\.|\.example\b|…|\.\.\.|\?\?\?",
    re.IGNORECASE,
)
# Names and numbers that belong to nobody (RFC 2606, and 00000 as a number).
_INVENTED: Final = re.compile(
    r"\.(?:test|invalid|localhost)\b|(?<!\d)ФС\s?77[\s\-–—]*0{5}\b", re.IGNORECASE
)

# No street, no house: an address where nobody can be found (DDG section 5, MedienG section 24).
_BOX: Final = re.compile(
    r"\bP\.?\s?O\.?\s?Box\b|\bPostfach\b|\bа/я\b|\bабонентск\w+ ящик\w*",  # noqa: RUF001 - a Russian word
    re.IGNORECASE,
)


def place(profile: LegalProfile, key: str = "") -> Place:
    """Where in config the editor finds it."""
    return Place(key=f"legal.{profile.id}.{key}" if key else f"legal.{profile.id}")


def check_times(profile: LegalProfile, *, day: date) -> Iterator[Problem]:
    """L01: approved by somebody, begun, and its review not overdue on `day`."""
    if not profile.approved_by.strip():
        yield _unapproved(profile)
    if profile.approved_on > day:
        yield _approved_later(profile)
    if profile.valid_from > day:
        yield _not_yet(profile, day)
    yield from review_problems(profile, day=day)


def check_fields(
    profile: LegalProfile, rulesets: Sequence[Ruleset], *, languages: Sequence[Language]
) -> Iterator[Problem]:
    """L02 and L18: every demanded field is filled, and with words of its own."""
    said: set[str] = set()
    for ruleset in rulesets:
        for demand in demands_of(ruleset, profile):
            if demand.filled(profile) or demand.key in said:
                continue
            said.add(demand.key)
            yield Problem(
                message=demand.missing,
                args={"profile": profile.id, "ruleset": ruleset.name, "key": demand.key},
                remedy=msgid("Fill in {key}."),
                rule=demand.rule,
                place=place(profile, demand.key),
            )
    for language in languages:
        if not profile.copyright.get(language, "").strip():
            yield _no_copyright(profile, language)
    for key, text in texts_of(profile):
        yield from _placeholders(profile, key, text)
    if (found := _BOX.search(profile.postal)) and not all(one.postal_box for one in rulesets):
        yield _a_box(profile, found[0])


def texts_of(profile: LegalProfile) -> Iterator[tuple[str, str]]:
    """Every text of a profile that readers or registers see, with its key in config."""
    yield "registered_name", profile.registered_name
    if profile.registration:
        yield "registration.number", profile.registration.number
        yield "registration.authority", profile.registration.authority
    yield from (("founders", founder) for founder in profile.founders)
    yield "editor_in_chief", profile.editor_in_chief
    yield "contacts.email", profile.email
    yield "contacts.phone", profile.phone
    yield "contacts.postal", profile.postal
    yield "owner", profile.owner
    yield "responsible", profile.responsible
    yield from _by_language("statement", profile.statements.items())
    yield from _by_language("copyright", profile.copyright.items())


def _by_language(key: str, texts: Iterable[tuple[Language, str]]) -> Iterator[tuple[str, str]]:
    return ((f"{key}.{language}", text) for language, text in texts)


def review_problems(profile: LegalProfile, *, day: date) -> Iterator[Problem]:
    """L01: a review that is overdue, or near: `reminder` says which of 60, 30 and 7 days."""
    if (review_by := profile.review_by) is None:
        return
    left = (review_by - day).days
    if left < 0:
        yield Problem(
            message=msgid("The legal profile “{profile}” should have been reviewed by {date}."),
            args={"profile": profile.id, "date": review_by.isoformat()},
            remedy=msgid("Let counsel review it, and add a version with a later review_by."),
            rule="L01",
            place=place(profile, "review_by"),
        )
    reminder = next((days for days in _REMINDERS if 0 <= left <= days), None)
    if reminder is not None:
        yield Problem(
            message=msgid(
                "The legal profile “{profile}” is to be reviewed by {date}; days left: {days}."
            ),
            args={
                "profile": profile.id,
                "date": review_by.isoformat(),
                "days": left,
                "reminder": reminder,
            },
            remedy=msgid("Let counsel review it in time; after that day nothing is sent."),
            severity=Severity.NOTE,
            rule="L01",
            place=place(profile, "review_by"),
        )


def _placeholders(profile: LegalProfile, key: str, text: str) -> Iterator[Problem]:
    if found := _UNFILLED.search(text):
        yield Problem(
            message=msgid("The legal profile “{profile}” still holds “{found}” in {key}."),
            args={"profile": profile.id, "found": found[0], "key": key},
            remedy=msgid("Write what counsel approved."),
            rule="L02",
            place=place(profile, key),
        )
    elif not profile.sample and (found := _INVENTED.search(text)):
        yield Problem(
            message=msgid(
                "The legal profile “{profile}” holds “{found}” in {key}, which is for samples only."
            ),
            args={"profile": profile.id, "found": found[0], "key": key},
            remedy=msgid(
                "Write the real one; or say sample = true, and mail goes to this machine only."
            ),
            rule="L02",
            place=place(profile, key),
        )


def _a_box(profile: LegalProfile, found: str) -> Problem:
    return Problem(
        message=msgid(
            "The postal address in the legal profile “{profile}” is a box (“{found}”), not a "
            "street."
        ),
        args={"profile": profile.id, "found": found},
        remedy=msgid("Write street, number, town and country."),
        rule="L18",
        place=place(profile, "contacts.postal"),
    )


def _unapproved(profile: LegalProfile) -> Problem:
    return Problem(
        message=msgid("Nobody has approved the legal profile “{profile}”."),
        args={"profile": profile.id},
        remedy=msgid("Say who approved it, and on which day, in “approved”."),
        rule="L01",
        place=place(profile, "approved"),
    )


def _approved_later(profile: LegalProfile) -> Problem:
    return Problem(
        message=msgid("The legal profile “{profile}” was approved only on {date}."),
        args={"profile": profile.id, "date": profile.approved_on.isoformat()},
        remedy=msgid("Correct the date of approval."),
        rule="L01",
        place=place(profile, "approved"),
    )


def _not_yet(profile: LegalProfile, day: date) -> Problem:
    return Problem(
        message=msgid("The legal profile “{profile}” begins on {date}, after {day}."),
        args={
            "profile": profile.id,
            "date": profile.valid_from.isoformat(),
            "day": day.isoformat(),
        },
        remedy=msgid("Add a version of the profile that covers that day."),
        rule="L01",
        place=place(profile, "from"),
    )


def _no_copyright(profile: LegalProfile, language: Language) -> Problem:
    return Problem(
        message=msgid("The legal profile “{profile}” has no copyright line for “{language}”."),
        args={"profile": profile.id, "language": language},
        remedy=msgid("Fill in copyright for every language of the site."),
        rule="L02",
        place=place(profile, f"copyright.{language}"),
    )
