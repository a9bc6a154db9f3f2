from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from publisher.compose.composer import Material, select
from publisher.compose.lead import choose_lead
from publisher.model.articles import AgeMark, Article
from publisher.model.editions import Edition, Fallback, Limits, Window
from publisher.model.issues import Issue, IssueStatus, Item
from publisher.model.names import Language, SectionId, StoryKey
from publisher.model.problems import Severity
from publisher.model.sources import Rights
from tests.support.build import (
    DUE,
    EN,
    RU,
    make_article,
    make_edition,
    make_image,
    make_newsroom,
    make_profile,
    make_site,
)

HOUR = timedelta(hours=1)
WINDOW = Window(start=DUE - timedelta(days=3), end=DUE)
RUSSIA, MOSCOW, GUIDE = SectionId("russia"), SectionId("moscow"), SectionId("city-guide")
FREE = Limits(min=1, max=100, per_section=100)


def story(
    name: str, *, languages: Sequence[Language] = (EN, RU), **overrides: Any
) -> list[Article]:
    return [make_article(story=StoryKey(name), language=one, **overrides) for one in languages]


def old(hours: int) -> dict[str, Any]:
    return {"published_at": DUE - hours * HOUR}


def composed(
    articles: Sequence[Article],
    *,
    edition: Edition | None = None,
    versions: Sequence[Article] | None = None,
    spent: frozenset[StoryKey] = frozenset(),
    **profile: Any,
) -> Issue:
    made = make_profile(**profile)
    material = Material(
        available=articles,
        versions=articles if versions is None else versions,
        spent=spent,
        number=7,
        profiles={EN: made, RU: made},
    )
    edition = edition or make_edition(limits=FREE)
    return select(edition, make_newsroom(), material, window=WINDOW, now=DUE)


def printed(issue: Issue) -> list[str]:
    return [f"({item.story})" if item.linked else item.story for item in issue.items]


# --- which stories ----------------------------------------------------------------------------


def test_a_clean_issue_is_a_draft_with_its_facts() -> None:
    issue = composed(story("bridge"))

    assert issue.id == "morning-20261123-0800"
    assert (issue.edition, issue.number, issue.status) == ("morning", 7, IssueStatus.DRAFT)
    assert (issue.window, issue.due_at, issue.composed_at) == (WINDOW, DUE, DUE)
    assert (issue.lead, issue.age, issue.problems) == ("bridge", 16, ())
    assert issue.profiles == {EN: "0" * 64, RU: "0" * 64}
    assert issue.sealed_at is None


def test_a_story_is_one_item_with_its_languages_in_the_sites_order() -> None:
    english, russian = story("bridge")

    issue = composed([russian], versions=[russian, english])

    assert [item.story for item in issue.items] == ["bridge"]
    assert [article.language for article in issue.items[0].versions] == [EN, RU]


@pytest.mark.parametrize(
    "overrides",
    [
        pytest.param({"section": None}, id="not placed"),
        pytest.param({"section": SectionId("sport")}, id="of another section"),
        pytest.param({"available_at": None}, id="backlog of a first pass"),
        pytest.param({"available_at": DUE + HOUR}, id="under embargo"),
        pytest.param({"language": Language("de")}, id="in a language the edition lacks"),
    ],
)
def test_an_article_is_not_carried_when_it_is(overrides: dict[str, Any]) -> None:
    extra = make_article(**({"story": StoryKey("other")} | overrides))

    assert printed(composed([*story("bridge"), extra])) == ["bridge"]


def test_a_spent_story_is_not_carried_again_when_its_translation_comes() -> None:
    late = story("bridge", languages=[RU])

    issue = composed([*late, *story("rink")], spent=frozenset({StoryKey("bridge")}))

    assert printed(issue) == ["rink"]


def test_a_version_under_embargo_stays_behind_while_its_story_goes() -> None:
    english = make_article()
    russian = make_article(language=RU, available_at=DUE + HOUR)

    issue = composed([english], versions=[english, russian], edition=make_edition(fallback_limit=1))

    assert [article.language for article in issue.items[0].versions] == [EN]


def test_a_story_stands_in_the_first_of_its_sections_the_edition_has() -> None:
    english = make_article(section=SectionId("sport"))
    russian = make_article(language=RU, section=RUSSIA)

    assert composed([english, russian]).items[0].section == RUSSIA


def test_what_may_not_be_printed_is_not_in_the_issue() -> None:
    uncredited = story("a", image=make_image(credit=" "))
    quoted = story("b", rights=Rights.QUOTE, image=make_image(), body="<p>Theirs.</p>")
    free = story("c", image=make_image())

    issue = composed([*uncredited, *quoted, *free])

    texts = {item.story: item.versions[0] for item in issue.items}
    assert texts[StoryKey("a")].image is None
    assert (texts[StoryKey("b")].image, texts[StoryKey("b")].body) == (None, "")
    assert texts[StoryKey("c")] == free[0]


def test_the_same_input_in_another_order_gives_the_same_issue() -> None:
    articles = [*story("a"), *story("b"), *story("c", **old(9)), *story("d", section=RUSSIA)]

    assert composed(articles) == composed(articles[::-1])


# --- their order ------------------------------------------------------------------------------


def test_sections_stand_in_order_breaking_first_then_newest_then_by_name() -> None:
    articles = [
        *story("guide", section=GUIDE, **old(1)),
        *story("old", **old(9)),
        *story("twin-b", **old(2)),
        *story("twin-a", **old(2)),
        *story("flash", breaking=True, **old(20)),
        *story("duma", section=RUSSIA, **old(30)),
    ]

    issue = composed(articles)

    assert printed(issue) == ["duma", "flash", "twin-a", "twin-b", "old", "guide"]
    assert issue.lead == "flash"


def test_the_lead_stands_first_in_its_section() -> None:
    issue = composed(
        [
            *story("new", **old(1)),
            *story("old", **old(5), image=make_image()),
            *story("mid", **old(3)),
        ]
    )

    assert issue.lead == "old"
    assert printed(issue) == ["old", "new", "mid"]


def item(name: str, *, section: SectionId = MOSCOW, linked: bool = False, **overrides: Any) -> Item:
    return Item(
        story=StoryKey(name),
        section=section,
        versions=tuple(story(name, section=section, **overrides)),
        linked=linked,
    )


@pytest.mark.parametrize(
    ("items", "lead"),
    [
        ([], None),
        ([item("a", linked=True)], None),
        ([item("a"), item("b")], "a"),
        ([item("a"), item("b", breaking=True), item("c", breaking=True)], "b"),
        ([item("a"), item("b", breaking=True, linked=True)], "a"),
        ([item("a"), item("b", image=make_image(), **old(8)), item("c", image=make_image())], "c"),
        ([item("a"), item("b", section=RUSSIA, image=make_image())], "a"),
        ([item("a", section=GUIDE), item("b")], "b"),
        ([item("a", section=GUIDE), item("b", section=GUIDE, image=make_image())], "b"),
    ],
    ids=[
        "nothing",
        "links only",
        "the first",
        "the first breaking",
        "a link never leads",
        "the newest picture",
        "of the first section",
        "no listing",
        "a listing where there is nothing else",
    ],
)
def test_the_lead_is(items: list[Item], lead: str | None) -> None:
    assert choose_lead(items, make_newsroom()) == lead


# --- how many ---------------------------------------------------------------------------------


def test_beyond_a_sections_cap_stories_are_links() -> None:
    articles = [article for n in range(4) for article in story(f"s{n}", **old(n))]

    issue = composed(articles, edition=make_edition(limits=Limits(min=1, max=9, per_section=2)))

    assert printed(issue) == ["s0", "s1", "(s2)", "(s3)"]


def test_beyond_the_issues_cap_last_places_of_every_section_wait_for_the_next() -> None:
    articles = [
        article
        for section in (RUSSIA, MOSCOW)
        for n in range(4)
        for article in story(f"{section}-{n}", section=section, **old(n))
    ]

    issue = composed(articles, edition=make_edition(limits=Limits(min=1, max=5, per_section=2)))

    assert printed(issue) == ["russia-0", "russia-1", "(russia-2)", "moscow-0", "moscow-1"]


@pytest.mark.parametrize(("least", "n"), [(3, 2), (1, 0), (0, 0)])
def test_an_issue_with_too_little_is_skipped_and_says_so(least: int, n: int) -> None:
    articles = [article for i in range(n) for article in story(f"s{i}")]

    issue = composed(articles, edition=make_edition(limits=Limits(min=least)))

    assert issue.status is IssueStatus.SKIPPED
    (problem,) = issue.problems
    assert problem.args == {"n": n, "min": max(least, 1)}
    assert problem.severity is Severity.NOTE


# --- what holds it ----------------------------------------------------------------------------


def unpaired(n: int) -> list[Article]:
    return [
        *story("a"),
        *story("b"),
        *(x for i in range(n) for x in story(f"e{i}", languages=[EN])),
    ]


@pytest.mark.parametrize(
    ("extra", "fallback", "status"),
    [
        (1, Fallback.FLAG, IssueStatus.DRAFT),  # 1 of 3 lacks Russian
        (2, Fallback.FLAG, IssueStatus.HELD),  # 2 of 4
        (2, Fallback.BOTH, IssueStatus.HELD),
        (2, Fallback.STRICT, IssueStatus.DRAFT),  # nothing falls back
    ],
)
def test_too_many_stories_without_a_language_hold_the_issue(
    extra: int, fallback: Fallback, status: IssueStatus
) -> None:
    issue = composed(unpaired(extra), edition=make_edition(fallback=fallback))

    assert issue.status is status
    if status is IssueStatus.HELD:
        (problem,) = issue.problems
        assert problem.args == {"share": 50, "language": "ru", "limit": 40}


def test_exactly_at_the_limit_it_goes() -> None:
    issue = composed(unpaired(2), edition=make_edition(fallback_limit=0.5))

    assert issue.status is IssueStatus.DRAFT


@pytest.mark.parametrize(
    ("ages", "masthead", "unrated", "mark"),
    [
        ((6, 12), 16, None, 16),  # the masthead's is the floor
        ((6, 12, 16), 16, None, 16),
        ((6, 12), None, None, 12),
        ((6, None), 12, 12, 12),
        ((None,), None, 6, 6),
    ],
)
def test_the_issue_bears_the_highest_mark(
    ages: tuple[AgeMark | None, ...],
    masthead: AgeMark | None,
    unrated: AgeMark | None,
    mark: AgeMark,
) -> None:
    articles = [article for n, age in enumerate(ages) for article in story(f"s{n}", age=age)]

    issue = composed(articles, age=masthead, unrated=unrated)

    assert (issue.age, issue.status) == (mark, IssueStatus.DRAFT)


def test_an_unrated_article_without_a_default_holds_the_issue_and_is_named() -> None:
    issue = composed(
        story("bridge", languages=[EN], age=None), edition=make_edition(fallback_limit=1)
    )

    assert issue.status is IssueStatus.HELD
    (problem,) = issue.problems
    assert (problem.rule, problem.args["article"]) == ("L08", "bridge-en")
    assert problem.args["title"] == "A bridge opens over the river"


def test_an_article_above_the_mastheads_mark_holds_the_issue() -> None:
    issue = composed([*story("bridge", age=18), *story("rink")])

    assert issue.status is IssueStatus.HELD
    assert issue.age == 18
    assert [problem.rule for problem in issue.problems] == ["L08", "L08"]
    assert issue.problems[0].args["mark"] == 18
    assert issue.problems[0].args["ceiling"] == 16


def test_without_any_profile_an_unrated_article_is_held() -> None:
    material = Material(
        available=story("bridge", age=None), versions=(), spent=frozenset(), number=1, profiles={}
    )

    issue = select(make_edition(), make_newsroom(), material, window=WINDOW, now=DUE)

    assert (issue.status, issue.age) == (IssueStatus.HELD, None)


def test_of_several_profiles_the_strictest_speaks() -> None:
    strict, mild = make_profile(age=12, unrated=6), make_profile(age=16, unrated=12)
    material = Material(
        available=[*story("bridge", age=None), *story("rink", age=16)],
        versions=(),
        spent=frozenset(),
        number=1,
        profiles={EN: strict, RU: mild},
    )

    issue = select(make_edition(), make_newsroom(), material, window=WINDOW, now=DUE)

    assert issue.age == 16
    assert {problem.args["article"] for problem in issue.problems} == {"rink-en", "rink-ru"}


def test_one_profile_without_a_default_holds_unrated_articles_for_all() -> None:
    material = Material(
        available=story("bridge", age=None),
        versions=(),
        spent=frozenset(),
        number=1,
        profiles={EN: make_profile(unrated=None), RU: make_profile(unrated=12)},
    )

    issue = select(make_edition(), make_newsroom(), material, window=WINDOW, now=DUE)

    assert issue.status is IssueStatus.HELD


def test_a_third_language_needs_nothing_but_config() -> None:
    de = Language("de")
    newsroom = make_newsroom(site=make_site(languages=(de, EN, RU)))
    material = Material(
        available=story("bridge", languages=[EN, RU, de]),
        versions=(),
        spent=frozenset(),
        number=1,
        profiles={EN: make_profile()},
    )
    edition = make_edition(languages=(EN, de), limits=FREE)

    issue = select(edition, newsroom, material, window=WINDOW, now=DUE)

    assert [article.language for article in issue.items[0].versions] == [de, EN]
