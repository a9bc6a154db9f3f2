"""Legal profiles on the command line: what was sent is never edited, and `check` says so."""

from pathlib import Path

from tests.integration.test_issue_commands import add, composed
from tests.support.newsroom import make_living_room

PHONE = "+7 495 000-00-00"


def test_l20_an_edited_version_that_was_sent_blocks_everything_that_follows(tmp_path: Path) -> None:
    room = make_living_room(tmp_path / "room", smtp=1)
    add(room, "anna@readers.test", "en")
    issue = composed(room)
    assert room.json("send", issue, "--no-wait")["issue"]["status"] == "sealed"
    assert room.call("check").code == 0
    room.edit(PHONE, "+7 495 000-00-01")
    refused = room.call("check")

    assert refused.code == 1
    assert f"that {issue} was sent with has been edited" in refused.err
    assert "config/newsroom.toml" in refused.err


def test_l20_a_new_version_below_the_sent_one_is_welcome(tmp_path: Path) -> None:
    room = make_living_room(tmp_path / "room", smtp=1)
    add(room, "anna@readers.test", "en")
    room.json("send", composed(room), "--no-wait")
    file = room.config / "newsroom.toml"
    text = file.read_text("utf-8")
    start, end = text.index("[[legal.main]]"), text.index("[web]")
    newer = text[start:end].replace("from = 2026-02-01", "from = 2026-02-02")
    file.write_text(text[:end] + newer.replace(PHONE, "+7 495 000-00-01") + text[end:], "utf-8")

    assert room.call("check").code == 0


def test_check_makes_no_database(tmp_path: Path) -> None:
    room = make_living_room(tmp_path / "room", smtp=1)

    assert room.call("check").code == 0
    assert not (room.folder / "var").exists()
