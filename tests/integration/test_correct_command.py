"""`publisher articles correct`: an editor's own hand corrects what a source told."""

import json
from pathlib import Path
from typing import Any

from publisher import pipeline
from publisher.app import App
from publisher.model.articles import Article
from tests.support.newsroom import Room, composed, enrol, make_room

WORDS = "The bridge opened on Friday, not on Thursday."


async def collect(app: App) -> None:
    await pipeline.collect(app.house, list(app.house.newsroom.sources))


async def bridge(app: App) -> Article:
    [found] = [
        one
        for one in await app.house.articles.listed(limit=9)
        if (one.story, one.language) == ("bridge", "en")
    ]
    return found


async def said(room: Room, *words: str) -> Any:
    told = await room.called("articles", "correct", *words, "--json", "--as", "Anna")
    assert told.code == 0, told.err
    return json.loads(told.out)


async def test_a_correction_is_in_the_feeds_at_once_and_outlives_the_next_pass(
    tmp_path: Path,
) -> None:
    room = make_room(tmp_path / "room", smtp=1, backlog="2d")
    async with room.at_work() as app:
        await collect(app)
        article = await bridge(app)
        told = await said(room, article.id, WORDS)
        feed = (room.folder / "public/feeds/en/all.atom").read_text("utf-8")
        await collect(app)
        same = await bridge(app)
        room.story("bridge", "en", summary="Told otherwise now.")
        await collect(app)
        changed = await bridge(app)
        room.story("bridge", "en", correction="By the source itself.")
        await collect(app)
        own = await bridge(app)

    assert (told["correction"], told["version"]) == (WORDS, 2)
    assert WORDS in feed
    assert (same.correction, same.corrected_by, same.version) == (WORDS, "Anna", 2)
    assert (changed.summary, changed.correction) == ("Told otherwise now.", WORDS)
    assert (own.correction, own.corrected_by) == ("By the source itself.", None)


async def test_who_was_mailed_the_mistake_is_told_by_the_next_issue(tmp_path: Path) -> None:
    room = make_room(tmp_path / "room", smtp=1, backlog="2d")
    async with room.at_work() as app:
        await collect(app)
        await enrol(app, 2)
        issue = await composed(app)
        await pipeline.seal(app.house, issue.id, by="Anna")
        article = await bridge(app)
        told = await room.called("articles", "correct", article.id, WORDS)

    assert told.code == 0
    assert "publisher send --correction-of morning-20261123-0800" in told.out


async def test_a_draft_that_carries_it_is_composed_anew_with_the_correction(tmp_path: Path) -> None:
    room = make_room(tmp_path / "room", smtp=1, backlog="2d")
    async with room.at_work() as app:
        await collect(app)
        issue = await composed(app)
        article = await bridge(app)
        told = await said(room, article.id, WORDS)
        again = await app.house.issues.get(issue.id)

    assert told["reopened"] == [issue.id]
    assert again is not None
    printed = {one.id: one for item in again.items for one in item.versions}
    assert printed[article.id].correction == WORDS


async def test_it_is_taken_out_again_and_what_makes_no_sense_is_refused(tmp_path: Path) -> None:
    room = make_room(tmp_path / "room", smtp=1, backlog="2d")
    async with room.at_work() as app:
        await collect(app)
        article = await bridge(app)
        none_yet = await room.called("articles", "correct", article.id, "--off")
        await said(room, article.id, f"  {WORDS}\n")
        twice = await room.called("articles", "correct", article.id, WORDS)
        long = await room.called("articles", "correct", article.id, "x" * 901)
        nothing = await room.called("articles", "correct", article.id)
        both = await room.called("articles", "correct", article.id, WORDS, "--off")
        gone = await said(room, article.id, "--off")
        after = await bridge(app)

    assert [one.code for one in (none_yet, twice, long, nothing, both)] == [1, 1, 1, 2, 2]
    assert "has no correction" in none_yet.err
    assert "in these words already" in twice.err
    assert "901" in long.err
    assert gone["correction"] is None
    assert (after.correction, after.corrected_by, after.version) == (None, None, 3)
