"""Which story an article tells in another language."""

from dataclasses import replace
from typing import Any

import pytest

from publisher.collect.pairing import NOBODY, partners_of, story_of
from publisher.model.articles import Article
from publisher.model.names import Language, SourceId, StoryKey
from publisher.model.sources import Entry, PairBy, Pairing
from tests.support.build import EN, RU, make_article, make_entry

SITE_EN, SITE_RU, WIRE = SourceId("site-en"), SourceId("site-ru"), SourceId("wire")
RULE = {EN: "/news/{key}", RU: "/ru/news/{key}"}
PAGE_RU = "https://embankment.test/ru/news/bridge"


def pairing(*by: PairBy, **overrides: Any) -> Pairing:
    made = Pairing(id="site", sources=(SITE_EN, SITE_RU), by=by or tuple(PairBy), url=RULE)
    return replace(made, **overrides)


def english(**overrides: Any) -> Entry:
    given = {"key": "17", "guid": "17", "url": "https://embankment.test/news/bridge"}
    return make_entry(**given | overrides)


def russian(**overrides: Any) -> Article:
    given = {"source": SITE_RU, "language": RU, "story": StoryKey("first"), "url": PAGE_RU}
    return make_article(**given | overrides)


def told(entry: Entry, *pairings: Pairing, **partners: Any) -> StoryKey | None:
    return story_of(entry, SITE_EN, pairings, replace(NOBODY, **partners))


def test_the_same_guid_is_the_same_story_where_an_editor_says_so() -> None:
    partners = {"by_key": {"17": [russian()]}}

    assert told(english(), pairing(PairBy.KEY), **partners) == "first"
    assert told(english(), pairing(PairBy.HREFLANG), **partners) is None
    assert told(english(guid=None), pairing(PairBy.KEY), **partners) is None


@pytest.mark.parametrize(
    "partners",
    [
        {"at": {"https://embankment.test/ru/news/bridge": [russian()]}},
        {"naming": {"https://embankment.test/news/bridge": [russian()]}},
    ],
    ids=["we name it", "it names us"],
)
def test_hreflang_pairs_whoever_says_it(partners: dict[str, Any]) -> None:
    entry = english(alternates=((RU, PAGE_RU + "?utm_source=feed"),))

    assert told(entry, pairing(PairBy.HREFLANG), **partners) == "first"


def test_an_address_named_in_another_language_is_no_pair() -> None:
    entry = english(alternates=((Language("de"), PAGE_RU),))

    assert told(entry, pairing(PairBy.HREFLANG), at={PAGE_RU: [russian()]}) is None


def test_the_rule_gives_both_languages_the_same_key_whoever_comes_first() -> None:
    ours = told(english(), pairing(PairBy.URL))
    entry = make_entry(language=RU, url="https://www.embankment.test/ru/news/bridge/?utm_medium=x")

    assert ours == "site:bridge"
    assert story_of(entry, SITE_RU, [pairing(PairBy.URL)], NOBODY) == ours


@pytest.mark.parametrize(
    "url",
    ["https://embankment.test/opinion/bridge", "https://embankment.test/news/a/b", None],
)
def test_an_address_that_does_not_follow_the_rule_stands_alone(url: str | None) -> None:
    assert told(english(url=url), pairing(PairBy.URL)) is None


def test_a_rule_may_name_the_host() -> None:
    rule = {EN: "https://en.a.test/{key}", RU: "https://ru.a.test/{key}"}

    entry = english(url="https://en.a.test/42/")
    assert told(entry, pairing(PairBy.URL, url=rule)) == "site:42"
    assert told(english(url="https://b.test/42"), pairing(PairBy.URL, url=rule)) is None


def test_rules_are_asked_in_the_order_of_config() -> None:
    partners = {"by_key": {"17": [russian(story=StoryKey("by guid"))]}}

    assert told(english(), pairing(PairBy.KEY, PairBy.URL), **partners) == "by guid"
    assert told(english(), pairing(PairBy.URL, PairBy.KEY), **partners) == "site:bridge"


@pytest.mark.parametrize(
    "other", [{"source": WIRE}, {"language": EN}], ids=["foreign source", "same language"]
)
def test_only_another_language_of_a_paired_source_is_a_partner(other: dict[str, Any]) -> None:
    assert told(english(), pairing(PairBy.KEY), by_key={"17": [russian(**other)]}) is None


def test_without_a_pairing_nothing_is_guessed() -> None:
    partners = {"by_key": {"17": [russian()]}}

    assert told(english(), **partners) is None
    assert told(english(), pairing(sources=(SITE_RU, WIRE)), **partners) is None
    assert partners_of(SITE_EN, [pairing()]) == {SITE_RU}
    assert partners_of(WIRE, [pairing()]) == frozenset()
