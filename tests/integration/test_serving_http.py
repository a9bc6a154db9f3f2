"""Feeds over HTTP from the client's side, header by header (RFC 9110), on a real server."""

import gzip
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urljoin

import brotli
import pytest

from tests.support.kiosk import BODY, HUB, SITE, STAMP, Client, kiosk, oddities, shelve

CACHING = ("etag", "last-modified", "cache-control", "vary", "link")
CHROME = (
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;"
    "q=0.8,application/signed-exchange;v=b3;q=0.7"
)
READERS = [  # as the programs send them
    "*/*",
    (
        "application/atom+xml,application/rdf+xml,application/rss+xml,application/x-netcdf,"
        "application/xml;q=0.9,text/xml;q=0.2,*/*;q=0.1"
    ),
    (
        "application/atom+xml, application/rss+xml, application/rdf+xml;q=0.9, application/xml;q=0.8, "
        "text/xml, text/html;q=0.7, unknown/unknown;q=0.1, application/unknown;q=0.1, */*;q=0.1"
    ),
    "application/feed+json, application/json, text/html;q=0.5",
    "text/*, application/*",
    "",
    "text/html;q=nonsense, */*",
]


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    folder = tmp_path_factory.mktemp("served")
    public = folder / "public"
    for extension in ("rss", "atom", "json"):
        shelve(public, f"feeds/en/all.{extension}")
    shelve(public, "feeds/feed.css", b"rss { display: block }\n" * 20)
    shelve(public, "sitemap-news.xml", b"<urlset>" + b" " * 300 + b"</urlset>")
    (public / "feeds/en/by-hand.rss").write_bytes(BODY)
    oddities(public, folder)
    with kiosk(public) as client:
        yield client


# --- the whole answer -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/feeds/en/all.rss", "application/rss+xml; charset=utf-8"),
        ("/feeds/en/all.atom", "application/atom+xml; charset=utf-8"),
        ("/feeds/en/all.json", "application/feed+json; charset=utf-8"),
        ("/feeds/feed.css", "text/css; charset=utf-8"),
        ("/sitemap-news.xml", "application/xml; charset=utf-8"),
    ],
)
def test_each_kind_has_its_own_content_type(client: Client, path: str, kind: str) -> None:
    answer = client.ask(path)

    assert (answer.status, answer.headers["content-type"]) == (200, kind)
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_feed_comes_with_everything_a_cache_and_a_subscriber_need(client: Client) -> None:
    answer = client.ask()

    assert answer.body == BODY
    assert answer.headers["content-length"] == str(len(BODY))
    assert answer.headers["last-modified"] == STAMP
    assert answer.headers["cache-control"] == "public, max-age=300, stale-if-error=86400"
    assert answer.headers["vary"] == "Accept-Encoding, Accept"
    assert answer.headers["link"] == f'<{HUB}>; rel="hub", <{SITE}/feeds/en/all.rss>; rel="self"'
    assert answer.headers["accept-ranges"] == "none"
    assert "content-encoding" not in answer.headers
    assert len(answer.names) == len(set(answer.names) | {"link"}) + 1  # two links, no other twice


def test_a_file_the_manifest_does_not_know_is_served_too(client: Client) -> None:
    answer = client.ask("/feeds/en/by-hand.rss", ("Accept-Encoding", "gzip, br"))

    assert gzip.decompress(answer.body) == BODY
    assert "last-modified" in answer.headers
    assert "link" not in answer.headers


def test_a_query_changes_nothing(client: Client) -> None:
    assert client.ask("/feeds/en/all.rss?utm_source=x").body == BODY


def test_a_whole_address_in_the_first_line_is_understood(client: Client) -> None:
    """RFC 9112 section 3.2.2: as proxies ask."""
    said = client.say(
        b"GET http://embankment.test/feeds/en/all.rss HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    )

    assert said.startswith(b"HTTP/1.1 200")


def test_http_1_0_is_answered_and_hung_up_on(client: Client) -> None:
    said = client.say(b"GET /feeds/en/all.rss HTTP/1.0\r\n\r\n")

    assert said.startswith(b"HTTP/1.1 200")
    assert said.endswith(BODY)


# --- content codings --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        (None, None),
        ("", None),
        ("identity", None),
        ("gzip", "gzip"),
        ("GZip", "gzip"),
        ("x-gzip", "gzip"),
        ("br", "br"),
        ("gzip, deflate", "gzip"),
        ("gzip, deflate, br, zstd", "br"),
        ("br;q=0.5, gzip;q=0.9", "gzip"),
        ("gzip ; q=0.9 , br ; q=0.5", "gzip"),
        ("gzip;q=0", None),
        ("gzip;q=0.000", None),
        ("deflate", None),
        ("*", "br"),
        ("*, br;q=0", "gzip"),
        ("*;q=0.5, identity", None),
        ("identity;q=0.2, gzip;q=0.3", "gzip"),
        ("identity;q=0, gzip", "gzip"),
        ("*;q=0, gzip", "gzip"),
        ("gzip;q=2", None),
        ("gzip;q=much", None),
        ("gzip;q=0.9;level=9", "gzip"),
        (",,gzip,,", "gzip"),
        (";;;", None),
        ("a" * 5000 + ", gzip", "gzip"),
    ],
)
def test_the_best_coding_that_is_accepted_is_sent(
    client: Client, accepted: str | None, coding: str | None
) -> None:
    headers = [] if accepted is None else [("Accept-Encoding", accepted)]
    answer = client.ask("/feeds/en/all.rss", *headers)

    unpack = {None: bytes, "gzip": gzip.decompress, "br": brotli.decompress}[coding]
    assert answer.status == 200
    assert answer.headers.get("content-encoding") == coding
    assert answer.headers["content-length"] == str(len(answer.body))
    assert unpack(answer.body) == BODY


@pytest.mark.parametrize(
    "accepted", ["identity;q=0", "*;q=0", "gzip;q=0, br;q=0, identity;q=0", "deflate, *;q=0"]
)
def test_whoever_takes_nothing_is_told_so(client: Client, accepted: str) -> None:
    answer = client.ask("/feeds/en/all.rss", ("Accept-Encoding", accepted))

    assert answer.status == 406
    assert answer.body == b"406\nbr, gzip, identity\n"
    assert "Accept-Encoding" in answer.headers["vary"]


def test_several_lines_of_one_header_are_one_list(client: Client) -> None:
    answer = client.ask(
        "/feeds/en/all.rss", ("Accept-Encoding", "br;q=0.1"), ("Accept-Encoding", "gzip")
    )

    assert answer.headers["content-encoding"] == "gzip"


def test_each_coding_has_a_strong_tag_of_its_own(client: Client) -> None:
    tags = [
        client.ask("/feeds/en/all.rss", ("Accept-Encoding", one)).headers["etag"]
        for one in ("identity", "gzip", "br")
    ]

    assert len(set(tags)) == 3
    assert all(tag.startswith('"') and tag.endswith('"') for tag in tags)


# --- browsers ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/feeds/en/all.rss", "application/xml; charset=utf-8"),
        ("/feeds/en/all.atom", "application/xml; charset=utf-8"),
        ("/feeds/en/all.json", "application/json; charset=utf-8"),
    ],
)
def test_a_browser_is_given_what_it_can_show(client: Client, path: str, kind: str) -> None:
    feed, page = client.ask(path), client.ask(path, ("Accept", CHROME))

    assert page.headers["content-type"] == kind
    assert page.body == feed.body
    assert "Accept" in page.headers["vary"].split(", ")
    assert page.headers["content-security-policy"].startswith("default-src 'none';")
    assert {name: page.headers[name] for name in CACHING} == {
        name: feed.headers[name] for name in CACHING
    }


@pytest.mark.parametrize("accepted", READERS)
def test_a_reader_is_given_a_feed(client: Client, accepted: str) -> None:
    answer = client.ask("/feeds/en/all.rss", ("Accept", accepted))

    assert answer.headers["content-type"] == "application/rss+xml; charset=utf-8"
    assert "content-security-policy" not in answer.headers


# --- conditions ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("coding", ["identity", "gzip", "br"])
@pytest.mark.parametrize("accept", ["*/*", CHROME])
def test_what_a_reader_has_is_not_sent_again(client: Client, coding: str, accept: str) -> None:
    asks = (("Accept-Encoding", coding), ("Accept", accept))
    whole = client.ask("/feeds/en/all.rss", *asks)
    again = client.ask("/feeds/en/all.rss", *asks, ("If-None-Match", whole.headers["etag"]))

    assert (again.status, again.body) == (304, b"")
    assert {"content-length", "content-type", "content-encoding"}.isdisjoint(again.headers)
    for name in CACHING:
        assert again.headers[name] == whole.headers[name]


@pytest.mark.parametrize(
    "form", ["W/{}", '"other", {}', '"other",W/{}', '"a,b" , {},', "*", " * ", "{}\t"]
)
def test_a_tag_is_known_in_every_form_a_cache_sends(client: Client, form: str) -> None:
    tag = client.ask().headers["etag"]

    assert client.ask("/feeds/en/all.rss", ("If-None-Match", form.format(tag))).status == 304


@pytest.mark.parametrize(
    "form", ['"other"', "{bare}", '"{bare}', 'w/"{bare}"', '"x{bare}"', "", '"*"', '"a, {bare}"']
)
def test_what_is_not_our_tag_is_none(client: Client, form: str) -> None:
    bare = client.ask().headers["etag"].strip('"')

    answer = client.ask("/feeds/en/all.rss", ("If-None-Match", form.format(bare=bare)))
    assert answer.status == 200


def test_the_tag_of_one_coding_is_not_that_of_another(client: Client) -> None:
    """Else a cache would keep packed bytes under the headers of plain ones (section 13.1.2)."""
    packed = client.ask("/feeds/en/all.rss", ("Accept-Encoding", "gzip")).headers["etag"]

    assert client.ask("/feeds/en/all.rss", ("If-None-Match", packed)).status == 200


def test_tags_on_several_lines_are_one_list(client: Client) -> None:
    lines = ("If-None-Match", '"other"'), ("If-None-Match", client.ask().headers["etag"])

    assert client.ask("/feeds/en/all.rss", *lines).status == 304


@pytest.mark.parametrize(
    ("since", "status"),
    [
        (STAMP, 304),
        ("Wednesday, 18-Nov-26 11:06:40 GMT", 304),
        ("Wed Nov 18 11:06:40 2026", 304),
        ("Wed, 18 Nov 2026 11:06:39 GMT", 200),
        ("Wed Nov 18 11:06:39 2026", 200),
        ("Thu, 19 Nov 2026 00:00:00 GMT", 304),
        ("Wed, 18 Nov 2026 11:06:40 +0000", 304),
        (f"{STAMP}, {STAMP}", 200),
        ("yesterday", 200),
        ("", 200),
        ("1795000000", 200),
        ("Wed, 18 Nov 99999 11:06:39 GMT", 200),
        ("Wed, 99 Nov 2026 11:06:39 GMT", 200),
    ],
)
def test_a_date_counts_in_every_form_of_http(client: Client, since: str, status: int) -> None:
    answer = client.ask("/feeds/en/all.rss", ("If-Modified-Since", since))

    assert answer.status == status
    assert answer.headers["last-modified"] == STAMP


def test_a_tag_outweighs_a_date(client: Client) -> None:
    tag = client.ask().headers["etag"]
    late, early = (
        ("If-Modified-Since", STAMP),
        ("If-Modified-Since", "Sat, 01 Jan 2000 00:00:00 GMT"),
    )

    assert client.ask("/feeds/en/all.rss", ("If-None-Match", '"other"'), late).status == 200
    assert client.ask("/feeds/en/all.rss", ("If-None-Match", tag), early).status == 304


@pytest.mark.parametrize(
    ("header", "value", "status"),
    [
        ("If-Match", "*", 200),
        ("If-Match", '"other"', 412),
        ("If-Match", "W/{}", 412),  # strong comparison
        ("If-Match", '"other", {}', 200),
        ("If-Unmodified-Since", STAMP, 200),
        ("If-Unmodified-Since", "Sat, 01 Jan 2000 00:00:00 GMT", 412),
        ("If-Unmodified-Since", "yesterday", 200),
    ],
)
def test_whoever_wants_another_version_is_told_so(
    client: Client, header: str, value: str, status: int
) -> None:
    tag = client.ask().headers["etag"]

    assert client.ask("/feeds/en/all.rss", (header, value.format(tag))).status == status


def test_what_must_match_comes_before_what_must_not(client: Client) -> None:
    tag = client.ask().headers["etag"]
    both = ("If-Match", '"other"'), ("If-None-Match", tag)

    assert client.ask("/feeds/en/all.rss", *both).status == 412


# --- ranges, methods, paths ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        [("Range", "bytes=0-9")],
        [("Range", "bytes=-5"), ("If-Range", STAMP)],
        [("Range", "bytes=999999-")],
        [("Range", "lines=1-2")],
        [("Range", "nonsense")],
    ],
)
def test_a_range_is_answered_with_the_whole(client: Client, headers: list[tuple[str, str]]) -> None:
    answer = client.ask("/feeds/en/all.rss", *headers)

    assert (answer.status, answer.body) == (200, BODY)
    assert answer.headers["accept-ranges"] == "none"


@pytest.mark.parametrize(
    "headers",
    [(), (("Accept-Encoding", "gzip"),), (("If-None-Match", "*"),), (("Accept", CHROME),)],
)
def test_head_says_what_get_would_and_sends_nothing(
    client: Client, headers: tuple[tuple[str, str], ...]
) -> None:
    get = client.ask("/feeds/en/all.rss", *headers)
    head = client.ask("/feeds/en/all.rss", *headers, method="HEAD")

    assert (head.status, head.body) == (get.status, b"")
    assert {**head.headers, "date": ""} == {**get.headers, "date": ""}


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "TRACE", "PROPFIND"])
def test_other_methods_are_refused_and_the_good_ones_named(client: Client, method: str) -> None:
    answer = client.ask("/feeds/en/all.rss", ("If-None-Match", "*"), method=method)

    assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD, OPTIONS")


def test_options_are_told(client: Client) -> None:
    answer = client.ask("/feeds/en/all.rss", method="OPTIONS")

    assert (answer.status, answer.body) == (204, b"")
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS"


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_body_is_not_read_and_the_line_is_closed_behind_the_answer(
    client: Client, method: str
) -> None:
    """Else what follows it would be taken for the next request."""
    smuggled = b"GET /feeds/en/all.atom HTTP/1.1\r\nHost: x\r\n\r\n"
    head = f"{method} /feeds/en/all.rss HTTP/1.1\r\nHost: x\r\nContent-Length: {len(smuggled)}\r\n"
    said = client.say(head.encode() + b"\r\n" + smuggled)

    assert said.count(b"HTTP/1.1 ") == 1
    assert b"\r\nconnection: close\r\n" in said.lower()


@pytest.mark.parametrize(
    "path",
    [
        "/feeds/en/none.rss",
        "/feeds/",
        "/feeds",
        "/feeds/en",
        "/feeds/en/",
        "/feeds/en/all.rss/",
        "/feeds/en/all.rss.gz",
        "/feeds/en/all.rss.br",
        "/feeds/notes.txt",
        "/feeds/en/.x.rss",
        "/feeds/.hidden/all.rss",
        "/feeds/en/folder.rss",
        "/feeds/en/pipe.rss",
        "/feeds/en/out.rss",
        "/feeds/en/loop.rss",
        "/feeds/../../secret.rss",
        "/feeds/%2e%2e/%2e%2e/secret.rss",
        "/feeds/..%2f..%2fsecret.rss",
        "/feeds/%2fetc/passwd",
        "/feeds//en/all.rss",
        "//feeds/en/all.rss",
        "/feeds/./en/all.rss",
        "/feeds/en/../en/all.rss",
        "/FEEDS/en/all.rss",
        "/feeds/en/ALL.RSS",
        "/feeds/en/all.rss%00",
        "/feeds/en/%00.rss",
        "/feeds/en/all.rss%3f",
        "/feeds/en/%ff.rss",
        "/.feeds.json",
        "/feeds/.feeds.json",
        "/sitemap-news.xml.gz",
        "/feeds/" + "x" * 3000 + ".rss",
    ],
)
def test_nothing_else_is_in_the_kiosk(client: Client, path: str) -> None:
    answer = client.ask(path)

    assert answer.status == 404
    assert answer.body.startswith(b'{"house"')
    assert b"not for you" not in answer.body


def test_letters_written_as_numbers_are_the_same_letters(client: Client) -> None:
    """RFC 3986 section 6.2.2.2."""
    assert client.ask("/feeds/en/%61ll%2Erss").body == BODY


def test_an_address_that_a_header_cannot_hold_is_escaped(tmp_path: Path) -> None:
    shelve(tmp_path, "feeds/en/all.rss", hubs=('https://hub.test/мост?a=1,2&b="<>\r\nX: y',))
    with kiosk(tmp_path) as client:
        link = client.ask().headers["link"]

    assert link.startswith("<https://hub.test/%D0%BC")
    assert urljoin(SITE, "/feeds/en/all.rss") in link
    assert "%0D%0AX:%20y>" in link
