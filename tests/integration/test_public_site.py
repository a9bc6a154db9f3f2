"""The public site: pages made with the feeds, through the gate, and served without a query."""

import gzip
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import brotli
import pytest
from lxml import html as documents
from PIL import Image

from publisher import pipeline
from publisher.app import App
from publisher.assets import shipped
from publisher.clearing import clear, standing_feeds
from publisher.web.public import application
from publisher.withdrawal import withdraw
from tests.support.build import STATEMENT
from tests.support.newsroom import NOW, Room, make_room
from tests.support.sending import Ticker
from tests.support.web import Visitor, visiting

PAGES = {
    "index.html": "en",
    "ru/index.html": "ru",
    "feeds/index.html": "en",
    "ru/feeds/index.html": "ru",
}
ADDRESSES = {
    "/": "en",
    "/ru/": "ru",
    "/ru": "ru",
    "/en/": "en",
    "/feeds": "en",
    "/feeds/": "en",
    "/ru/feeds": "ru",
}


async def publish(app: App) -> pipeline.Published:
    await pipeline.collect(app.house, list(app.house.newsroom.sources))
    return await pipeline.publish_feeds(app.house)


def opened(room: Room, path: str) -> Any:
    return documents.fromstring((room.folder / "public" / path).read_bytes())


def words(page: Any) -> str:
    for unseen in page.xpath("//style | //script"):
        unseen.drop_tree()
    return " ".join(page.text_content().split())


@asynccontextmanager
async def site(room: Room) -> AsyncIterator[tuple[App, Visitor]]:
    async with room.at_work() as app:
        routes = (*app.archive(), *app.site().routes())
        async with visiting(application(app.reception(), routes)) as visitor:
            yield app, visitor


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return make_room(tmp_path / "room", smtp=1)


# --- what is on them --------------------------------------------------------------------------------


async def test_every_page_carries_statement_and_mark_in_every_language(room: Room) -> None:
    async with room.at_work() as app:
        published = await publish(app)

    assert published.problems == ()
    for path, language in PAGES.items():
        page = opened(room, path)
        assert page.get("lang") == language
        assert words(page).count(STATEMENT) == 1
        assert page.xpath('string(//header//*[@class="mark"])') == "16+"


async def test_the_front_page_tells_what_is_newest_by_the_clock_and_for_the_script(
    room: Room,
) -> None:
    room.story("ferry", "ru", published=(NOW - timedelta(minutes=5)).isoformat())
    async with room.at_work() as app:
        await publish(app)

    newest = opened(room, "ru/index.html").xpath('//*[@class="ticker"]//li')
    assert newest[0].findtext("a") == "Открыт ferry"
    [age] = newest[0].xpath("./time[@data-age]")
    assert age.text.replace("\xa0", " ") == "11:55 мск"
    assert datetime.fromisoformat(age.get("datetime")) == NOW - timedelta(minutes=5)
    assert len(newest) == 3


async def test_nothing_embargoed_unplaced_or_above_the_masthead_is_on_the_front_page(
    room: Room,
) -> None:
    room.story("later", "en", embargo=(NOW + timedelta(hours=1)).isoformat())
    room.story("adults", "en", age="18")
    room.story("nowhere", "en", section="elsewhere")
    async with room.at_work() as app:
        await publish(app)

    shown = words(opened(room, "index.html"))
    assert "The bridge opens" in shown
    assert not re.search("later|adults|nowhere", shown)


async def test_languages_name_each_other(room: Room) -> None:
    async with room.at_work() as app:
        await publish(app)
        base = app.house.newsroom.site.base_url

    for path, name in (("index.html", ""), ("feeds/index.html", "feeds")):
        page = opened(room, path)
        told = {
            one.get("hreflang"): one.get("href")
            for one in page.xpath('//link[@rel="alternate"][@hreflang][not(@type)]')
        }
        english, russian = f"{base}/{name}", f"{base}/ru/{name}"
        assert told == {"en": english, "ru": russian, "x-default": english}
        [choice] = page.xpath('//header//a[@hreflang="ru"]')
        assert (choice.get("href"), choice.text) == (russian, "Читать по-русски")


async def test_the_page_of_feeds_lists_every_feed_and_every_address(room: Room) -> None:
    (room.config / "feeds.toml").write_text('[feeds]\nyandex = ["ru"]\n', "utf-8")
    async with room.at_work() as app:
        published = await publish(app)
        base = app.house.newsroom.site.base_url

    feeds = {
        f"{base}/{path}"
        for path in published.written
        if path.endswith((".rss", ".atom", ".json")) and "/archive-" not in path
    }
    assert len(feeds) > 20
    for path in ("feeds/index.html", "ru/feeds/index.html"):
        page = opened(room, path)
        assert {one.get("href") for one in page.xpath("//main//a")} == feeds
        copied = {one.get("data-copy") for one in page.xpath("//button[@hidden]")}
        assert copied == {one for one in feeds if one.endswith(".rss")}
    assert "not both" in words(opened(room, "feeds/index.html"))


async def test_every_page_tells_reader_programs_of_the_feeds(room: Room) -> None:
    async with site(room) as (app, visitor):
        await publish(app)
        base = app.house.newsroom.site.base_url
        for path in ("/", "/ru/", "/feeds", "/unsubscribe/nonsense", "/no-such-page"):
            page = documents.fromstring((await visitor.ask(path)).body)
            named = [one.get("href") for one in page.xpath('//link[@rel="alternate"][@type]')]
            own = page.get("lang")
            assert named[:3] == [
                f"{base}/feeds/{own}/all.{kind}" for kind in ("rss", "atom", "json")
            ]
            assert len(named) == len(set(named)) == 6


async def test_pages_wear_the_newsrooms_look(room: Room) -> None:
    Image.new("RGB", (400, 80), "navy").save(room.folder / "logo.png")
    (room.config / "look.toml").write_text(
        '[look]\nlight.accent = "#123c7a"\ntext = ["Palatino", "serif"]\n'
        'logo = { file = "logo.png", width = 200 }\n',
        "utf-8",
    )
    async with room.at_work() as app:
        published = await publish(app)
        logo = app.house.newsroom.look.logo
        assert logo is not None

    assert published.problems == ()
    page = (room.folder / "public/index.html").read_text("utf-8")
    assert "--accent: #123c7a" in page
    assert "--serif: Palatino, serif" in page
    assert "PT Serif" not in page
    [picture] = opened(room, "index.html").xpath("//header//img")
    assert (picture.get("src"), picture.get("alt")) == (f"/media/{logo.file}", "The Embankment")
    assert (room.folder / "public/media" / logo.file).is_file()


# --- when they change -------------------------------------------------------------------------------


async def test_a_second_build_leaves_every_page_as_it_is(room: Room) -> None:
    clock = Ticker(NOW)
    async with room.at_work(clock) as app:
        await publish(app)
        clock.now += timedelta(minutes=5)
        again = await publish(app)
        assert set(again.written.values()) == {False}

        clock.now = datetime(2026, 11, 24, 0, 1, tzinfo=ZoneInfo("Europe/Moscow"))
        tomorrow = await publish(app)
        assert {path for path, new in tomorrow.written.items() if new} == set(PAGES)


async def test_a_template_without_the_statement_publishes_nothing_and_is_named(room: Room) -> None:
    """Law 1: the last good page stays."""
    async with room.at_work() as app:
        await publish(app)
        was = (room.folder / "public/index.html").read_bytes()
        own = room.folder / "templates/web/parts"
        own.mkdir(parents=True)
        (own / "legal.html.j2").write_text("<footer>{{ imprint.copyright }}</footer>", "utf-8")
        room.story("ferry", "en")
        refused = await publish(app)

    assert (room.folder / "public/index.html").read_bytes() == was
    assert {one.rule for one in refused.problems} >= {"L02", "L09"}


async def test_a_statement_in_the_colour_of_the_paper_is_none(room: Room) -> None:
    own = room.folder / "templates/web/parts"
    own.mkdir(parents=True)
    css = (shipped("templates") / "web/parts/paper.css.j2").read_text("utf-8")
    dark = "@media (prefers-color-scheme: dark) { .legal { color: #171614; } }"
    (own / "paper.css.j2").write_text(css + dark, "utf-8")
    async with room.at_work() as app:
        refused = await publish(app)

    assert not (room.folder / "public/index.html").exists()
    assert "L10" in {one.rule for one in refused.problems}


async def test_a_broken_template_is_named_and_the_feeds_are_built(room: Room) -> None:
    own = room.folder / "templates/web"
    own.mkdir(parents=True)
    (own / "front.html.j2").write_text("{% block %}", "utf-8")
    async with room.at_work() as app:
        published = await publish(app)

    assert (room.folder / "public/feeds/en/all.rss").is_file()
    assert (room.folder / "public/feeds/index.html").is_file()
    assert [str(one.place.file).endswith("front.html.j2") for one in published.problems] == [True]


async def test_a_withdrawn_article_leaves_the_front_page_though_nothing_can_be_built(
    room: Room,
) -> None:
    clock = Ticker(NOW)
    async with room.at_work(clock) as app:
        await publish(app)
        clock.now += timedelta(days=36500)  # no legal profile is good so long
        found = [one for one in await app.house.articles.listed(limit=9) if one.story == "bridge"]
        await withdraw(app.house, found, by="Anna", reason="An error.")

    for path in ("index.html", "ru/index.html"):
        page = opened(room, path)
        assert "bridge" not in documents.tostring(page, encoding="unicode")
        assert page.xpath("//*[@data-story]")
        assert words(page).count(STATEMENT) == 1


async def test_a_page_that_names_it_where_nobody_can_tell_is_taken_away(room: Room) -> None:
    async with room.at_work() as app:
        await publish(app)
        page = room.folder / "public/index.html"
        page.write_bytes(page.read_bytes().replace(b"data-story", b"data-other"))
        found = [one for one in await app.house.articles.listed(limit=9) if one.story == "bridge"]
        cleared = clear(app.house, standing_feeds(app.house), found)

    assert "index.html" in cleared.taken_away
    assert not page.exists()


# --- over HTTP --------------------------------------------------------------------------------------


async def test_pages_open_where_they_are_promised(room: Room) -> None:
    async with site(room) as (app, visitor):
        assert (await visitor.ask("/")).status == 404  # nothing was built yet
        await publish(app)
        for path, language in ADDRESSES.items():
            answer = await visitor.ask(path)
            assert (answer.status, f'<html lang="{language}"' in answer.text) == (200, True), path
        for path in ("/de/", "/de/feeds", "/ru/index.html", "/index.html", "/static/../index.html"):
            assert (await visitor.ask(path)).status == 404, path


async def test_pages_run_our_script_and_nothing_from_elsewhere(room: Room) -> None:
    async with site(room) as (app, visitor):
        await publish(app)
        for path in ("/", "/feeds"):
            answer = await visitor.ask(path)
            policy = answer.headers["content-security-policy"]
            assert "default-src 'none'" in policy
            assert "script-src 'self'" in policy
            assert "x-robots-tag" not in answer.headers
            page = documents.fromstring(answer.body)
            drawn = page.xpath("//script/@src | //img/@src | //link[@rel='stylesheet']/@href")
            drawn += re.findall(r'url\("([^"]+)"\)', answer.text)
            assert drawn
            for address in drawn:
                assert address.startswith("/"), address
                assert (await visitor.ask(address)).status == 200, address


async def test_a_page_that_did_not_change_is_not_sent_again(room: Room) -> None:
    async with site(room) as (app, visitor):
        await publish(app)
        first = await visitor.ask("/")
        again = await visitor.ask("/", headers={"If-None-Match": first.headers["etag"]})

    assert (again.status, again.body) == (304, b"")
    for name in ("etag", "cache-control", "content-security-policy"):
        assert again.headers[name] == first.headers[name]


async def test_pages_come_packed_from_memory_and_anew_when_they_change(room: Room) -> None:
    async with site(room) as (app, visitor):
        await publish(app)
        plain = await visitor.ask("/")
        forms = {
            coding: await visitor.ask("/", headers={"Accept-Encoding": coding})
            for coding in ("gzip", "br")
        }
        room.story("ferry", "en")
        await publish(app)
        later = await visitor.ask("/", headers={"If-None-Match": plain.headers["etag"]})

    assert "content-encoding" not in plain.headers
    for coding, unpack in (("gzip", gzip.decompress), ("br", brotli.decompress)):
        assert forms[coding].headers["content-encoding"] == coding
        assert unpack(forms[coding].body) == plain.body
        assert len(forms[coding].body) < len(plain.body) / 2
    tags = {one.headers["etag"] for one in (plain, *forms.values())}
    assert len(tags) == 3
    assert later.status == 200
    assert "The ferry opens" in later.text


async def test_a_page_cleared_of_a_story_is_not_served_packed_with_it(room: Room) -> None:
    async with site(room) as (app, visitor):
        await publish(app)
        await visitor.ask("/", headers={"Accept-Encoding": "br"})
        found = [one for one in await app.house.articles.listed(limit=9) if one.story == "bridge"]
        clear(app.house, standing_feeds(app.house), found)
        answer = await visitor.ask("/", headers={"Accept-Encoding": "br"})

    assert "content-encoding" not in answer.headers
    assert "bridge" not in answer.text
