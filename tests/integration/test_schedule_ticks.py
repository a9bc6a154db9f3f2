"""The metronome's ticks on a real newsroom, its clock in our hand."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from publisher import hand, pipeline, schedule
from publisher.app import App, load_settings, running
from publisher.model.issues import IssueStatus
from publisher.model.names import IssueId
from tests.support.newsroom import MORNING, Room, enrol, make_room

DUE = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)  # Monday 08:00 in Moscow
MONDAY, TUESDAY = IssueId("morning-20261123-0800"), IssueId("morning-20261124-0800")


class Clock:
    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


@asynccontextmanager
async def at_work(room: Room, clock: Callable[[], datetime]) -> AsyncIterator[App]:
    async with running(load_settings(room.config, {}), clock=clock) as app:
        yield app


async def status(app: App, issue: IssueId) -> IssueStatus | None:
    found = await app.house.issues.get(issue)
    return found.status if found else None


async def test_an_issue_is_composed_and_sealed_at_its_hour_and_only_once(tmp_path: Path) -> None:
    clock = Clock(DUE - timedelta(minutes=1))
    async with at_work(make_room(tmp_path / "room", smtp=1), clock) as app:
        await enrol(app, 2)
        await schedule.collect_due(app.house)
        before = await schedule.issues_due(app.house), await status(app, MONDAY)
        clock.now = DUE
        at_the_hour = await schedule.issues_due(app.house), await status(app, MONDAY)
        again = await schedule.issues_due(app.house)

    assert before == (False, None)
    assert at_the_hour == (True, IssueStatus.SEALED)
    assert again is False


async def test_what_was_missed_goes_with_the_next_issue(tmp_path: Path) -> None:
    clock = Clock(DUE)
    room = make_room(tmp_path / "room", smtp=1)
    async with at_work(room, clock) as app:
        await enrol(app, 1)
        await schedule.collect_due(app.house)
        await schedule.issues_due(app.house)
        clock.now = DUE + timedelta(hours=6)
        room.story("tram", "en", published=clock.now.isoformat())
        room.story("tram", "ru", published=clock.now.isoformat())
        await schedule.collect_due(app.house)
        clock.now = DUE + timedelta(days=1, hours=4)  # later than `late`
        missed = await schedule.issues_due(app.house), await status(app, TUESDAY)
        clock.now = DUE + timedelta(days=2)
        sealed = await schedule.issues_due(app.house)
        wednesday = await app.house.issues.last_sealed(MORNING)

    assert missed == (False, None)
    assert sealed is True
    assert wednesday is not None
    assert [item.story for item in wednesday.items] == ["tram"]


async def test_an_hour_with_too_little_to_say_is_skipped_and_its_window_passes_on(
    tmp_path: Path,
) -> None:
    clock = Clock(DUE)
    room = make_room(tmp_path / "room", smtp=1, stories=())
    async with at_work(room, clock) as app:
        await enrol(app, 1)
        await schedule.collect_due(app.house)
        await schedule.issues_due(app.house)
        monday = await status(app, MONDAY)
        clock.now = DUE + timedelta(hours=6)
        room.story("bridge", "en", published=clock.now.isoformat())
        room.story("bridge", "ru", published=clock.now.isoformat())
        await schedule.collect_due(app.house)
        clock.now = DUE + timedelta(days=1)
        await schedule.issues_due(app.house)
        tuesday = await app.house.issues.get(TUESDAY)

    assert monday is IssueStatus.SKIPPED
    assert tuesday is not None
    assert [item.story for item in tuesday.items] == ["bridge"]


async def test_an_article_is_carried_by_one_issue_only(tmp_path: Path) -> None:
    clock = Clock(DUE)
    room = make_room(tmp_path / "room", smtp=1)
    async with at_work(room, clock) as app:
        await enrol(app, 1)
        await schedule.collect_due(app.house)
        await schedule.issues_due(app.house)
        clock.now = DUE + timedelta(hours=6)
        room.story("tram", "en", published=clock.now.isoformat())
        room.story("tram", "ru", published=clock.now.isoformat())
        await schedule.collect_due(app.house)
        clock.now = DUE + timedelta(days=1)
        await schedule.issues_due(app.house)
        tuesday = await app.house.issues.get(TUESDAY)

    assert tuesday is not None
    assert [item.story for item in tuesday.items] == ["tram"]
    assert tuesday.number == 2


async def test_a_tick_that_fails_does_not_keep_the_others_from_coming(tmp_path: Path) -> None:
    heard: list[str] = []
    enough = asyncio.Event()

    async def broken() -> None:
        heard.append("broken")
        raise RuntimeError("on purpose")

    async def sound() -> None:
        heard.append("sound")
        if heard.count("sound") == 2:
            enough.set()

    every = timedelta(milliseconds=20)
    async with schedule.ticking({"broken": (every, broken), "sound": (every, sound)}):
        async with asyncio.timeout(10):
            await enough.wait()

    assert heard.count("broken") >= 1


async def test_yes_stays_yes_while_the_issue_is_the_same(tmp_path: Path) -> None:
    clock = Clock(DUE)
    room = make_room(tmp_path / "room", smtp=1, approval="two")
    async with at_work(room, clock) as app:
        await schedule.collect_due(app.house)
        made = await pipeline.compose(app.house, MORNING)
        assert made.issue is not None
        await hand.approve(app.house, made.issue.id, by="Anna")
        same = await pipeline.compose(app.house, MORNING)
        room.story("tram", "en")
        room.story("tram", "ru")
        clock.now += timedelta(hours=1)
        await schedule.collect_due(app.house)
        clock.now = DUE + timedelta(days=1)
        other = await pipeline.compose(app.house, MORNING)

    assert same.issue is not None
    assert [yes.by for yes in same.issue.approvals] == ["Anna"]
    assert other.issue is not None
    assert other.issue.approvals == ()
