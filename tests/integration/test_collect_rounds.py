"""A source's turn with a real store, a real folder and a real origin."""

from collections.abc import AsyncIterator, Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import ClassVar, TypeVar

import pytest
from PIL import Image as Pictures

from publisher.collect.round import Turn
from publisher.errors import StoreBusy
from publisher.house import House
from publisher.inlets import Admission, Intake
from publisher.model.articles import Article
from publisher.model.names import Language, SectionId, SourceId
from publisher.model.sources import FetchState, Source
from tests.support.build import RU, make_source
from tests.support.newsroom import NOW, Room, make_room, turn
from tests.support.origin import open_origin

HOUR = timedelta(hours=1)
T = TypeVar("T")


@dataclass(frozen=True)
class Newsroom:
    room: Room
    house: House

    @property
    def source(self) -> Source:
        return self.house.newsroom.sources[SourceId("stories")]

    async def turn(self, now: datetime = NOW, house: House | None = None) -> Turn:
        return await turn(house or self.house, self.source, now=now)

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


def counts(turn: Turn) -> tuple[int, int, int]:
    return turn.new, turn.changed, turn.same


async def test_stories_are_stored_once_and_then_left(newsroom: Newsroom) -> None:
    first = await newsroom.turn()
    second = await newsroom.turn(NOW + HOUR)

    assert counts(first) == (4, 0, 0)
    assert second.unchanged
    assert (await newsroom.state()).succeeded_at == NOW + HOUR
    assert set(await newsroom.articles()) == {"en/bridge", "en/library", "ru/bridge", "ru/library"}


async def test_an_edited_story_is_version_two_and_says_when(newsroom: Newsroom) -> None:
    await newsroom.turn()
    newsroom.room.story("bridge", "en", title="The bridge opens at last")

    turn = await newsroom.turn(NOW + HOUR)

    assert counts(turn) == (0, 1, 3)
    article = (await newsroom.articles())["en/bridge"]
    assert (article.title, article.version) == ("The bridge opens at last", 2)
    assert article.updated_at == NOW + HOUR


@dataclass(frozen=True)
class Dying:
    """An intake whose next transaction dies before it is committed."""

    ours: Intake

    async def known(self, source: SourceId, keys: Collection[str]) -> Mapping[str, Article]:
        return await self.ours.known(source, keys)

    async def admit(self, weigh: Callable[[Admission], T]) -> T:
        def dying(admission: Admission) -> T:
            weigh(admission)
            raise KeyboardInterrupt

        return await self.ours.admit(dying)


async def test_a_crash_before_the_commit_leaves_neither_articles_nor_state(
    newsroom: Newsroom,
) -> None:
    crashing = replace(newsroom.house, intake=Dying(newsroom.house.intake))
    with pytest.raises(KeyboardInterrupt):
        await newsroom.turn(house=crashing)
    before = await newsroom.articles(), await newsroom.state()
    newsroom.room.story("tunnel", "en")

    again = await newsroom.turn(NOW + HOUR)

    assert before == ({}, FetchState(source=newsroom.source.id))
    assert counts(again) == (5, 0, 0)
    tunnel = (await newsroom.articles())["en/tunnel"]
    assert tunnel.available_at == tunnel.published_at  # still its first pass


async def test_a_story_that_moves_makes_room_for_another(newsroom: Newsroom) -> None:
    await newsroom.turn()
    newsroom.room.story("bridge", "en", story="crossing")
    newsroom.room.story("span", "en", story="bridge")

    moved = await newsroom.turn(NOW + HOUR)
    filled = await newsroom.turn(NOW + 2 * HOUR)
    calm = await newsroom.turn(NOW + 3 * HOUR)

    assert counts(moved) == (0, 1, 3)
    assert "stands already" in moved.problems[0].message
    assert counts(filled) == (1, 0, 4)
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
    assert counts(with_it) == (0, 1, 3)
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
    assert counts(placed) == (0, 1, 4)
    assert (await newsroom.articles())["en/tunnel"].section == "sport"


async def test_a_pass_overtaken_by_another_decides_again(newsroom: Newsroom) -> None:
    """The database was taken from us when we were about to store."""

    class Overtaken(Dying):
        raced: ClassVar[list[bool]] = []

        async def admit(self, weigh: Callable[[Admission], T]) -> T:
            weighed = await self.ours.admit(weigh)
            if not self.raced:
                self.raced.append(True)
                raise StoreBusy("another pass stored these articles first")
            return weighed

    took = await newsroom.turn(
        house=replace(newsroom.house, intake=Overtaken(newsroom.house.intake))
    )

    assert counts(took) == (0, 0, 4)
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
            source = make_source(url=url, allow_private=True)
            took = await turn(newsroom.house, source, now=NOW)
            state = await newsroom.house.states.get(source.id)

            assert took.failed, url
            assert state.problem == took.problems[0]


async def test_a_feed_is_stored_in_its_language_and_section(newsroom: Newsroom) -> None:
    item = "<item><title>Мост</title><guid>{0}</guid><link>https://w.test/{0}</link><category>Город</category></item>"
    body = f"<rss version='2.0'><channel><title>W</title>{item.format(1)}{item.format(2)}</channel></rss>"
    async with open_origin() as origin:
        source = make_source(
            url=origin.page("/f", body.encode(), headers={"ETag": '"1"'}),
            language=RU,
            allow_private=True,
            sections={"Город": SectionId("moscow")},
        )
        first = await turn(newsroom.house, source, now=NOW)
        second = await turn(newsroom.house, source, now=NOW + HOUR)

    assert counts(first) == (2, 0, 0)
    assert second.unchanged
    for article in (await newsroom.articles()).values():
        assert (article.language, article.section) == (Language("ru"), "moscow")
        assert article.available_at is None  # a first pass without backlog
