"""The list of an edition's issues, in every language."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from publisher import pipeline
from publisher.app import App
from publisher.model.issues import Issue
from publisher.model.names import IssueId
from publisher.web import archive_list
from publisher.web.public import application
from publisher.withdrawal import withdraw
from tests.support.newsroom import composed, enrol, make_room
from tests.support.web import Visitor, visiting

DAY = timedelta(days=1)


async def sealed(app: App) -> Issue:
    await pipeline.collect(app.house, list(app.house.newsroom.sources))
    await enrol(app, 2)
    issue = await composed(app)
    return await pipeline.seal(app.house, issue.id, by="Anna")


async def words(visitor: Visitor, path: str) -> str:
    answer = await visitor.ask(path)
    assert answer.status == 200
    return answer.text.replace("\xa0", " ")


async def test_issues_are_listed_in_each_language_with_the_others_named(tmp_path: Path) -> None:
    room = make_room(tmp_path / "room", smtp=1, backlog="2d")
    async with (
        room.at_work() as app,
        visiting(application(app.reception(), app.archive())) as visitor,
    ):
        before = await words(visitor, "/archive/morning/en")
        await sealed(app)
        english = await words(visitor, "/archive/morning/en")
        russian = await words(visitor, "/archive/morning/ru")
        asked = await visitor.ask("/archive/morning", headers={"Accept-Language": "ru"})
        base = app.house.newsroom.site.base_url

    assert "No issue has gone out yet." in before
    assert (
        f'href="{base}/archive/morning/2026-11-23-0800/en">2 stories for November 23</a>' in english
    )
    assert (
        f'href="{base}/archive/morning/2026-11-23-0800/ru">2 материала за 23 ноября</a>' in russian
    )
    assert "November 23, 2026 · No. 1" in english
    assert "23 ноября 2026 г. · № 1" in russian
    for page in (english, russian):
        for language in ("en", "ru"):
            address = f"{base}/archive/morning/{language}"
            assert f'<link rel="alternate" hreflang="{language}" href="{address}">' in page
        assert "noindex" not in page
        assert "ЭЛ № ФС77-00000" in page
    assert asked.text.replace("\xa0", " ") == russian
    assert asked.headers["vary"] == "Accept-Language"
    assert asked.headers["content-language"] == "ru"


async def test_what_is_not_public_is_not_listed(tmp_path: Path) -> None:
    """Neither a draft, nor an issue to a few, nor one of which an article was taken back."""
    room = make_room(tmp_path / "room", smtp=1, backlog="2d")
    async with (
        room.at_work() as app,
        visiting(application(app.reception(), app.archive())) as visitor,
    ):
        await pipeline.collect(app.house, list(app.house.newsroom.sources))
        await enrol(app, 1)
        draft = await composed(app)
        assert "2026-11-23-0800" not in await words(visitor, "/archive/morning/en")
        await pipeline.seal(app.house, draft.id, by="Anna")
        assert "2026-11-23-0800" in await words(visitor, "/archive/morning/en")
        told = {one.id for item in draft.items for one in item.versions if one.language == "ru"}
        articles = [one for one in await app.house.articles.listed(limit=9) if one.id in told]
        await withdraw(app.house, articles[:1], reason="An error", by="Anna")
        await app.house.issues.move(draft.id, draft.status.SEALED, now=room.now, by="Anna")
        assert "2026-11-23-0800" not in await words(visitor, "/archive/morning/en")
        for wrong in ("morning/de", "none", "none/en", "morning/en?before=x", "morning/EN"):
            assert (await visitor.ask(f"/archive/{wrong}")).status == 404


async def test_older_issues_stand_on_pages_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive_list, "_PAGE", 2)
    room = make_room(tmp_path / "room", smtp=1, backlog="2d")
    async with (
        room.at_work() as app,
        visiting(application(app.reception(), app.archive())) as visitor,
    ):
        first = await sealed(app)
        for number in (1, 2):
            await again(app, first, number)
        newest = await words(visitor, "/archive/morning/ru")
        older = await words(visitor, "/archive/morning/ru?before=20261124-0800")

    assert newest.index("2026-11-25-0800") < newest.index("2026-11-24-0800")
    assert "2026-11-23-0800" not in newest
    assert "/archive/morning/ru?before=20261124-0800" in newest
    assert "2026-11-23-0800" in older
    assert "?before=" not in older


async def again(app: App, first: Issue, number: int) -> None:
    """The same issue, sealed for a later day."""
    due = first.due_at + number * DAY
    later = IssueId(f"morning-{due:%Y%m%d}-0800")
    draft = replace(first, id=later, due_at=due, number=number + 1, status=first.status.APPROVED)
    await app.house.issues.save(replace(draft, sealed_at=None))
    digests = [
        replace(one, id=one.id.replace(first.id, later), issue=later)
        for one in await app.house.digests.of(first.id)
    ]
    going = replace(draft, status=first.status.SEALED, sealed_at=app.house.clock())
    await app.house.outbox.seal(going, digests, now=app.house.clock())
