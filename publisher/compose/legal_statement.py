"""Rules L03 to L08 and L21 on the words of a legal profile: does the statement agree with it?"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from publisher.compose.legal_profile import place, texts_of
from publisher.compose.legal_rulesets import Ruleset, statement_of
from publisher.compose.letters import GLYPHS, folded, glyph, invisible, marks_in, mixed_words
from publisher.compose.registration import (
    FORMS,
    Authority,
    Number,
    authorities_in,
    dates_in,
    numbers_in,
    parse_number,
    plausible,
)
from publisher.model.legal import LegalProfile, Registration
from publisher.model.problems import Problem, Severity, msgid

_QUOTED: Final = re.compile(r"[«„“\"]([^«»„“”\"]*)[»“”\"]")
_CYRILLIC: Final = re.compile("[а-яё]")
_YEAR: Final = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")


def check_letters(profile: LegalProfile) -> Iterator[Problem]:
    """L04: no word mixes alphabets, no character is invisible, in any text of the profile."""
    for key, text in texts_of(profile):
        if words := mixed_words(text):
            yield Problem(
                message=msgid(
                    "In {key} of the legal profile “{profile}” the word “{word}” mixes Latin and "
                    "Cyrillic letters."
                ),
                args={"profile": profile.id, "key": key, "word": words[0]},
                remedy=msgid("Type the word again with one keyboard layout."),
                rule="L04",
                place=place(profile, key),
            )
        if characters := invisible(text):
            yield Problem(
                message=msgid(
                    "{key} of the legal profile “{profile}” holds the invisible character {code}."
                ),
                args={"profile": profile.id, "key": key, "code": characters[0]},
                remedy=msgid("Type the text again instead of pasting it."),
                rule="L04",
                place=place(profile, key),
            )


def check_number(profile: LegalProfile, registration: Registration) -> Iterator[Problem]:
    """L03: the number is one, and every statement names the same number and date."""
    number = parse_number(registration.number)
    if number is None or number.legacy:
        yield _no_number(profile, registration)
        return
    for language, statement in profile.statements.items():
        key = f"statement.{language}"
        authoritative = statement == statement_of(profile)
        found = {one.canonical for one in numbers_in(statement)}
        if found != {number.canonical} and (found or authoritative):
            yield _other_number(profile, key, number, found)
        yield from _dates(profile, registration, key, statement, authoritative=authoritative)


def check_registration(
    profile: LegalProfile, registration: Registration, rulesets: Sequence[Ruleset]
) -> Iterator[Problem]:
    """L05, L06 and L21: what is odd, yet may be so; each waits for a name and a date under it."""
    yield from _authorities(profile, registration)
    number = parse_number(registration.number)
    if number and not _sampled(profile, number) and not plausible(number, registration.date):
        yield _implausible(profile, registration)
    if not _form_fits(profile, registration, rulesets, number):
        yield _form(profile, registration)


def check_name(profile: LegalProfile) -> Iterator[Problem]:
    """L07: the statement names the medium exactly as registered, no word more or less."""
    statement = folded(statement_of(profile))
    name = folded(profile.registered_name)
    if not statement or not name or _names(statement, name):
        return
    yield Problem(
        message=msgid(
            "The statement of the legal profile “{profile}” does not name “{name}” exactly."
        ),
        args={"profile": profile.id, "name": profile.registered_name},
        remedy=msgid("Write registered_name as it stands in the register, and in the statement."),
        rule="L07",
        place=place(profile, "registered_name"),
    )


def check_marks(profile: LegalProfile) -> Iterator[Problem]:
    """L08: marks in statements exist, and are not below the masthead's."""
    for language, statement in profile.statements.items():
        for mark in marks_in(statement):
            if f"{mark}+" not in GLYPHS:
                yield _no_mark(profile, f"statement.{language}", mark)
            elif profile.age is not None and mark < profile.age:
                yield _low_mark(profile, f"statement.{language}", mark)


def _names(statement: str, name: str) -> bool:
    """Whether the name stands in quotes by itself, or bare between small words."""
    if name in (quoted.strip() for quoted in _QUOTED.findall(statement)):
        return True
    # In Russian a Latin word beside it would be part of the name, in other languages hardly.
    small = "а-яё" if _CYRILLIC.search(statement) else "a-zà-ÿ"
    bare = rf"(?:^|(?<=[{small}]) ){re.escape(name)}(?=[,.;:()]| [{small}(]|$)"
    return re.search(bare, _QUOTED.sub("«»", statement)) is not None


def _dates(
    profile: LegalProfile,
    registration: Registration,
    key: str,
    statement: str,
    *,
    authoritative: bool,
) -> Iterator[Problem]:
    dates = dates_in(statement)
    if registration.date in dates:
        return
    if dates or _YEAR.search(statement):
        yield Problem(
            message=msgid(
                "{key} of the legal profile “{profile}” does not name the registration date {date}."
            ),
            args={"profile": profile.id, "key": key, "date": registration.date.isoformat()},
            remedy=msgid("Compare the date in the statement with registration.date."),
            rule="L03",
            place=place(profile, key),
        )
    elif authoritative:
        yield Problem(
            message=msgid("{key} of the legal profile “{profile}” names no registration date."),
            args={"profile": profile.id, "key": key},
            remedy=msgid("Add the date, or let counsel acknowledge this in the profile."),
            severity=Severity.WARN,
            rule="L03",
            place=place(profile, key),
        )


def _authorities(profile: LegalProfile, registration: Registration) -> Iterator[Problem]:
    named = authorities_in(registration.authority)
    printed = authorities_in(statement_of(profile))
    if not named or not printed:
        yield _unknown_authority(profile, registration)
    elif set(named) != set(printed):
        yield _other_authority(profile, registration, printed[0])
    for authority in dict.fromkeys((*named, *printed)):
        if not authority.existed(registration.date):
            yield _defunct(profile, registration, authority)


def _sampled(profile: LegalProfile, number: Number) -> bool:
    return profile.sample and number.serial == 0


def _form_fits(
    profile: LegalProfile,
    registration: Registration,
    rulesets: Sequence[Ruleset],
    number: Number | None,
) -> bool:
    form = FORMS.get(registration.form)
    return (
        form is not None
        and any(registration.form in ruleset.forms for ruleset in rulesets)
        and form.wording.search(statement_of(profile).lower()) is not None
        and (number is None or number.kind in form.kinds)
    )


def _no_number(profile: LegalProfile, registration: Registration) -> Problem:
    return Problem(
        message=msgid(
            "“{number}” in the legal profile “{profile}” is not a registration number as the "
            "register prints it."
        ),
        args={"profile": profile.id, "number": registration.number},
        remedy=msgid("Write it like ЭЛ № ФС77-12345, all letters Cyrillic."),
        rule="L03",
        place=place(profile, "registration.number"),
    )


def _other_number(profile: LegalProfile, key: str, number: Number, found: set[str]) -> Problem:
    if not found:
        return Problem(
            message=msgid("{key} of the legal profile “{profile}” names no registration number."),
            args={"profile": profile.id, "key": key},
            remedy=msgid("Compare the statement with the certificate or the register entry."),
            rule="L03",
            place=place(profile, key),
        )
    return Problem(
        message=msgid(
            "{key} of the legal profile “{profile}” names {found}, registration.number says "
            "{number}."
        ),
        args={
            "profile": profile.id,
            "key": key,
            "found": ", ".join(sorted(found)),
            "number": number.canonical,
        },
        remedy=msgid("Compare both with the certificate or the register entry."),
        rule="L03",
        place=place(profile, key),
    )


def _unknown_authority(profile: LegalProfile, registration: Registration) -> Problem:
    return Problem(
        message=msgid(
            "The legal profile “{profile}” names a registering authority that is not known: "
            "“{authority}”, or the one in its statement."
        ),
        args={"profile": profile.id, "authority": registration.authority},
        remedy=msgid("Compare the name with the certificate, or acknowledge this in the profile."),
        severity=Severity.WARN,
        rule="L05",
        place=place(profile, "registration.authority"),
    )


def _other_authority(
    profile: LegalProfile, registration: Registration, printed: Authority
) -> Problem:
    return Problem(
        message=msgid(
            "The legal profile “{profile}” says “{authority}” registered it, its statement says "
            "“{printed}”."
        ),
        args={
            "profile": profile.id,
            "authority": registration.authority,
            "printed": printed.name,
        },
        remedy=msgid("Compare the name with the certificate, or acknowledge this in the profile."),
        severity=Severity.WARN,
        rule="L05",
        place=place(profile, "registration.authority"),
    )


def _defunct(profile: LegalProfile, registration: Registration, authority: Authority) -> Problem:
    return Problem(
        message=msgid(
            "The authority “{authority}” in the legal profile “{profile}” did not exist on {date}, "
            "the day of registration."
        ),
        args={
            "profile": profile.id,
            "authority": authority.name,
            "date": registration.date.isoformat(),
        },
        remedy=msgid("Compare it with the certificate, or acknowledge this in the profile."),
        severity=Severity.WARN,
        rule="L05",
        place=place(profile, "registration.authority"),
    )


def _implausible(profile: LegalProfile, registration: Registration) -> Problem:
    return Problem(
        message=msgid(
            "In the legal profile “{profile}” number {number} and date {date} are more than sixty "
            "days apart, going by other registrations."
        ),
        args={
            "profile": profile.id,
            "number": registration.number,
            "date": registration.date.isoformat(),
        },
        remedy=msgid("Compare both with the certificate, or acknowledge this in the profile."),
        severity=Severity.WARN,
        rule="L06",
        place=place(profile, "registration.date"),
    )


def _form(profile: LegalProfile, registration: Registration) -> Problem:
    return Problem(
        message=msgid(
            "The form “{form}” in the legal profile “{profile}” does not fit its statement, its "
            "number or the medium."
        ),
        args={"profile": profile.id, "form": registration.form},
        remedy=msgid("Compare it with the certificate, or acknowledge this in the profile."),
        severity=Severity.WARN,
        rule="L21",
        place=place(profile, "registration.form"),
    )


def _no_mark(profile: LegalProfile, key: str, mark: int) -> Problem:
    return Problem(
        message=msgid(
            "{key} of the legal profile “{profile}” holds {mark}+, which is no age mark."
        ),
        args={"profile": profile.id, "key": key, "mark": mark},
        remedy=msgid("There are 0+, 6+, 12+, 16+ and 18+."),
        rule="L08",
        place=place(profile, key),
    )


def _low_mark(profile: LegalProfile, key: str, mark: int) -> Problem:
    return Problem(
        message=msgid(
            "{key} of the legal profile “{profile}” is marked {mark}+, below the masthead's {age}."
        ),
        args={
            "profile": profile.id,
            "key": key,
            "mark": mark,
            "age": glyph(profile.age) if profile.age is not None else "",
        },
        remedy=msgid("Let the statement carry the mark of the masthead."),
        rule="L08",
        place=place(profile, key),
    )
