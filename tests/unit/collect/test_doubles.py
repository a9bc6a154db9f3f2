"""The same story through two sources, and what only looks so."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.addresses import plain_address
from publisher.collect.alike import alike, traces
from publisher.collect.doubles import doubles
from publisher.model.articles import Article
from publisher.model.names import SourceId
from publisher.model.sources import Entry
from tests.support.build import EN, NOON, RU, make_article, make_entry

SITE, WIRE = SourceId("site-en"), SourceId("wire")
HOUR = timedelta(hours=1)
TALE = (
    "The commission met on Monday and found that the bridge, whose piers were laid in spring, can "
    "be opened before the river freezes, if the lamps arrive in time and the last span holds. "
    "Walkers will have the northern side, and the trams will follow in March at the earliest."
)
OTHER = (
    "A library that was closed for two winters lets its readers in again on Friday, with the old "
    "catalogue on paper, a reading room for children on the ground floor, and a café whose cups "
    "carry the stamps of books that were never brought back by those who had borrowed them."
)


def entry(text: str = TALE, **overrides: Any) -> Entry:
    given = {
        "body": f"<p>{text}</p>",
        "traces": traces(text),
        "url": "https://site.test/1",
        "published_at": NOON,
    }
    return make_entry(**given | overrides)


def article(text: str = TALE, **overrides: Any) -> Article:
    given = {
        "source": WIRE,
        "body": f"<p>{text}</p>",
        "traces": traces(text),
        "url": "https://wire.test/9",
        "published_at": NOON,
        "language": EN,
    }
    return make_article(**given | overrides)


def told(ours: Entry, *standing: Article, known: bool = False) -> Article | None:
    there: dict[str, list[Article]] = {}
    for one in standing:
        there.setdefault(plain_address(one.url), []).append(one)
    found = doubles(
        [ours],
        SITE,
        known={ours.key: article()} if known else {},
        there=there,
        resembling=standing,
    )
    return found.get(ours.key)


def test_the_same_page_is_the_same_story() -> None:
    standing = article(OTHER, url="http://www.site.test/1/?utm_source=wire")

    assert told(entry(), standing) == standing


def test_the_same_words_are_the_same_story_though_the_lead_is_another() -> None:
    standing = article(f"MOSCOW, Nov 23. {TALE}")

    assert told(entry(), standing) == standing


@pytest.mark.parametrize(
    "edit",
    [
        {"language": RU},
        {"source": SITE},
        {"published_at": NOON - 37 * HOUR},
    ],
    ids=["another language", "the same source", "another day"],
)
def test_what_only_looks_the_same_is_not(edit: dict[str, Any]) -> None:
    assert told(entry(), article(**edit)) is None


def test_another_text_is_another_story() -> None:
    assert told(entry(), article(OTHER)) is None


def test_what_is_ours_already_is_no_double() -> None:
    assert told(entry(), article(), known=True) is None


def test_a_quoted_story_is_known_by_its_traces() -> None:
    standing = article(body="")

    assert told(entry(), standing) == standing
    assert told(entry(OTHER), standing) is None


def test_a_short_text_resembles_nothing() -> None:
    assert traces("The bridge is open.") == ()
    assert not alike("The bridge is open.", "The bridge is open.")


@given(st.lists(st.sampled_from(TALE.split()), min_size=30, max_size=80), st.integers(0, 3))
def test_a_text_and_its_cut_share_a_trace_whenever_they_are_alike(
    words: list[str], cut: int
) -> None:
    whole, part = " ".join(words), " ".join(words[: len(words) - cut])

    assert alike(whole, whole)
    assert set(traces(whole)) & set(traces(part))
