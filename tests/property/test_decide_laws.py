"""Laws of comparing: deciding twice changes nothing, nobody loses their story, nothing is early."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from publisher.collect.changes import Decision, Desk, decide
from publisher.model.articles import Article
from publisher.model.sources import Entry, FetchState, SourceKind
from tests.support.build import EN, NOON, RU, make_entry, make_sections, make_site, make_source

HOURS = st.integers(-200, 200).map(lambda hours: NOON + timedelta(hours=hours))
ENTRIES = st.lists(
    st.builds(
        make_entry,
        key=st.sampled_from("abcdef"),
        language=st.sampled_from([EN, RU]),
        story=st.none() | st.sampled_from(["s", "t", "u"]),
        title=st.sampled_from(["One", "Two"]),
        section=st.none() | st.sampled_from(["world", "nowhere"]),
        published_at=st.none() | HOURS,
        updated_at=st.none() | HOURS,
        embargo_until=st.none() | HOURS,
        age=st.sampled_from([None, 0, 18]),
    ),
    max_size=8,
)
KINDS = st.sampled_from(SourceKind)
STATES = st.sampled_from(
    [FetchState(source=make_source().id), FetchState(source=make_source().id, first_pass_at=NOON)]
)


class Shelf:
    """Articles as the store keeps them: one for a key, one for a story in a language."""

    def __init__(self, kind: SourceKind) -> None:
        self.source = make_source(kind=kind, path="/room/content", backlog=timedelta(days=3))
        self.articles: dict[str, Article] = {}

    def turn(self, entries: list[Entry], state: FetchState, hours: int = 0) -> Decision:
        desk = Desk(
            source=self.source,
            site=make_site(),
            sections=make_sections(),
            known=self.articles,
            taken={(one.story, one.language): one for one in self.articles.values()},
            images={},
            doubles={},
            paired={},
            state=state,
            root=Path("/room"),
            now=NOON + timedelta(hours=hours),
        )
        decision = decide(entries, desk)
        changes = decision.changes
        assert not {one.key for one in changes.new} & self.articles.keys()
        for one in changes.changed:
            assert one.version == self.articles[one.key].version + 1
        self.articles |= {one.key: one for one in (*changes.new, *changes.changed)}
        places = [(one.story, one.language) for one in self.articles.values()]
        assert len(places) == len(set(places))
        return decision


def settle(shelf: Shelf, entries: list[Entry], state: FetchState) -> None:
    """Pass after pass until stories that were exchanged lie where they belong."""
    for _ in range(8):
        changes = shelf.turn(entries, state).changes
        if not changes.new and not changes.changed:
            return


@given(ENTRIES, KINDS, STATES)
def test_deciding_again_about_the_result_changes_nothing(
    entries: list[Entry], kind: SourceKind, state: FetchState
) -> None:
    shelf = Shelf(kind)
    settle(shelf, entries, state)

    again = shelf.turn(entries, replace(state, first_pass_at=NOON), hours=1)

    assert (again.changes.new, again.changes.changed) == ((), ())


@given(ENTRIES, ENTRIES, KINDS, STATES)
def test_every_entry_is_new_changed_same_or_left_out(
    before: list[Entry], after: list[Entry], kind: SourceKind, state: FetchState
) -> None:
    shelf = Shelf(kind)
    shelf.turn(before, state)

    decision = shelf.turn(after, replace(state, first_pass_at=NOON), hours=1)

    changes = decision.changes
    told = len(changes.new) + len(changes.changed) + changes.same + decision.left_out
    assert told == len({entry.key for entry in after})


@given(ENTRIES, ENTRIES, STATES)
def test_nothing_is_there_before_its_hour(
    before: list[Entry], after: list[Entry], state: FetchState
) -> None:
    shelf = Shelf(SourceKind.FOLDER)
    for hours, entries in enumerate((before, after)):
        changes = shelf.turn(entries, replace(state), hours=hours).changes
        now = NOON + timedelta(hours=hours)
        last = {entry.key: entry for entry in reversed(entries)}
        for article in (*changes.new, *changes.changed):
            entry = last[article.key]
            hour = max(entry.published_at or now, entry.embargo_until or now)
            if hour > now:
                assert article.available_at == article.published_at == hour
            else:
                assert article.published_at <= now
            assert article.updated_at is None or article.updated_at <= now


@given(ENTRIES, STATES)
def test_a_feed_never_publishes_in_the_future(entries: list[Entry], state: FetchState) -> None:
    for article in Shelf(SourceKind.FEED).turn(entries, state).changes.new:
        assert article.published_at <= NOON
        assert article.available_at is None or article.available_at <= NOON
