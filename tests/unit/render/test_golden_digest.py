"""What readers get, as files a person can open: tests/golden/cases/<situation>/."""

from collections.abc import Callable

import pytest

from publisher.assets import Assets
from publisher.model.editions import SubjectRule
from publisher.model.names import Language
from publisher.render.email import render_digest
from publisher.render.splice import eml_preview
from publisher.render.view import PrintOrder
from tests.support.build import DUE, EN, MOSCOW, RU, make_edition, make_image
from tests.support.golden import Golden, golden_for
from tests.support.sheets import day_article, make_order, ordinary_day


def single_story(language: Language) -> PrintOrder:
    return make_order(day_article("tram", language), language=language)


def fallback(language: Language) -> PrintOrder:
    """Half of the stories exist in the other language only."""
    other = RU if language == EN else EN
    image = make_image(alt="Мост", caption="Мост") if language == EN else make_image()
    return make_order(
        day_article("river", other, image=image),
        day_article("library", language),
        day_article("bench", other),
        language=language,
    )


def correction(language: Language) -> PrintOrder:
    words = {EN: "There are 112 stalls - not 120.", RU: "На рынке 112 мест - а не 120."}
    return make_order(
        day_article("market", language, correction=words[language]), language=language
    )


def odd_titles(language: Language) -> PrintOrder:
    """Quotes within quotes, emoji, markup, a forged slot, right to left, 500 characters."""
    titles = {
        "river": 'He said "read "War and Peace" first" - and left...',
        "library": "Snow ❄️ & <script>alert('x')</script> {{slot:leave}}",
        "lighthouse": "Left \u202eright\u202c שלום left\r\nBcc: nobody@x.test",
        "tram": "слово word " * 60,
    }
    lead, *stories = (day_article(key, language, title=title) for key, title in titles.items())
    return make_order(
        lead, *stories, language=language, edition=make_edition(subject=SubjectRule.LEAD)
    )


CASES: dict[str, Callable[[Language], PrintOrder]] = {
    "ordinary-day": ordinary_day,
    "single-story": single_story,
    "fallback": fallback,
    "correction": correction,
    "odd-titles": odd_titles,
}


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    return golden_for(request.config)


@pytest.mark.parametrize("language", [EN, RU])
@pytest.mark.parametrize("name", CASES)
def test_a_digest_reads_as_it_did(name: str, language: Language, golden: Golden) -> None:
    digest = render_digest(CASES[name](language), Assets())

    golden(f"{name}/{language}.html", digest.html.encode("utf-8"))
    golden(f"{name}/{language}.txt", digest.text.encode("utf-8"))
    golden(f"{name}/{language}.eml", eml_preview(digest, sent_at=DUE.astimezone(MOSCOW)))
