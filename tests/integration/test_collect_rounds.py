"""A source's turn with a real store, a real folder and a real origin."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from PIL import Image as Pictures

from publisher.collect.round import Turn, take_turn
from publisher.errors import StoreBusy
from publisher.house import House
from publisher.model.articles import Article, Changes
from publisher.model.names import Language, SectionId, SourceId
from publisher.model.sources import FetchState, Source
from publisher.ports import SourceStates
from tests.support.build import RU, make_source
from tests.support.newsroom import NOW, Room, make_room
from tests.support.origin import open_origin

HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Newsroom:
    room: Room
    house: House

    @property
    def source(self) -> Source:
        return self.house.newsroom.sources[SourceId("stories")]

    async def turn(self, now: datetime = NOW, house: House | None = None) -> Turn:
        return await take_turn(house or self.house, self.source, now=now)

    async def state(self) -> FetchState:
        return await self.house.states.get(self.source.id)

    async def articles(self) -> dict[str, Article]:
        found = await self.house.articles.listed(limit=99)
        return {article.key: article for article in found}


@pytest.fixture
async def newsroom(tmp_path: Path) -> AsyncIterator[Newsroom]:
    room = make_room(tmp_path, smtp=2525)
    async with room.at_work() as app:
        yield Newsroom(room=room, house=app.house)


def counts(changes: Changes) -> tuple[int, int, int]:
    return len(changes.new), len(changes.changed), changes.same


async def test_stories_are_stored_once_and_then_left(newsroom: Newsroom) -> None:
    first = await newsroom.turn()
    second = await newsroom.turn(NOW + HOUR)

    assert counts(first.changes) == (4, 0, 0)
    assert second.unchanged
    assert (await newsroom.state()).succeeded_at == NOW + HOUR
    assert set(await newsroom.articles()) == {"en/bridge", "en/library", "ru/bridge", "ru/library"}


async def test_an_edited_story_is_version_two_and_says_when(newsroom: Newsroom) -> None:
    await newsroom.turn()
    newsroom.room.story("bridge", "en", title="The bridge opens at last")

    turn = await newsroom.turn(NOW + HOUR)

    assert counts(turn.changes) == (0, 1, 3)
    article = (await newsroom.articles())["en/bridge"]
    assert (article.title, article.version) == ("The bridge opens at last", 2)
    assert article.updated_at == NOW + HOUR


class Forgetful:
    """States whose next save is a crash."""

    def __init__(self, states: SourceStates) -> None:
        self._states = states

    async def get(self, source: SourceId) -> FetchState:
        return await self._states.get(source)

    async def save(self, state: FetchState) -> None:
        raise KeyboardInterrupt

    async def all(self) -> list[FetchState]:
        return []


async def test_a_crash_between_articles_and_state_loses_and_doubles_nothing(
    newsroom: Newsroom,
) -> None:
    crashing = replace(newsroom.house, states=Forgetful(newsroom.house.states))
    with pytest.raises(KeyboardInterrupt):
        await newsroom.turn(house=crashing)
    before = await newsroom.articles()
    newsroom.room.story("tunnel", "en")

    turn = await newsroom.turn(NOW + HOUR)

    assert len(before) == 4
    assert counts(turn.changes) == (1, 0, 4)
    after = await newsroom.articles()
    assert before.items() <= after.items()
    assert (
        after["en/tunnel"].available_at == after["en/tunnel"].published_at
    )  # still its first pass


async def test_a_story_that_moves_makes_room_for_another(newsroom: Newsroom) -> None:
    await newsroom.turn()
    newsroom.room.story("bridge", "en", story="crossing")
    newsroom.room.story("span", "en", story="bridge")

    moved = await newsroom.turn(NOW + HOUR)
    filled = await newsroom.turn(NOW + 2 * HOUR)
    calm = await newsroom.turn(NOW + 3 * HOUR)

    assert counts(moved.changes) == (0, 1, 3)
    assert "stands already" in moved.problems[0].message
    assert counts(filled.changes) == (1, 0, 4)
    assert filled.problems == ()
    assert calm.unchanged
    articles = await newsroom.articles()
    assert articles["en/bridge"].story == "crossing"
    assert articles["en/span"].story == articles["ru/bridge"].story == "bridge"


async def test_a_mended_picture_is_taken_without_touching_its_story(newsroom: Newsroom) -> None:
    newsroom.room.story("bridge", "en", image="{src: ../bridge.png, alt: A, credit: Vera}")
    without = await newsroom.turn()
    Pictures.new("P", (30, 20)).save(newsroom.room.folder / "content" / "bridge.png")

    with_it = await newsroom.turn(NOW + HOUR)

    assert "cannot be used" in without.problems[0].message
    assert counts(with_it.changes) == (0, 1, 3)
    article = (await newsroom.articles())["en/bridge"]
    assert article.image is not None
    assert newsroom.house.files.read(f"media/{article.image.file}")
    assert article.updated_at is None
    assert (await newsroom.turn(NOW + 2 * HOUR)).unchanged


async def test_an_edited_config_is_applied_to_unchanged_files(newsroom: Newsroom) -> None:
    newsroom.room.story("tunnel", "en", section="sport")
    held = await newsroom.turn()
    rooms = newsroom.house.newsroom
    sport = replace(rooms.sections[0], id=SectionId("sport"))
    house = replace(newsroom.house, newsroom=replace(rooms, sections=(*rooms.sections, sport)))

    placed = await newsroom.turn(NOW + HOUR, house)

    assert "which there is not" in held.problems[0].message
    assert counts(placed.changes) == (0, 1, 4)
    assert (await newsroom.articles())["en/tunnel"].section == "sport"


async def test_a_pass_overtaken_by_another_decides_again(newsroom: Newsroom) -> None:
    """The other pass stored its articles after we had looked which there are."""
    ours = newsroom.house.articles

    class Overtaken:
        raced = False

        def __getattr__(self, name: str) -> object:
            return getattr(ours, name)

        async def save(self, changes: Changes) -> None:
            if not self.raced:
                self.raced = True
                await ours.save(changes)
                raise StoreBusy("another pass stored these articles first")
            await ours.save(changes)

    turn = await newsroom.turn(house=replace(newsroom.house, articles=Overtaken()))

    assert counts(turn.changes) == (0, 0, 4)
    assert len(await newsroom.articles()) == 4


async def test_a_folder_that_is_gone_costs_its_turn_and_nothing_else(newsroom: Newsroom) -> None:
    await newsroom.turn()
    (newsroom.room.folder / "content").rename(newsroom.room.folder / "elsewhere")

    turn = await newsroom.turn(NOW + HOUR)

    assert turn.failed
    assert "There is no folder" in turn.problems[0].message
    assert (await newsroom.state()).failures == 1
    assert len(await newsroom.articles()) == 4


async def test_a_feed_with_everything_wrong_takes_its_turn_in_words(newsroom: Newsroom) -> None:
    """Whatever an origin does, there is a Turn and not an exception."""
    async with open_origin() as origin:
        urls = [
            origin.redirect("/loop", "/loop"),
            origin.bomb("/bomb"),
            origin.short("/short", b"<rss>"),
            origin.page("/html", b"<html>"),
            origin.url("/none"),
            origin.page("/words", b"Sorry, we have moved."),
            origin.redirect("/away", "file:///etc/passwd"),
        ]
        for url in urls:
            source = make_source(url=url)
            turn = await take_turn(newsroom.house, source, now=NOW)
            state = await newsroom.house.states.get(source.id)

            assert turn.failed, url
            assert state.problem == turn.problems[0]


async def test_a_feed_is_stored_in_its_language_and_section(newsroom: Newsroom) -> None:
    item = "<item><title>Мост</title><guid>{0}</guid><link>https://w.test/{0}</link><category>Город</category></item>"
    body = f"<rss version='2.0'><channel><title>W</title>{item.format(1)}{item.format(2)}</channel></rss>"
    async with open_origin() as origin:
        source = make_source(
            url=origin.page("/f", body.encode(), headers={"ETag": '"1"'}),
            language=RU,
            sections={"Город": SectionId("moscow")},
        )
        first = await take_turn(newsroom.house, source, now=NOW)
        second = await take_turn(newsroom.house, source, now=NOW + HOUR)

    assert counts(first.changes) == (2, 0, 0)
    assert second.unchanged
    for article in (await newsroom.articles()).values():
        assert (article.language, article.section) == (Language("ru"), "moscow")
        assert article.available_at is None  # a first pass without backlog
