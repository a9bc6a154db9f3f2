"""The demo newsroom's own site: every page, in both languages, from the stored articles."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from publisher.app import load_settings, running
from publisher.demo.layout import lay_out_config
from publisher.demo.mailbox import Mailbox
from publisher.demo.site import demo_routes
from publisher.model.articles import Article, Changes
from publisher.model.names import SectionId, StoryKey
from publisher.model.sources import Rights
from publisher.web.public import application
from tests.support.build import NOON, RU, make_article, make_image
from tests.support.web import Visitor, visiting

pytestmark = pytest.mark.asyncio(loop_scope="module")  # one server for all: its end takes 0.2 s

MAIL = (
    "From: The Embankment <digest@embankment.test>\r\n"
    "To: anna@readers.test\r\n"
    "Subject: =?utf-8?B?0JzQvtGB0YI=?=\r\n"
    "Date: Mon, 23 Nov 2026 08:00:00 +0300\r\n"
    "Content-Language: ru\r\n"
    'Content-Type: multipart/alternative; boundary="b"\r\n\r\n'
    "--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nПлоский текст\r\n"
    "--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
    '<html><head><title>x</title></head><body><script>alert(1)</script><a href="/">x</a></body>'
    "</html>\r\n--b--\r\n"
)


@dataclass(frozen=True)
class Stand:
    visitor: Visitor
    base: str
    mail: str  # name of the one mail


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def stand(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stand]:
    folder = tmp_path_factory.mktemp("demo")
    lay_out_config(folder)
    settings = load_settings(folder / "config", {})
    async with running(settings, clock=lambda: NOON) as app:
        base = settings.newsroom.site.base_url
        new = Changes(new=_articles(base))
        await app.house.intake.admit(lambda admission: admission.save(new))
        _lay_out_files(folder)
        mailbox = Mailbox(folder / "mailbox")
        mailbox.lay_out()
        mailbox.deliver("digest@embankment.test", "anna@readers.test", MAIL.encode())
        routes = demo_routes(app.house, app.templates, folder, mailbox)
        async with visiting(application(app.reception(), extra=tuple(routes))) as visitor:
            yield Stand(visitor, base, next(mailbox.files()).name)


def _articles(base: str) -> tuple[Article, ...]:
    english = make_article(
        url=f"{base}/news/bridge",
        title='A "bridge" opens & stays',
        body='<h2>How</h2><p>Walkers <a href="https://a.test/">crossed</a>.</p>'
        '<img src="https://spy.test/pixel.gif">',
        image=make_image(),
        related=(StoryKey("ferry"), StoryKey("hidden"), StoryKey("unplaced")),
        correction="The bridge is 40 meters long, not 400.",
        updated_at=datetime(2026, 11, 23, 4, 0, tzinfo=UTC),
        age=12,
    )
    russian = make_article(language=RU, url=f"{base}/ru/news/bridge", title="Мост - открыт", age=12)
    ferry = make_article(story=StoryKey("ferry"), url=f"{base}/news/ferry", title="A ferry stops")
    quoted = make_article(
        story=StoryKey("trams"),
        language=RU,
        section=SectionId("business"),
        url=f"{base}/wire/river-trams",
        title="Речные трамваи",
        summary="Шесть судов.",
        body="",
        rights=Rights.QUOTE,
        credit="агентство «Провод»",
    )
    tomorrow = NOON + timedelta(days=1)
    hidden: dict[str, dict[str, Any]] = {
        "early": {"published_at": tomorrow, "available_at": tomorrow},
        "hidden": {"available_at": tomorrow},
        "unplaced": {"section": None},
        "grown-up": {"age": 18},
        "unrated": {"age": None},
    }
    kept = [
        replace(
            make_article(story=StoryKey(name), url=f"{base}/news/{name}", title=f"Secret {name}"),
            **over,
        )
        for name, over in hidden.items()
    ]
    return (english, russian, ferry, quoted, *kept)


def _lay_out_files(folder: Path) -> None:
    for name in ("en/all", "en/moscow", "ru/all"):
        path = folder / "public" / "feeds" / f"{name}.rss"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("<rss/>")
    for place, name, words in (
        ("wire", "business.xml", "<rss/>"),
        ("preview", "ru.html", '<a href="{{slot:leave}}">{{slot:address}}</a>'),
        ("preview", "ru.txt", "{{slot:leave}} {{slot:address}}"),
        ("preview", "ru.eml", "Subject: x\r\n\r\n"),
    ):
        (folder / place).mkdir(exist_ok=True)
        (folder / place / name).write_text(words)
    (folder / "preview" / "key.html").write_text("not for you")


@pytest.mark.parametrize(
    ("path", "language"),
    [
        ("/", "en"),
        ("/ru/", "ru"),
        ("/ru", "ru"),
        ("/news/bridge", "en"),
        ("/ru/news/bridge", "ru"),
        ("/privacy", "en"),
        ("/ru/privacy", "ru"),
        ("/mailbox", "en"),
        ("/ru/mailbox", "ru"),
        ("/wire/", "ru"),
        ("/wire/river-trams", "ru"),
        ("/preview/leave", "en"),
    ],
)
async def test_every_page_opens_in_its_language_with_mark_and_statement(
    stand: Stand, path: str, language: str
) -> None:
    page = await stand.visitor.ask(path)

    assert page.status == 200
    assert f'<html lang="{language}">' in page.text
    assert page.text.count("16+") >= 2
    assert "Регистрационный номер ЭЛ № ФС77-00000. 16+" in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]


@pytest.mark.parametrize(
    "path",
    [
        "/en/",
        "/de/",
        "/news/nothing",
        "/ru/news/ferry",
        "/news/early",
        "/news/hidden",
        "/news/unplaced",
        "/news/grown-up",
        "/news/unrated",
        "/mailbox/nothing",
        "/mailbox/..%2f..%2fconfig%2fsystem.toml",
        "/mailbox/nothing/page.html",
        "/mailbox/nothing/message.eml",
        "/preview/en.html",
        "/preview/key.html",
        "/preview/ru.exe",
        "/preview/..%2fvar%2fsecret.key",
        "/wire/nothing",
        "/wire/nothing.xml",
        "/wire/..%2fvar%2fpublisher.db",
        "/favicon.ico",
    ],
)
async def test_what_is_not_there_or_not_to_be_shown_is_not_found(stand: Stand, path: str) -> None:
    answer = await stand.visitor.ask(path)

    assert answer.status == 404
    assert "Secret" not in answer.text
    assert "not for you" not in answer.text


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
async def test_the_site_takes_nothing(stand: Stand, method: str) -> None:
    for path in ("/", "/mailbox", "/news/bridge", "/wire/business.xml"):
        assert (await stand.visitor.ask(path, method=method)).status == 405


async def test_an_article_is_printed_whole(stand: Stand) -> None:
    page = (await stand.visitor.ask("/news/bridge")).text

    assert "<h1>A “bridge” opens &amp; stays</h1>" in page
    assert "Anna Orlova" in page
    assert "Nov 23, 2026 — 03:00" in page
    assert "Updated Nov 23, 2026 — 07:00" in page
    assert "12+" in page
    assert '<h2>How</h2><p>Walkers <a href="https://a.test/">crossed</a>.</p>' in page
    assert 'src="/media/0123456789abcdef.png"' in page
    assert 'alt="A bridge at dawn"' in page
    assert "The new bridge" in page
    assert "Photo: Vera Lindqvist" in page
    assert "<b>Correction.</b> The bridge is 40 meters long, not 400." in page


async def test_an_article_shows_nobody_elses_picture(stand: Stand) -> None:
    assert "spy.test" not in (await stand.visitor.ask("/news/bridge")).text


async def test_an_article_names_its_related_stories_but_none_under_embargo(stand: Stand) -> None:
    page = (await stand.visitor.ask("/news/bridge")).text

    assert f'href="{stand.base}/news/ferry"' in page
    assert "Secret" not in page


async def test_an_article_leads_to_its_other_language(stand: Stand) -> None:
    page = (await stand.visitor.ask("/news/bridge")).text
    link = f'hreflang="ru" href="{stand.base}/ru/news/bridge"'

    assert f'<link rel="alternate" {link}>' in page
    assert re.search(rf'<a [^>]*href="{stand.base}/ru/news/bridge" hreflang="ru" lang="ru">', page)
    assert "hreflang" not in (await stand.visitor.ask("/news/ferry")).text.partition("<main>")[2]


async def test_titles_are_set_by_the_rules_of_their_language(stand: Stand) -> None:
    assert "Мост\u00a0— открыт" in (await stand.visitor.ask("/ru/news/bridge")).text


async def test_the_front_page_shows_what_was_made(stand: Stand) -> None:
    page = (await stand.visitor.ask("/")).text

    for link in (
        "/news/bridge",
        "/news/ferry",
        "/mailbox",
        "/feeds/en/all.rss",
        "/feeds/en/moscow.rss",
        "/feeds",
        "/archive/morning/en",
        "/preview/ru.html",
        "/preview/ru.txt",
        "/preview/ru.eml",
    ):
        assert f'{link}"' in page, link
    assert "/feeds/en/russia.rss" not in page
    assert "data-age" in page
    assert "Secret" not in page


async def test_the_wires_feed_is_a_feed_and_is_not_sent_twice(stand: Stand) -> None:
    feed = await stand.visitor.ask("/wire/business.xml")
    etag = {"If-None-Match": feed.headers["etag"]}

    assert feed.headers["content-type"] == "application/rss+xml; charset=utf-8"
    assert (await stand.visitor.ask("/wire/business.xml", headers=etag)).status == 304


async def test_a_story_of_the_wire_names_whose_it_is(stand: Stand) -> None:
    page = (await stand.visitor.ask("/wire/river-trams")).text

    assert "агентство «Провод»" in page
    assert "Шесть судов." in page
    assert 'href="' + stand.base + '/wire/river-trams"' in (await stand.visitor.ask("/wire/")).text


async def test_the_mailbox_lists_reader_subject_and_language(stand: Stand) -> None:
    page = (await stand.visitor.ask("/mailbox")).text

    assert "anna@readers.test · ru" in page
    assert '<span class="subject" lang="ru">Мост</span>' in page
    assert f'href="/mailbox/{stand.mail}"' in page


async def test_a_letter_opens_with_headers_text_and_a_frame_that_can_do_nothing(
    stand: Stand,
) -> None:
    answer = await stand.visitor.ask(f"/mailbox/{stand.mail}")
    frame = re.search(r"<iframe [^>]*>", answer.text)

    assert "<h1" in answer.text
    assert "Плоский текст" in answer.text
    assert "<dt>X-RcptTo</dt><dd>anna@readers.test</dd>" in answer.text
    assert "<script" not in answer.text
    assert frame
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in frame[0]
    assert f'src="/mailbox/{stand.mail}/page.html"' in frame[0]
    assert "frame-src 'self'" in answer.headers["content-security-policy"]


async def test_the_html_of_a_letter_runs_nothing_even_alone(stand: Stand) -> None:
    part = await stand.visitor.ask(f"/mailbox/{stand.mail}/page.html")
    policy = part.headers["content-security-policy"]

    assert policy.startswith("sandbox ")
    assert "allow-scripts" not in policy
    assert "default-src 'none'" in policy
    assert '<head><base target="_blank">' in part.text


async def test_a_letter_can_be_taken_away_byte_for_byte(stand: Stand) -> None:
    raw = await stand.visitor.ask(f"/mailbox/{stand.mail}/message.eml")

    assert raw.headers["content-type"] == "message/rfc822"
    assert raw.headers["content-disposition"] == f'attachment; filename="{stand.mail}.eml"'
    assert raw.body.endswith(MAIL.encode())


async def test_a_proof_is_nobodys_and_its_link_says_so(stand: Stand) -> None:
    page = await stand.visitor.ask("/preview/ru.html")
    text = await stand.visitor.ask("/preview/ru.txt")

    assert page.text == f'<a href="{stand.base}/preview/leave">reader@reader.invalid</a>'
    assert text.headers["content-type"] == "text/plain; charset=utf-8"
    assert "{{" not in text.text
    assert (await stand.visitor.ask("/preview/leave")).status == 200
    assert (await stand.visitor.ask("/preview/ru.eml")).headers["content-type"] == "message/rfc822"


async def test_an_empty_newsroom_has_a_front_page_too(tmp_path: Path) -> None:
    lay_out_config(tmp_path)
    async with running(load_settings(tmp_path / "config", {}), clock=lambda: NOON) as app:
        routes = demo_routes(app.house, app.templates, tmp_path, Mailbox(tmp_path / "mailbox"))
        async with visiting(application(app.reception(), extra=tuple(routes))) as visitor:
            for path in ("/", "/ru/", "/wire/", "/mailbox"):
                assert (await visitor.ask(path)).status == 200
