"""What an editor reads when an issue may not go: a golden case for each refusal, in both languages."""

from collections.abc import Callable
from pathlib import Path

import pytest

from publisher import pipeline
from publisher.app import App
from publisher.compose.legal import blocking
from publisher.errors import Misconfigured
from publisher.model.issues import IssueStatus
from publisher.model.problems import Problem
from tests.support.build import EN, RU
from tests.support.golden import Golden, golden_for
from tests.support.newsroom import MORNING, Room, make_room

LEGAL = Path(__file__).parents[2] / "templates" / "email" / "parts" / "legal.html.j2"


def no_stories(room: Room) -> None:
    for file in (room.folder / "content").rglob("*.md"):
        file.unlink()


def too_few_stories(room: Room) -> None:
    room.edit("items = { min = 1,", "items = { min = 3,")


def broken_template(room: Room) -> None:
    """Line 3 ends nothing that was begun."""
    block = '{% extends "shipped/email/digest.html.j2" %}\n{% block lead %}\n{% endif %}\n'
    _template(room, "digest.html.j2", block + "{% endblock %}\n")


def unknown_name_in_template(room: Room) -> None:
    block = '{% extends "shipped/email/digest.txt.j2" %}\n{% block story %}\n\n{{ story.titel }}\n'
    _template(room, "digest.txt.j2", block + "{% endblock %}\n")


def statement_with_one_digit_changed(room: Room) -> None:
    """By a template: what is printed is not what was approved."""
    words = LEGAL.read_text("utf-8").replace(
        "{{ statement.words }}", "{{ statement.words | replace('77-00000', '77-00001') }}"
    )
    _template(room, "parts/legal.html.j2", words)


def number_with_one_digit_changed(room: Room) -> None:
    """By config: the statement and the register say different numbers."""
    room.edit('number = "ЭЛ № ФС77-00000"', 'number = "ЭЛ № ФС77-00001"')


def latin_letter_in_statement(room: Room) -> None:
    room.edit('statement.ru = "Сетевое', 'statement.ru = "\u0043етевое')  # a Latin C


def unrated_story(room: Room) -> None:
    room.edit("age = 12\n", "")


CASES: list[Callable[[Room], None]] = [
    no_stories,
    too_few_stories,
    broken_template,
    unknown_name_in_template,
    statement_with_one_digit_changed,
    number_with_one_digit_changed,
    latin_letter_in_statement,
    unrated_story,
]


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    return golden_for(request.config)


@pytest.mark.parametrize("spoil", CASES, ids=lambda one: one.__name__.replace("_", "-"))
async def test_a_refusal_says_what_is_wrong_where_and_how_to_mend_it(
    spoil: Callable[[Room], None], tmp_path: Path, golden: Golden
) -> None:
    room = make_room(tmp_path / "room", smtp=1, backlog="2d")
    spoil(room)
    async with room.at_work() as app:
        await pipeline.collect(app.house, list(app.house.newsroom.sources))
        problems = await refused(app)
        name = f"refused-{spoil.__name__.replace('_', '-')}"
        for language in (EN, RU):
            words = "\n".join(app.house.text[language].problem(one) for one in problems)
            said = words.replace(str(room.folder), "…")
            golden(f"{name}/{language}.txt", f"{said}\n".encode())


async def refused(app: App) -> list[Problem]:
    """Why nothing may go out; and no issue that could is left behind."""
    try:
        made = await pipeline.compose(app.house, MORNING)
    except Misconfigured as error:
        assert not await app.house.issues.with_status(IssueStatus.DRAFT, IssueStatus.APPROVED)
        return list(error.problems)
    if made.issue is None:
        assert made.reason is not None
        return [made.reason]
    assert made.issue.status is IssueStatus.HELD
    return list(blocking(made.issue.problems))


def _template(room: Room, name: str, words: str) -> None:
    file = room.folder / "templates" / "email" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(words, "utf-8")
