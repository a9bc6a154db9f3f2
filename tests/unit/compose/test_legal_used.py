"""A version of a legal profile that was sent is never edited: rule L20."""

from datetime import UTC, date, datetime

from publisher.compose.legal import blocking
from publisher.compose.legal_used import changed_since, edited_versions
from publisher.model.legal import ProfileUse
from publisher.model.names import EditionId, IssueId
from publisher.settings.build import version_of
from tests.support.build import EN, RU, make_issue, make_newsroom, make_profile

USED = ProfileUse(
    version="a" * 64, edition=EditionId("morning"), language=RU, issue=IssueId("morning-1")
)
OLD = make_profile(version="a" * 64)
NEW = make_profile(version="b" * 64, valid_from=date(2026, 12, 1))


def test_l20_a_used_version_that_stands_is_no_reason() -> None:
    newsroom = make_newsroom(profiles={"main": (OLD,)})

    assert not list(edited_versions(newsroom, [USED]))


def test_l20_adding_a_version_below_is_the_way() -> None:
    newsroom = make_newsroom(profiles={"main": (OLD, NEW)})

    assert not list(edited_versions(newsroom, [USED]))


def test_l20_an_edited_used_version_blocks_and_names_its_first_issue() -> None:
    newsroom = make_newsroom(profiles={"main": (NEW,)})
    [problem] = edited_versions(newsroom, [USED, USED])

    assert blocking([problem]) == (problem,)
    assert problem.rule == "L20"
    assert problem.args["issue"] == "morning-1"
    assert problem.place.key == "legal.main"


def test_l20_an_edition_that_is_gone_still_binds_its_versions() -> None:
    newsroom = make_newsroom(profiles={"main": (NEW,)}, editions={})

    assert [one.place.key for one in edited_versions(newsroom, [USED])] == ["legal"]


def test_l20_a_profile_changed_between_draft_and_seal_holds_the_issue() -> None:
    issue = make_issue(profiles={EN: "a" * 64, RU: "a" * 64})

    assert not list(changed_since(issue, {EN: OLD, RU: OLD}))
    assert [one.rule for one in changed_since(issue, {EN: OLD, RU: NEW})] == ["L20"]


def test_l20_one_letter_makes_another_hash_and_the_order_of_lines_does_not() -> None:
    raw = {"from": date(2026, 2, 1), "statement": {"ru": "16+"}}

    assert version_of("main", raw) == version_of("main", dict(reversed(raw.items())))
    assert version_of("main", raw) != version_of("main", raw | {"statement": {"ru": "18+"}})
    assert version_of("main", raw) != version_of("other", raw)


def test_l20_a_version_that_only_feeds_carried_is_not_edited_either() -> None:
    fed = ProfileUse(version="a" * 64, profile="main", since=datetime(2026, 11, 23, tzinfo=UTC))
    [problem] = edited_versions(make_newsroom(profiles={"main": (NEW,)}), [fed])

    assert blocking([problem]) == (problem,)
    assert (problem.rule, problem.place.key) == ("L20", "legal.main")
    assert problem.args["day"] == "2026-11-23"
    assert not list(edited_versions(make_newsroom(profiles={"main": (OLD, NEW)}), [fed]))
