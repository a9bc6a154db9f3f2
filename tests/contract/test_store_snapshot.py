"""Nouns frozen as JSON come back exactly, whatever editors write."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.errors import Refused
from publisher.model.articles import AGE_MARKS, Article, Image
from publisher.model.editions import Window
from publisher.model.issues import Approval, Issue, IssueStatus, Item
from publisher.model.problems import Place, Problem, Severity
from publisher.model.sources import Rights
from publisher.store.snapshot import freeze, thaw
from tests.support.build import make_article, make_issue

texts = st.text(max_size=30)
instants = st.datetimes(timezones=st.just(UTC))
numbers = st.integers(min_value=0, max_value=2**53)
images = st.builds(Image, media_type=texts, width=numbers, height=numbers, size=numbers)
articles = st.builds(
    Article,
    section=st.none() | texts,
    authors=st.lists(texts, max_size=3).map(tuple),
    related=st.lists(texts, max_size=3).map(tuple),
    published_at=instants,
    updated_at=st.none() | instants,
    collected_at=instants,
    available_at=st.none() | instants,
    age=st.none() | st.sampled_from(AGE_MARKS),
    rights=st.sampled_from(Rights),
    image=st.none() | images,
)
problems = st.builds(
    Problem,
    args=st.dictionaries(texts, texts | st.integers(-(2**53), 2**53), max_size=3),
    severity=st.sampled_from(Severity),
    place=st.builds(Place),
)
windows = st.lists(instants, min_size=2, max_size=2).map(
    lambda two: Window(start=min(two), end=max(two))
)
items = st.builds(Item, versions=st.lists(articles, min_size=1, max_size=2).map(tuple))
issues = st.builds(
    Issue,
    status=st.sampled_from(IssueStatus),
    window=windows,
    due_at=instants,
    items=st.lists(items, max_size=2).map(tuple),
    age=st.none() | st.sampled_from(AGE_MARKS),
    composed_at=instants,
    sealed_at=st.none() | instants,
    approvals=st.lists(st.builds(Approval, at=instants), max_size=2).map(tuple),
    problems=st.lists(problems, max_size=2).map(tuple),
    profiles=st.dictionaries(texts, texts, max_size=2),
)


@given(issues)
def test_an_issue_comes_back_exactly(issue: Issue) -> None:
    assert thaw(Issue, freeze(Issue, issue)) == issue


@given(problems)
def test_numbers_and_their_digits_are_told_apart(problem: Problem) -> None:
    thawed = thaw(Problem, freeze(Problem, problem))

    assert thawed == problem
    assert {key: type(one) for key, one in thawed.args.items()} == {
        key: type(one) for key, one in problem.args.items()
    }


@given(articles)
def test_the_same_noun_gives_the_same_text(article: Article) -> None:
    """Law 5."""
    frozen = freeze(Article, article)

    assert freeze(Article, thaw(Article, frozen)) == frozen


def test_what_is_frozen_names_its_shape() -> None:
    frozen = json.loads(freeze(Article, make_article(title="«Мост»")))

    assert frozen["v"] == 1
    assert frozen["noun"]["title"] == "«Мост»"


@pytest.mark.parametrize("content", ['{"v":2,"noun":{}}', "{}", ""])
def test_a_shape_of_a_newer_version_is_refused_in_words(content: str) -> None:
    with pytest.raises(Refused, match="newer version"):
        thaw(Issue, content)


@pytest.mark.parametrize(
    "at", [datetime(2026, 11, 23, 5, 0, tzinfo=UTC), datetime(2026, 1, 1, 0, 0, 0, 1, tzinfo=UTC)]
)
def test_an_instant_stays_utc(at: datetime) -> None:
    thawed: Any = thaw(Issue, freeze(Issue, make_issue(sealed_at=at)))

    assert thawed.sealed_at.utcoffset() == at.utcoffset()
    assert thawed.sealed_at.isoformat() == at.isoformat()
