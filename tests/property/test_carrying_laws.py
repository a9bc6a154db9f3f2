"""Law 10 over a year: every article within MAX_AGE is carried exactly once per edition."""

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import pairwise
from random import Random

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from publisher.compose import window as windows
from publisher.compose.composer import Material, select
from publisher.compose.layout import lay_out
from publisher.model.articles import Article
from publisher.model.editions import MAX_AGE, Edition, Fallback, Limits, Window
from publisher.model.issues import Issue, IssueStatus
from publisher.model.names import SectionId, StoryKey
from publisher.model.newsroom import Newsroom
from tests.support.build import (
    DUE,
    EN,
    RU,
    make_article,
    make_edition,
    make_newsroom,
    make_profile,
    make_schedule,
    make_sections,
)

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
YEAR = 365
FREE = Limits(min=1, max=10_000, per_section=10_000)
SECTIONS = [section.id for section in make_sections()]

chance = st.randoms(use_true_random=True)
AS_DRAWN = (Phase.explicit, Phase.reuse, Phase.generate)  # a smaller seed is no smaller year


@dataclass
class Books:
    """A newsroom's memory, and the hallway in small: compose, compose again, seal."""

    newsroom: Newsroom
    edition: Edition
    articles: list[Article]
    issues: dict[str, Issue] = field(default_factory=dict)
    sealed: list[Issue] = field(default_factory=list)

    def spent(self, since: datetime) -> frozenset[StoryKey]:
        return frozenset(
            item.story for issue in self.sealed if issue.due_at >= since for item in issue.items
        )

    def late_yes(self, now: datetime) -> None:
        """Somebody approves an older draft, maybe while the next one lies there already."""
        for issue in sorted(self.issues.values(), key=lambda issue: issue.due_at):
            last = self.sealed[-1].window if self.sealed else None
            spent = self.spent(windows.spent_since(issue.window))
            if (
                issue.status is IssueStatus.DRAFT
                and windows.goes_out(self.edition, issue.due_at, now=now)
                and not windows.overtaken(issue, last_sealed=last, spent=spent)
            ):
                self.sealed.append(issue)

    def tick(self, now: datetime, *, cancel: bool) -> None:
        last = self.sealed[-1].window if self.sealed else None
        began = windows.beginning(self.issues.values())
        due = windows.due_window(self.edition, last_sealed=last, began=began, now=now)
        if due is None:
            return
        issue = self.issues.get(windows.issue_id(self.edition, due.end))
        spent = self.spent(windows.spent_since(due))
        if issue is None or windows.overtaken(issue, last_sealed=last, spent=spent):
            issue = self.compose(due, began, now, spent)
        if cancel and issue.status is IssueStatus.DRAFT:
            self.issues[issue.id] = make_cancelled(issue)
        elif issue.status is IssueStatus.DRAFT and windows.goes_out(self.edition, due.end, now=now):
            self.sealed.append(issue)

    def compose(
        self, due: Window, began: datetime | None, now: datetime, spent: frozenset[StoryKey]
    ) -> Issue:
        since = windows.eligible_since(due, began=began)
        until = windows.eligible_until(due, now=now)
        available = [a for a in self.articles if a.available_at and since <= a.available_at < until]
        stories = {article.story for article in available}
        material = Material(
            available=available,
            versions=[article for article in self.articles if article.story in stories],
            spent=spent,
            number=len(self.sealed) + 1,
            profiles={EN: make_profile(), RU: make_profile()},
        )
        issue = select(self.edition, self.newsroom, material, window=due, now=now)
        self.issues[issue.id] = issue
        return issue


def make_cancelled(issue: Issue) -> Issue:
    return replace(issue, status=IssueStatus.CANCELLED)


def arrivals(random: Random) -> list[Article]:
    """Two stories a day; one in three gets its translation up to three days later."""
    articles: list[Article] = []
    for n in range(2 * YEAR):
        at = DUE - 3 * DAY + random.random() * YEAR * DAY
        section = SectionId(random.choice(SECTIONS))
        first, second = random.sample([EN, RU], 2)
        story = StoryKey(f"s{n}")
        articles.append(arrived(story, first, section, at))
        if random.random() < 1 / 3:
            articles.append(arrived(story, second, section, at + random.random() * 3 * DAY))
    return articles


def arrived(story: StoryKey, language: str, section: SectionId, at: datetime) -> Article:
    article: Article = make_article(
        story=story, language=language, section=section, published_at=at, available_at=at
    )
    return article


def ticks(random: Random) -> list[datetime]:
    """Around every hour: at the draft, on time, late, doubled; and some days not at all."""
    found: list[datetime] = []
    day = 0
    while day < YEAR:
        hour = DUE + day * DAY
        found += [hour + random.uniform(-0.75, 6) * HOUR for _ in range(random.randint(0, 4))]
        if random.random() < 0.5:
            found += [hour, hour]
        day += random.choice([1, 1, 1, 1, 2, random.randint(3, 12)])
    return sorted(found)


@given(random=chance, daily=st.booleans(), draft=st.sampled_from([0, 45, 180]))
@settings(deadline=None, max_examples=8, phases=AS_DRAWN)
def test_a_year_of_arrivals_is_carried_exactly_once(
    random: Random, daily: bool, draft: int
) -> None:
    edition = make_edition(
        schedule=make_schedule(working_days=not daily),
        draft=timedelta(minutes=draft),
        late=2 * DAY,
        limits=FREE,
        fallback=Fallback.BOTH,
        fallback_limit=1.0,
    )
    books = Books(make_newsroom(), edition, arrivals(random))
    for now in ticks(random):
        if random.random() < 0.3:
            books.late_yes(now)
        books.tick(now, cancel=random.random() < 0.1)

    carried = Counter(item.story for issue in books.sealed for item in issue.items)
    assert max(carried.values()) == 1
    began = windows.beginning(books.issues.values())
    assert began is not None
    for article in books.articles:
        at = article.available_at
        assert at is not None
        chances = [
            issue
            for issue in books.sealed
            if began <= at < min(issue.composed_at, issue.due_at) and at >= issue.due_at - MAX_AGE
        ]
        if chances:
            assert carried[article.story] == 1
    assert all(one.window.end == two.window.start for one, two in pairwise(books.sealed))
    assert len(books.sealed) > 20


@given(random=chance, most=st.integers(1, 12), per_section=st.integers(1, 4))
@settings(deadline=None, max_examples=30, phases=AS_DRAWN)
def test_composing_twice_in_any_order_gives_the_same_issue_within_its_caps(
    random: Random, most: int, per_section: int
) -> None:
    edition = make_edition(limits=Limits(min=1, max=most, per_section=per_section))
    articles = [a for a in arrivals(random)[:60] if random.random() < 0.9]
    window = Window(start=DUE, end=DUE + 400 * DAY)

    def composed(order: list[Article]) -> Issue:
        material = Material(
            available=order[:40],
            versions=order,
            spent=frozenset(),
            number=1,
            profiles={EN: make_profile()},
        )
        return select(edition, make_newsroom(), material, window=window, now=window.end)

    first = composed(articles)
    shuffled = articles[:40]
    random.shuffle(shuffled)

    assert composed([*shuffled, *articles[40:]]) == first
    assert len(first.items) <= most
    assert len({item.story for item in first.items}) == len(first.items)
    printed = Counter(item.section for item in first.items if not item.linked)
    assert max(printed.values()) <= per_section
    places = [edition.sections.index(item.section) for item in first.items]
    assert places == sorted(places)


@given(random=chance, fallback=st.sampled_from(Fallback), language=st.sampled_from([EN, RU]))
@settings(deadline=None, max_examples=30, phases=AS_DRAWN)
def test_a_layout_shows_every_story_once_per_version_and_none_unmarked(
    random: Random, fallback: Fallback, language: str
) -> None:
    edition = make_edition(
        fallback=fallback, fallback_limit=1.0, limits=Limits(min=1, max=30, per_section=3)
    )
    articles = arrivals(random)[:40]
    material = Material(
        available=articles, versions=(), spent=frozenset(), number=1, profiles={EN: make_profile()}
    )
    window = Window(start=DUE, end=DUE + 400 * DAY)
    issue = select(edition, make_newsroom(), material, window=window, now=window.end)

    layout = lay_out(issue, edition, make_newsroom(), EN if language == EN else RU)

    if layout is None:
        assert fallback is Fallback.STRICT
        return
    more = [one for block in layout.blocks for one in block.more]
    shown = [*layout.items, *more]
    assert len({one.article.id for one in shown}) == len(shown)
    assert all(one.fallback is (one.article.language != language) for one in shown)
    assert layout.count == len({one.article.story for one in layout.items})
    if fallback is not Fallback.STRICT:
        assert {one.article.story for one in shown} == {item.story for item in issue.items}
