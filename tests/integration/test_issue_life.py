"""An issue before its seal: the editor's hand, and which stories go into which number."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from publisher import hand, pipeline
from publisher.app import App
from publisher.errors import MoveForbidden, Refused
from publisher.model.issues import Issue, IssueStatus
from publisher.model.names import IssueId
from tests.support.newsroom import MORNING, NOW, composed, enrol, make_room
from tests.support.sending import Ticker
from tests.support.smtp_server import real_server

DAY = timedelta(days=1)
MONDAY = IssueId("morning-20261123-0800")


def stories(issue: Issue | None) -> set[str]:
    assert issue is not None
    return {str(item.story) for item in issue.items}


async def sent(app: App) -> Issue:
    issue = await composed(app)
    await pipeline.seal(app.house, issue.id, by="test")
    await pipeline.deliver(app.house, stop=asyncio.Event())
    return await hand.known_issue(app.house, issue.id)


async def test_an_article_that_appears_late_goes_to_the_next_issue(tmp_path: Path) -> None:
    clock = Ticker(now=NOW)
    async with real_server() as server:
        room = make_room(tmp_path / "room", smtp=server.port)
        async with room.at_work(clock) as app:
            await enrol(app, 1)
            await pipeline.collect(app.house, list(app.house.newsroom.sources))
            long_ago = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)  # but here only now
            room.story("tunnel", "en", published=long_ago.isoformat())
            room.story("tunnel", "ru", published=long_ago.isoformat())
            clock.now += timedelta(minutes=1)
            await pipeline.collect(app.house, list(app.house.newsroom.sources))
            clock.now += timedelta(minutes=1)
            monday = await sent(app)
            same_day = await pipeline.compose(app.house, MORNING)
            clock.now += DAY
            tuesday = await sent(app)

    assert stories(monday) == {"bridge", "library"}
    assert same_day.issue is None
    assert stories(tuesday) == {"tunnel"}
    assert tuesday.window.start == monday.window.end
    assert tuesday.number == monday.number + 1
    assert len(server.mails) == 2


async def test_too_few_stories_wait_for_company(tmp_path: Path) -> None:
    clock = Ticker(now=NOW)
    room = make_room(tmp_path / "room", smtp=1, least=3)
    async with room.at_work(clock) as app:
        await pipeline.collect(app.house, list(app.house.newsroom.sources))
        looked = await pipeline.compose(app.house, MORNING)
        kept = await app.house.issues.get(MONDAY)
        ended = await pipeline.compose(app.house, MORNING, final=True)
        skipped = await app.house.issues.get(MONDAY)
        room.story("tunnel", "en")
        room.story("tunnel", "ru")
        await pipeline.collect(app.house, list(app.house.newsroom.sources))
        clock.now += DAY
        tuesday = await pipeline.compose(app.house, MORNING)

    assert (looked.issue, ended.issue, kept) == (None, None, None)
    assert looked.reason is not None
    assert looked.reason.args == {"n": 2, "min": 3}
    assert skipped is not None
    assert skipped.status is IssueStatus.SKIPPED
    assert stories(tuesday.issue) == {"bridge", "library", "tunnel"}


async def test_a_cancelled_issue_leaves_its_stories_to_the_next(tmp_path: Path) -> None:
    clock = Ticker(now=NOW)
    async with make_room(tmp_path / "room", smtp=1).at_work(clock) as app:
        issue = await composed(app)
        cancelled = await hand.cancel(app.house, issue.id, by="Anna")
        again = await pipeline.compose(app.house, MORNING)
        with pytest.raises(Refused):
            await pipeline.seal(app.house, issue.id, by="test")
        clock.now += DAY
        tuesday = await pipeline.compose(app.house, MORNING)

    assert cancelled.status is IssueStatus.CANCELLED
    assert again.issue is None
    assert again.reason is not None
    assert stories(tuesday.issue) == {"bridge", "library"}


async def test_a_held_issue_is_not_sent_until_it_is_composed_again(tmp_path: Path) -> None:
    async with make_room(tmp_path / "room", smtp=1).at_work() as app:
        issue = await composed(app)
        held = await hand.hold(app.house, issue.id, by="Anna")
        with pytest.raises(Refused):
            await pipeline.seal(app.house, issue.id, by="test")
        with pytest.raises(Refused):
            await hand.approve(app.house, issue.id, by="Anna")
        afresh = await pipeline.compose(app.house, MORNING)

    assert held.status is IssueStatus.HELD
    assert held.problems[-1].args == {"name": "Anna"}
    assert afresh.issue is not None
    assert afresh.issue.status is IssueStatus.DRAFT


async def test_a_held_issue_can_be_cancelled(tmp_path: Path) -> None:
    async with make_room(tmp_path / "room", smtp=1).at_work() as app:
        issue = await composed(app)
        await hand.hold(app.house, issue.id, by="Anna")
        cancelled = await hand.cancel(app.house, issue.id, by="Anna")

    assert cancelled.status is IssueStatus.CANCELLED


async def test_a_hold_takes_back_every_yes(tmp_path: Path) -> None:
    """Composed again with not a letter changed, it is as if nobody had looked."""
    async with make_room(tmp_path / "room", smtp=1, approval="two").at_work() as app:
        issue = await composed(app)
        await hand.approve(app.house, issue.id, by="Anna")
        await hand.hold(app.house, issue.id, by="Boris")
        await pipeline.compose(app.house, MORNING)
        approved = await hand.approve(app.house, issue.id, by="Boris")

    assert approved.status is IssueStatus.DRAFT
    assert [one.by for one in approved.approvals] == ["Boris"]


async def test_one_yes_is_enough_where_one_is_asked_for(tmp_path: Path) -> None:
    async with make_room(tmp_path / "room", smtp=1, approval="one").at_work() as app:
        issue = await composed(app)
        with pytest.raises(Refused) as refused:
            await pipeline.seal(app.house, issue.id, by="schedule")
        approved = await hand.approve(app.house, issue.id, by="Anna")
        again = await pipeline.compose(app.house, MORNING)
        sealed = await pipeline.seal(app.house, issue.id, by="schedule")

    assert refused.value.problems[0].args == {"issue": issue.id, "given": 0, "needed": 1}
    assert approved.status is IssueStatus.APPROVED
    assert again.issue == approved
    assert sealed.status in {IssueStatus.SEALED, IssueStatus.SENT}


async def test_the_same_person_cannot_say_yes_twice(tmp_path: Path) -> None:
    async with make_room(tmp_path / "room", smtp=1, approval="two").at_work() as app:
        issue = await composed(app)
        await hand.approve(app.house, issue.id, by="Anna")
        second = await hand.approve(app.house, issue.id, by=" anna ")

    assert second.status is IssueStatus.DRAFT
    assert [one.by for one in second.approvals] == ["Anna"]


async def test_a_sealed_issue_is_nobodys_to_change(tmp_path: Path) -> None:
    async with make_room(tmp_path / "room", smtp=1).at_work() as app:
        await enrol(app, 1)
        issue = await composed(app)
        await pipeline.seal(app.house, issue.id, by="test")
        for change in (hand.hold, hand.cancel, hand.approve):
            with pytest.raises((Refused, MoveForbidden)):
                await change(app.house, issue.id, by="Anna")
        with pytest.raises(Refused):
            await pipeline.seal(app.house, issue.id, by="test")
        stored = await hand.known_issue(app.house, issue.id)
        balance = await app.house.ledger.balance(issue.id)

    assert stored.status is IssueStatus.SEALED
    assert stored.items == issue.items
    assert (balance.planned, balance.waiting) == (1, 1)
