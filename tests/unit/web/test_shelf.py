"""Feeds and media over HTTP, as readers and caches see them."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from starlette.applications import Starlette
from starlette.routing import Route

from publisher.web.documents import FEED_CACHE, KINDS
from publisher.web.shelf import MEDIA_CACHE, MEDIA_KINDS, Shelf
from tests.support.web import Visitor, visiting

pytestmark = pytest.mark.asyncio(loop_scope="module")  # one server for all: its end takes 0.2 s

WHEN = 1_795_000_000  # a second of 2026
STAMP = "Wed, 18 Nov 2026 11:06:40 GMT"


@pytest.fixture(scope="module")
def public(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tmp_path = tmp_path_factory.mktemp("shelf")
    (tmp_path / "secret.rss").write_bytes(b"not for you")
    public = tmp_path / "public"
    (public / "feeds" / "en").mkdir(parents=True)
    (public / "media").mkdir()
    feed = public / "feeds" / "en" / "all.rss"
    feed.write_bytes(b"<rss/>")
    os.utime(feed, (WHEN, WHEN))
    (public / "feeds" / "en" / "all.atom").write_bytes(b"<feed/>")
    (public / "feeds" / "en" / ".x.rss").write_bytes(b"a draft")
    (public / "feeds" / "notes.txt").write_bytes(b"notes")
    (public / "feeds" / "en" / "out.rss").symlink_to(tmp_path / "secret.rss")
    (public / "feeds" / "en" / "loop.rss").symlink_to(public / "feeds" / "en" / "loop.rss")
    (public / "feeds" / "en" / "folder.rss").mkdir()
    os.mkfifo(public / "feeds" / "en" / "pipe.rss")
    (public / "media" / "0a1b.png").write_bytes(b"\x89PNG")
    return public


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def visitor(public: Path) -> AsyncIterator[Visitor]:
    feeds = Shelf(
        folder=public / "feeds",
        kinds={suffix: f"{kind}; charset=utf-8" for suffix, kind in KINDS.items()},
        cache=FEED_CACHE,
    )
    media = Shelf(folder=public / "media", kinds=MEDIA_KINDS, cache=MEDIA_CACHE)
    app = Starlette(
        routes=[
            Route("/feeds/{path:path}", feeds.answer),
            Route("/media/{path:path}", media.answer),
        ]
    )
    async with visiting(app) as visitor:
        yield visitor


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/feeds/en/all.rss", "application/rss+xml; charset=utf-8"),
        ("/feeds/en/all.atom", "application/atom+xml; charset=utf-8"),
        ("/media/0a1b.png", "image/png"),
    ],
)
async def test_each_kind_has_its_own_content_type(visitor: Visitor, path: str, kind: str) -> None:
    answer = await visitor.ask(path)

    assert answer.status == 200
    assert answer.headers["content-type"] == kind
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_media_may_be_kept_for_a_year_and_feeds_for_minutes(visitor: Visitor) -> None:
    feed, picture = await visitor.ask("/feeds/en/all.rss"), await visitor.ask("/media/0a1b.png")

    assert feed.headers["cache-control"] == "public, max-age=300, stale-if-error=86400"
    assert picture.headers["cache-control"] == "public, max-age=31536000, immutable"


async def test_the_tag_is_strong_and_changes_with_the_bytes_alone(
    visitor: Visitor, public: Path
) -> None:
    feed = public / "feeds" / "en" / "moscow.rss"
    feed.write_bytes(b"<rss/>")
    before = (await visitor.ask("/feeds/en/moscow.rss")).headers["etag"]
    os.utime(feed, (WHEN + 60, WHEN + 60))
    touched = (await visitor.ask("/feeds/en/moscow.rss")).headers["etag"]
    feed.write_bytes(b"<rss />")
    changed = (await visitor.ask("/feeds/en/moscow.rss")).headers["etag"]

    assert before.startswith('"')
    assert before == touched != changed


async def test_what_a_reader_has_is_not_sent_again(visitor: Visitor) -> None:
    whole = await visitor.ask("/feeds/en/all.rss")
    again = await visitor.ask("/feeds/en/all.rss", headers={"If-None-Match": whole.headers["etag"]})

    assert again.status == 304
    assert again.body == b""
    assert "content-length" not in again.headers
    for name in ("etag", "cache-control", "last-modified"):
        assert again.headers[name] == whole.headers[name]


@pytest.mark.parametrize("form", ["W/{}", '"other", {}', '"other",W/{}', "*"])
async def test_a_tag_is_known_in_every_form_a_cache_sends(visitor: Visitor, form: str) -> None:
    tag = (await visitor.ask("/feeds/en/all.rss")).headers["etag"]

    answer = await visitor.ask("/feeds/en/all.rss", headers={"If-None-Match": form.format(tag)})

    assert answer.status == 304


@pytest.mark.parametrize(
    ("since", "status"),
    [
        (STAMP, 304),
        ("Wed, 18 Nov 2026 11:06:39 GMT", 200),
        ("Thu, 19 Nov 2026 00:00:00 GMT", 304),
        ("yesterday", 200),
        ("Wed, 18 Nov 99999 11:06:39 GMT", 200),
    ],
)
async def test_a_date_counts_where_there_is_no_tag(
    visitor: Visitor, since: str, status: int
) -> None:
    answer = await visitor.ask("/feeds/en/all.rss", headers={"If-Modified-Since": since})

    assert answer.status == status
    assert answer.headers["last-modified"] == STAMP


async def test_a_tag_outweighs_a_date(visitor: Visitor) -> None:
    both = {"If-None-Match": '"other"', "If-Modified-Since": STAMP}

    assert (await visitor.ask("/feeds/en/all.rss", headers=both)).status == 200


async def test_head_says_what_get_would_and_sends_nothing(visitor: Visitor) -> None:
    get = await visitor.ask("/feeds/en/all.rss")
    head = await visitor.ask("/feeds/en/all.rss", method="HEAD")

    assert head.status == 200
    assert head.body == b""
    assert {**head.headers, "date": ""} == {**get.headers, "date": ""}
    assert head.headers["content-length"] == "6"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
async def test_other_methods_are_not_allowed(visitor: Visitor, method: str) -> None:
    assert (await visitor.ask("/feeds/en/all.rss", method=method)).status == 405


@pytest.mark.parametrize(
    "path",
    [
        "/feeds/en/none.rss",
        "/feeds/",
        "/feeds/en",
        "/feeds/en/",
        "/feeds/notes.txt",
        "/feeds/en/.x.rss",
        "/feeds/en/folder.rss",
        "/feeds/en/pipe.rss",
        "/feeds/en/out.rss",
        "/feeds/en/loop.rss",
        "/feeds/../../secret.rss",
        "/feeds/%2e%2e/%2e%2e/secret.rss",
        "/feeds/..%2f..%2fsecret.rss",
        "/feeds/%2fetc/passwd",
        "/feeds//en/all.rss",
        "/feeds/./en/all.rss",
        "/feeds/../media/0a1b.png",
        "/media/..%2ffeeds/en/all.rss",
        "/media/en/all.rss",
        "/feeds/en/all.rss%00",
        "/feeds/en/%00.rss",
        "/feeds/en/all.rss%3f",
        "/feeds/en/%ff.rss",
        "/feeds/" + "x" * 300 + ".rss",
    ],
)
async def test_nothing_else_is_on_the_shelf(visitor: Visitor, path: str) -> None:
    answer = await visitor.ask(path)

    assert answer.status == 404
    assert b"not for you" not in answer.body
