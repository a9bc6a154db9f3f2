"""Which stored article an entry is."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.addresses import plain_address
from publisher.collect.identity import Named, name, recognise
from publisher.model.articles import Article
from publisher.model.names import SourceId
from publisher.model.sources import Entry, Identity
from tests.support.build import EN, NOON, make_article, make_entry

SITE = SourceId("site-en")
HOUR = timedelta(hours=1)
TALE = "The commission met on Monday and found that the bridge, whose piers were laid in spring, can be opened before the river freezes, if the lamps arrive in time and the last span holds."


def item(number: int, **overrides: Any) -> Entry:
    given = {
        "key": f"g{number}",
        "guid": f"g{number}",
        "url": f"https://a.test/{number}",
        "title": f"Title {number}",
        "body": f"<p>{number}</p>",
        "published_at": NOON - number * HOUR,
    }
    return make_entry(**given | overrides)


def keys(named: Named) -> list[str]:
    return [entry.key for entry in named.entries]


def stored(entry: Entry, **overrides: Any) -> Article:
    given = {
        "source": SITE,
        "key": entry.key,
        "language": entry.language,
        "url": entry.url,
        "title": entry.title,
        "body": entry.body,
        "published_at": entry.published_at,
    }
    return make_article(**given | overrides)


def found(
    entries: Sequence[Entry], *standing: Article, identity: Identity = Identity.GUID
) -> Named:
    there: dict[str, list[Article]] = {}
    for one in standing:
        there.setdefault(plain_address(one.url), []).append(one)
    known = {one.key: one for one in standing}
    return recognise(
        Named(entries=tuple(entries), identity=identity), SITE, known=known, there=there
    )


# --- within one document ------------------------------------------------------------------------


def test_good_guids_are_names() -> None:
    named = name([item(n) for n in range(20)], Identity.GUID)

    assert keys(named) == [f"g{n}" for n in range(20)]
    assert named.identity is Identity.GUID


def test_an_item_that_is_there_twice_word_for_word_is_one() -> None:
    assert keys(name([item(1), item(1)], Identity.GUID)) == ["g1"]


def test_a_single_repeat_costs_only_those_that_repeat() -> None:
    entries = [*(item(n) for n in range(40)), item(41, key="g1", guid="g1")]

    named = name(entries, Identity.GUID)

    assert named.identity is Identity.GUID
    assert named.entries[0].key == "g0"
    assert named.entries[1].key == "https://a.test/1"
    assert named.entries[40].key == "https://a.test/41"


def test_one_guid_for_everything_degrades_the_source_to_links() -> None:
    named = name([item(n, key="0", guid="0") for n in range(5)], Identity.GUID)

    assert named.identity is Identity.LINK
    assert keys(named) == [f"https://a.test/{n}" for n in range(5)]


def test_one_link_for_everything_degrades_further() -> None:
    entries = [item(n, key="0", url="https://a.test/") for n in range(5)]

    named = name(entries, Identity.GUID)

    assert named.identity is Identity.LINK_AND_DATE
    assert len(set(keys(named))) == 5
    undated = [replace(entry, published_at=None) for entry in entries]
    assert name(undated, Identity.GUID).identity is Identity.LINK_AND_DATE
    assert len(set(keys(name(undated, Identity.GUID)))) == 5


def test_a_degraded_source_stays_so_even_when_a_document_looks_well() -> None:
    named = name([item(1)], Identity.LINK)

    assert (named.identity, keys(named)) == (Identity.LINK, ["https://a.test/1"])


@given(
    st.lists(
        st.builds(
            item,
            st.integers(0, 5),
            key=st.sampled_from(["", "a", "b", "c"]),
            url=st.sampled_from([None, "https://a.test/1", "https://a.test/2?utm_source=x"]),
            title=st.sampled_from("xyz"),
        ),
        max_size=12,
    ),
    st.sampled_from(Identity),
)
def test_whatever_a_source_does_every_key_is_there_once_in_the_end(
    entries: list[Entry], identity: Identity
) -> None:
    named = name(entries, identity)
    again = name(entries, named.identity)

    assert list(Identity).index(named.identity) >= list(Identity).index(identity)
    assert len(set(keys(named))) >= len(set(keys(again))) - 1
    assert again.identity is named.identity


# --- against what is stored ---------------------------------------------------------------------


def test_a_new_guid_on_a_known_page_is_the_same_article() -> None:
    before = stored(item(1))

    named = found([item(1, key="new", guid="new")], before)

    assert keys(named) == ["g1"]


def test_guids_that_all_change_are_given_up_and_no_article_is_doubled() -> None:
    standing = [stored(item(n)) for n in range(10)]
    churned = [item(n, key=f"other{n}") for n in range(10)]

    named = found(churned, *standing)

    assert keys(named) == [f"g{n}" for n in range(10)]
    assert named.identity is Identity.LINK


def test_a_guid_used_again_for_another_story_does_not_overwrite_it() -> None:
    before = stored(item(1, body=f"<p>{TALE}</p>"))
    other = item(1, url="https://a.test/99", title="Something else", published_at=NOON)

    assert keys(found([other], before)) == ["https://a.test/99"]


@pytest.mark.parametrize(
    "edit",
    [
        {"title": "A new title"},
        {"url": "https://a.test/new-slug"},
        {"published_at": None},
        {"url": "https://a.test/new", "title": "New"},  # it keeps its hour
        {
            "url": "https://a.test/new",
            "title": "New",
            "published_at": NOON,
            "body": f"<p>{TALE}</p>",
        },
    ],
    ids=["retitled", "moved", "undated", "retitled and moved", "all but its words"],
)
def test_an_edited_article_keeps_its_guid(edit: dict[str, Any]) -> None:
    before = stored(item(1, body=f"<p>{TALE}</p>"))

    assert keys(found([item(1, **edit)], before)) == ["g1"]


def test_a_page_that_many_items_share_names_none_of_them() -> None:
    home = "https://a.test/"
    before = stored(item(1, url=home))

    named = found([item(2, url=home, title="Title 1"), item(3, url=home)], before)

    assert keys(named) == ["g2", "g3"]


def test_another_language_or_source_at_the_address_is_not_ours() -> None:
    entry = item(1, key="new")
    wire = stored(item(1), source=SourceId("wire"))
    assert wire.language == EN

    assert keys(found([entry], wire)) == ["new"]


def test_recognising_again_changes_nothing() -> None:
    standing = [stored(item(n)) for n in range(10)]
    once = found([item(n, key=f"other{n}") for n in range(10)], *standing)

    assert found(once.entries, *standing, identity=once.identity) == once
