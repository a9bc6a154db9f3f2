"""The public site in Chromium: judged by axe-core, its ages alive, its addresses copied."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import cache
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from publisher.assets import Assets, shipped
from publisher.compose.feed_catalogue import catalogue
from publisher.compose.front import plan_front
from publisher.model.names import Language
from publisher.render.site import FEEDS, FRONT, SiteOrder, site_page
from tests.support.browser import DESKTOP, PHONE, Setting, needs_chromium, shown
from tests.support.build import DUE, EN, RU, make_image, make_newsroom, make_profile
from tests.support.sheets import day_article, localizers
from tests.visual.test_axe import faults_on

pytestmark = needs_chromium

SCRIPT = (shipped("templates") / "web/static/pages.js").read_text("utf-8")
SETTINGS = [Setting(width=DESKTOP), Setting(width=PHONE, dark=True)]
STORIES = ("river", "library", "lighthouse", "tram", "market", "bench")


@cache
def page_of(language: Language, name: str) -> str:
    newsroom = make_newsroom()
    articles = [day_article(key, language, image=make_image()) for key in STORIES]
    return site_page(
        SiteOrder(
            newsroom=newsroom,
            language=language,
            profile=make_profile(),
            now=DUE,
            page=name,
            front=plan_front(articles, newsroom, now=DUE),
            places=catalogue(newsroom, localizers()),
        ),
        Assets(),
    )


@contextmanager
def alive(
    browser: Browser, html: str, setting: Setting = SETTINGS[0], *, at: Any = None
) -> Iterator[Page]:
    """The page with its script run, its own clock at `at`."""
    with shown(browser, html, setting) as page:
        if at is not None:
            page.clock.install(time=at)
        page.add_script_tag(content=SCRIPT)
        yield page


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda one: one.name)
@pytest.mark.parametrize("name", [FRONT, FEEDS], ids=["front", "feeds"])
@pytest.mark.parametrize("language", [EN, RU])
def test_no_page_has_a_serious_fault_nor_runs_out_of_its_window(
    language: Language, name: str, setting: Setting, browser: Browser
) -> None:
    with alive(browser, page_of(language, name), setting) as page:
        assert faults_on(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= setting.width


def ages(page: Page) -> list[str]:
    return [one.inner_text() for one in page.locator(".ticker time").all()]


def test_ages_are_told_in_the_language_of_the_page_and_grow(browser: Browser) -> None:
    english, russian = page_of(EN, FRONT), page_of(RU, FRONT)
    with shown(browser, english, Setting()) as page:
        [newest, *_] = [one.get_attribute("datetime") for one in page.locator(".ticker time").all()]
        printed = ages(page)
    with alive(browser, english, at=newest) as page:
        assert ages(page)[0] == "now"
        page.clock.fast_forward(timedelta(minutes=5).total_seconds() * 1000)
        assert ages(page)[0] == "5 minutes ago"
        page.clock.fast_forward(timedelta(hours=2).total_seconds() * 1000)
        assert ages(page)[0] == "2 hours ago"
        page.clock.fast_forward(timedelta(days=1).total_seconds() * 1000)
        assert ages(page)[0] == printed[0]  # old news is told by the clock
    with alive(browser, russian, at=newest) as page:
        assert ages(page)[0] == "сейчас"
        page.clock.fast_forward(timedelta(minutes=21).total_seconds() * 1000)
        assert ages(page)[0] == "21 минуту назад"


def test_without_the_script_times_are_printed_and_nothing_offers_to_copy(browser: Browser) -> None:
    with shown(browser, page_of(RU, FRONT), Setting()) as page:
        assert all("мск" in one for one in ages(page))
    with shown(browser, page_of(RU, FEEDS), Setting()) as page:
        assert page.locator("button").count() > 5
        assert not any(one.is_visible() for one in page.locator("button").all())
