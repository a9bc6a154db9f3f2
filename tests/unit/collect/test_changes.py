"""New, changed, same: what one pass means for our articles."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from publisher.collect.changes import Decision, Desk, article_id, decide
from publisher.model.articles import Article, Changes, Withdrawal
from publisher.model.names import Language, SectionId, StoryKey
from publisher.model.sources import Entry, FetchState, FoundImage, Rights, SourceKind
from tests.support.build import (
    EN,
    NOON,
    RU,
    make_article,
    make_entry,
    make_image,
    make_sections,
    make_site,
    make_source,
)

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
SEEN = FetchState(source=make_source().id, first_pass_at=NOON - DAY)
FRESH = FetchState(source=make_source().id)
FOLDER = make_source(kind=SourceKind.FOLDER, url=None, path="/room/content", sections={})


def make_desk(**overrides: Any) -> Desk:
    desk = Desk(
        source=make_source(),
        site=make_site(),
        sections=make_sections(),
        known={},
        taken={},
        images={},
        doubles={},
        paired={},
        state=SEEN,
        root=Path("/room"),
        now=NOON,
    )
    return replace(desk, **overrides)


def first(entry: Entry, **overrides: Any) -> Article:
    """The article a new entry becomes."""
    (article,) = decide([entry], make_desk(**overrides)).changes.new
    return article


def second(standing: Article, entry: Entry, **overrides: Any) -> Decision:
    """What another pass decides, an hour later unless said otherwise."""
    given = {"now": NOON + HOUR} | overrides
    return decide([entry], make_desk(known={entry.key: standing}, **given))


def changed(standing: Article, entry: Entry, **overrides: Any) -> Article:
    (article,) = second(standing, entry, **overrides).changes.changed
    return article


def words(decision: Decision) -> list[str]:
    return [problem.message.format(**problem.args) for problem in decision.problems]


# --- new, changed, same -------------------------------------------------------------------------


def test_what_is_not_known_is_new() -> None:
    entry = make_entry()

    article = first(entry)

    assert article.id == article_id(entry, make_source())
    assert (article.key, article.source, article.version) == ("bridge", "site-en", 1)
    assert article.title == entry.title
    assert article.collected_at == article.available_at == NOON
    assert article.updated_at is None


def test_what_is_known_and_says_the_same_is_the_same() -> None:
    decision = second(first(make_entry()), make_entry(title=" A  bridge opens over the river "))

    assert (decision.changes.new, decision.changes.changed, decision.changes.same) == ((), (), 1)


def test_other_markup_is_printed_and_is_no_news() -> None:
    standing = first(make_entry(body="<p>Some <b>words</b></p>"))

    article = changed(standing, make_entry(body="<p>Some\n words</p>", updated_at=NOON))

    assert (article.version, article.body) == (2, "<p>Some\n words</p>")
    assert (article.updated_at, article.available_at) == (None, standing.available_at)


def test_a_source_that_changes_its_markup_every_pass_is_not_followed_for_ever() -> None:
    standing = first(make_entry(body="<p>Some <b>words</b></p>"))
    often = replace(standing, version=24)

    assert second(often, make_entry(body="<p>Some words</p>")).changes.same == 1
    assert changed(often, make_entry(body="<p>Other words</p>")).version == 25


def test_a_withdrawn_article_is_not_brought_back() -> None:
    withdrawn = replace(
        first(make_entry()), withdrawn=Withdrawal(at=NOON, by="editor", reason="a court order")
    )

    decision = second(withdrawn, make_entry(title="The same under another title"))

    assert (decision.changes.new, decision.changes.changed, decision.changes.same) == ((), (), 1)


def test_what_another_source_told_first_is_left_out_without_a_word() -> None:
    decision = decide([make_entry()], make_desk(doubles={"bridge": make_article()}))

    assert (decision.changes, decision.doubled, decision.problems) == (Changes(), 1, ())


def test_what_is_ours_already_stays_ours_whoever_tells_it_now() -> None:
    decision = second(first(make_entry()), make_entry(), doubles={"bridge": make_article()})

    assert (decision.changes.same, decision.doubled) == (1, 0)


def test_a_pair_shares_its_story_unless_its_place_is_taken() -> None:
    told = StoryKey("site:42")
    other = make_article(story=told, language=EN)

    assert first(make_entry(), paired={"bridge": told}).story == told
    alone = first(make_entry(), paired={"bridge": told}, taken={(told, EN): other}).story
    assert alone == f"site-en:{article_id(make_entry(), make_source())}"
    assert first(make_entry(story="said"), paired={"bridge": told}).story == "said"


def test_a_date_still_to_come_counts_as_now_and_is_said() -> None:
    decision = decide([make_entry(published_at=NOON + HOUR)], make_desk())

    (article,) = decision.changes.new
    assert article.published_at == article.available_at == NOON
    assert "still to come" in words(decision)[0]
    assert decide([make_entry(published_at=NOON + HOUR / 60)], make_desk()).problems == ()


def test_a_source_that_keeps_embargoes_is_believed() -> None:
    source = make_source(embargo=True)
    decision = decide([make_entry(published_at=NOON + DAY)], make_desk(source=source))

    (article,) = decision.changes.new
    assert article.published_at == article.available_at == NOON + DAY
    assert decision.problems == ()


@pytest.mark.parametrize(
    "edit", [{"title": "B"}, {"summary": "B"}, {"body": "<p>B</p>"}, {"correction": "The name."}]
)
def test_new_words_make_a_new_version_and_move_updated(edit: dict[str, Any]) -> None:
    standing = first(make_entry())

    article = changed(standing, make_entry(**edit))

    assert (article.id, article.version, article.updated_at) == (standing.id, 2, NOON + HOUR)
    assert article.available_at == standing.available_at
    assert article.collected_at == standing.collected_at
    assert article.published_at == standing.published_at


@pytest.mark.parametrize(
    "edit", [{"section": "world"}, {"age": 18}, {"authors": ("Somebody Else",)}, {"breaking": True}]
)
def test_other_marks_make_a_new_version_but_no_update(edit: dict[str, Any]) -> None:
    article = changed(first(make_entry()), make_entry(**edit))

    assert (article.version, article.updated_at) == (2, None)


def test_the_sources_own_word_on_updated_is_taken() -> None:
    told = NOON + HOUR / 2

    assert changed(first(make_entry()), make_entry(title="B", updated_at=told)).updated_at == told
    assert first(make_entry(updated_at=NOON - HOUR)).updated_at == NOON - HOUR


@pytest.mark.parametrize("told", [NOON + DAY, make_entry().published_at, NOON - 9 * DAY])
def test_an_update_in_the_future_or_before_publication_is_none(told: Any) -> None:
    assert first(make_entry(updated_at=told)).updated_at is None


def test_a_second_edit_does_not_stand_on_the_first_ones_hour() -> None:
    told = NOON - HOUR
    standing = first(make_entry(updated_at=told))

    assert changed(standing, make_entry(title="B", updated_at=told)).updated_at == NOON + HOUR


def test_deciding_again_about_the_result_changes_nothing() -> None:
    entries = [make_entry(), make_entry(key="b", published_at=None), make_entry(key="c", url=None)]
    known = {one.key: one for one in decide(entries, make_desk()).changes.new}

    again = decide(entries, make_desk(known=known, now=NOON + DAY))

    assert (again.changes.new, again.changes.changed, again.changes.same) == ((), (), 3)


def test_a_key_that_repeats_counts_once_the_first_of_it() -> None:
    entries = [make_entry(title="Newest"), make_entry(key="b"), make_entry(title="Oldest")]

    assert next(one.title for one in decide(entries, make_desk()).changes.new) == "Newest"
    assert len(decide(entries, make_desk()).changes.new) == 2


# --- availability (law 10) ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "backlog", "published", "available"),
    [
        (SEEN, None, NOON - HOUR, NOON),
        (SEEN, None, NOON - 30 * DAY, NOON),
        (SEEN, DAY, None, NOON),
        (FRESH, None, NOON - HOUR, None),
        (FRESH, None, None, None),
        (FRESH, DAY, NOON - HOUR, NOON - HOUR),
        (FRESH, DAY, NOON - DAY, NOON - DAY),
        (FRESH, DAY, NOON - DAY - HOUR, None),
        (FRESH, DAY, None, NOON),
    ],
    ids=["later", "later, old", "later, undated", "first", "first, undated", "backlog", "its edge", "before it", "backlog, undated"],
)  # fmt: skip
def test_when_an_article_is_there_to_be_mailed(
    state: FetchState, backlog: timedelta | None, published: Any, available: Any
) -> None:
    article = first(
        make_entry(published_at=published), state=state, source=make_source(backlog=backlog)
    )

    assert article.available_at == available
    assert article.published_at == published or NOON


def test_a_feeds_date_in_the_future_is_a_wrong_clock() -> None:
    article = first(make_entry(published_at=NOON + DAY))

    assert article.published_at == article.available_at == NOON


@pytest.mark.parametrize("state", [SEEN, FRESH])
@pytest.mark.parametrize(
    "dates",
    [
        {"published_at": NOON + DAY},
        {"published_at": NOON - DAY, "embargo_until": NOON + DAY},
        {"published_at": None, "embargo_until": NOON + DAY},
    ],
)
def test_a_story_files_future_is_an_embargo(state: FetchState, dates: dict[str, Any]) -> None:
    article = first(make_entry(**dates), source=FOLDER, state=state)

    assert article.published_at == article.available_at == NOON + DAY


def test_an_embargo_that_is_over_says_nothing() -> None:
    article = first(make_entry(embargo_until=NOON - DAY), source=FOLDER)

    assert article.available_at == NOON


def test_an_editor_may_move_an_embargo() -> None:
    standing = first(make_entry(embargo_until=NOON + 2 * DAY), source=FOLDER)

    later = changed(standing, make_entry(embargo_until=NOON + 3 * DAY), source=FOLDER)
    lifted = changed(standing, make_entry(), source=FOLDER)
    put_back = changed(
        first(make_entry(), source=FOLDER), make_entry(embargo_until=NOON + DAY), source=FOLDER
    )

    assert later.available_at == later.published_at == NOON + 3 * DAY
    assert lifted.available_at == NOON + HOUR
    assert lifted.published_at == make_entry().published_at
    assert put_back.available_at == put_back.published_at == NOON + DAY
    assert later.updated_at is lifted.updated_at is None


def test_an_undated_file_comes_out_of_its_embargo_and_keeps_its_day() -> None:
    plain = make_entry(published_at=None)
    held = first(replace(plain, embargo_until=NOON + DAY), source=FOLDER)
    dated = first(plain, source=FOLDER)

    out = changed(held, plain, source=FOLDER)
    edited = changed(dated, replace(plain, title="B"), source=FOLDER)

    assert out.published_at == out.available_at == NOON + HOUR
    assert edited.published_at == NOON


def test_backlog_stays_backlog_when_it_is_edited() -> None:
    standing = first(make_entry(), state=FRESH)

    assert changed(standing, make_entry(title="B")).available_at is None


# --- what it is ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "categories", "whole", "section"),
    [
        ("world", ("City life",), "business", "world"),
        ("nowhere", ("City life",), "business", None),
        (None, ("City life",), "business", "business"),
        (None, ("Weather", "City life"), None, "moscow"),
        (None, ("Weather",), None, "meanwhile"),
        (None, (), None, "meanwhile"),
    ],
)
def test_a_section_is_said_outright_then_the_sources_then_mapped(
    said: str | None, categories: tuple[str, ...], whole: str | None, section: str | None
) -> None:
    source = make_source(section=SectionId(whole) if whole else None)

    assert first(make_entry(section=said, categories=categories), source=source).section == section


def test_what_fits_no_section_is_held_and_told() -> None:
    decision = decide([make_entry(section=None)], make_desk(source=make_source(otherwise=None)))

    assert decision.changes.new[0].section is None
    assert words(decision) == ["“A bridge opens over the river” fits no section and is held."]


def test_a_section_there_is_not_is_told_with_those_there_are() -> None:
    (problem,) = decide([make_entry(section="sport")], make_desk(source=FOLDER)).problems

    assert problem.args["section"] == "sport"
    assert "city-guide" in str(problem.args["known"])
    assert problem.place.file == "content/bridge.md"


def test_what_is_quoted_has_neither_body_nor_picture() -> None:
    source = make_source(rights=Rights.QUOTE, credit={EN: "The Wire"})
    entry = make_entry(image=FoundImage(src="https://x.test/a.png"))

    decision = decide([entry], make_desk(source=source, images={"bridge": make_image()}))

    (article,) = decision.changes.new
    assert (article.body, article.image, article.credit) == ("", None, "The Wire")
    assert article.summary == entry.summary
    assert decision.problems == ()


def test_a_picture_without_credit_is_told() -> None:
    entry = make_entry(image=FoundImage(src="a.png", credit=" "))

    assert "has no credit" in words(decide([entry], make_desk()))[0]


def test_a_picture_belongs_to_its_article_and_another_one_is_a_change() -> None:
    standing = first(make_entry(), images={"bridge": make_image()})

    article = changed(standing, make_entry(), images={"bridge": make_image(file="other.png")})

    assert standing.image == make_image()
    assert (article.version, article.updated_at) == (2, None)


@pytest.mark.parametrize(
    ("told", "usual", "age"),
    [(6, 16, 6), (0, 16, 0), (None, 12, 12), (None, None, None), (13, 16, None)],
)
def test_an_age_mark_is_the_items_then_the_sources(
    told: int | None, usual: int | None, age: int | None
) -> None:
    assert first(make_entry(age=told), source=make_source(age=usual)).age == age


@pytest.mark.parametrize(
    ("key", "language", "url"),
    [
        ("en/bridge", EN, "https://embankment.test/news/bridge"),
        ("ru/bridge", RU, "https://embankment.test/ru/news/bridge"),
        ("a b/new bridge!", EN, "https://embankment.test/news/new-bridge"),
        ("мост", RU, "https://embankment.test/ru/news/%D0%BC%D0%BE%D1%81%D1%82"),
    ],
)
def test_a_story_file_has_an_address_on_our_site(key: str, language: Language, url: str) -> None:
    assert first(make_entry(key=key, language=language, url=None), source=FOLDER).url == url


def test_a_file_named_by_signs_alone_still_has_an_address() -> None:
    assert len(first(make_entry(key="!!!", url=None), source=FOLDER).url.rpartition("/")[2]) == 16


def test_a_language_the_newsroom_does_not_print_is_told() -> None:
    decision = decide([make_entry(language=Language("de"))], make_desk())

    assert "“de”" in words(decision)[0]


# --- stories ------------------------------------------------------------------------------------


def test_two_languages_share_a_story() -> None:
    entries = [make_entry(key="a", story="s"), make_entry(key="b", story="s", language=RU)]

    assert [one.story for one in decide(entries, make_desk()).changes.new] == ["s", "s"]


def test_without_a_story_key_an_article_is_a_story_of_its_own() -> None:
    articles = decide([make_entry(key="a"), make_entry(key="b")], make_desk()).changes.new

    assert len({one.story for one in articles}) == 2


def test_a_story_that_is_taken_leaves_the_entry_out_in_words() -> None:
    taken = {(StoryKey("s"), EN): make_article(story=StoryKey("s"))}

    decision = decide([make_entry(story="s")], make_desk(taken=taken, source=FOLDER))

    assert decision.changes.new == ()
    assert decision.left_out == 1
    assert "stands already" in words(decision)[0]
    assert decision.problems[0].place.file == "content/bridge.md"


def test_of_two_in_one_pass_the_first_has_the_story() -> None:
    decision = decide([make_entry(key="a", story="s"), make_entry(key="b", story="s")], make_desk())

    assert [one.key for one in decision.changes.new] == ["a"]
    assert decision.left_out == 1


def test_a_story_keeps_its_place_when_its_key_is_taken_out_of_the_file() -> None:
    standing = first(make_entry(story="s"))

    assert changed(standing, make_entry(story=None, title="B")).story == "s"
    assert second(standing, make_entry(story=None)).changes.same == 1


def test_an_article_that_changes_its_language_does_not_push_another_out() -> None:
    standing = first(make_entry(story="s"))
    taken = {
        (StoryKey("s"), EN): standing,
        (StoryKey("s"), RU): make_article(story=StoryKey("s"), language=RU),
    }

    decision = second(standing, make_entry(language=RU), taken=taken)

    assert decision.changes.changed == ()
    assert decision.left_out == 1


def test_an_article_may_move_to_another_story() -> None:
    standing = first(make_entry(story="old"))

    assert changed(standing, make_entry(story="new")).story == "new"
    assert changed(standing, make_entry(title="B")).story == "old"
