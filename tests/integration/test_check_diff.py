"""`publisher check --diff`: what a changed config says otherwise, and what that changes."""

import json
from pathlib import Path
from typing import Any

from tests.support.newsroom import Room, enrol, make_room

EVENING = """
[editions.evening]
title = { en = "Evening", ru = "Вечер" }
sections = ["world"]
send = "every day at 19:00"
legal = "main"
"""


async def acted(folder: Path) -> Room:
    """A newsroom whose config was acted on, with two readers."""
    room = make_room(folder / "room", smtp=1, backlog="2d")
    async with room.at_work() as app:
        await enrol(app, 2)
    assert (await room.called("collect")).code == 0
    return room


async def difference(room: Room) -> Any:
    said = await room.called("check", "--diff", "--json")
    assert said.code == 0, said.err
    return json.loads(said.out)


async def test_nothing_was_acted_on_yet(tmp_path: Path) -> None:
    room = make_room(tmp_path / "room", smtp=1)

    said = await room.called("check", "--diff")

    assert (said.code, said.out) == (
        0,
        "No config was acted on here yet: all of this one is new.\n",
    )


async def test_the_same_config_changes_nothing(tmp_path: Path) -> None:
    room = await acted(tmp_path)

    said = await room.called("check", "--diff")

    assert (said.code, said.out) == (0, "The config is the one that is acted on.\n")


async def test_what_changes_is_told_key_by_key_and_what_follows_for_readers(tmp_path: Path) -> None:
    room = await acted(tmp_path)
    room.edit('send = "every working day at 08:00"', 'send = "every day at 06:30"')
    room.edit("[smtp.relays.main]", f"{EVENING}[smtp.relays.main]")

    told = await difference(room)
    said = await room.called("check", "--diff", "--lang", "ru")

    [send] = [one for one in told["changes"] if one["key"] == "editions.morning.send"]
    assert (send["before"], send["after"]) == (
        '"every working day at 08:00"',
        '"every day at 06:30"',
    )
    assert (send["file"], send["line"] > 20) == ("config/newsroom.toml", True)
    [title] = [one for one in told["changes"] if one["key"] == "editions.evening.title.en"]
    assert (title["before"], title["after"]) == (None, '"Evening"')
    effects = " ".join(one["message"] for one in told["effects"])
    assert "The next issue of morning goes at " in effects
    assert "06:30 MSK, not at " in effects
    assert "The edition evening is new; its first issue carries no backlog." in effects
    assert told["since"].endswith("Z")
    assert said.code == 0
    assert "Рассылка evening новая" in said.err


async def test_what_is_taken_out_says_whom_it_leaves(tmp_path: Path) -> None:
    room = make_room(tmp_path / "room", smtp=1, backlog="2d")
    room.edit("[smtp.relays.main]", f"{EVENING}[smtp.relays.main]")
    async with room.at_work() as app:
        await enrol(app, 2)
    assert (await room.called("collect")).code == 0
    config = (room.config / "newsroom.toml").read_text("utf-8")
    start, end = config.index("[editions.morning]"), config.index("[[legal.main]]")
    (room.config / "newsroom.toml").write_text(config[:start] + config[end:], "utf-8")
    room.edit("[sources.stories]", "[sources.tales]")
    room.edit('moscow.title = { en = "Moscow", ru = "Москва" }\n', "")

    effects = " ".join(one["message"] for one in (await difference(room))["effects"])

    assert "The edition morning is gone; readers who get it no more: 2." in effects
    assert "The source stories is not asked any more; its articles stay." in effects
    assert "The source tales is new" in effects
    assert "The section moscow is gone: it has no feed, and no edition prints it." in effects
    assert (await room.called("compose", "evening")).code == 0  # it is acted on now
    assert (await difference(room))["changes"] == []


async def test_a_new_version_of_a_legal_profile_says_from_which_issue_it_counts(
    tmp_path: Path,
) -> None:
    room = await acted(tmp_path)
    config = (room.config / "newsroom.toml").read_text("utf-8")
    start, end = config.index("[[legal.main]]"), config.index("[web]")
    newer = config[start:end].replace("2026-02-01", "2026-03-01").replace("А. П.", "Б. В.")
    room.edit("[web]\n", f"{newer}[web]\n")

    told = await difference(room)

    keys = {one["key"] for one in told["changes"]}
    assert "legal.main[2].editor_in_chief" in keys
    effects = " ".join(one["message"] for one in told["effects"])
    assert "in “ru” carries the legal profile “main” as of 2026-03-01" in effects


async def test_nobody_else_may_read_what_is_kept_and_no_password_is_shown(tmp_path: Path) -> None:
    room = make_room(tmp_path / "room", smtp=1)
    (room.config / "newsroom.toml").chmod(0o600)
    assert (await room.called("collect")).code == 0
    kept = room.folder / "var" / "config-in-force"
    assert kept.stat().st_mode & 0o077 == 0
    assert (kept / "newsroom.toml").stat().st_mode & 0o077 == 0
    words = '[storage]\nurl = "postgresql://anna:secret@127.0.0.1:1/none"\n'
    (room.config / "system.toml").write_text(words, "utf-8")

    said = await room.called("check", "--diff")

    assert "postgresql://…@127.0.0.1:1/none" in said.out
    assert "secret" not in said.out + said.err
