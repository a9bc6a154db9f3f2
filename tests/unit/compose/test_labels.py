"""Labels on names from the newsroom's own lists: rules L14 and L15, acceptance check 12."""

from datetime import date, timedelta
from typing import Any

import pytest

from publisher.compose.labels import (
    Labels,
    label_problems,
    labels_for,
    labels_in,
    list_problems,
    lists_of,
    mentions,
)
from publisher.compose.layout import lay_out
from publisher.compose.legal import blocking, check_issue
from publisher.model.labels import LabelledName, LabelList
from publisher.model.names import StoryKey
from tests.support.build import (
    EN,
    RU,
    make_article,
    make_edition,
    make_issue,
    make_item,
    make_newsroom,
    make_profile,
)

DAY = date(2026, 11, 23)
PETROV = LabelledName(
    name="Иван Петров",
    forms=("Ивана Петрова", "Ивану Петрову", "Иваном Петровым", "Петрова", "Ivan Petrov"),
)
KESTREL = LabelledName(name="КЗР", forms=("Семёновский клуб", "Семёновского клуба"))
AGENTS = LabelList(
    id="agents",
    note={
        RU: "{name} внесён в реестр, который ведёт редакция.",
        EN: "{name} is on a register kept by the newsroom.",
    },
    names=(PETROV, KESTREL),
    checked=date(2026, 11, 20),
    max_age=timedelta(days=7),
)
NOTE = "Иван Петров внесён в реестр, который ведёт редакция."
LISTS = {"agents": AGENTS}


@pytest.mark.parametrize(
    "text",
    [
        "Суд оштрафовал Ивана Петрова.",
        "ивану петрову",
        "Об этом рассказал\u00a0Иван\u00a0Петров",
        "<p>Говорят, <b>Иваном</b>\nПетровым</p>",
        "He said Ivan Petrov's dog",
    ],
)
def test_check_12_a_name_is_found_in_every_form_the_list_gives(text: str) -> None:
    assert mentions(text, PETROV)


@pytest.mark.parametrize("text", ["Иван", "Петровазов", "Ивана Петровазова", "кзр", "ИванПетров"])
def test_check_12_other_words_are_no_mention(text: str) -> None:
    assert not mentions(text, PETROV)
    assert not mentions(text, KESTREL)


def test_yo_and_capitals_are_read_as_people_write_them() -> None:
    assert mentions("в Семеновском? нет: семеновского клуба", KESTREL)
    assert mentions("КЗР", KESTREL)


def held(**profile: Any) -> list[str | None]:
    found = check_issue(
        make_issue(items=(make_item(),)),
        make_profile(**profile),
        make_newsroom(labels=LISTS),
        recipients_day=DAY,
    )
    return [problem.rule for problem in blocking(found)]


def test_l14_no_list_applies_unless_the_profile_says_so() -> None:
    assert lists_of(make_profile(), LISTS) == ()
    assert lists_of(make_profile(labels=("agents",)), LISTS) == (AGENTS,)


def test_l15_a_list_older_than_its_limit_holds_everything() -> None:
    assert held(labels=("agents",)) == []
    profile = make_profile(labels=("agents",))
    late = [p.rule for p in list_problems(profile, LISTS, day=date(2026, 11, 28))]

    assert late == ["L15"]
    assert not list(list_problems(make_profile(), LISTS, day=date(2027, 11, 28)))


def test_l15_a_list_that_is_not_there_holds_everything() -> None:
    assert held(labels=("others",)) == ["L15"]


def test_the_label_is_in_the_readers_language() -> None:
    assert labels_in(["Ivan Petrov"], [AGENTS], RU) == (NOTE,)
    assert labels_in(["Иван Петров, Ivan Petrov"], [AGENTS], EN) == (
        "Иван Петров is on a register kept by the newsroom.",
    )


def test_labels_stand_beside_each_story_and_once_for_what_is_only_linked() -> None:
    mentioned = make_article(language=RU, title="Суд отпустил Ивана Петрова")
    quiet = make_article(story=StoryKey("tram"), language=RU, title="Трамвай")
    related = {StoryKey("tram"): [make_article(language=RU, title="КЗР закрыт")]}
    issue = make_issue(
        items=(make_item(mentioned), make_item(quiet, story=StoryKey("tram"))),
        lead=StoryKey("bridge"),
    )
    layout = lay_out(issue, make_edition(), make_newsroom(), RU)
    assert layout is not None
    labels = labels_for(layout, related, [AGENTS])

    assert labels.of == {mentioned.id: (NOTE,)}
    assert labels.rest == ("КЗР внесён в реестр, который ведёт редакция.",)
    assert labels.expected[NOTE] == 1
    assert labels_for(layout, related, []) == Labels(of={})


def problems(*texts: str, labels: Labels | None = None) -> list[str | None]:
    found = label_problems(texts, labels or Labels(of={}), [AGENTS], RU)
    return [problem.rule for problem in found]


def test_check_12_an_unmarked_mention_holds_the_issue() -> None:
    assert problems("Суд отпустил Ивана Петрова.", "Тихо.") == ["L14"]
    assert problems(f"Суд отпустил Ивана Петрова. {NOTE}", "Тихо.") == []
    assert problems(f"Ивана Петрова. {NOTE}", "Ивана Петрова.") == ["L14"]


def test_l14_every_story_that_mentions_a_name_has_its_own_label() -> None:
    twice = Labels(of={make_article().id: (NOTE,), make_article(language=RU).id: (NOTE,)})

    assert problems(f"{NOTE} {NOTE}", f"{NOTE}\n{NOTE}", labels=twice) == []
    assert problems(f"{NOTE} {NOTE}", NOTE, labels=twice) == ["L14"]


def test_l14_a_label_with_another_word_is_none() -> None:
    assert problems("Ивана Петрова. Иван Петров внесен в реестр, который ведёт редакция.") == [
        "L14"
    ]
