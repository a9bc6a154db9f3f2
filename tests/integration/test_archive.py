"""Issues in the browser: what everybody was sent, and nothing of one reader."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from starlette.types import ASGIApp

from publisher import hand, pipeline
from publisher.app import App, load_settings
from publisher.model.digests import Digest
from publisher.model.issues import Issue
from publisher.web import archive
from publisher.web.impersonal import impersonal
from publisher.web.public import application
from publisher.withdrawal import withdraw
from tests.support.build import EN, RU, STATEMENT, make_digest
from tests.support.newsroom import composed, enrol, make_room
from tests.support.web import visiting


def web(app: App) -> ASGIApp:
    return application(app.reception(), app.archive())


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

    assert page is not None
    assert "slot" not in page
    assert "Отписаться" not in page
    assert "Здравствуйте" not in page
    assert "Новость <b>дня</b>" in page
    assert "<i>конец</i>" in page


async def test_the_page_holds_nothing_that_only_a_mail_needs(tmp_path: Path) -> None:
    room = make_room(tmp_path / "room", smtp=1, backlog="2d")
    async with room.at_work() as app:
        issue = await drafted(app)
        await pipeline.seal(app.house, issue.id, by="Anna")
        [digest] = [one for one in await app.house.digests.of(issue.id) if one.language == EN]
        async with visiting(web(app)) as visitor:
            page = (await visitor.ask(address(issue, "en"))).text
    for words in ("Change language", "You receive", "Read in the browser", "preheader letter"):
        assert words in digest.html
        assert words not in page
    assert "Report an error" in page
    assert "Читать по-русски" in page


async def test_a_page_is_asked_for_again_and_not_sent_again(tmp_path: Path) -> None:
    room = make_room(tmp_path / "room", smtp=1, backlog="2d")
    async with room.at_work() as app:
        issue = await drafted(app)
        await pipeline.seal(app.house, issue.id, by="Anna")
        async with visiting(web(app)) as visitor:
            path = address(issue, "ru")
            first = await visitor.ask(path)
            tag, when = first.headers["etag"], first.headers["last-modified"]
            same = await visitor.ask(path, headers={"If-None-Match": tag})
            since = await visitor.ask(path, headers={"If-Modified-Since": when})
            other = await visitor.ask(path, headers={"If-None-Match": '"another"'})
            wrong = await visitor.ask(path, headers={"If-Match": '"another"'})
            head = await visitor.ask(path, method="HEAD")

    assert when == "Mon, 23 Nov 2026 09:00:00 GMT"
    assert first.headers["cache-control"] == "public, no-cache"  # a withdrawal waits for no cache
    assert first.headers["content-language"] == "ru"
    assert "x-robots-tag" not in first.headers
    assert (same.status, same.body, same.headers["etag"]) == (304, b"", tag)
    assert (since.status, other.status, wrong.status) == (304, 200, 412)
    assert (head.status, head.body, head.headers["etag"]) == (200, b"", tag)


def losing(words: str) -> Callable[..., str | None]:
    def careless(digest: Digest, *other: Any) -> str | None:
        page = impersonal(digest, *other)
        return page and page.replace(words, "")

    return careless


async def test_law_1_a_page_passes_the_gate_again_before_it_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever is taken out of a page on its way to the browser."""
    room = make_room(tmp_path / "room", smtp=1, backlog="2d")
    async with room.at_work() as app:
        issue = await drafted(app)
        await pipeline.seal(app.house, issue.id, by="Anna")

        for lost in (STATEMENT, "16+", "Соколова А. П.", "+7 495 000-00-00", "© 2026"):
            monkeypatch.setattr(archive, "impersonal", losing(lost))
            async with visiting(web(app)) as visitor:
                answer = await visitor.ask(address(issue, "ru"))
            assert answer.status == 500
            assert STATEMENT not in answer.text
            assert "Открыт" not in answer.text


async def test_the_imprint_is_that_of_the_issues_date_and_must_still_be_in_config(
    tmp_path: Path,
) -> None:
    room = make_room(tmp_path / "room", smtp=1, backlog="2d")
    async with room.at_work() as app:
        issue = await drafted(app)
        await pipeline.seal(app.house, issue.id, by="Anna")
        async with visiting(web(app)) as visitor:
            assert (await visitor.ask(address(issue, "ru"))).status == 200
            later = (room.config / "newsroom.toml").read_text("utf-8")
            start, end = later.index("[[legal.main]]"), later.index("[web]")
            newer = later[start:end].replace("2026-02-01", "2026-11-24").replace("А. П.", "Б. В.")
            room.edit("[web]\n", f"{newer}[web]\n")
            app.adopt(load_settings(room.config, {}))
            with_new = (await visitor.ask(address(issue, "ru"))).text
            room.edit('"Соколова А. П."', '"Соколова Г. Д."')  # the version that was sent is edited
            app.adopt(load_settings(room.config, {}))
            edited = await visitor.ask(address(issue, "ru"))

    assert "Соколова А. П." in with_new
    assert "Б. В." not in with_new
    assert edited.status == 500
