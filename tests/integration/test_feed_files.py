"""The files of the feeds as a static server finds them: packed forms, dates, the manifest."""

import gzip
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import brotli
import feedparser
import pytest

from publisher import pipeline
from publisher.app import App
from publisher.clearing import clear, standing_feeds
from publisher.errors import Refused
from publisher.feed_gate import gated_files
from publisher.manifest import MANIFEST, Listed, digest, read_manifest
from publisher.store.files import PublicFiles
from publisher.web.public import application
from publisher.withdrawal import withdraw
from tests.support.build import NOON
from tests.support.kiosk import Client, kiosk
from tests.support.newsroom import NOW, Room, make_room
from tests.support.sending import Ticker
from tests.support.web import visiting

HUB = "https://hub.test/"
FORMS = {".gz": b"packed", ".br": b"smaller"}


async def publish(app: App) -> pipeline.Published:
    await pipeline.collect(app.house, list(app.house.newsroom.sources))
    return await pipeline.publish_feeds(app.house)


def listed(room: Room) -> dict[str, Listed]:
    return read_manifest((room.folder / "public" / MANIFEST).read_bytes())


def with_hub(folder: Path) -> Room:
    room = make_room(folder, smtp=1)
    (room.config / "feeds.toml").write_text(f'[feeds]\nhubs = ["{HUB}"]\n', "utf-8")
    return room


async def test_every_file_has_its_packed_forms_and_one_date(tmp_path: Path) -> None:
    room = make_room(tmp_path / "room", smtp=1)
    async with room.at_work() as app:
        written = (await publish(app)).written

    public = room.folder / "public"
    packs = [path for path in written if not path.endswith(".woff2")]  # is packed as it is
    assert len(packs) > 20
    for path in packs:
        data = (public / path).read_bytes()
        assert gzip.decompress((public / f"{path}.gz").read_bytes()) == data
        assert brotli.decompress((public / f"{path}.br").read_bytes()) == data
        dates = {(public / f"{path}{suffix}").stat().st_mtime for suffix in ("", ".gz", ".br")}
        assert dates == {listed(room)[path].modified.timestamp()}


async def test_the_manifest_says_hash_date_address_and_hubs(tmp_path: Path) -> None:
    room = with_hub(tmp_path / "room")
    async with room.at_work() as app:
        written = (await publish(app)).written
        base = app.house.newsroom.site.base_url

    files = listed(room)
    assert files.keys() == {path for path in written if not path.endswith(".woff2")}
    data = (room.folder / "public/feeds/en/all.rss").read_bytes()
    updated = feedparser.parse(data).feed.updated_parsed
    assert files["feeds/en/all.rss"] == Listed(
        sha256=digest(data),
        modified=datetime(*updated[:6], tzinfo=UTC),
        address=f"{base}/feeds/en/all.rss",
        hubs=(HUB,),
        made_of=files["feeds/en/all.atom"].made_of,
    )
    assert files["feeds/feed.css"].address is None


async def test_a_second_build_leaves_the_manifest_and_the_dates_as_they_are(tmp_path: Path) -> None:
    room = make_room(tmp_path / "room", smtp=1)
    clock = Ticker(NOW)
    async with room.at_work(clock) as app:
        await publish(app)
        before = (room.folder / "public" / MANIFEST).read_bytes()
        clock.now += timedelta(hours=1)
        await publish(app)

    assert (room.folder / "public" / MANIFEST).read_bytes() == before


async def test_a_packed_form_that_is_gone_is_made_anew(tmp_path: Path) -> None:
    room = make_room(tmp_path / "room", smtp=1)
    gone = room.folder / "public/feeds/en/all.rss.gz"
    async with room.at_work() as app:
        await publish(app)
        was = gone.read_bytes()
        gone.unlink()
        again = await publish(app)

    assert set(again.written.values()) == {False}
    assert gone.read_bytes() == was


async def test_what_is_cleared_of_an_article_is_packed_no_more(tmp_path: Path) -> None:
    """Law 1: a static server would go on handing out the old bytes to whoever takes gzip."""
    room = make_room(tmp_path / "room", smtp=1)
    async with room.at_work() as app:
        await publish(app)
        found = await app.house.articles.listed(limit=9)
        cleared = clear(app.house, standing_feeds(app.house), found)

    assert "feeds/en/all.rss" in cleared.mended
    for path in cleared.mended:
        assert not (room.folder / f"public/{path}.gz").exists()
        assert not (room.folder / f"public/{path}.br").exists()


# --- the folder itself -----------------------------------------------------------------------------


def test_packed_forms_go_with_their_file(tmp_path: Path) -> None:
    files = PublicFiles(tmp_path)
    files.write("a.rss", b"bytes", packed=FORMS, modified=NOON)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["a.rss", "a.rss.br", "a.rss.gz"]

    assert files.remove("a.rss")
    assert list(tmp_path.iterdir()) == []


def test_a_packed_form_never_outlives_the_bytes_it_was_made_of(tmp_path: Path) -> None:
    files = PublicFiles(tmp_path)
    files.write("a.rss", b"bytes", packed=FORMS)

    assert files.write("a.rss", b"less")
    assert [one.name for one in tmp_path.iterdir()] == ["a.rss"]


def test_a_file_whose_forms_cannot_be_written_stands_alone(tmp_path: Path) -> None:
    """Old bytes beside a packed form of new ones would be two answers to one question."""
    files = PublicFiles(tmp_path)
    files.write("a.rss", b"old")
    (tmp_path / "a.rss.br" / "in the way").mkdir(parents=True)

    with pytest.raises(Refused):
        files.write("a.rss", b"new", packed=FORMS)
    assert files.read("a.rss") == b"old"
    assert not (tmp_path / "a.rss.gz").exists()


# --- what did not change is not built again --------------------------------------------------------


class Counting:
    """Does the work here, and notes which feeds were built."""

    def __init__(self) -> None:
        self.built: list[str] = []

    async def __call__(self, work: Any, *args: Any, **kwargs: Any) -> Any:
        if work is gated_files:
            self.built.append(args[0].path)
        return work(*args, **kwargs)


async def built(app: App) -> tuple[set[str], pipeline.Published]:
    crunch = Counting()
    house = replace(app.house, crunch=crunch)
    await pipeline.collect(house, list(house.newsroom.sources))
    published = await pipeline.publish_feeds(house)
    return set(crunch.built), published


async def test_a_feed_that_did_not_change_is_not_built_again(tmp_path: Path) -> None:
    room = make_room(tmp_path / "room", smtp=1)
    async with room.at_work() as app:
        first, published = await built(app)
        again, same = await built(app)
        room.story("ferry", "en", section="world")
        changed, _ = await built(app)
    async with room.at_work() as app:  # another process: what was built is known from the manifest
        later, _ = await built(app)

    assert len(first) > 8
    assert (again, later) == (set(), set())
    assert same.written == dict.fromkeys(published.written, False)
    assert changed == {"feeds/en/all", "feeds/en/world", "feeds/all/all"}


async def test_a_file_that_somebody_touched_is_built_again(tmp_path: Path) -> None:
    room = make_room(tmp_path / "room", smtp=1)
    feed = room.folder / "public/feeds/en/all.atom"
    async with room.at_work() as app:
        await built(app)
        right = feed.read_bytes()
        for wrong in (right + b" ", None):
            feed.unlink() if wrong is None else feed.write_bytes(wrong)
            assert (await built(app))[0] == {"feeds/en/all"}
            assert feed.read_bytes() == right


async def test_another_legal_profile_builds_every_feed_again(tmp_path: Path) -> None:
    room = make_room(tmp_path / "room", smtp=1)
    async with room.at_work() as app:
        first, _ = await built(app)
    room.edit('phone = "+7 495 000-00-00"', 'phone = "+7 495 000-00-01"')
    async with room.at_work() as app:
        assert (await built(app))[0] == first


async def test_what_is_left_out_of_a_feed_is_said_at_every_build(tmp_path: Path) -> None:
    room = make_room(tmp_path / "room", smtp=1)
    (room.config / "feeds.toml").write_text('[feeds]\nyandex = ["en"]\n', "utf-8")
    async with room.at_work() as app:
        _, first = await built(app)
        again, second = await built(app)

    assert first.problems == second.problems != ()
    assert again == {"feeds/en/for-yandex"}


# --- from the builder to the reader -----------------------------------------------------------------


async def test_what_is_withdrawn_is_served_no_more_in_any_coding(tmp_path: Path) -> None:
    """Law 1, seen from outside; the web is another process's, as it may be."""
    room = make_room(tmp_path / "room", smtp=1)
    async with room.at_work() as app:
        await publish(app)
        [bridge] = [
            one
            for one in await app.house.articles.listed(limit=9)
            if (one.story, one.language) == ("bridge", "en")
        ]
        with kiosk(room.folder / "public") as client:
            assert bridge.title in told(client, "gzip")
            await withdraw(app.house, [bridge], by="Anna", reason="A court's order.")
            asked = 0
            while bridge.title in told(client, "gzip"):
                asked += 1
                assert asked < 100_000

            assert bridge.title not in told(client, "br")
            assert bridge.title not in told(client, "identity")


def told(client: Client, coding: str) -> str:
    answer = client.ask("/feeds/en/all.rss", ("Accept-Encoding", coding))
    assert answer.status == 200
    unpack = {"gzip": gzip.decompress, "br": brotli.decompress, "identity": bytes}[coding]
    return unpack(answer.body).decode()


async def test_feeds_are_served_without_a_database(tmp_path: Path) -> None:
    room = make_room(tmp_path / "room", smtp=1)
    async with room.at_work() as app:
        await publish(app)
        reception = app.reception()
    (room.folder / "var" / "publisher.db").unlink()

    async with visiting(application(reception)) as visitor:
        feed = await visitor.ask("/feeds/ru/all.json")
        again = await visitor.ask(
            "/feeds/ru/all.json", headers={"If-None-Match": feed.headers["etag"]}
        )

    assert (feed.status, again.status) == (200, 304)
    assert "Открыт bridge" in feed.text


async def test_what_config_asks_of_those_who_repeat_is_asked(tmp_path: Path) -> None:
    room = make_room(tmp_path / "room", smtp=1)
    (room.config / "web.toml").write_text('[web]\nrepeat = "1h"\n', "utf-8")
    async with room.at_work() as app:
        await publish(app)
        async with visiting(application(app.reception())) as visitor:
            answers = [await visitor.ask("/feeds/ru/all.rss") for _ in range(2)]

    assert [one.status for one in answers] == [200, 429]
    assert answers[1].headers["retry-after"] == "3600"
