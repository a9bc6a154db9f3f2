"""Legal profiles on the command line: what was sent is never edited, and `check` says so."""

from pathlib import Path

from publisher.compose.preflight import CHECKS
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


# --- check --issue ------------------------------------------------------------------------------


def test_the_preflight_is_a_table_for_people_and_a_document_for_programs(tmp_path: Path) -> None:
    room = make_living_room(tmp_path / "room", smtp=1)
    issue = composed(room)
    said, document = room.call("check", "--issue", issue), room.json("check", "--issue", issue)
    checks = {one["check"]: one["light"] for one in document["digests"][0]["checks"]}

    assert said.code == 0
    assert f"Nothing blocks {issue}." in said.out
    assert "✓ well" in said.out
    assert document["ok"] is True
    assert document["variants"] == {"en": 1, "ru": 1}
    assert document["law"]["light"] == "green"
    assert set(checks) == set(CHECKS) - {"law"}
    assert "red" not in checks.values()


def test_what_is_red_holds_the_issue_and_says_so(tmp_path: Path) -> None:
    room = make_living_room(tmp_path / "room", smtp=1)
    part = room.folder / "templates" / "email" / "parts" / "masthead.html.j2"
    part.parent.mkdir(parents=True)
    shipped = Path("templates/email/parts/masthead.html.j2").read_text("utf-8")
    part.write_text(shipped + '<tr><td><a href="/about">{{ digest.masthead.name }}</a></td></tr>')
    room.call("collect")
    held = room.call("compose", "morning")
    issue = room.json("issues")[0]["id"]
    refused = room.call("check", "--issue", issue)

    assert (held.code, refused.code) == (1, 1)
    assert "leads nowhere: /about" in held.err
    assert "leads nowhere: /about" in refused.err
    assert "✗ blocks" in refused.out


def test_an_issue_that_was_sent_is_looked_at_and_shown_as_it_was(tmp_path: Path) -> None:
    room = make_living_room(tmp_path / "room", smtp=1)
    add(room, "anna@readers.test", "en")
    issue = composed(room)
    room.call("preview", issue, "--out", str(tmp_path / "before"))
    room.json("send", issue, "--no-wait")
    room.edit('en = "Morning Briefing"', 'en = "Evening Briefing"')
    room.call("preview", issue, "--out", str(tmp_path / "after"))
    names = ("en.html", "en.txt", "en.eml", "ru.html", "ru.txt", "ru.eml")

    assert room.call("check", "--issue", issue).code == 0
    for name in names:
        before = (tmp_path / "before" / name).read_bytes()
        assert (tmp_path / "after" / name).read_bytes() == before


def test_an_issue_that_does_not_exist_is_refused_in_words(tmp_path: Path) -> None:
    room = make_living_room(tmp_path / "room", smtp=1)
    refused = room.call("check", "--issue", "morning-1")

    assert refused.code == 1
    assert "There is no issue morning-1." in refused.err
