"""What readers get, as files a person can open: tests/golden/cases/<situation>/."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from publisher.assets import Assets
from publisher.compose.composer import Material, select
from publisher.compose.labels import labels_for, lists_of
from publisher.compose.layout import lay_out
from publisher.model.editions import Limits, SubjectRule, Window
from publisher.model.issues import Block
from publisher.model.labels import LabelledName, LabelList
from publisher.model.names import Language, SectionId, StoryKey
from publisher.model.sources import Sponsor
from publisher.render.email import render_digest
from publisher.render.splice import eml_preview
from publisher.render.subject import subject_line
from publisher.render.view import PrintOrder
from tests.support.build import (
    DUE,
    EN,
    MOSCOW,
    RU,
    make_edition,
    make_image,
    make_newsroom,
    make_profile,
)
from tests.support.golden import Golden, golden_for
from tests.support.sheets import day_article, localizers, make_order, ordinary_day, printed


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


def bare_articles(language: Language) -> PrintOrder:
    """Neither picture, credit, author nor summary."""
    lead, *rest = (
        day_article(key, language, summary="", authors=(), image=None, credit=None)
        for key in ("river", "tram", "bench", "film")
    )
    return make_order(lead, *rest, language=language)


def two_hundred_stories(language: Language) -> PrintOrder:
    """Caps hold: two a section, then links, nine in all; the rest waits."""
    edition = make_edition(limits=Limits(min=1, max=9, per_section=2))
    articles = [
        day_article(
            list(_KEYS)[number % len(_KEYS)],
            tongue,
            story=StoryKey(f"story-{number}"),
            title={EN: f"Story {number}", RU: f"Новость {number}"}[tongue],
            available_at=DUE - timedelta(hours=1),
        )
        for number in range(200)
        for tongue in (EN, RU)
    ]
    newsroom, profile = make_newsroom(), make_profile()
    material = Material(
        available=articles,
        versions=(),
        spent=frozenset(),
        number=12,
        profiles={EN: profile, RU: profile},
    )
    window = Window(start=DUE - timedelta(days=1), end=DUE)
    issue = select(edition, newsroom, material, window=window, now=DUE)
    layout = lay_out(issue, edition, newsroom, language)
    assert layout is not None
    return make_order(
        language=language, layout=layout, issue=issue, edition=edition, newsroom=newsroom
    )


def corrections_box(language: Language) -> PrintOrder:
    """Corrections owed for stories mailed before, one of them got in the other language."""
    other = RU if language == EN else EN
    told = {EN: "The ship left on Friday.", RU: "Судно ушло в пятницу."}
    order = make_order(day_article("river", language), language=language)
    owed = (
        day_article("lighthouse", language, correction=told[language]),
        day_article("market", other, correction=told[other]),
    )
    layout = replace(order.layout, corrections=tuple(printed(one, language) for one in owed))
    return replace(order, layout=layout)


def sponsored(language: Language) -> PrintOrder:
    """A block of advertising with the word, the advertiser and the token."""
    order = make_order(day_article("tram", language), language=language)
    advert = day_article(
        "rink", language, sponsored=Sponsor(advertiser="ООО «Каток & К°»", erid="2VtzqABCDEF")
    )
    return replace(order, layout=replace(order.layout, sponsored=(printed(advert, language),)))


def labelled_name(language: Language) -> PrintOrder:
    """The newsroom's own list of names: a label at the story, and below where it is only linked."""
    titles = {EN: "A verdict for Ivan Petrov", RU: "Приговор Ивану Петрову"}
    lists = {
        "agents": LabelList(
            id="agents",
            note={
                RU: "{name} внесён в реестр, который ведёт редакция.",
                EN: "{name} is on a register kept by the newsroom.",
            },
            names=(
                LabelledName(name="Иван Петров", forms=("Ивану Петрову", "Ivan Petrov")),
                LabelledName(name="Клуб «Сова»", forms=("Клуба «Сова»", "the Owl Club")),
            ),
            checked=DUE.date(),
        )
    }
    club = {EN: "An evening of the Owl Club", RU: "Вечер Клуба «Сова»"}
    order = make_order(
        day_article("river", language),
        day_article("tram", language, title=titles[language]),
        language=language,
        more=(day_article("rink", language, title=club[language], section="moscow"),),
    )
    labels = labels_for(order.layout, {}, lists_of(make_profile(labels=("agents",)), lists))
    return replace(order, labels=labels.of, notes=labels.rest)


def by_hand(language: Language) -> PrintOrder:
    """What an editor adds: a word to the readers, a subject; an update of what was mailed."""
    words = {
        EN: ("Good morning.\n\nThe river is open.", "The river, and a tram"),
        RU: ("Доброе утро.\n\nРека открыта.", "Река и трамвай"),
    }[language]
    order = make_order(day_article("river", language), language=language)
    update = replace(printed(day_article("tram", language), language), update=True)
    block = Block(section=SectionId("moscow"), items=(update,))
    layout = replace(order.layout, intro=words[0], subject=words[1], blocks=(block,), count=2)
    return replace(order, layout=layout)


_KEYS = ("river", "library", "market")
CASES: dict[str, Callable[[Language], PrintOrder]] = {
    "ordinary-day": ordinary_day,
    "single-story": single_story,
    "fallback": fallback,
    "correction": correction,
    "odd-titles": odd_titles,
    "bare-articles": bare_articles,
    "two-hundred-stories": two_hundred_stories,
    "corrections-box": corrections_box,
    "sponsored": sponsored,
    "labelled-name": labelled_name,
    "by-hand": by_hand,
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


@pytest.mark.parametrize("language", [EN, RU])
def test_check_17_subjects_count_as_the_language_does(language: Language, golden: Golden) -> None:
    order = make_order(day_article("tram", language), language=language)
    words = localizers()
    subjects = [
        subject_line(replace(order, layout=replace(order.layout, count=count)), words)
        for count in (1, 2, 5, 11, 21, 22, 25, 101, 111, 112)
    ]

    golden(f"plurals/{language}.txt", "".join(f"{one}\n" for one in subjects).encode())
