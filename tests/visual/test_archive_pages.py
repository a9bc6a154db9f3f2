"""The archive in Chromium: the list of issues, and an issue, in both languages."""

from datetime import timedelta
from functools import cache

import pytest
from playwright.sync_api import Browser

from publisher.assets import Assets
from publisher.model.issues import PastIssue
from publisher.model.names import IssueId, Language
from publisher.render.templates import Templates
from publisher.web.archive_list import list_page
from tests.support.browser import (
    DESKTOP,
    PHONE,
    Setting,
    contrast,
    measured,
    needs_chromium,
    shown,
)
from tests.support.build import DUE, EN, RU, make_edition, make_newsroom
from tests.support.sheets import localizers
from tests.visual.test_axe import faults_on

pytestmark = needs_chromium

SETTINGS = [Setting(width=DESKTOP), Setting(width=PHONE, dark=True)]
SUBJECTS = {
    EN: "City Reopens the “Long” Embankment After Three Years, and 23 More Stories",
    RU: "Город открыл «длинную» набережную после трёх лет ремонта; ещё 23 материала",
}


@cache
def page_of(language: Language) -> str:
    found = [
        PastIssue(
            id=IssueId(f"morning-202611{23 - day:02}-0800"),
            number=24 - day,
            due_at=DUE - timedelta(days=day),
            subject=SUBJECTS[language],
        )
        for day in range(8)
    ]
    return list_page(
        Templates(Assets().folders("templates")),
        localizers(),
        make_newsroom(),
        make_edition(),
        language,
        found,
        now=DUE,
    )


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda one: one.name)
@pytest.mark.parametrize("language", [EN, RU])
def test_the_list_has_no_serious_fault_and_reads_well(
    language: Language, setting: Setting, browser: Browser
) -> None:
    with shown(browser, page_of(language), setting) as page:
        assert faults_on(page) == []
        seen = measured(page)
    assert seen["wide"] == setting.width
    assert all(contrast(one["color"], one["ground"]) >= 4.5 for one in seen["texts"])
    assert all(one["size"] >= 13 for one in seen["texts"])
    doors = [one for one in seen["links"] if not one["href"].startswith("mailto:")]
    assert len(doors) >= 9
    assert all(one["height"] >= 44 for one in doors)
