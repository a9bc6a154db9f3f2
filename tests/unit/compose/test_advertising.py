"""Advertising names who pays, by word, name and token: rule L13, acceptance check 11."""

from datetime import date
from typing import Any

import pytest

from publisher.compose.advertising import advertising_problems, asks_token
from publisher.compose.legal import blocking, check_issue
from publisher.model.issues import PrintedItem
from publisher.model.names import SectionId
from publisher.model.sources import Sponsor
from tests.support.build import make_article, make_issue, make_item, make_newsroom, make_profile
from tests.support.footers import profile_2017

PAID = Sponsor(advertiser="ООО «Лодки»", erid="2Vtzqx12345")
GOOD = "Реклама. Прокат лодок. ООО «Лодки», erid: 2Vtzqx12345"


def held(sponsor: Sponsor | None, **profile: Any) -> list[str | None]:
    issue = make_issue(items=(make_item(make_article(sponsored=sponsor)),))
    found = check_issue(
        issue, make_profile(**profile), make_newsroom(), recipients_day=date(2026, 11, 23)
    )
    return [problem.rule for problem in blocking(found)]


def test_check_11_an_advertisement_without_advertiser_or_token_is_held() -> None:
    assert held(PAID) == []
    assert held(Sponsor(advertiser=" ", erid="2Vtzqx12345")) == ["L13"]
    assert held(Sponsor(advertiser="ООО «Лодки»")) == ["L13"]
    assert held(Sponsor(advertiser="", erid="")) == ["L13", "L13"]


def test_l13_the_profile_says_whether_a_token_is_asked_for_else_its_laws_do() -> None:
    untokened = Sponsor(advertiser="ООО «Лодки»")

    assert held(untokened, ad_token=False) == []
    assert asks_token(make_profile())
    assert not asks_token(profile_2017())
    assert not asks_token(make_profile(ruleset="abroad"))
    assert asks_token(make_profile(ruleset="abroad", also=("ru-network-2018",)))
    assert asks_token(make_profile(ruleset="abroad", ad_token=True))


def printed(*texts: str, word: str = "Реклама", count: int = 1) -> set[str | None]:
    item = PrintedItem(
        section=SectionId("moscow"), article=make_article(sponsored=PAID), fallback=False
    )
    found = advertising_problems(texts, [item] * count, make_profile(), word)
    return {problem.rule for problem in found}


def test_l13_word_advertiser_and_token_are_seen_in_both_parts() -> None:
    assert printed(GOOD, GOOD) == set()


@pytest.mark.parametrize("gone", ["Реклама", "ООО «Лодки»", "2Vtzqx12345"])
def test_l13_whichever_is_missing_in_one_part_refuses(gone: str) -> None:
    assert printed(GOOD, GOOD.replace(gone, "")) == {"L13"}
    assert printed(GOOD.replace(gone, ""), GOOD) == {"L13"}


def test_l13_each_advertisement_bears_the_word() -> None:
    assert printed(f"{GOOD} {GOOD}", f"{GOOD} {GOOD}", count=2) == set()
    assert printed(f"{GOOD} {GOOD}", f"{GOOD} {GOOD[9:]}", count=2) == {"L13"}


def test_check_11_what_nobody_paid_for_needs_no_word() -> None:
    plain = PrintedItem(section=SectionId("moscow"), article=make_article(), fallback=False)

    assert not list(advertising_problems(["Мост"], [plain], make_profile(), "Реклама"))
