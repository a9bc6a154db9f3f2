"""A new build reaches the kiosk by itself, whole; memory is bounded; those who repeat may be told."""

import asyncio
import gzip
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest
import structlog

from publisher.manifest import MANIFEST
from publisher.render.packing import packed
from publisher.store.files import PublicFiles
from publisher.web.repeats import Manners
from publisher.web.stock import Stock
from tests.support.build import NOON
from tests.support.kiosk import BODY, CHANGED, Client, kiosk, shelve

FEED, ADDRESS = "feeds/en/all.rss", "/feeds/en/all.rss"
HOUR = timedelta(hours=1)


@dataclass
class Pace:
    """The kiosk's clock; every look is due when it is turned."""

    at: float = 0

    def __call__(self) -> float:
        return self.at

    def later(self) -> None:
        self.at += 1


@pytest.fixture
def pace() -> Pace:
    return Pace()


async def body_at(stock: Stock, path: str = ADDRESS) -> bytes | None:
    found = await stock.find(path)
    return None if found is None else bytes(found.forms["identity"].body["body"])


def test_a_new_build_is_served_within_a_second(tmp_path: Path) -> None:
    shelve(tmp_path, FEED)
    with kiosk(tmp_path) as client:
        before = client.ask()
        PublicFiles(tmp_path).write(FEED, b"<rss>mended by another process</rss>")
        asked = 0
        while (after := client.ask()).body == BODY:
            asked += 1
            assert asked < 100_000

    assert after.body == b"<rss>mended by another process</rss>"
    assert after.headers["etag"] != before.headers["etag"]


async def test_what_is_put_mended_or_taken_away_is_seen_at_the_next_look(
    tmp_path: Path, pace: Pace
) -> None:
    stock, files = Stock(tmp_path, pace=pace), PublicFiles(tmp_path)
    assert await body_at(stock) is None  # there is not even a folder

    for act, body in (
        (lambda: shelve(tmp_path, FEED), BODY),
        (lambda: files.write(FEED, b"<rss/>"), b"<rss/>"),
        (lambda: shelve(tmp_path, FEED, b"<rss />"), b"<rss />"),
        ((tmp_path / FEED).unlink, None),  # by hand
        (lambda: shelve(tmp_path, FEED), BODY),
        (lambda: files.remove(FEED), None),
        (lambda: shelve(tmp_path, "feeds/fr/all.rss"), None),
    ):
        act()
        pace.later()
        assert await body_at(stock) == body
    assert await body_at(stock, "/feeds/fr/all.rss") == BODY


async def test_between_two_looks_the_folder_is_left_alone(tmp_path: Path, pace: Pace) -> None:
    shelve(tmp_path, FEED)
    stock = Stock(tmp_path, pace=pace)
    await body_at(stock)
    (tmp_path / FEED).unlink()

    assert await body_at(stock) == BODY


async def test_a_change_in_the_same_tick_of_the_disks_clock_is_found(
    tmp_path: Path, pace: Pace
) -> None:
    """Two renames a few milliseconds apart leave a folder with one time."""
    stock = Stock(tmp_path, pace=pace)
    shelve(tmp_path, FEED)
    await stock.find(ADDRESS)
    folder = (tmp_path / FEED).parent
    times = folder.stat()
    PublicFiles(tmp_path).write(FEED, b"<rss>withdrawn</rss>")
    os.utime(folder, ns=(times.st_atime_ns, times.st_mtime_ns))
    pace.later()

    assert await body_at(stock) == b"<rss>withdrawn</rss>"


async def test_a_packed_form_of_other_bytes_is_not_served(tmp_path: Path, pace: Pace) -> None:
    """A build in the middle of its work, or one that died there."""
    shelve(tmp_path, FEED)
    (tmp_path / f"{FEED}.br").write_bytes((tmp_path / f"{FEED}.br").read_bytes()[:-3])
    (tmp_path / f"{FEED}.gz").write_bytes(gzip.compress(b"<rss>withdrawn</rss>" * 50))

    found = await Stock(tmp_path, pace=pace).find(ADDRESS)

    assert found is not None
    assert set(found.forms) == {"identity", "gzip"}
    assert gzip.decompress(bytes(found.forms["gzip"].body["body"])) == BODY


async def test_the_manifests_date_counts_for_its_own_bytes_alone(
    tmp_path: Path, pace: Pace
) -> None:
    shelve(tmp_path, FEED)
    stock = Stock(tmp_path, pace=pace)
    listed = await stock.find(ADDRESS)
    PublicFiles(tmp_path).write(FEED, b"<rss/>", modified=NOON)
    pace.later()
    other = await stock.find(ADDRESS)

    assert listed is not None
    assert other is not None
    assert listed.modified == CHANGED.timestamp()
    assert other.modified == NOON.timestamp()


@pytest.mark.parametrize("manifest", [None, b"{", b"[]", b"\xff\xfe"])
async def test_without_a_manifest_feeds_are_served_by_their_files(
    tmp_path: Path, pace: Pace, manifest: bytes | None
) -> None:
    shelve(tmp_path, FEED)
    (tmp_path / MANIFEST).unlink()
    if manifest is not None:
        (tmp_path / MANIFEST).write_bytes(manifest)

    found = await Stock(tmp_path, pace=pace).find(ADDRESS)
    assert found is not None
    assert found.modified == CHANGED.timestamp()  # the file bears it, too


async def test_what_has_no_room_is_read_when_it_is_asked_for(tmp_path: Path, pace: Pace) -> None:
    for name in ("archive-2026-10.rss", "all.rss", "moscow.rss"):
        shelve(tmp_path, f"feeds/en/{name}")
    one = len(BODY) + sum(len(form) for form in packed(BODY).values())
    stock = Stock(tmp_path, pace=pace, room=one * 2)

    assert await body_at(stock, "/feeds/en/archive-2026-10.rss") == BODY
    held = stock._shelves.held
    assert {path for path, one in held.items() if one.document is None} == {
        "/feeds/en/archive-2026-10.rss"
    }


async def test_a_folder_that_cannot_be_read_is_said_once_and_the_last_feeds_are_served(
    tmp_path: Path, pace: Pace, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelve(tmp_path, FEED)
    stock = Stock(tmp_path, pace=pace)
    await stock.find(ADDRESS)

    def broken(before: object) -> object:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch, structlog.testing.capture_logs() as logs:
        patch.setattr(stock, "_fill", broken)
        for number in range(3):
            PublicFiles(tmp_path).write(FEED, b"<rss>%d</rss>" % number)
            pace.later()
            assert await body_at(stock) == BODY
    pace.later()

    assert len(logs) == 1
    assert await body_at(stock) == b"<rss>2</rss>"


async def test_many_who_ask_at_once_wait_for_one_reading(
    tmp_path: Path, pace: Pace, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelve(tmp_path, FEED)
    stock, readings = Stock(tmp_path, pace=pace), 0
    fill = stock._fill

    def counted(before: object) -> object:
        nonlocal readings
        readings += 1
        return fill(before)

    monkeypatch.setattr(stock, "_fill", counted)
    found = await asyncio.gather(*(stock.find(ADDRESS) for _ in range(50)))

    assert readings == 1
    assert len({id(one) for one in found}) == 1


def test_bytes_and_headers_are_always_of_one_build(tmp_path: Path) -> None:
    """Readers poll while builds follow each other: no tag ever stands over two bodies."""
    stop = threading.Event()
    shelve(tmp_path, FEED)

    def build() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            shelve(tmp_path, FEED, b"<rss>%d</rss>" % number * (number % 50 + 10))

    builder = threading.Thread(target=build)
    seen: dict[str, set[bytes]] = {}
    with kiosk(tmp_path) as client:
        builder.start()
        try:
            while len(seen) < 9:
                for coding in ("identity", "gzip", "br"):
                    answer = client.ask(ADDRESS, ("Accept-Encoding", coding))
                    assert answer.status == 200
                    seen.setdefault(answer.headers["etag"], set()).add(answer.body)
        finally:
            stop.set()
            builder.join()

    assert {len(bodies) for bodies in seen.values()} == {1}


# --- those who repeat --------------------------------------------------------------------------------


@dataclass
class Hour:
    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def hour() -> Hour:
    return Hour()


@pytest.fixture
def strict(tmp_path: Path, hour: Hour) -> Iterator[Client]:
    shelve(tmp_path, FEED)
    shelve(tmp_path, "feeds/ru/all.rss")
    manners = Manners(repeat=HOUR, proxies=(ip_network("127.0.0.0/8"),))
    with kiosk(tmp_path, manners=manners, clock=hour) as client:
        yield client


def asked(client: Client, reader: str = "a", path: str = ADDRESS, *more: tuple[str, str]) -> int:
    """As our proxy does for a reader."""
    return client.ask(
        path, ("X-Forwarded-For", f"192.0.2.1, 203.0.113.{ord(reader)}"), *more
    ).status


def test_nobody_is_refused_unless_config_says_so(tmp_path: Path) -> None:
    shelve(tmp_path, FEED)
    with kiosk(tmp_path) as client:
        assert {client.ask().status for _ in range(5)} == {200}


def test_whoever_repeats_without_a_condition_is_told_how_long_to_wait(
    strict: Client, hour: Hour
) -> None:
    assert asked(strict) == 200
    hour.now += timedelta(minutes=20)
    refused = strict.ask(ADDRESS, ("X-Forwarded-For", "203.0.113.97"))

    assert refused.status == 429
    assert refused.headers["retry-after"] == "2400"
    assert refused.headers["cache-control"] == "no-store"
    hour.now += timedelta(minutes=40)
    assert asked(strict) == 200
    assert asked(strict) == 429


def test_the_first_fetch_of_anyone_or_anything_is_never_refused(strict: Client) -> None:
    assert asked(strict, "a") == 200
    assert asked(strict, "b") == 200  # another address
    assert asked(strict, "a", "/feeds/ru/all.rss") == 200  # another feed
    assert asked(strict, "a", ADDRESS, ("User-Agent", "another program")) == 200
    assert asked(strict, "a") == 429


def test_whoever_asks_for_changes_is_never_refused(strict: Client) -> None:
    asked(strict)
    tag = ("If-None-Match", '"an old one"')
    date = ("If-Modified-Since", "Sat, 01 Jan 2000 00:00:00 GMT")

    assert [asked(strict, "a", ADDRESS, one) for one in (tag, date, tag, date)] == [200] * 4
    assert asked(strict, "a", ADDRESS, ("If-Modified-Since", "nonsense")) == 429


def test_a_look_with_head_is_free(strict: Client) -> None:
    through = ("X-Forwarded-For", "203.0.113.97")

    assert [strict.ask(ADDRESS, through, method="HEAD").status for _ in range(3)] == [200] * 3
    assert asked(strict) == 200


def test_a_new_version_is_given_at_once(strict: Client, tmp_path: Path) -> None:
    asked(strict)
    shelve(tmp_path, FEED, b"<rss>news</rss>" * 50)
    tries = 0
    while asked(strict) == 429:
        tries += 1
        assert tries < 100_000

    assert asked(strict) == 429


def test_a_proxy_that_does_not_say_for_whom_it_asks_is_never_refused(strict: Client) -> None:
    assert {strict.ask().status for _ in range(4)} == {200}
    nobody = ("X-Forwarded-For", "127.0.0.1, 127.0.0.2")
    assert {strict.ask(ADDRESS, nobody).status for _ in range(4)} == {200}


def test_a_stranger_cannot_speak_for_others(tmp_path: Path, hour: Hour) -> None:
    """Without a proxy of ours the header is anybody's word."""
    shelve(tmp_path, FEED)
    with kiosk(tmp_path, manners=Manners(repeat=HOUR), clock=hour) as client:
        said = [client.ask(ADDRESS, ("X-Forwarded-For", f"203.0.113.{n}")).status for n in (1, 2)]

    assert said == [200, 429]
