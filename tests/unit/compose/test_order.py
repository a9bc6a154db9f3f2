"""The editor's order of an issue: what it changes in the selection, and what it becomes."""

from dataclasses import replace
from typing import Any

import pytest

from publisher.compose.company import company
from publisher.compose.composer import SPONSORED, Material, select
from publisher.model.articles import Article
from publisher.model.editions import Limits, Window
from publisher.model.issues import Issue, IssueStatus, Order
from publisher.model.names import EditionId, SectionId, StoryKey
from publisher.model.problems import Severity
from publisher.model.sources import Sponsor
from publisher.ordering import Change, changed
from tests.support.build import (
    DUE,
    EN,
    RU,
    make_article,
    make_edition,
    make_issue,
    make_item,
    make_newsroom,
    make_profile,
    make_schedule,
)

MOSCOW = SectionId("moscow")
EDITION = make_edition(sections=(MOSCOW,), languages=(EN,))
NEWSROOM = make_newsroom()
A, B, C, D = (StoryKey(key) for key in "abcd")


def told(key: str, **overrides: Any) -> Article:
    """Newest first by their letter."""
    since = ord(key[0]) - ord("a")
    head = {"key": key, "story": StoryKey(key), "section": MOSCOW, "title": key, "image": None}
    return make_article(**head | {"published_at": DUE.replace(second=59 - since)} | overrides)


def composed(*articles: Article, limits: Limits | None = None, **material: Any) -> Issue:
    table = Material(
        available=articles,
        versions=articles,
        number=1,
        profiles={EN: make_profile()},
        **{"spent": frozenset(), **material},
    )
    edition = replace(EDITION, limits=limits or Limits())
    window = Window(start=DUE.replace(day=20), end=DUE)
    return select(edition, NEWSROOM, table, window=window, now=DUE.replace(hour=9))


def order(**wishes: Any) -> dict[str, Any]:
    return {"order": Order(**wishes)}


def shown(issue: Issue) -> list[str]:
    return [item.story for item in issue.items]


ALL = tuple(told(key) for key in "abcd")


def test_without_wishes_the_newest_comes_first() -> None:
    assert shown(composed(*ALL)) == ["a", "b", "c", "d"]


@pytest.mark.parametrize(
    ("wishes", "stories"),
    [
        ({"lead": C}, ["c", "a", "b", "d"]),
        ({"out": (A, C)}, ["b", "d"]),
        ({"places": ((D, 2),)}, ["a", "d", "b", "c"]),
        ({"places": ((D, 2), (A, 3)), "lead": B}, ["b", "d", "a", "c"]),
        ({"places": ((A, 9),), "lead": B}, ["b", "c", "d", "a"]),
    ],
    ids=["lead", "out", "a place", "two places", "beyond the end"],
)
def test_an_order_changes_what_stands_where(wishes: dict[str, Any], stories: list[str]) -> None:
    assert shown(composed(*ALL, **order(**wishes))) == stories


def test_a_pin_leads_until_an_order_says_otherwise() -> None:
    assert composed(*ALL, pinned=(C,)).lead == C
    assert composed(*ALL, pinned=(C,), **order(lead=D)).lead == D
    assert composed(*ALL, pinned=(StoryKey("elsewhere"),)).lead == A


def test_what_is_asked_for_is_printed_whatever_the_caps_say() -> None:
    issue = composed(*ALL, limits=Limits(max=2, per_section=1), **order(taken=(C, D)))

    assert {item.story: item.linked for item in issue.items} == {C: False, D: False}


def test_more_than_the_cap_is_linked_and_counts_as_carried() -> None:
    issue = composed(*ALL, limits=Limits(max=3, per_section=2))

    assert {item.story: item.linked for item in issue.items} == {A: False, B: False, C: True}


def test_a_mailed_story_never_comes_back_by_itself() -> None:
    issue = composed(*ALL, spent=frozenset({A}), updated=frozenset({A}))

    assert shown(issue) == ["b", "c", "d"]


def test_a_mailed_story_that_changed_comes_back_marked_where_it_is_asked_for() -> None:
    issue = composed(*ALL, spent=frozenset({A}), updated=frozenset({A}), **order(taken=(A,)))

    assert {item.story: item.update for item in issue.items} == {
        A: True,
        B: False,
        C: False,
        D: False,
    }


def test_a_mailed_story_that_did_not_change_is_left_out_and_said() -> None:
    issue = composed(*ALL, spent=frozenset({A}), **order(taken=(A,)))
    [problem] = issue.problems

    assert shown(issue) == ["b", "c", "d"]
    assert (problem.severity, problem.args["story"]) == (Severity.WARN, A)
    assert issue.status is IssueStatus.DRAFT


def test_backlog_comes_only_where_it_is_asked_for_and_embargo_never() -> None:
    old = told("b", available_at=None)
    secret = told("c", available_at=DUE.replace(day=24), published_at=DUE.replace(day=24))
    wishes = order(taken=(B, C))

    assert shown(composed(told("a"), old, secret)) == ["a"]
    issue = composed(told("a"), old, secret, **wishes)
    assert shown(issue) == ["a", "b"]
    assert [one.args["story"] for one in issue.problems] == [C]


def test_advertising_is_no_story_and_never_leads() -> None:
    sponsor = Sponsor(advertiser="A", erid="e")
    paid = [told(f"{key}d", sponsored=sponsor, breaking=True) for key in "abc"]
    issue = composed(*paid, told("d"))

    assert (issue.lead, len(issue.items)) == (D, 1 + SPONSORED)
    assert composed(*paid).status is IssueStatus.SKIPPED


# --- the order itself ---------------------------------------------------------------------------

STANDING = make_issue(
    items=tuple(make_item(told(key)) for key in "abcd"), order=Order(lead=A, out=(B,))
)


@pytest.mark.parametrize(
    ("change", "becomes"),
    [
        (Change(), Order(lead=A, out=(B,))),
        (Change(pin=(B,)), Order(lead=A, taken=(B,))),
        (Change(back=(B,)), Order(lead=A)),
        (Change(out=(A,)), Order(out=(B, A))),
        (Change(lead=B), Order(lead=B)),
        (Change(lead_by_rule=True), Order(out=(B,))),
        (Change(first=(C, D)), Order(lead=A, out=(B,), places=((C, 1), (D, 2)))),
        (Change(reset=True, move={D: 3}), Order(places=((D, 3),))),
        (Change(subject={EN: " Hi "}), Order(lead=A, out=(B,), subject={EN: "Hi"})),
        (Change(intro={RU: ""}), Order(lead=A, out=(B,))),
    ],
    ids=[
        *("nothing", "pin", "back", "out", "lead", "by rule", "first", "reset", "subject"),
        "no intro",
    ],
)
def test_the_last_word_counts(change: Change, becomes: Order) -> None:
    assert changed(STANDING, change) == becomes


# --- the company --------------------------------------------------------------------------------

WEEKLY = make_edition(id=EditionId("weekly"), schedule=make_schedule(crons=("0 18 * * 1",)))
FRIDAYS = make_edition(id=EditionId("friday"), schedule=make_schedule(crons=("0 18 * * 5",)))


@pytest.mark.parametrize(
    ("crons", "others", "known", "twice", "beside"),
    [
        (("0 8 * * *",), (), (), False, False),
        (("0 8 * * *", "0 18 * * *"), (), (), True, False),
        (("0 8 * * *",), (WEEKLY,), (), False, True),
        (("0 8 * * *",), (FRIDAYS,), (), False, False),
        (("0 8 * * *",), (), (make_issue(due_at=DUE.replace(hour=7)),), True, False),
        (("0 8 * * *",), (), (make_issue(),), False, False),
    ],
    ids=["alone", "twice a day", "another edition", "not that day", "one by hand", "itself"],
)
def test_the_subject_knows_what_else_goes_out_that_day(
    crons: tuple[str, ...], others: Any, known: Any, twice: bool, beside: bool
) -> None:
    edition = make_edition(schedule=make_schedule(crons=crons))
    newsroom = make_newsroom(editions={one.id: one for one in (edition, *others)})
    found = company(edition, newsroom, DUE, known=known)

    assert (found.twice_a_day, found.beside_others) == (twice, beside)
