"""Rulesets beyond Russian network media: agencies, and readers abroad (rule L18, check 16)."""

from datetime import date
from typing import Any

import pytest

from publisher.compose.legal import blocking, check_issue, check_profile
from publisher.compose.legal_mail import inspect_mail
from publisher.compose.legal_rulesets import COUNTRIES, RULESETS, asks_marks, statement_of
from publisher.compose.marks import mark_problem
from publisher.model.articles import AgeMark
from publisher.model.issues import Item
from publisher.model.legal import LegalProfile, Registration
from publisher.model.names import SectionId, StoryKey
from publisher.model.problems import Severity
from tests.support.build import EN, RU, make_article, make_issue, make_newsroom, make_profile
from tests.support.footers import FACTS, LEAVE, good_html, good_mail, good_text, real_profile

DAY = date(2026, 11, 23)
IMPRINT = "The Embankment is published by Embankment Media B.V., Amsterdam."


def abroad(**overrides: Any) -> LegalProfile:
    """A medium that is registered nowhere and read in Germany, Austria and America."""
    facts: dict[str, Any] = {
        "ruleset": "abroad",
        "registration": None,
        "founders": (),
        "editor_in_chief": "",
        "email": "editors@embankment.press",
        "phone": "+31 20 000 00 00",
        "postal": "Kade 1, 1011 AA Amsterdam, Netherlands",
        "owner": "Embankment Media B.V.",
        "responsible": "Anna Orlova, Kade 1, 1011 AA Amsterdam",
        "age": None,
        "statements": {EN: IMPRINT},
        "sample": False,
    }
    return make_profile(**(facts | overrides))


def rules(profile: LegalProfile, severity: Severity = Severity.BLOCK) -> list[str | None]:
    found = check_profile(profile, day=DAY, languages=(EN, RU))
    return [problem.rule for problem in found if problem.severity is severity]


def test_every_ruleset_of_the_brief_is_there() -> None:
    assert set(RULESETS) == {"ru-network-2017", "ru-network-2018", "ru-agency", "abroad"}
    assert set(COUNTRIES) == {"EU", "DE", "AT", "US", "CA"}


def test_a_complete_profile_for_readers_abroad_passes() -> None:
    assert blocking(check_profile(abroad(), day=DAY, languages=(EN, RU))) == ()


@pytest.mark.parametrize(
    ("missing", "rule"),
    [
        ({"postal": ""}, "L18"),
        ({"email": ""}, "L02"),
        ({"phone": ""}, "L02"),
        ({"owner": ""}, "L02"),
        ({"responsible": " "}, "L02"),
        ({"statements": {}}, "L02"),
        ({"postal": "Postfach 12 34 56, Berlin"}, "L18"),
        ({"postal": "P.O. Box 12, Vienna"}, "L18"),
        ({"postal": "119072, Москва, а/я 15"}, "L18"),
    ],
)
def test_check_16_abroad_each_fact_is_asked_for_and_no_box_is_an_address(
    missing: dict[str, Any], rule: str
) -> None:
    assert rules(abroad(**missing)) == [rule]


@pytest.mark.parametrize("country", COUNTRIES)
def test_l18_the_postal_address_is_asked_for_in_every_country(country: str) -> None:
    assert rules(abroad(postal="", countries=(country,))) == ["L18"]


def test_only_the_countries_named_ask_for_their_own() -> None:
    assert rules(abroad(countries=("US", "CA"), responsible="", owner="", phone="")) == []
    assert rules(abroad(countries=("AT",), responsible="", owner="")) == ["L02"]


def test_rulesets_combine_and_the_strictest_speaks() -> None:
    both = real_profile(also=("abroad",))

    assert rules(both) == ["L02"]  # the founder owns it; phone and street are there
    assert {p.args["key"] for p in blocking(check_profile(both, day=DAY, languages=(EN,)))} == {
        "responsible"
    }


def test_the_russian_statement_counts_in_whatever_order_the_rulesets_stand() -> None:
    first = real_profile(also=("abroad",))
    second = real_profile(ruleset="abroad", also=("ru-network-2018",))

    assert statement_of(first) == statement_of(second) == real_profile().statements[RU]
    assert statement_of(abroad()) == IMPRINT


def test_an_agency_is_registered_as_one() -> None:
    statement = (
        "Информационное агентство «The Embankment» зарегистрировано Роскомнадзором 17 апреля "
        "2023 г. Свидетельство ИА № ФС77-84971. 16+"
    )
    agency = real_profile(
        ruleset="ru-agency",
        registration=Registration(
            number="ИА № ФС77-84971",
            date=date(2023, 4, 17),
            authority="Роскомнадзор",
            form="news_agency",
        ),
        statements={RU: statement},
        founders=(),
        editor_in_chief="",
    )

    assert check_profile(agency, day=DAY, languages=(EN, RU)) == ()
    network = real_profile(ruleset="ru-agency")
    assert rules(network, Severity.WARN) == ["L21"]


def test_check_10_a_listing_without_a_mark_passes_abroad_and_not_in_russia() -> None:
    item = Item(
        story=StoryKey("film"),
        section=SectionId("city-guide"),
        versions=(make_article(story=StoryKey("film"), age=None),),
    )
    issue = make_issue(items=(item,), age=None)

    def held(profile: LegalProfile) -> list[str | None]:
        found = check_issue(issue, profile, make_newsroom(), recipients_day=DAY)
        return [problem.rule for problem in blocking(found)]

    assert held(abroad()) == []
    assert "L19" in held(real_profile(also=("abroad",)))


def test_marks_are_asked_for_where_one_ruleset_asks() -> None:
    unrated = make_article(age=None)

    assert not asks_marks(abroad())
    assert asks_marks(real_profile(also=("abroad",)))
    assert mark_problem(unrated, [abroad()]) is None
    assert mark_problem(unrated, [abroad(), real_profile()]) is not None


# --- as printed -----------------------------------------------------------------------------------

ABROAD_FACTS = (
    "Embankment Media B.V. Anna Orlova, Kade 1, 1011 AA Amsterdam. "
    "Kade 1, 1011 AA Amsterdam, Netherlands, +31 20 000 00 00, editors@embankment.press"
)


def printed(
    profile: LegalProfile, *, html: str | None = None, text: str | None = None, age: AgeMark | None
) -> set[str | None]:
    statement = statement_of(profile)
    facts = ABROAD_FACTS if profile.ruleset == "abroad" else FACTS
    mail = good_mail(
        profile,
        html=html or good_html(statement, facts=facts),
        text=text or good_text(statement, facts=facts),
    )
    found = inspect_mail(mail, profile=profile, issue_age=age, language=EN, leave_url=LEAVE)
    return {problem.rule for problem in found}


def test_check_16_a_full_imprint_inside_the_mail_passes() -> None:
    assert printed(abroad(), age=None) == set()
    assert printed(real_profile(), age=16) == set()


def test_check_16_a_link_to_an_imprint_elsewhere_is_no_imprint() -> None:
    linked = "https://embankment.press/imprint"

    assert printed(abroad(), age=None, text=good_text(IMPRINT, facts=linked)) == {"L02", "L18"}
    assert printed(abroad(), age=None, html=good_html(IMPRINT, facts=linked)) == {"L02", "L18"}


FACT = {
    "founders": "ООО «Набережная»",
    "editor_in_chief": "Соколова А. П.",
    "email": "editors@embankment.press",
    "phone": "+7 495 000-00-00",
}


@pytest.mark.parametrize("fact", FACT.values(), ids=FACT)
def test_l02_every_fact_of_the_imprint_is_seen_in_both_parts(fact: str) -> None:
    profile, statement = real_profile(), real_profile().statements[RU]
    less = FACTS.replace(fact, "")
    hidden = good_html(statement).replace(fact, f'<span style="display:none">{fact}</span>')

    assert printed(profile, age=16, html=good_html(statement, facts=less)) == {"L02"}
    assert printed(profile, age=16, text=good_text(statement, facts=less)) == {"L02"}
    assert printed(profile, age=16, html=hidden) == {"L02"}


def test_l18_the_postal_address_is_seen_in_both_parts() -> None:
    profile, statement = real_profile(), real_profile().statements[RU]
    less = FACTS.replace(profile.postal, "119072, Москва")

    assert printed(profile, age=16, html=good_html(statement, facts=less)) == {"L18"}
    assert printed(profile, age=16, text=good_text(statement, facts=less)) == {"L18"}


def test_l07_the_masthead_bears_the_registered_name() -> None:
    statement = real_profile().statements[RU]
    html = good_html(statement).replace(">The Embankment</h1>", ">Embankment</h1>")
    text = good_text(statement).replace("The Embankment\n8", "Embankment\n8")

    assert printed(real_profile(), age=16, html=html) == {"L07"}
    assert printed(real_profile(), age=16, text=text) == {"L07"}


def test_l09_a_courtesy_translation_is_printed_verbatim_too() -> None:
    ru = real_profile().statements[RU]
    courtesy = "The Embankment was registered by Roskomnadzor on November 14, 2022."
    profile = real_profile(statements={RU: ru, EN: courtesy})
    html, text = good_html(ru), good_text(ru)

    assert printed(profile, age=16, html=html, text=text) == {"L09"}
