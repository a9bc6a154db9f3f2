"""The snippets of docs/serving.md, given to the servers they are for, and asked for a feed."""

import gzip
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.support.kiosk import BODY, STAMP, Client, kiosk, shelve
from tests.support.newsroom import free_port
from tests.support.nginx import NGINX, nginx

DOCS = Path(__file__).parents[2] / "docs"
FEED = "/feeds/en/all.rss"
CADDY = shutil.which("caddy")
needs_nginx = pytest.mark.skipif(NGINX is None, reason="nginx is not installed: NOT CHECKED")
needs_caddy = pytest.mark.skipif(CADDY is None, reason="caddy is not installed: NOT CHECKED")


def snippets(kind: str, name: str = "serving.md") -> list[str]:
    return re.findall(rf"```{kind}\n(.*?)```", (DOCS / name).read_text("utf-8"), re.DOTALL)


@pytest.fixture
def public(tmp_path: Path) -> Path:
    public = tmp_path / "public"
    for extension in ("rss", "atom", "json"):
        shelve(public, f"feeds/en/all.{extension}")
    shelve(public, "feeds/feed.css", b"rss { display: block }\n" * 50)
    for page in ("", "ru/", "feeds/", "ru/feeds/"):
        shelve(public, f"{page}index.html", b"<!doctype html>\n" * 50)
    shelve(public, "static/pages.js", b"0;\n" * 50)
    return public


def test_the_snippets_are_the_same_in_both_languages() -> None:
    for kind in ("nginx", "caddyfile"):
        assert [bare(one) for one in snippets(kind)] == [
            bare(one) for one in snippets(kind, "serving.ru.md")
        ]


def bare(snippet: str) -> list[str]:
    """Its lines without remarks, which are for people."""
    return [line.partition("#")[0].rstrip() for line in snippet.splitlines()]


@pytest.fixture
def by_nginx(tmp_path: Path, public: Path) -> Iterator[Client]:
    port = free_port()
    _, site = snippets("nginx")
    site = site.replace("listen 80;", f"listen 127.0.0.1:{port};")
    with nginx(tmp_path, site.replace("/srv/embankment/public", str(public)), port):
        yield Client(port=port)


@pytest.fixture
def by_caddy(tmp_path: Path, public: Path) -> Iterator[Client]:
    port = free_port()
    [site] = snippets("caddyfile")
    site = site.replace("http://embankment.test", f"http://127.0.0.1:{port}")
    config = tmp_path / "Caddyfile"
    config.write_text(
        "{\n\tadmin off\n}\n" + site.replace("/srv/embankment/public", str(public)),
        "utf-8",
    )
    command = [str(CADDY), "run", "--adapter", "caddyfile", "--config", str(config)]
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={"HOME": str(tmp_path)}
    ) as process:
        try:
            _wait(port)
            yield Client(port=port)
        finally:
            process.terminate()


def _wait(port: int) -> None:
    for _ in range(200):
        try:
            urlopen(f"http://127.0.0.1:{port}{FEED}", timeout=5).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("it does not answer")


@needs_nginx
def test_nginx_serves_the_files_as_we_do(by_nginx: Client) -> None:
    _serves(by_nginx, "gzip")
    _says_how_to_keep(by_nginx)
    tags = {
        by_nginx.ask(FEED, ("Accept-Encoding", one)).headers["etag"] for one in ("gzip", "identity")
    }
    assert len(tags) == 2
    ranged = by_nginx.ask(FEED, ("Range", "bytes=0-3"), ("Accept-Encoding", "gzip"))
    assert ranged.status == 200


@needs_nginx
def test_nginx_finds_the_pages(by_nginx: Client) -> None:
    _shows_pages(by_nginx)


@needs_caddy
def test_caddy_finds_the_pages(by_caddy: Client) -> None:
    _shows_pages(by_caddy)


def _shows_pages(client: Client) -> None:
    for path in ("/", "/ru/", "/feeds/", "/ru/feeds/"):
        answer = client.ask(path)
        assert answer.status == 200, path
        assert answer.headers["content-type"].startswith("text/html"), path
        assert answer.body.startswith(b"<!doctype html>")
    assert client.ask("/feeds").status in {301, 308}
    assert "javascript" in client.ask("/static/pages.js").headers["content-type"]


@needs_caddy
def test_caddy_serves_the_files_as_we_do(by_caddy: Client) -> None:
    _serves(by_caddy, "gzip")
    _serves(by_caddy, "br")
    _says_how_to_keep(by_caddy)


def _serves(client: Client, coding: str) -> None:
    for name, kind in (
        ("en/all.rss", "application/rss+xml; charset=utf-8"),
        ("en/all.atom", "application/atom+xml; charset=utf-8"),
        ("en/all.json", "application/feed+json; charset=utf-8"),
        ("feed.css", "text/css; charset=utf-8"),
    ):
        answer = client.ask(f"/feeds/{name}", ("Accept-Encoding", coding))
        assert (answer.status, answer.headers["content-type"].lower()) == (200, kind), name
        assert answer.headers["content-encoding"] == coding
    assert client.ask(FEED).body == BODY
    whole = client.ask(FEED, ("Accept-Encoding", coding))
    if coding == "gzip":
        assert gzip.decompress(whole.body) == BODY
    for wanted in (("If-None-Match", whole.headers["etag"]), ("If-Modified-Since", STAMP)):
        again = client.ask(FEED, ("Accept-Encoding", coding), wanted)
        assert (again.status, again.body) == (304, b"")
        assert again.headers["cache-control"] == whole.headers["cache-control"]
        assert again.headers["link"] == whole.headers["link"]


def _says_how_to_keep(client: Client) -> None:
    answer = client.ask(FEED, ("Accept-Encoding", "gzip"))
    assert answer.headers["last-modified"] == STAMP
    assert answer.headers["cache-control"] == "public, max-age=300, stale-if-error=86400"
    assert answer.headers["vary"].lower() == "accept-encoding"
    assert answer.headers["link"] == '<https://embankment.test/feeds/en/all.rss>; rel="self"'
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert client.ask("/.feeds.json").status == 404
    assert client.ask(f"{FEED}.gz").status == 404
    assert client.ask(FEED, method="POST").status == 405


@needs_nginx
def test_nginx_before_us_lets_our_answers_through(tmp_path: Path, public: Path) -> None:
    port = free_port()
    site, _ = snippets("nginx")
    with kiosk(public) as behind:
        site = site.replace("listen 80;", f"listen 127.0.0.1:{port};")
        with nginx(tmp_path, site.replace("127.0.0.1:8080", f"127.0.0.1:{behind.port}"), port):
            before = Client(port=port)
            ours = behind.ask(FEED, ("Accept-Encoding", "br"))
            through = before.ask(FEED, ("Accept-Encoding", "br"))
            again = before.ask(
                FEED, ("Accept-Encoding", "br"), ("If-None-Match", ours.headers["etag"])
            )

    ignored = {"date": "", "server": "", "connection": ""}
    assert through.body == ours.body
    assert {**through.headers, **ignored} == {**ours.headers, **ignored}
    assert again.status == 304
