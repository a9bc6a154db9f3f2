"""Print orders: issues laid out for one language, small or a whole ordinary day."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from publisher.assets import Assets
from publisher.i18n.catalogs import load_catalogs
from publisher.i18n.localizer import Localizer
from publisher.model.articles import Article
from publisher.model.issues import Block, Layout, PrintedItem
from publisher.model.names import IssueId, Language, SectionId, StoryKey
from publisher.model.sources import Rights, Sponsor
from publisher.render.view import PrintOrder
from tests.support.build import (
    DUE,
    EN,
    RU,
    make_article,
    make_edition,
    make_image,
    make_issue,
    make_newsroom,
    make_profile,
)


def localizers(*languages: Language) -> Mapping[Language, Localizer]:
    return load_catalogs(Assets().folders("locales"), languages or (EN, RU))


def printed(article: Article, language: Language) -> PrintedItem:
    section = article.section or SectionId("meanwhile")
    return PrintedItem(section=section, article=article, fallback=article.language != language)


def make_layout(
    language: Language,
    lead: Article | None,
    stories: Iterable[Article] = (),
    more: Iterable[Article] = (),
) -> Layout:
    """Stories under their sections, in the order of the newsroom."""
    below, linked = tuple(stories), tuple(more)
    blocks = tuple(
        Block(
            section=section.id,
            items=tuple(printed(one, language) for one in below if one.section == section.id),
            more=tuple(printed(one, language) for one in linked if one.section == section.id),
        )
        for section in make_newsroom().sections
        if any(one.section == section.id for one in below + linked)
    )
    return Layout(
        issue=IssueId("morning-20261123-0800"),
        language=language,
        lead=printed(lead, language) if lead else None,
        blocks=blocks,
        count=len(below) + (1 if lead else 0),
    )


def make_order(
    *articles: Article, language: Language = EN, more: Sequence[Article] = (), **overrides: Any
) -> PrintOrder:
    """The first article leads, the others follow under their sections."""
    lead, *rest = articles or (make_article(language=language),)
    order: dict[str, Any] = {
        "layout": make_layout(language, lead, rest, more),
        "issue": make_issue(number=12),
        "edition": make_edition(),
        "newsroom": make_newsroom(),
        "profile": make_profile(),
    }
    return PrintOrder(**(order | overrides))


_DAY: Mapping[str, Mapping[Language, tuple[str, str]]] = {
    "river": {
        EN: (
            'City reopens the "long" embankment after three years',
            "Walkers crossed at dawn; the granite has been washed and the lamps are lit.",
        ),
        RU: (
            'Город открыл "длинную" набережную после трёх лет ремонта',
            "Первые прохожие вышли на рассвете: гранит отмыт, фонари зажжены.",
        ),
    },
    "library": {
        EN: ("A village library stays open until midnight", "It began with one line in a book."),
        RU: ("Сельская библиотека работает до полуночи", "Всё началось с одной строки в книге."),
    },
    "lighthouse": {
        EN: ("Volunteers read 140 years of lighthouse logs", "Wind, fog and 31 shipwrecks."),
        RU: ("Волонтёры прочли журналы маяка за 140 лет", "Ветер, туман и 31 кораблекрушение."),
    },
    "tram": {
        EN: ("The night tram takes to the rails", "It stops wherever a hand is raised."),
        RU: ("В город вышел ночной трамвай", "Он остановится там, где поднимут руку."),
    },
    "market": {
        EN: ("A market hall lowers its rents", "Stallholders pay a share of what they take."),
        RU: ("Рынок снизил аренду", "Торговцы платят долю выручки."),
    },
    "bench": {
        EN: ("Judge a city by its benches", "Ours is learning to sit down."),
        RU: ("О городе судят по скамейкам", "Наш понемногу учится сидеть."),
    },
    "film": {
        EN: ("Five films worth staying up for", "Late shows with subtitles all week."),
        RU: ("Пять фильмов, ради которых стоит не спать", "Всю неделю, с субтитрами."),
    },
    "rink": {
        EN: ("Where to skate this week", "Five rinks, from grand to homemade."),
        RU: ("Где кататься на этой неделе", "Пять катков, от парадного до самодельного."),
    },
}
_SECTIONS = {
    "river": "moscow",
    "library": "russia",
    "lighthouse": "world",
    "tram": "moscow",
    "market": "business",
    "bench": "opinion",
    "film": "city-guide",
    "rink": "city-guide",
}


def day_article(key: str, language: Language, **overrides: Any) -> Article:
    title, summary = _DAY[key][language]
    facts: dict[str, Any] = {
        "story": StoryKey(key),
        "language": language,
        "section": SectionId(_SECTIONS[key]),
        "title": title,
        "summary": summary,
        "authors": ({EN: "Anna Orlova", RU: "Анна Орлова"}[language],),
        "published_at": DUE - timedelta(hours=5 + 3 * list(_DAY).index(key)),
    }
    return make_article(**(facts | overrides))


def ordinary_day(language: Language) -> PrintOrder:
    """A lead with a photo, seven sections' worth of everything that may stand in a digest."""
    captions = {EN: ("The bridge at dawn", "A bridge"), RU: ("Мост на рассвете", "Мост над рекой")}
    caption, alt = captions[language]
    image = make_image(alt=alt, caption=caption)
    lead = day_article(
        "river", language, image=image, related=(StoryKey("history"), StoryKey("tram"))
    )
    corrections = {EN: "There are 112 stalls, not 120.", RU: "На рынке 112 мест, а не 120."}
    stories = (
        day_article("library", language, image=make_image(file="fedcba9876543210.png", alt=alt)),
        day_article("lighthouse", language, rights=Rights.QUOTE, credit="The Wire", image=image),
        day_article("tram", language, updated_at=DUE - timedelta(hours=1)),
        day_article("market", language, correction=corrections[language]),
        day_article("bench", language),
        day_article("film", language, age=12),
    )
    history = {EN: "How the river was walled in", RU: "Как реку одели в гранит"}[language]
    related = make_article(
        story=StoryKey("history"), language=language, title=history, section=SectionId("russia")
    )
    return make_order(
        lead,
        *stories,
        language=language,
        more=(day_article("rink", language, age=0),),
        related={related.story: (related,)},
    )


def full_day(language: Language) -> PrintOrder:
    """An ordinary day with everything else that a digest may hold."""
    other = RU if language == EN else EN
    words = {
        EN: ("Good morning. The river is open.", "The ship left on Friday, not on Thursday."),
        RU: ("Доброе утро. Река открыта.", "Судно ушло в пятницу, а не в четверг."),
    }[language]
    order = ordinary_day(language)
    mended = day_article("lighthouse", language, correction=words[1])
    advert = day_article(
        "rink",
        language,
        story=StoryKey("advert"),
        sponsored=Sponsor(advertiser="ООО «Каток»", erid="2VtzqABCDEF"),
    )
    foreign = day_article("bench", other, story=StoryKey("elsewhere"), section="meanwhile")
    meanwhile = Block(section=SectionId("meanwhile"), items=(printed(foreign, language),))
    layout = replace(
        order.layout,
        intro=words[0],
        blocks=(*order.layout.blocks, meanwhile),
        corrections=(printed(mended, language),),
        sponsored=(printed(advert, language),),
    )
    return replace(order, layout=layout)
