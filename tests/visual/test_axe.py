"""axe-core, the browsers' own judge of accessibility, on what readers open."""

from collections.abc import Sequence

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from publisher.model.names import Language
from publisher.web.impersonal import impersonal
from tests.support.browser import DESKTOP, PHONE, Setting, needs_chromium, shown
from tests.support.build import EN, RU, make_digest
from tests.visual.conftest import digest_page

pytestmark = needs_chromium

SETTINGS = [Setting(width=DESKTOP), Setting(width=PHONE, dark=True)]
both = pytest.mark.parametrize("language", [EN, RU])
everywhere = pytest.mark.parametrize("setting", SETTINGS, ids=lambda one: one.name)


def faults(browser: Browser, html: str, setting: Setting) -> Sequence[str]:
    """What axe calls serious or critical, with the place."""
    with shown(browser, html, setting) as page:
        return faults_on(page)


def faults_on(page: Page) -> Sequence[str]:
    """The same of an open page."""
    found = Axe().run(page).response["violations"]
    return [
        f"{one['id']} ({one['impact']}): {node['html']}"
        for one in found
        if one["impact"] in {"serious", "critical"}
        for node in one["nodes"]
    ]


@everywhere
@both
def test_the_digest_has_no_serious_fault(
    language: Language, setting: Setting, browser: Browser
) -> None:
    assert faults(browser, digest_page(language), setting) == []


@everywhere
@both
def test_an_issue_in_the_browser_has_no_serious_fault(
    language: Language, setting: Setting, browser: Browser
) -> None:
    digest = make_digest(language=language, html=digest_page(language))
    page = impersonal(digest, {one: f"https://embankment.test/{one}" for one in (EN, RU)})

    assert page is not None
    assert faults(browser, page, setting) == []


def test_axe_is_awake(browser: Browser) -> None:
    html = digest_page(EN).replace(' alt="A bridge"', "").replace("#5a564f", "#d5d1ca")

    found = " ".join(faults(browser, html, Setting()))

    assert "image-alt (critical)" in found
    assert "color-contrast (serious)" in found
