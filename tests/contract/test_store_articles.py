"""The port Articles."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from publisher.errors import StoreBusy
from publisher.model.articles import Article, Changes
from publisher.model.names import SectionId, SourceId, StoryKey
from publisher.store.snapshot import thaw
from publisher.store.tables import article_versions
from tests.support.build import DUE, EN, NOON, RU, make_article, make_image
from tests.support.stores import Store

SITE = SourceId("site-en")
HOUR = timedelta(hours=1)


def story(name: str, **overrides: Any) -> Article:
    return make_article(story=StoryKey(name), **overrides)


def next_version(article: Article, **overrides: Any) -> Article:
    return replace(article, version=article.version + 1, **overrides)


async def kept_versions(store: Store) -> list[tuple[int, str]]:
    async with store.database.read() as tx:
        rows = await tx.execute(select(article_versions).order_by(article_versions.c.version))
        return [(row.version, thaw(Article, row.content).title) for row in rows]


async def test_an_article_comes_back_exactly_as_it_was_saved(store: Store) -> None:
    article = make_article(
        title="«Мост» — “bridge” \N{EMOJI MODIFIER FITZPATRICK TYPE-3} \x00 & <b>",
        image=make_image(credit=None),
        related=(StoryKey("river"), StoryKey("tram")),
        authors=(),
        updated_at=DUE + timedelta(microseconds=7),
        available_at=None,
        age=None,
        section=None,
        correction="The bridge opened on Sunday.",
        breaking=True,
    )

    await store.keep(Changes(new=(article,)))

    assert await store.intake.known(SITE, [article.key]) == {article.key: article}


async def test_only_the_asked_keys_of_the_asked_source_are_known(store: Store) -> None:
    ours, other = story("bridge"), story("tram", source=SourceId("wire"))
    await store.keep(Changes(new=(ours, other, story("ship"))))

    asked = [ours.key, other.key, "never-seen"]

    assert await store.intake.known(SITE, asked) == {ours.key: ours}
    assert await store.intake.known(SITE, []) == {}


async def test_more_keys_may_be_asked_for_than_one_statement_takes(store: Store) -> None:
    many = [story(f"s{number}") for number in range(1_201)]
    await store.keep(Changes(new=tuple(many)))

    found = await store.intake.known(SITE, [one.key for one in many])

    assert found == {one.key: one for one in many}


async def test_every_version_is_kept_and_the_newest_is_given(store: Store) -> None:
    first = story("bridge", title="One")
    second = next_version(first, title="Two")
    third = next_version(second, title="Three")
    for changes in (Changes(new=(first,)), Changes(changed=(second,)), Changes(changed=(third,))):
        await store.keep(changes)

    assert await store.articles.versions_of([StoryKey("bridge")]) == [third]
    assert await kept_versions(store) == [(1, "One"), (2, "Two")]  # and the third stands


async def test_a_changed_article_is_found_by_what_it_is_now(store: Store) -> None:
    held = story("bridge", section=None)
    await store.keep(Changes(new=(held,)))
    placed = next_version(held, section=SectionId("world"), published_at=NOON)
    await store.keep(Changes(changed=(placed,)))

    assert await store.articles.listed(limit=9, held=True) == []
    assert await store.articles.newest(language=EN, limit=9, now=NOON) == [placed]


async def test_two_passes_at_once_do_not_overwrite_each_other(store: Store) -> None:
    """The second was decided from a version that is not the newest any more."""
    first = story("bridge", title="One")
    await store.keep(Changes(new=(first,)))
    await store.keep(Changes(changed=(next_version(first, title="Mine"),)))

    with pytest.raises(StoreBusy):
        await store.keep(
            Changes(new=(story("tram"),), changed=(next_version(first, title="Yours"),))
        )

    assert await kept_versions(store) == [(1, "One")]
    assert await store.articles.versions_of([StoryKey("tram")]) == []


async def test_two_passes_at_once_do_not_store_an_article_twice(store: Store) -> None:
    await store.keep(Changes(new=(story("bridge"),)))

    with pytest.raises(StoreBusy):
        await store.keep(Changes(new=(story("tram"), story("bridge"))))

    assert await store.articles.versions_of([StoryKey("tram")]) == []


async def test_a_story_has_one_article_per_language(store: Store) -> None:
    bridge = story("bridge")
    await store.keep(Changes(new=(bridge, story("bridge", language=RU))))
    rival = replace(story("rival"), story=StoryKey("bridge"))

    with pytest.raises(StoreBusy):
        await store.keep(Changes(new=(rival,)))

    assert await store.intake.known(SITE, [rival.key]) == {}


async def test_taken_pairs_of_story_and_language_name_their_article(store: Store) -> None:
    english, russian = story("bridge"), story("bridge", language=RU)
    await store.keep(Changes(new=(english, russian, story("tram"))))

    taken = await store.intake.admit(
        lambda admission: admission.claimed_stories([StoryKey("bridge"), StoryKey("none")])
    )

    assert taken == {(StoryKey("bridge"), EN): english, (StoryKey("bridge"), RU): russian}


async def test_a_window_takes_its_first_instant_and_leaves_its_last(store: Store) -> None:
    at = [story(f"s{hour}", available_at=DUE + hour * HOUR) for hour in range(4)]
    await store.keep(Changes(new=tuple(reversed(at))))

    assert await store.articles.available(since=DUE + HOUR, until=DUE + 3 * HOUR) == at[1:3]


async def test_backlog_and_held_articles_are_available_to_nobody(store: Store) -> None:
    backlog, held = story("old", available_at=None), story("held", section=None)
    await store.keep(Changes(new=(backlog, held)))

    assert await store.articles.available(since=DUE - 9 * HOUR, until=NOON) == []


async def test_feeds_get_the_newest_of_their_language_backlog_included(store: Store) -> None:
    old = story("old", published_at=DUE - HOUR, available_at=None)
    twins = [story(name, published_at=DUE) for name in ("a", "b")]
    others = (
        story("held", section=None),
        story("later", published_at=NOON + HOUR),
        story("a", language=RU),
    )
    await store.keep(Changes(new=(twins[1], old, twins[0], *others)))

    assert await store.articles.newest(language=EN, limit=9, now=NOON) == [*twins, old]
    assert await store.articles.newest(language=EN, limit=1, now=NOON) == twins[:1]


async def test_an_article_is_published_at_its_very_instant(store: Store) -> None:
    now = story("now", published_at=NOON)
    await store.keep(Changes(new=(now,)))

    assert await store.articles.newest(language=EN, limit=9, now=NOON) == [now]


async def test_the_list_shows_what_is_held_when_asked(store: Store) -> None:
    placed, held = story("placed", published_at=DUE), story("held", section=None)
    await store.keep(Changes(new=(held, placed)))

    assert await store.articles.listed(limit=9) == [placed, held]
    assert await store.articles.listed(limit=9, held=True) == [held]


async def test_a_pass_that_found_nothing_new_stores_nothing(store: Store) -> None:
    await store.keep(Changes(same=7))

    assert await store.articles.listed(limit=9) == []


async def test_the_days_with_public_articles_are_told_once_each_oldest_first(
    store: Store,
) -> None:
    midnight = datetime(2026, 11, 21, tzinfo=UTC)
    await store.keep(
        Changes(
            new=(
                story("bridge", published_at=midnight),
                story("tram", published_at=midnight - timedelta(microseconds=1)),
                story("ship", published_at=midnight + 23 * HOUR),
                story("river", published_at=midnight + 30 * HOUR),
                story("held", published_at=midnight - 99 * HOUR, section=None),
                story("later", published_at=NOON + HOUR),
                story("other", published_at=midnight - 99 * HOUR, language=RU),
            )
        )
    )

    days = await store.articles.days(language=EN, now=NOON)

    assert days == [date(2026, 11, 20), date(2026, 11, 21), date(2026, 11, 22)]
