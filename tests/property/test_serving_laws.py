"""Feeds over HTTP: any combination of headers is answered as RFC 9110 has it, on a real server.

What is expected is computed from what the headers mean, never from how they are written.
"""

import gzip
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime

import brotli
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.kiosk import BODY, CHANGED, Client, Reply, kiosk, shelve

FEED = "/feeds/en/all.rss"
UNPACK = {"identity": bytes, "gzip": gzip.decompress, "br": brotli.decompress}
CACHING = ("etag", "last-modified", "cache-control", "vary", "link")
SMALLEST_FIRST = ("br", "gzip", "identity")


@dataclass(frozen=True)
class Tag:
    coding: str | None  # whose current tag it is; None: of another time
    weak: bool


@dataclass(frozen=True)
class Asking:
    """What a request means."""

    method: str
    codings: Mapping[str, float] | None  # name or * -> weight; None: no header
    match: tuple[Tag, ...] | str | None
    none_match: tuple[Tag, ...] | str | None
    modified_since: datetime | None
    unmodified_since: datetime | None
    odds: tuple[tuple[str, str], ...]  # headers that must make no difference


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    public = tmp_path_factory.mktemp("laws")
    shelve(public, FEED[1:])
    with kiosk(public) as client:
        yield client


@pytest.fixture(scope="module")
def tags(client: Client) -> Mapping[str, str]:
    return {
        coding: client.ask(FEED, ("Accept-Encoding", coding)).headers["etag"] for coding in UNPACK
    }


# --- how it may be written -------------------------------------------------------------------------

weights = st.sampled_from([0.0, 0.001, 0.3, 0.5, 0.999, 1.0])
codings = st.dictionaries(
    st.sampled_from(["gzip", "br", "identity", "*", "deflate", "zstd"]), weights, max_size=6
)
tag = st.builds(Tag, st.sampled_from([None, "identity", "gzip", "br"]), st.booleans())
tag_lists = st.none() | st.just("*") | st.lists(tag, min_size=1, max_size=3).map(tuple)
moments = st.none() | st.sampled_from([-400, -1, 0, 1, 400]).map(
    lambda days: CHANGED + timedelta(days=days)
)
odds = st.lists(
    st.sampled_from(
        [
            ("Range", "bytes=0-3"),
            ("If-Range", '"x"'),
            ("A-IM", "feed"),
            ("Cache-Control", "no-cache"),
            ("Pragma", "no-cache"),
            ("Cookie", "a=b"),
            ("Accept", "text/html"),
            ("User-Agent", "Набережная/1".encode().decode("latin-1")),
            ("X-Forwarded-For", "nobody"),
            ("Expect", "nothing"),
        ]
    ),
    max_size=3,
    unique=True,
).map(tuple)
askings = st.builds(
    Asking,
    method=st.sampled_from(["GET", "GET", "GET", "HEAD"]),
    codings=st.none() | codings,
    match=st.none() | st.none() | tag_lists,
    none_match=tag_lists,
    modified_since=moments,
    unmodified_since=st.none() | st.none() | moments,
    odds=odds,
)


def written(
    asking: Asking, tags: Mapping[str, str], space: str, lines: bool
) -> Iterator[tuple[str, str]]:
    if asking.codings is not None:
        listed = [
            f"{name}{space};{space}q={weight:g}" if weight != 1 else name
            for name, weight in asking.codings.items()
        ]
        yield from _lists("Accept-Encoding", listed, space, lines)
    for name, value in (("If-Match", asking.match), ("If-None-Match", asking.none_match)):
        if isinstance(value, str):
            yield name, value
        elif value is not None:
            listed = [
                ("W/" if one.weak else "") + (tags[one.coding] if one.coding else '"of, old"')
                for one in value
            ]
            yield from _lists(name, listed, space, lines)
    for name, moment in (
        ("If-Modified-Since", asking.modified_since),
        ("If-Unmodified-Since", asking.unmodified_since),
    ):
        if moment is not None:
            yield name, format_datetime(moment, usegmt=True)
    yield from asking.odds


def _lists(name: str, listed: list[str], space: str, lines: bool) -> Iterator[tuple[str, str]]:
    if lines and listed:
        yield from ((name, one) for one in listed)
    else:
        yield name, f"{space},{space}".join(listed)


# --- what it means -----------------------------------------------------------------------------------


def coding_meant(asking: Asking) -> str | None:
    """RFC 9110 section 12.5.3; None: 406."""
    said = asking.codings
    if said is None:
        return "identity"

    def weight(coding: str) -> float:
        if coding in said:
            return said[coding]
        if "*" in said:
            return said["*"]
        return 1e-6 if coding == "identity" else 0

    best = max(weight(coding) for coding in SMALLEST_FIRST)
    return next((one for one in SMALLEST_FIRST if weight(one) == best), None) if best else None


def status_meant(asking: Asking, coding: str | None) -> int:
    """RFC 9110 section 13.2.2; conditions count only where the answer would be a success."""
    if coding is None:
        return 406
    if asking.match is not None:
        if asking.match != "*" and Tag(coding, False) not in asking.match:
            return 412
    elif asking.unmodified_since is not None and asking.unmodified_since < CHANGED:
        return 412
    if asking.none_match is not None:
        known = asking.none_match == "*" or any(
            one.coding == coding for one in asking.none_match if isinstance(one, Tag)
        )
        return 304 if known else 200
    since = asking.modified_since
    return 304 if since is not None and since >= CHANGED else 200


# --- the laws -----------------------------------------------------------------------------------------


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(askings, st.sampled_from(["", " ", "\t"]), st.booleans())
def test_any_combination_of_headers_is_answered_by_what_it_means(
    client: Client, tags: Mapping[str, str], asking: Asking, space: str, lines: bool
) -> None:
    coding = coding_meant(asking)
    status = status_meant(asking, coding)

    answer = client.ask(FEED, *written(asking, tags, space, lines), method=asking.method)

    assert answer.status == status
    if status in {200, 304}:
        assert coding is not None
        assert answer.headers["etag"] == tags[coding]
    if status == 304:
        _is_a_good_304(answer, client.ask(FEED, ("Accept-Encoding", coding or "")))
    if status == 200:
        _is_whole(answer, coding or "", asking.method)


def _is_a_good_304(answer: Reply, whole: Reply) -> None:
    assert answer.body == b""
    assert {name: answer.headers[name] for name in CACHING} == {
        name: whole.headers[name] for name in CACHING
    }


def _is_whole(answer: Reply, coding: str, method: str) -> None:
    assert answer.headers.get("content-encoding", "identity") == coding
    if method == "HEAD":
        assert answer.body == b""
    else:
        assert answer.headers["content-length"] == str(len(answer.body))
        assert UNPACK[coding](answer.body) == BODY


junk = st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_characters="\x7f"))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.dictionaries(
        st.sampled_from(
            [
                "Accept",
                "Accept-Encoding",
                "If-Match",
                "If-None-Match",
                "If-Modified-Since",
                "If-Unmodified-Since",
                "Range",
                "X-Forwarded-For",
                "User-Agent",
            ]
        ),
        junk | st.text('",W/*;q=01.\t gzipbr', max_size=40),
    )
)
def test_no_header_breaks_the_kiosk(client: Client, headers: Mapping[str, str]) -> None:
    answer = client.ask(FEED, *((name, value.strip()) for name, value in headers.items()))

    assert answer.status in {200, 304, 406, 412}
    if answer.status == 200:
        _is_whole(answer, answer.headers.get("content-encoding", "identity"), "GET")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.sampled_from("/.%2e5cfedsnalr\\:;?@~"), max_size=30))
def test_no_path_leads_out_of_the_folder(client: Client, path: str) -> None:
    answer = client.ask(f"/feeds/{path}")

    assert answer.status in {200, 400, 404}
    assert answer.status != 200 or answer.body == BODY
