"""A version of a legal profile that feeds carried is not edited, though no issue was sent (L20)."""

from pathlib import Path

from tests.support.newsroom import Room, make_room

REAL = {  # of that very day, and nothing that a sample alone may say
    "ФС77-00000": "ФС77-84177",
    "2026-01-20": "2022-11-09",
    "20 января 2026 г.": "9 ноября 2022 г.",
    "editors@embankment.test": "editors@naberezhnaya.ru",
    "+7 495 000-00-00": "+7 495 123-45-67",
    "sample = true\n": "",
}


def make_real(room: Room) -> None:
    file = room.config / "newsroom.toml"
    words = file.read_text("utf-8")
    for sample, real in REAL.items():
        words = words.replace(sample, real)
    file.write_text(words, "utf-8")


def test_l20_what_feeds_carried_is_kept_as_it_was(tmp_path: Path) -> None:
    room = make_room(tmp_path / "room", smtp=1)
    make_real(room)
    assert room.call("collect").code == 0
    assert room.call("feeds").code == 0
    room.edit('"Соколова А. П."', '"Соколова Г. Д."')

    said = room.call("check")

    assert said.code == 1
    assert "The version of the legal profile that feeds carry since " in said.err
    room.edit('"Соколова Г. Д."', '"Соколова А. П."')
    assert "feeds carry since" not in room.call("check").err


def test_a_sample_may_be_edited_as_long_as_it_is_one(tmp_path: Path) -> None:
    room = make_room(tmp_path / "room", smtp=1)
    assert room.call("collect").code == 0
    assert room.call("feeds").code == 0
    room.edit('"Соколова А. П."', '"Соколова Г. Д."')

    assert "feeds carry since" not in room.call("check").err
