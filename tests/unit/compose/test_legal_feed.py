"""Rule L12 on final feeds, entry by entry (law 1)."""

from dataclasses import replace
from html import escape
from typing import Any

import pytest

from publisher.compose.legal_feed import FeedVerdict, inspect_feed
from publisher.model.articles import AgeMark
from publisher.model.digests import DecodedFeed
from tests.support.build import RU, STATEMENT, make_profile
from tests.support.footers import good_feed, profile_2017, real_profile

BRIDGE = "tag:embankment.test,2026:story/bridge/ru"


def inspect(
    feed: DecodedFeed, *, age: AgeMark | None = 16, visible_line: bool = True
) -> FeedVerdict:
    return inspect_feed(feed, profile=make_profile(), age=age, visible_line=visible_line)


def spoilt(**changes: Any) -> DecodedFeed:
    """A good feed with its first entry changed."""
    feed = good_feed(make_profile())
    return replace(feed, entries=(replace(feed.entries[0], **changes), *feed.entries[1:]))


@pytest.mark.parametrize("profile", [make_profile(), real_profile(), profile_2017()])
def test_l12_a_good_feed_passes(profile: object) -> None:
    feed = good_feed(profile)  # type: ignore[arg-type]  # pytest knows no generics here
    verdict = inspect_feed(feed, profile=profile, age=16, visible_line=True)  # type: ignore[arg-type]

    assert verdict == FeedVerdict(channel=(), failing={})


@pytest.mark.parametrize(
    "rights",
    [
        "",
        "© 2026 The Embankment",
        STATEMENT,
        f"© 2026 The Embankment {STATEMENT} {STATEMENT}",
        f"© 2026 The Embankment {STATEMENT.replace('00000', '00001')}",
    ],
)
def test_l12_the_channels_rights_hold_statement_and_copyright(rights: str) -> None:
    verdict = inspect(good_feed(make_profile(), rights=rights))

    assert {problem.rule for problem in verdict.channel} == {"L12"}


@pytest.mark.parametrize("ratings", [(), ("12+",), ("16",), ("16+", "18+")])
def test_l12_the_channel_carries_its_mark_and_no_other(ratings: tuple[str, ...]) -> None:
    assert len(inspect(good_feed(make_profile(), ratings=ratings)).channel) == 1


def test_l12_a_channel_without_a_mark_fails() -> None:
    assert inspect(good_feed(make_profile()), age=None).channel


def test_l12_entries_with_the_same_id_fail_the_channel() -> None:
    feed = good_feed(make_profile())

    assert inspect(replace(feed, entries=(feed.entries[0], feed.entries[0]))).channel


@pytest.mark.parametrize("rating", [None, "", "14+", "nonadult", "18+"])
def test_l12_an_entry_without_a_fitting_mark_fails_alone(rating: str | None) -> None:
    verdict = inspect(spoilt(rating=rating))

    assert verdict.channel == ()
    assert set(verdict.failing) == {BRIDGE}


@pytest.mark.parametrize(
    "content",
    [
        "",
        "<p>Мост. 16+</p>",
        f"<p hidden>{STATEMENT}</p><p>16+</p>",
        f"<p>{STATEMENT}</p><p>{STATEMENT}</p><p>16+</p>",
        f"<!-- {STATEMENT} --><p>16+</p>",
        f"<p>{escape(escape(STATEMENT.replace('«', '<')))}</p><p>16+</p>",
    ],
)
def test_l12_an_entry_that_does_not_show_the_statement_fails_where_policy_asks(
    content: str,
) -> None:
    assert set(inspect(spoilt(content=content)).failing) == {BRIDGE}
    assert inspect(spoilt(content=content), visible_line=False).failing == {}


def test_l12_an_entry_shows_its_own_mark_where_policy_asks() -> None:
    feed = spoilt(rating="12+")

    assert set(inspect(feed).failing) == {BRIDGE}
    shown = spoilt(rating="12+", content=f"<p>{STATEMENT}</p><p>12+</p>")
    assert inspect(shown).failing == {}


def test_l12_an_empty_feed_passes_by_its_channel() -> None:
    assert inspect(good_feed(make_profile(), entries=())) == FeedVerdict(channel=(), failing={})


def test_l12_a_profile_without_a_statement_lets_no_feed_pass() -> None:
    verdict = inspect_feed(
        good_feed(make_profile()),
        profile=make_profile(statements={RU: ""}),
        age=16,
        visible_line=False,
    )

    assert verdict.channel
