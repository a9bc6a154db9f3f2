"""One browser and the pages of a full day, looked at in every setting once."""

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

import pytest
from playwright.sync_api import Browser

from publisher.assets import Assets
from publisher.model.names import Language
from publisher.render.email import render_digest
from tests.support.browser import Setting, chromium, measured, shown
from tests.support.sheets import full_day

Look = Callable[[Language, Setting], Mapping[str, Any]]


@pytest.fixture(scope="module")  # while it is open, no asyncio test can run beside it
def browser() -> Iterator[Browser]:
    with chromium() as one:
        yield one


@cache
def digest_page(language: Language) -> str:
    """The HTML part as a reader gets it."""
    html = render_digest(full_day(language), Assets()).html
    return html.replace("{{slot:address}}", "reader@readers.test").replace(
        "{{slot:leave}}", "https://embankment.test/unsubscribe/token"
    )


@pytest.fixture(scope="module")  # while it is open, no asyncio test can run beside it
def look(browser: Browser) -> Look:
    """What is seen of the digest; each setting is looked at once."""

    @cache
    def measure(language: Language, setting: Setting) -> Mapping[str, Any]:
        with shown(browser, digest_page(language), setting) as page:
            return measured(page)

    return measure
