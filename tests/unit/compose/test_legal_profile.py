"""Rules L01 to L08 and L21 on profiles, and acceptance checks 1, 2, 7 (legal-and-i18n.md 8)."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from publisher.compose.legal import blocking, check_profile, no_profile, profile_on
from publisher.compose.legal_rulesets import statement_of
from publisher.model.legal import LegalProfile
from publisher.model.problems import Problem, Severity
from tests.support.build import EN, RU, make_profile
from tests.support.footers import STATEMENT_2017, profile_2017, real_profile, signed

DAY = date(2026, 11, 23)
SEPTEMBER_2017 = date(2017, 9, 8)


def check(profile: LegalProfile, day: date = DAY) -> tuple[Problem, ...]:
    return check_profile(profile, day=day, languages=(EN, RU))


def rules(problems: Iterable[Problem], *severities: Severity) -> list[str | None]:
    return [one.rule for one in problems if one.severity in (severities or tuple(Severity))]


def keys(problems: Iterable[Problem], rule: str) -> list[str | None]:
    return [one.place.key for one in problems if one.rule == rule]


def registered(profile: LegalProfile, **changes: Any) -> LegalProfile:
    assert profile.registration is not None
    return replace(profile, registration=replace(profile.registration, **changes))


def stating(profile: LegalProfile, old: str, new: str) -> LegalProfile:
    statement = statement_of(profile)
    assert old in statement
    return replace(profile, statements={RU: statement.replace(old, new)})


# --- acceptance ---------------------------------------------------------------------------------


def test_check_1_the_form_of_2017_passes_with_exactly_three_warnings() -> None:
    problems = check(profile_2017(), SEPTEMBER_2017)

    assert rules(problems) == ["L05", "L06", "L21"]
    assert {one.severity for one in problems} == {Severity.WARN}


def test_check_1_warnings_somebody_signed_no_longer_hold() -> None:
    problems = check(profile_2017(acknowledged=signed("L05", "L06", "L21")), SEPTEMBER_2017)

    assert blocking(problems) == ()
    assert rules(problems, Severity.NOTE) == ["L05", "L06", "L21"]
    assert {one.args["by"] for one in problems} == {"Counsel"}


@pytest.mark.parametrize("ruleset", ["ru-network-2017", "ru-network-2018"])
def test_check_2_on_2_january_2018_founder_editor_email_and_phone_are_missing(
    ruleset: str,
) -> None:
    problems = check(profile_2017(ruleset=ruleset), date(2018, 1, 2))

    blocked = [one for one in problems if one.severity is Severity.BLOCK]
    assert [(one.rule, one.args["key"]) for one in blocked] == [
        ("L02", "founders"),
        ("L02", "editor_in_chief"),
        ("L02", "contacts.email"),
        ("L02", "contacts.phone"),
    ]


def test_check_2_the_last_day_of_2017_is_judged_by_the_old_rules() -> None:
    assert rules(check(profile_2017(), date(2017, 12, 31)), Severity.BLOCK) == []


@pytest.mark.parametrize("at", range(5))
def test_check_7_one_digit_off_is_held(at: int) -> None:
    number = "62700"
    wrong = number[:at] + str((int(number[at]) + 1) % 10) + number[at + 1 :]

    problems = check(stating(profile_2017(), number, wrong), SEPTEMBER_2017)

    assert rules(problems, Severity.BLOCK) == ["L03"]


@pytest.mark.parametrize("profile", [make_profile(), real_profile()], ids=["sample", "real"])
def test_a_complete_profile_passes_without_a_word(profile: LegalProfile) -> None:
    assert check(profile) == ()


# --- L01 ----------------------------------------------------------------------------------------


def test_l01_the_newest_version_that_had_begun_counts() -> None:
    old, new = make_profile(valid_from=date(2026, 2, 1)), make_profile(valid_from=date(2026, 5, 1))

    assert profile_on([old, new], date(2026, 1, 31)) is None
    assert profile_on([new, old], date(2026, 4, 30)) is old
    assert profile_on([new, old], date(2026, 5, 1)) is new
    assert no_profile("main", day=DAY).rule == "L01"


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"approved_by": " "}, "legal.main.approved"),
        ({"approved_on": date(2026, 12, 1)}, "legal.main.approved"),
        ({"valid_from": date(2026, 12, 1)}, "legal.main.from"),
        ({"review_by": date(2026, 11, 22)}, "legal.main.review_by"),
    ],
)
def test_l01_a_profile_must_be_approved_begun_and_reviewed(
    changes: dict[str, Any], key: str
) -> None:
    problems = check(make_profile(**changes))

    assert rules(problems, Severity.BLOCK) == ["L01"]
    assert keys(problems, "L01") == [key]


@pytest.mark.parametrize(
    ("review_by", "reminder"),
    [
        (date(2026, 11, 23), 7),
        (date(2026, 11, 30), 7),
        (date(2026, 12, 1), 30),
        (date(2026, 12, 23), 30),
        (date(2027, 1, 22), 60),
        (date(2027, 1, 23), None),
        (None, None),
    ],
)
def test_l01_reminds_sixty_thirty_and_seven_days_before_the_review(
    review_by: date | None, reminder: int | None
) -> None:
    problems = check(make_profile(review_by=review_by))

    assert [one.args["reminder"] for one in problems] == ([reminder] if reminder else [])
    assert blocking(problems) == ()


# --- L02 ----------------------------------------------------------------------------------------

EMPTY: list[tuple[dict[str, Any], str]] = [
    ({"registered_name": ""}, "registered_name"),
    ({"age": None}, "age.mark"),
    ({"statements": {}}, "statement.ru"),
    ({"statements": {RU: "  "}}, "statement.ru"),
    ({"founders": ()}, "founders"),
    ({"founders": ("",)}, "founders"),
    ({"editor_in_chief": ""}, "editor_in_chief"),
    ({"email": ""}, "contacts.email"),
    ({"phone": ""}, "contacts.phone"),
    ({"copyright": {RU: "© {year} The Embankment"}}, "copyright.en"),
]


@pytest.mark.parametrize(("changes", "key"), EMPTY, ids=[key for _, key in EMPTY])
def test_l02_every_field_of_the_ruleset_is_needed(changes: dict[str, Any], key: str) -> None:
    problems = check(make_profile(**changes))

    assert keys(problems, "L02") == [f"legal.main.{key}"]
    assert "L02" in rules(blocking(problems))


def test_l02_without_a_registration_number_and_authority_are_missing() -> None:
    problems = check(make_profile(registration=None))

    assert keys(problems, "L02") == [
        "legal.main.registration.number",
        "legal.main.registration.authority",
    ]


@pytest.mark.parametrize(
    "changes",
    [
        {"founders": ("ООО «XXXXX»",)},
        {"editor_in_chief": "TODO"},
        {"email": "editors@example.com"},
        {"phone": "+7 …"},
        {"postal": "????"},
        {"copyright": {EN: "© NNNN", RU: "©"}},
    ],
)
def test_l02_placeholders_are_refused_in_samples_too(changes: dict[str, Any]) -> None:
    assert rules(blocking(check(make_profile(**changes)))) == ["L02"]


def test_l02_test_domains_and_number_zero_are_for_samples_only() -> None:
    problems = check(make_profile(sample=False))

    assert set(keys(problems, "L02")) == {
        "legal.main.contacts.email",
        "legal.main.registration.number",
        "legal.main.statement.ru",
    }


def test_l02_an_unknown_ruleset_is_refused() -> None:
    assert rules(blocking(check(make_profile(ruleset="ru-network-2031")))) == ["L02"]


# --- L03 to L07 ---------------------------------------------------------------------------------


@pytest.mark.parametrize("number", ["ЭЛ № ФС77-XYZ", "62700", "ЭЛ № 77-4410", ""])
def test_l03_what_is_no_number_is_refused(number: str) -> None:
    assert "L03" in rules(blocking(check(registered(real_profile(), number=number))))


def test_l03_the_same_number_in_another_spelling_is_the_same() -> None:
    assert check(registered(real_profile(), number="Эл №ФС 77 – 84200")) == ()


def test_l03_a_statement_without_a_number_is_refused() -> None:
    without = stating(real_profile(), "серия Эл № ФС 77 - 84200 ", "")

    assert rules(blocking(check(without))) == ["L03"]


@pytest.mark.parametrize("date_", ["15 ноября 2022 г.", "14 нояря 2022 г.", "14 ноября 2021 г."])
def test_l03_another_or_unreadable_date_is_refused(date_: str) -> None:
    changed = stating(real_profile(), "14 ноября 2022 г.", date_)

    assert rules(blocking(check(changed))) == ["L03"]


def test_l03_a_date_in_figures_is_the_same_date() -> None:
    assert check(stating(real_profile(), "14 ноября 2022 г.", "14.11.2022")) == ()


def test_l03_a_statement_without_any_date_waits_for_a_signature() -> None:
    undated = stating(real_profile(), " от 14 ноября 2022 г.", ".")

    assert rules(check(undated)) == ["L03"]
    assert rules(check(undated), Severity.WARN) == ["L03"]
    assert blocking(check(replace(undated, acknowledged=signed("L03")))) == ()


def test_l03_a_courtesy_translation_must_agree_too() -> None:
    english = "Registered on November 14, 2022, EL No. FS77-{}. 16+"
    profile = real_profile()

    good = replace(profile, statements={**profile.statements, EN: english.format("84200")})
    bad = replace(profile, statements={**profile.statements, EN: english.format("84201")})

    assert check(good) == ()
    assert keys(blocking(check(bad)), "L03") == ["legal.main.statement.en"]


@pytest.mark.parametrize(
    ("old", "new"),
    [("Сетевое", "Cетевое"), ("ФС", "ФC"), ("издание", "изда\u200bние"), ("16+", "\u202e16+")],
)
def test_l04_look_alikes_and_invisible_characters_are_refused(old: str, new: str) -> None:
    assert "L04" in rules(blocking(check(stating(real_profile(), old, new))))


def test_l05_an_authority_that_did_not_exist_then_is_a_warning() -> None:
    problems = check(profile_2017(), SEPTEMBER_2017)

    assert rules(problems, Severity.WARN).count("L05") == 1


@pytest.mark.parametrize("authority", ["Министерство печати", "Россвязькомнадзор"])
def test_l05_an_unknown_or_other_authority_is_a_warning(authority: str) -> None:
    problems = check(registered(real_profile(), authority=authority))

    assert set(rules(problems)) == {"L05"}
    assert {one.severity for one in problems} == {Severity.WARN}


def test_l06_a_number_of_other_years_is_a_warning_but_not_in_samples() -> None:
    early = stating(
        registered(real_profile(), date=date(2022, 1, 14)), "14 ноября 2022", "14 января 2022"
    )

    assert rules(check(early), Severity.WARN) == ["L06"]
    assert check(make_profile()) == ()  # 00000 of 2026


@pytest.mark.parametrize(
    "printed",
    [
        "«The Embankment Daily»",
        "«Embankment»",
        "«the Embankment»",
        "The Embankment Daily",
        "«The  Embankment.»",
    ],
)
def test_l07_the_statement_names_the_medium_exactly(printed: str) -> None:
    assert rules(blocking(check(stating(real_profile(), "«The Embankment»", printed)))) == ["L07"]


@pytest.mark.parametrize("printed", ["The Embankment", "“The Embankment”", '"The\nEmbankment"'])
def test_l07_quotes_may_be_of_any_kind(printed: str) -> None:
    assert check(stating(real_profile(), "«The Embankment»", printed)) == ()


# --- L08, L21, acknowledgements -----------------------------------------------------------------


@pytest.mark.parametrize("mark", ["14+", "12+", "0+"])
def test_l08_the_statement_carries_a_real_mark_not_below_the_mastheads(mark: str) -> None:
    assert rules(blocking(check(stating(real_profile(), "16+", mark)))) == ["L08"]


@pytest.mark.parametrize("form", ["electronic_periodical", "news_agency", "newspaper"])
def test_l21_a_form_that_does_not_fit_is_a_warning(form: str) -> None:
    problems = check(registered(real_profile(), form=form))

    assert rules(problems, Severity.WARN) == ["L21"]


def test_l21_a_number_of_another_series_is_a_warning() -> None:
    printed = registered(real_profile(), number="ПИ № ФС77-84200")

    assert rules(check(stating(printed, "Эл № ФС", "ПИ № ФС")), Severity.WARN) == ["L21"]


def test_a_warning_holds_until_somebody_signs_it() -> None:
    warned = registered(real_profile(), form="news_agency")

    assert rules(blocking(check(warned))) == ["L21"]
    assert rules(blocking(check(replace(warned, acknowledged=signed("L06"))))) == ["L21"]
    tomorrow = signed("L21", on=date(2026, 11, 24))
    assert rules(blocking(check(replace(warned, acknowledged=tomorrow)))) == ["L21"]
    assert blocking(check(replace(warned, acknowledged=signed("L21")))) == ()


def test_what_blocks_cannot_be_signed_away() -> None:
    profile = make_profile(founders=(), acknowledged=signed("L02"))

    assert rules(blocking(check(profile))) == ["L02"]


def test_the_statement_that_counts_is_printed_verbatim() -> None:
    assert statement_of(profile_2017()) is STATEMENT_2017
    assert statement_of(make_profile(ruleset="unknown")) == ""
