"""Issues in the browser: what everybody was sent, and nothing of one reader."""

from pathlib import Path

import pytest
from starlette.applications import Starlette

from publisher import hand, pipeline
from publisher.app import App
from publisher.model.issues import Issue
from publisher.web.archive import impersonal
from publisher.web.public import application
from publisher.withdrawal import withdraw
from tests.support.build import EN, RU, STATEMENT, make_digest
from tests.support.newsroom import composed, enrol, make_room
from tests.support.web import visiting


def web(app: App) -> Starlette:
    return application(app.reception(), app.archive().routes())


def address(issue: Issue, language: str) -> str:
    day, hour = issue.id.split("-")[1:3]
    return f"/archive/morning/{day[:4]}-{day[4:6]}-{day[6:]}-{hour}/{language}"


async def drafted(app: App) -> Issue:
    await pipeline.collect(app.house, list(app.house.newsroom.sources))
    await enrol(app, 2)
    return await composed(app)


async def test_a_sealed_issue_is_shown_with_the_imprint_of_its_date(tmp_path: Path) -> None:
    room = make_room(tmp_path / "room", smtp=1, backlog="2d")
    async with room.at_work() as app:
        issue = await drafted(app)
        await pipeline.seal(app.house, issue.id, by="Anna")
        base = app.house.newsroom.site.base_url
        for language, other in (("en", "ru"), ("ru", "en")):
            async with visiting(web(app)) as visitor:
                answer = await visitor.ask(address(issue, language))
            page = answer.text
            assert answer.status == 200
            assert f'lang="{language}"' in page
            assert STATEMENT in page
            assert f'hreflang="{other}" href="{base}{address(issue, other)}"' in page
            assert "{{slot:" not in page
            assert "/unsubscribe/" not in page
            assert "readers.test" not in page


@pytest.mark.parametrize("wrong", ["de", "EN", "../ru"])
async def test_what_never_went_out_is_not_there(tmp_path: Path, wrong: str) -> None:
    room = make_room(tmp_path / "room", smtp=1, backlog="2d")
    async with room.at_work() as app:
        issue = await drafted(app)
        async with visiting(web(app)) as visitor:
            assert (await visitor.ask(address(issue, "en"))).status == 404
            await pipeline.seal(app.house, issue.id, by="Anna")
            assert (await visitor.ask(address(issue, wrong))).status == 404
            assert (await visitor.ask("/archive/morning/yesterday/en")).status == 404
            assert (await visitor.ask("/archive/none/2026-11-23-0800/en")).status == 404


async def test_an_issue_with_a_withdrawn_article_is_gone_and_comes_back_with_it(
    tmp_path: Path,
) -> None:
    """Law 1: at once, in every language that told it."""
    room = make_room(tmp_path / "room", smtp=1, backlog="2d")
    async with room.at_work() as app:
        issue = await drafted(app)
        await pipeline.seal(app.house, issue.id, by="Anna")
        [taken] = [
            one
            for one in await app.house.articles.listed(limit=9)
            if (one.story, one.language) == ("bridge", "en")
        ]
        await withdraw(app.house, [taken], reason="An error", by="Anna")
        async with visiting(web(app)) as visitor:
            stopped = {(await visitor.ask(address(issue, one))).status for one in ("en", "ru")}
            await hand.resume(app.house, issue.id, by="Anna")
            resumed = {(await visitor.ask(address(issue, one))).status for one in ("en", "ru")}
            await app.house.newsdesk.restore(taken.id, now=app.house.clock(), by="Anna")
            restored = {(await visitor.ask(address(issue, one))).status for one in ("en", "ru")}

    assert (stopped, resumed, restored) == ({404}, {410}, {200})


def test_whatever_holds_a_slot_goes_whole() -> None:
    digest = make_digest(
        language=RU,
        html=(
            "<html><head></head><body><p>Новость <b>дня</b></p><table><tr><td>"
            "<p>Письмо ушло на {{slot:address}}. <a href='#'>Почему</a></p>"
            '<a href="{{slot:leave}}">Отписаться</a> <i>конец</i></td></tr></table>'
            "<p><b>Здравствуйте</b>, {{slot:name}}!</p></body></html>"
        ),
    )

    page = impersonal(digest, {EN: "https://a.test/en", RU: "https://a.test/ru"})

    assert "slot" not in page
    assert "Отписаться" not in page
    assert "Здравствуйте" not in page
    assert "Новость <b>дня</b>" in page
    assert "<i>конец</i>" in page
