"""The port Newsdesk."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from publisher.errors import Refused, StoryTaken
from publisher.model.articles import Article, Changes, Withdrawal
from publisher.model.issues import IssueStatus, Item
from publisher.model.names import ArticleId, SectionId, SourceId, StoryKey
from publisher.store.tables import audit
from tests.support.build import DUE, EN, NOON, RU, make_article, make_image, make_issue
from tests.support.stores import EDITION, ISSUE, Store

COURT = Withdrawal(at=NOON, by="Anna", reason="A court's order.")
BRIDGE, RIVER = StoryKey("bridge"), StoryKey("river")
DAY = timedelta(days=1)


def story(name: str, **overrides: Any) -> Article:
    return make_article(story=StoryKey(name), **overrides)


async def books(store: Store) -> list[tuple[str, str]]:
    async with store.database.read() as tx:
        rows = await tx.execute(select(audit).order_by(audit.c.id))
        return [(row.by, row.what) for row in rows]


async def spent(store: Store) -> set[StoryKey]:
    found = await store.issues.spent([EDITION], since=DUE - DAY)
    return set(found.get(EDITION, frozenset()))


# --- which ------------------------------------------------------------------------------------


async def test_an_article_is_found_by_its_id_or_by_how_it_begins(store: Store) -> None:
    one, other = story("b1"), story("b1", language=RU)
    longer = replace(story("b2"), id=ArticleId(f"{one.id}-and-more"))
    await store.keep(Changes(new=(one, other, longer)))

    assert await store.newsdesk.named("b1-e") == [one, longer]
    assert await store.newsdesk.named(one.id) == [one]
    assert await store.newsdesk.named("b1-r") == [other]
    assert await store.newsdesk.named("b", limit=2) == [one, longer]
    assert await store.newsdesk.named("%") == []


async def test_earlier_versions_come_oldest_first(store: Store) -> None:
    first = story("bridge", title="One")
    second = replace(first, version=2, title="Two")
    await store.keep(Changes(new=(first,)))
    await store.keep(Changes(changed=(second,)))
    await store.newsdesk.withdraw(first.id, COURT)

    assert await store.newsdesk.past(first.id) == [first, second]


# --- withdrawn and back -----------------------------------------------------------------------


async def test_a_withdrawn_article_is_there_for_nobody_but_the_list_of_such(store: Store) -> None:
    bridge = story("bridge")
    await store.keep(Changes(new=(bridge,)))

    gone = await store.newsdesk.withdraw(bridge.id, COURT)

    assert gone == replace(bridge, version=2, withdrawn=COURT)
    assert await store.articles.listed(limit=9) == []
    assert await store.articles.versions_of([BRIDGE]) == []
    assert await store.articles.newest(language=EN, limit=9, now=NOON) == []
    assert await store.articles.available(since=DUE - DAY, until=NOON) == []
    assert await store.articles.listed(limit=9, withdrawn=True) == [gone]
    assert await store.newsdesk.named(bridge.id) == [gone]
    assert await books(store) == [("Anna", "article bridge-en: withdrawn: A court's order.")]


async def test_withdrawing_twice_keeps_the_first_word(store: Store) -> None:
    bridge = story("bridge")
    await store.keep(Changes(new=(bridge,)))
    gone = await store.newsdesk.withdraw(bridge.id, COURT)

    again = await store.newsdesk.withdraw(
        bridge.id, Withdrawal(at=NOON + DAY, by="Boris", reason="A mistake.")
    )

    assert again == gone
    assert len(await books(store)) == 1


async def test_a_restored_article_is_what_it_was(store: Store) -> None:
    bridge = story("bridge")
    await store.keep(Changes(new=(bridge,)))
    await store.newsdesk.withdraw(bridge.id, COURT)

    back = await store.newsdesk.restore(bridge.id, now=NOON, by="Boris")
    again = await store.newsdesk.restore(bridge.id, now=NOON, by="Boris")

    assert back == again == replace(bridge, version=3)
    assert await store.articles.versions_of([BRIDGE]) == [back]
    assert (await books(store))[1:] == [("Boris", "article bridge-en: restored")]


async def test_what_is_not_there_cannot_be_changed(store: Store) -> None:
    nobody = ArticleId("nobody")

    with pytest.raises(KeyError):
        await store.newsdesk.withdraw(nobody, COURT)
    with pytest.raises(KeyError):
        await store.newsdesk.restore(nobody, now=NOON, by="Anna")
    with pytest.raises(KeyError):
        await store.newsdesk.retell(nobody, BRIDGE, now=NOON, by="Anna")
    assert await books(store) == []


async def test_a_picture_is_shown_elsewhere_while_another_living_article_has_it(
    store: Store,
) -> None:
    image = make_image(alt='A bridge named "file":"other.png"')
    english, russian = story("bridge", image=image), story("bridge", language=RU, image=image)
    await store.keep(Changes(new=(english, russian, story("tram", image=None))))

    both = await store.newsdesk.shown_elsewhere(image.file, but=english.id)
    await store.newsdesk.withdraw(russian.id, COURT)
    one = await store.newsdesk.shown_elsewhere(image.file, but=english.id)

    assert (both, one) == (True, False)
    assert not await store.newsdesk.shown_elsewhere("other.png", but=english.id)


# --- under another story ----------------------------------------------------------------------


async def test_an_article_joins_the_story_of_its_other_language(store: Store) -> None:
    english, russian = story("bridge"), story("most", language=RU)
    await store.keep(Changes(new=(english, russian)))

    told = await store.newsdesk.retell(russian.id, BRIDGE, now=NOON, by="Anna")
    again = await store.newsdesk.retell(russian.id, BRIDGE, now=NOON, by="Anna")

    assert told == again == replace(russian, version=2, story=BRIDGE)
    assert await store.articles.versions_of([BRIDGE]) == [english, told]
    assert await books(store) == [("Anna", "article most-ru: story most -> bridge")]


@pytest.mark.parametrize("withdrawn", [False, True])
async def test_a_story_is_told_once_in_a_language(store: Store, withdrawn: bool) -> None:
    ours, theirs = story("bridge"), story("tram")
    await store.keep(Changes(new=(ours, theirs)))
    if withdrawn:
        await store.newsdesk.withdraw(theirs.id, COURT)

    with pytest.raises(StoryTaken) as taken:
        await store.newsdesk.retell(ours.id, StoryKey("tram"), now=NOON, by="Anna")

    assert (taken.value.language, taken.value.article) == (EN, theirs.id)
    assert await store.articles.versions_of([BRIDGE]) == [ours]


async def test_law_10_a_carried_article_is_spent_under_every_name(store: Store) -> None:
    english, russian = story("bridge"), story("bridge", language=RU)
    await store.keep(Changes(new=(english, russian)))
    await store.sealed("anna")

    await store.newsdesk.retell(russian.id, RIVER, now=NOON, by="Anna")
    once = await spent(store)
    await store.newsdesk.retell(russian.id, StoryKey("lake"), now=NOON, by="Anna")

    assert once == {BRIDGE, RIVER}
    assert await spent(store) == {BRIDGE, RIVER, StoryKey("lake")}
    assert await store.newsdesk.carried([RIVER]) == [ISSUE]


async def test_law_10_a_version_no_issue_carried_is_news_under_its_own_name(store: Store) -> None:
    english, russian = story("bridge"), story("bridge", language=RU)
    await store.keep(Changes(new=(english, russian)))
    alone = Item(story=BRIDGE, section=SectionId("moscow"), versions=(english,))
    await store.sealed("anna", items=(alone,))

    await store.newsdesk.retell(russian.id, RIVER, now=NOON, by="Anna")

    assert await spent(store) == {BRIDGE}
    assert await store.newsdesk.carried([RIVER]) == []


async def test_carried_names_the_issues_of_any_of_these_stories(store: Store) -> None:
    await store.sealed("anna")

    assert await store.newsdesk.carried([BRIDGE, RIVER]) == [ISSUE]
    assert await store.newsdesk.carried([RIVER]) == []
    assert await store.newsdesk.carried([]) == []


# --- the seal ---------------------------------------------------------------------------------


@pytest.mark.parametrize("act", ["withdrawn", "paired"])
async def test_no_issue_is_sealed_with_an_article_that_changed_hands(
    store: Store, act: str
) -> None:
    bridge = story("bridge")
    await store.keep(Changes(new=(bridge, story("bridge", language=RU))))
    await store.enrolled("anna")
    issue = make_issue(status=IssueStatus.APPROVED)
    await store.issues.save(issue)
    if act == "withdrawn":
        await store.newsdesk.withdraw(bridge.id, COURT)
    else:
        await store.newsdesk.retell(bridge.id, RIVER, now=NOON, by="Anna")

    with pytest.raises(Refused):
        await store.seal(issue)

    assert await store.status() is IssueStatus.APPROVED
    assert await store.statuses() == []


# --- counting ---------------------------------------------------------------------------------


async def test_articles_a_week_are_those_of_the_last_four(store: Store) -> None:
    wire = SourceId("wire")
    times = [NOON - DAY, NOON - 20 * DAY, NOON, NOON - 28 * DAY, NOON + DAY]
    ours = [story(f"s{n}", published_at=at) for n, at in enumerate(times)]
    theirs = story("theirs", source=wire, published_at=NOON)
    await store.keep(Changes(new=(*ours, theirs)))

    assert await store.newsdesk.weekly(now=NOON) == {SourceId("site-en"): 0.75, wire: 0.25}


# --- corrected by hand ------------------------------------------------------------------------


async def test_an_editors_correction_is_another_version_and_stands_in_the_books(
    store: Store,
) -> None:
    article = story("bridge")
    await store.keep(Changes(new=(article,)))

    corrected = await store.wishes.correct(article.id, "It was Friday.", now=NOON, by="Anna")
    without = await store.wishes.correct(article.id, None, now=NOON + DAY, by="Boris")

    assert corrected == replace(
        article, correction="It was Friday.", corrected_by="Anna", updated_at=NOON, version=2
    )
    assert without == replace(corrected, correction=None, corrected_by=None, version=3)
    assert await store.articles.versions_of([BRIDGE]) == [without]
    assert await store.newsdesk.past(article.id) == [article, corrected]
    assert await books(store) == [
        ("Anna", "article bridge-en: corrected: It was Friday."),
        ("Boris", "article bridge-en: correction out"),
    ]
    with pytest.raises(KeyError):
        await store.wishes.correct(ArticleId("nobody"), "x", now=NOON, by="Anna")
