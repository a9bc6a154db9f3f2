"""The legal gate on a page of the public site, and what the front page chooses to print."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from publisher.assets import Assets
from publisher.compose.front import TICKER, front_labels, plan_front
from publisher.compose.legal_page import inspect_page, palettes
from publisher.model.articles import Article
from publisher.model.labels import LabelledName, LabelList
from publisher.model.legal import LegalProfile
from publisher.model.names import Language, SectionId, StoryKey
from publisher.model.newsroom import Newsroom
from publisher.page_gate import GatedPage, gated_page
from publisher.render.site import FRONT, SiteOrder, page_file, page_url
from tests.support.build import (
    EN,
    NOON,
    RU,
    make_article,
    make_image,
    make_newsroom,
    make_profile,
)

PETROV = LabelledName(name="Иван Петров", forms=("Ивана Петрова", "Ivan Petrov"))
AGENTS = LabelList(
    id="agents",
    note={RU: "{name} внесён в реестр.", EN: "{name} is on a register."},
    names=(PETROV,),
    checked=date(2026, 11, 20),
)


def make_story(number: int, **overrides: Any) -> Article:
    """The younger, the lower its number; of English Moscow."""
    story = {
        "story": StoryKey(f"s{number}"),
        "title": f"Story {number}",
        "url": f"https://embankment.test/{number}",
        "published_at": NOON - timedelta(hours=number),
    }
    return make_article(**(story | overrides))


def printed(
    articles: Sequence[Article],
    *,
    profile: LegalProfile | None = None,
    newsroom: Newsroom | None = None,
    language: Language = EN,
) -> GatedPage:
    newsroom = newsroom or make_newsroom()
    front = plan_front(articles, newsroom, now=NOON)
    profile = profile or make_profile()
    labels = front_labels(front, [newsroom.labels[one] for one in profile.labels], language)
    order = SiteOrder(
        newsroom=newsroom,
        language=language,
        profile=profile,
        now=NOON,
        page=FRONT,
        front=front,
        labels=labels.of,
        notes=labels.rest,
    )
    return gated_page(order, Assets())


# --- what is chosen ---------------------------------------------------------------------------------


def test_the_ticker_is_the_newest_and_the_lead_the_newest_with_a_picture() -> None:
    stories = [make_story(n, image=make_image() if n == 3 else None) for n in range(12)]

    front = plan_front(stories, make_newsroom(), now=NOON)

    assert front.ticker == tuple(stories[:TICKER])
    assert front.lead is stories[3]
    assert stories[3] not in [one for block in front.blocks for one in (*block.told, *block.briefs)]


def test_an_old_picture_leads_nothing() -> None:
    old = make_story(30, image=make_image())

    assert plan_front([make_story(1), old], make_newsroom(), now=NOON).lead == make_story(1)


def test_sections_stand_in_the_order_of_config_and_only_where_they_have_stories() -> None:
    stories = [make_story(n, section=SectionId(("world", "moscow")[n % 2])) for n in range(14)]

    front = plan_front(stories, make_newsroom(), now=NOON)

    order = [section.id for section in make_newsroom().sections]
    found = [block.section.id for block in front.blocks]
    assert found == sorted(found, key=order.index)
    assert set(found) == {"world", "moscow"}
    assert all(len(block.told) == 2 and len(block.briefs) == 3 for block in front.blocks)


# --- what may be shown ------------------------------------------------------------------------------


def test_an_empty_newsroom_has_a_front_page_with_its_imprint() -> None:
    made = printed([])

    assert made.problems == ()
    assert made.html is not None
    assert "Nothing has been published yet." in made.html


def test_a_medium_registered_nowhere_shows_its_own_imprint() -> None:
    profile = make_profile(
        ruleset="abroad",
        registration=None,
        founders=(),
        editor_in_chief="",
        postal="Kade 1, 1011 AA Amsterdam",
        owner="Embankment Media B.V.",
        age=None,
        statements={EN: "The Embankment is published by Embankment Media B.V., Amsterdam."},
    )

    made = printed([make_story(1)], profile=profile)

    assert made.problems == ()
    assert made.html is not None
    assert "Embankment Media B.V." in made.html


def test_a_name_of_the_newsrooms_list_bears_its_label_beside_a_story_and_below_a_headline() -> None:
    newsroom = replace(make_newsroom(), labels={"agents": AGENTS})
    profile = replace(make_profile(), labels=("agents",))
    told = make_story(1, title="Ivan Petrov opens a museum")
    named = [make_story(n) for n in range(2, 6)]

    made = printed([told, *named], newsroom=newsroom, profile=profile)

    assert made.problems == ()
    assert made.html is not None
    assert made.html.count("Иван Петров is on a register.") == 2  # in the ticker, and as the lead


def test_a_name_without_its_label_is_refused() -> None:
    newsroom = replace(make_newsroom(), labels={"agents": AGENTS})
    profile = replace(make_profile(), labels=("agents",))
    front = plan_front([make_story(1, title="Ivan Petrov speaks")], newsroom, now=NOON)
    order = SiteOrder(
        newsroom=newsroom, language=EN, profile=profile, now=NOON, page=FRONT, front=front
    )

    made = gated_page(order, Assets())

    assert made.html is None
    assert {one.rule for one in made.problems} == {"L14"}


FACTS = {
    "registered_name": "",
    "founders": "ООО «Набережная»",
    "contacts.phone": "+7 495 000-00-00",
    "copyright": "© 2026 The Embankment",
}


@pytest.mark.parametrize("key", FACTS)
def test_every_fact_of_the_imprint_is_seen_or_the_page_is_refused(key: str) -> None:
    profile = make_profile()
    html = printed([make_story(1)]).html or ""
    assert html
    if key == "registered_name":  # it stands in titles and in the statement, too
        cut = re.sub(r'<div class="masthead">.*?</div>', "", html, flags=re.DOTALL)
    else:
        cut = html.replace(FACTS[key], "")

    found = inspect_page(
        cut, name="index.html", profile=profile, language=EN, first_title="Story 1"
    )

    assert cut != html
    assert key in {one.args.get("key") for one in found}


def test_a_page_is_read_in_every_palette_it_sets() -> None:
    html = ":root { --ink: #111; --x: 1px } p { color: var(--ink) } :root{--ink:#eee}"

    light, dark = palettes(html)

    assert "p { color: #111 }" in light
    assert "p { color: #eee }" in dark
    assert palettes("<p>plain</p>") == ["<p>plain</p>"]


# --- where it lies ----------------------------------------------------------------------------------


def test_the_first_language_has_no_prefix() -> None:
    newsroom = make_newsroom()
    base = newsroom.site.base_url

    assert page_url(newsroom, EN, FRONT) == f"{base}/"
    assert page_url(newsroom, RU, FRONT) == f"{base}/ru/"
    assert page_url(newsroom, EN, "feeds") == f"{base}/feeds"
    assert page_url(newsroom, RU, "feeds") == f"{base}/ru/feeds"
    assert [page_file(newsroom, one, "feeds") for one in (EN, RU)] == [
        "feeds/index.html",
        "ru/feeds/index.html",
    ]
