"""Hubs told of changed feeds: a real hub, the real fetcher, a real store."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from publisher import pipeline
from publisher.app import App
from publisher.pinging import Told, tell_hubs
from tests.support.hub import Hub, open_hub
from tests.support.newsroom import NOW, Room, free_port, make_living_room, make_room
from tests.support.sending import Ticker
from tests.support.standing import running

MINUTE = timedelta(minutes=1)
FORMATS = ("atom", "json", "rss")


@pytest.fixture
async def hub() -> AsyncIterator[Hub]:
    async with open_hub() as one:
        yield one


def wired(room: Room, *hubs: str, private: bool = True) -> None:
    lines = [f"hubs = {list(hubs)}", f"private_hubs = {str(private).lower()}", "archives = false"]
    (room.config / "feeds.toml").write_text("\n".join(["[feeds]", *lines, ""]), "utf-8")


@asynccontextmanager
async def newsroom(folder: Path, hub: Hub, clock: Ticker) -> AsyncIterator[tuple[Room, App]]:
    room = make_room(folder / "room", smtp=1, stories=("bridge",))
    wired(room, hub.base)
    async with room.at_work(clock) as app:
        await publish(app)
        yield room, app


async def publish(app: App) -> dict[str, bool]:
    await pipeline.collect(app.house, list(app.house.newsroom.sources))
    return dict((await pipeline.publish_feeds(app.house)).written)


async def tell(app: App) -> Told:
    return await tell_hubs(app.house, within=timedelta(seconds=30))


async def test_a_hub_is_told_once_of_every_feed_that_changed(tmp_path: Path, hub: Hub) -> None:
    async with newsroom(tmp_path, hub, Ticker(NOW)) as (room, app):
        base = app.house.newsroom.site.base_url
        first, again = await tell(app), await tell(app)
        everything = [one["hub.url"] for one in hub.asked]
        hub.asked.clear()
        room.story("ferry", "en")
        written = await publish(app)
        changed = {f"{base}/{path}" for path, new in written.items() if new}
        await tell(app)

    assert (first.heard, again.heard) == (len(everything), 0)
    assert len(everything) == len(set(everything)) > 20
    assert {one["hub.mode"] for one in hub.asked} == {"publish"}
    assert all(one["hub.topic"] == one["hub.url"] for one in hub.asked)
    told = [one["hub.url"] for one in hub.asked]
    assert sorted(told) == sorted(one for one in changed if one.endswith(FORMATS))
    assert {f"{base}/feeds/{name}.rss" for name in ("en/all", "en/moscow", "all/all")} == {
        one for one in told if one.endswith(".rss")
    }


async def test_a_hub_that_stumbles_is_told_again_after_a_pause(tmp_path: Path, hub: Hub) -> None:
    clock = Ticker(NOW)
    async with newsroom(tmp_path, hub, clock) as (_, app):
        hub.answers = 503
        failed = await tell(app)
        at_once = await tell(app)
        hub.answers = 204
        clock.now += MINUTE
        later = await tell(app)

    assert (failed.heard, failed.waiting) == (0, len(failed.pings))
    assert {one.failures for one in failed.pings} == {1}
    assert all(one.problem for one in failed.pings)
    assert (at_once.heard, at_once.waiting) == (0, failed.waiting)
    assert (later.heard, later.waiting) == (failed.waiting, 0)
    assert {one.problem for one in later.pings} == {None}


async def test_what_a_dead_process_left_untold_is_told_by_the_next(
    tmp_path: Path, hub: Hub
) -> None:
    """Files stand, and nobody was told: that is seen from the files alone."""
    clock = Ticker(NOW)
    async with newsroom(tmp_path, hub, clock) as (room, _):
        assert hub.asked == []
    async with room.at_work(clock) as app:
        told = await tell(app)

    assert told.heard == len(hub.asked) == len(told.pings) > 20


async def test_two_processes_tell_a_hub_once(tmp_path: Path, hub: Hub) -> None:
    clock = Ticker(NOW)
    async with (
        newsroom(tmp_path, hub, clock) as (room, app),
        room.at_work(clock) as other,
        asyncio.TaskGroup() as group,
    ):
        both = [group.create_task(tell(one)) for one in (app, other)]

    assert sum(one.result().heard for one in both) == len(hub.asked)
    assert len({one["hub.url"] for one in hub.asked}) == len(hub.asked)


async def test_a_round_ends_in_time_and_the_next_goes_on(tmp_path: Path, hub: Hub) -> None:
    async with newsroom(tmp_path, hub, clock := Ticker(NOW)) as (_, app):
        none = await tell_hubs(app.house, within=timedelta(0))
        clock.now += 3 * MINUTE
        rest = await tell(app)

    assert none.heard == 0
    assert none.waiting == rest.heard > 20


async def test_a_hub_within_our_own_walls_is_not_asked_unless_config_says_so(
    tmp_path: Path, hub: Hub
) -> None:
    room = make_room(tmp_path / "room", smtp=1, stories=("bridge",))
    wired(room, hub.base, private=False)
    async with room.at_work() as app:
        await publish(app)
        told = await tell(app)

    assert hub.asked == []
    assert told.heard == 0
    problem = next(one.problem for one in told.pings)
    assert problem is not None
    assert "private_hubs" in str(problem.remedy)


async def test_a_hub_that_left_the_config_is_forgotten(tmp_path: Path, hub: Hub) -> None:
    async with newsroom(tmp_path, hub, Ticker(NOW)) as (room, app):
        await tell(app)
        wired(room)
    async with room.at_work() as app:
        told = await tell(app)
        assert await app.house.pings.all() == []

    assert (told.heard, told.waiting) == (0, 0)


async def test_the_command_tells_hubs_and_says_how_it_went(tmp_path: Path, hub: Hub) -> None:
    room = make_room(tmp_path / "room", smtp=1, stories=("bridge",))
    wired(room, hub.base)
    said = await room.called("feeds", "--json")
    assert said.code == 0, said.err
    hubs = json.loads(said.out)["hubs"]
    assert {one["hub"] for one in hubs} == {hub.base}
    assert all(one["told_at"] and not one["failures"] for one in hubs)
    assert len(hubs) == len(hub.asked) > 20

    elsewhere = await room.called("feeds", "--json", "--out", str(tmp_path / "out"))
    assert json.loads(elsewhere.out)["hubs"] == []
    hub.answers = 500
    await room.called("collect")
    words = await room.called("feeds")
    assert words.code == 0
    assert "still to be told:" in words.out


async def test_a_live_newsroom_tells_its_hubs_by_itself(tmp_path: Path, hub: Hub) -> None:
    room = make_living_room(tmp_path / "room", smtp=free_port(), web=free_port())
    wired(room, hub.base)
    async with running(room) as live:
        told = await live.heard("hub told")
        assert await live.ended() == 0

    assert told["hub"] == hub.base
    assert {one["hub.mode"] for one in hub.asked} == {"publish"}
