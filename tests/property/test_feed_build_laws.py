"""Laws of feeds before they are written: ids are unique for ever, nothing depends on the clock."""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.model.articles import Article
from publisher.model.feeds import Feed
from publisher.model.names import StoryKey
from publisher.model.newsroom import FeedPolicy
from tests.support.build import (
    DUE,
    EN,
    NOON,
    RU,
    make_article,
    make_newsroom,
    make_profile,
    make_sections,
)
from tests.support.outfeeds import build_feeds

SECTIONS = [section.id for section in make_sections()]
keys = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=8)


class Plain:
    def say(self, message: str, /, **args: object) -> str:
        return message.format(**args)


@st.composite
def piles(draw: st.DrawFn) -> list[Article]:
    found = draw(
        st.dictionaries(
            st.tuples(keys, st.sampled_from([EN, RU])),
            st.tuples(st.integers(-30, 10), st.sampled_from(SECTIONS)),
            max_size=12,
        )
    )
    return [
        make_article(
            story=StoryKey(key),
            language=language,
            section=section,
            published_at=NOON + timedelta(hours=hours),
        )
        for (key, language), (hours, section) in found.items()
    ]


def built(articles: list[Article], *, items: int, hours: int = 0) -> tuple[Feed, ...]:
    return build_feeds(
        make_newsroom(feeds=FeedPolicy(items=items)),
        {one: [a for a in articles if a.language == one] for one in (EN, RU)},
        articles,
        profile=make_profile(),
        words={EN: Plain(), RU: Plain()},
        now=NOON + timedelta(hours=hours),
    )


@given(articles=piles(), items=st.integers(1, 6))
@settings(deadline=None)
def test_ids_are_unique_and_entries_bounded_ordered_and_public(
    articles: list[Article], items: int
) -> None:
    feeds = built(articles, items=items)

    assert len({feed.id for feed in feeds}) == len(feeds) == 2 * (len(SECTIONS) + 1)
    whole = [entry.id for feed in feeds if feed.section is None for entry in feed.entries]
    assert len(set(whole)) == len(whole)
    for feed in feeds:
        times = [entry.published_at for entry in feed.entries]
        assert times == sorted(times, reverse=True)
        assert len(times) <= items
        assert all(time <= NOON for time in times)
        assert all(entry.language == feed.language for entry in feed.entries)
        languages = [
            (entry.id, alternate.language)
            for entry in feed.entries
            for alternate in entry.alternates
        ]
        assert len(set(languages)) == len(languages)


@given(articles=piles())
@settings(deadline=None)
def test_order_of_input_and_passing_hours_change_nothing(articles: list[Article]) -> None:
    past = [article for article in articles if article.published_at <= DUE]

    assert built(past, items=50) == built(past[::-1], items=50, hours=100)
