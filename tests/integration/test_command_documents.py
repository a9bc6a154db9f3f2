"""With --json stdout holds one document, however the command ends."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.newsroom import Room, Said, make_living_room

HEADER = "email,language,editions,name,consent_text,consent_at,consent_source"
ANNA = "anna@readers.test,ru,morning,Анна,Согласна,2026-10-01T09:00:00+03:00,form"


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return make_living_room(tmp_path / "room", smtp=1)


def table(room: Room, *rows: str) -> str:
    file = room.folder / "readers.csv"
    file.write_text("\n".join([HEADER, *rows, ""]), "utf-8")
    return str(file)


def only_document(said: Said) -> Any:
    """What stdout holds, which must be one JSON document and a line's end."""
    document, end = json.JSONDecoder().raw_decode(said.out)
    assert said.out[end:] == "\n"
    return document


def in_words(said: Said) -> bool:
    return (
        bool(said.err.strip()) and "Traceback" not in said.err and "should not have" not in said.err
    )


def test_a_refusal_prints_one_document(room: Room) -> None:
    room.story("tunnel", "en", title='""')
    collected = room.call("collect", "--json")
    gone = room.call("--json", "send", "nonsense")
    nowhere = room.call("issues", "--json", "--config", "nowhere")

    assert (collected.code, gone.code, nowhere.code) == (1, 1, 2)
    [turn] = only_document(collected)
    assert (turn["source"], turn["new"], turn["failed"]) == ("stories", 4, False)
    assert [one["severity"] for one in turn["problems"]] == ["block"]
    for said in (gone, nowhere):
        assert len(only_document(said)["error"]) == 1
        assert in_words(said)


def test_a_held_issue_is_one_document_and_exit_code_1(room: Room) -> None:
    file = room.folder / "templates" / "email" / "parts" / "legal.html.j2"
    file.parent.mkdir(parents=True)
    file.write_text("", "utf-8")
    room.call("collect")
    composed = room.call("compose", "morning", "--json")
    document = only_document(composed)
    sent = room.call("send", document["issue"], "--json")

    assert (composed.code, sent.code) == (1, 1)
    assert document["status"] == "held"
    assert only_document(sent)["error"]
    assert in_words(composed)
    assert in_words(sent)


def test_a_server_that_is_not_there_is_one_document_and_exit_code_1(room: Room) -> None:
    room.call("subscribers", "import", table(room, ANNA))
    room.call("collect")
    issue = room.json("compose", "morning")["issue"]
    sent = room.call("send", issue, "--json")
    waiting = room.json("deliveries", issue)

    assert sent.code == 1
    assert in_words(sent)
    assert only_document(sent)
    assert (waiting["balance"]["waiting"], waiting["issue"]["status"]) == (1, "sealed")


def test_rows_left_out_are_one_document_and_exit_code_1(room: Room) -> None:
    bad = ANNA.replace("anna@", "")
    said = room.call("subscribers", "import", table(room, ANNA, bad), "--json")

    assert said.code == 1
    assert only_document(said) == {"new": 1, "known": 0, "refused": 1}
    assert "readers.csv:3" in said.err


def test_a_newsroom_where_nothing_happened_yet_is_one_document_each(room: Room) -> None:
    for words in (("articles",), ("sources",), ("issues",), ("feeds",), ("migrate",)):
        said = room.call(*words, "--json")
        assert said.code == 0, said.err
        only_document(said)
