"""`publisher order` and `publisher articles pin`: the editor's wishes, kept and refused in words."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support.newsroom import Room, Said, make_living_room

STORIES = ("bridge", "library", "tram", "river")


@pytest.fixture
def room(tmp_path: Path) -> Room:
    room = make_living_room(tmp_path / "room", smtp=1, stories=())
    for number, key in enumerate(STORIES):
        published = (room.now - timedelta(hours=6, minutes=number)).isoformat()
        for language in ("en", "ru"):
            room.story(key, language, published=published)
    assert room.call("collect").code == 0
    return room


@pytest.fixture
def issue(room: Room) -> str:
    return str(room.json("compose", "morning")["issue"])


def stories(document: Any) -> list[str]:
    return [row["story"] for row in document["stories"]]


def test_without_a_wish_the_order_is_shown(room: Room, issue: str) -> None:
    document = room.json("order", issue)

    assert stories(document) == list(STORIES)
    assert document["lead"] == "bridge"
    assert document["stories"][0]["how"] == ["lead"]
    assert "The bridge opens" in room.call("order", issue).out


def test_an_editor_chooses_lead_places_and_who_waits(room: Room, issue: str) -> None:
    document = room.json(
        "order", issue, "--lead", "tram", "--out", "library", "--move", "bridge=3", "--as", "Anna"
    )

    assert document["lead"] == "tram"
    assert stories(document) == ["tram", "river", "bridge"]
    assert document["out"] == ["library"]
    kept = room.json("compose", "morning")
    assert stories(room.json("order", str(kept["issue"]))) == ["tram", "river", "bridge"]


def test_several_first_stand_in_the_order_they_were_named(room: Room, issue: str) -> None:
    document = room.json("order", issue, "--lead", "river", "--first", "river", "--first", "tram")

    assert stories(document) == ["river", "tram", "bridge", "library"]


def test_a_story_is_named_by_the_beginning_of_an_articles_id(room: Room, issue: str) -> None:
    [article] = [one for one in room.json("articles") if one["title"] == "The tram opens"]

    assert room.json("order", issue, "--lead", article["id"][:8])["lead"] == "tram"


def test_a_wish_can_be_taken_back_and_all_of_them_forgotten(room: Room, issue: str) -> None:
    room.json("order", issue, "--lead", "tram", "--out", "library")
    assert room.json("order", issue, "--lead", "auto", "--in", "library")["lead"] == "bridge"

    room.json("order", issue, "--lead", "tram", "--subject", "en=Trams")
    document = room.json("order", issue, "--reset")
    assert (document["lead"], document["subject"]) == ("bridge", {})


def test_words_are_said_per_language_and_printed(room: Room, issue: str, tmp_path: Path) -> None:
    file = tmp_path / "intro.txt"
    file.write_text("Доброе утро.\n\nСегодня о мостах.", "utf-8")
    room.json("order", issue, "--subject", "en=Bridges and trams", "--intro", f"ru=@{file}")
    room.json("preview", issue, "--out", str(tmp_path / "look"))
    listed = room.json("order", issue)

    assert listed["intro"] == {"ru": "Доброе утро.\n\nСегодня о мостах."}
    assert "Bridges and trams" in (tmp_path / "look" / "en.html").read_text("utf-8")
    eml = (tmp_path / "look" / "en.eml").read_text("utf-8")
    assert "\nSubject: Bridges and trams\n" in eml.replace("\r", "")


def test_a_changed_order_ends_the_yes_that_was_said(tmp_path: Path) -> None:
    room = make_living_room(tmp_path / "room", smtp=1, approval="one")
    room.call("collect")
    issue = str(room.json("compose", "morning")["issue"])
    room.json("approve", issue, "--as", "Anna")
    document = room.json("order", issue, "--lead", "library")

    assert document["status"] == "draft"
    assert "0 of 1" in room.call("send", issue).err


def test_an_issue_held_by_hand_stays_held(room: Room, issue: str) -> None:
    room.json("hold", issue, "--as", "Anna")
    said = room.call("order", issue, "--lead", "tram")

    assert said.code == 1
    assert "Held by Anna" in said.err or "Held by" in said.err
    assert room.json("issues")[0]["status"] == "held"


@pytest.mark.parametrize(
    ("wishes", "code", "words"),
    [
        (("--lead", "nothing-of-that-name"), 1, "no article"),
        (("--first", "bridge", "--out", "bridge", "--pin", "bridge"), 0, ""),
        (("--move", "bridge"), 2, "names no place"),
        (("--move", "bridge=0"), 2, "names no place"),
        (("--subject", "Bridges"), 2, "does not say for which language"),
        (("--subject", "de=Brücken"), 1, "not published in"),
        (("--subject", f"en={'a' * 111}"), 1, "111 characters"),
        (("--intro", "en=@/nonexistent/intro"), 1, "Cannot read"),
        (
            ("--out", "bridge", "--out", "library", "--out", "tram", "--out", "river"),
            1,
            "Only 0 of 1",
        ),
    ],
    ids=[
        "unknown",
        "all at once",
        "place",
        "zero",
        "bare",
        "tongue",
        "long",
        "file",
        "nothing left",
    ],
)
def test_what_cannot_be_had_is_refused_and_nothing_changes(
    room: Room, issue: str, wishes: tuple[str, ...], code: int, words: str
) -> None:
    before = room.json("order", issue)
    said: Said = room.call("order", issue, *wishes)

    assert said.code == code, said.err
    assert words in said.err
    if code:
        assert room.json("order", issue) == before


def test_two_issues_share_no_subject_of_the_editors(room: Room, issue: str) -> None:
    room.json("order", issue, "--subject", "en=Bridges")
    earlier = (room.now - timedelta(hours=3)).isoformat()
    other = str(room.json("compose", "morning", "--at", earlier)["issue"])
    said = room.call("order", other, "--subject", "en=Bridges")

    assert said.code == 1
    assert f"{issue} has the subject" in said.err


def test_a_pinned_story_leads_the_issue_to_come(room: Room) -> None:
    [article] = [one for one in room.json("articles") if one["title"] == "The river opens"]
    pinned = room.json("articles", "pin", article["id"])
    issue = str(room.json("compose", "morning")["issue"])
    assert pinned == {"story": "river", "editions": ["morning"], "pinned": True}
    assert room.json("order", issue)["lead"] == "river"

    room.json("articles", "pin", article["id"], "--off")
    room.json("compose", "morning")
    assert room.json("order", issue)["lead"] == "bridge"
