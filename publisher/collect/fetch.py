"""Polite HTTP: conditional, bounded in size, time and redirects.  Reads no feeds."""

import asyncio
import zlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from enum import Enum
from http import HTTPStatus
from urllib.parse import urljoin, urlsplit

import aiohttp

from publisher.errors import PublisherError
from publisher.model.problems import Problem, msgid
from publisher.ports import Page

LARGEST = 15 << 20  # bytes, as they travel and again as they unpack
_SECONDS = 30  # for everything, redirects included
_REDIRECTS = 5
_CHUNK = 1 << 16
_MOVED = frozenset({301, 302, 303, 307, 308})


class FetchReason(Enum):
    """Why a document could not be had."""

    ADDRESS = "address"  # not an http or https address
    UNREACHABLE = "unreachable"  # no connection, or it broke
    TIMEOUT = "timeout"  # longer than we wait
    TOO_LARGE = "too_large"  # more bytes than we take, packed or unpacked
    REDIRECTS = "redirects"  # sent from address to address
    STATUS = "status"  # an answer that is no document
    UNREADABLE = "unreadable"  # an answer, but not in the form asked for


_WORDS: Mapping[FetchReason, str] = {
    FetchReason.ADDRESS: msgid("{url} is not an http or https address."),
    FetchReason.UNREACHABLE: msgid("{url} cannot be reached: {detail}."),
    FetchReason.TIMEOUT: msgid("{url} took longer than {detail} seconds."),
    FetchReason.TOO_LARGE: msgid("{url} is larger than {detail} MiB."),
    FetchReason.REDIRECTS: msgid("{url} sends us from address to address, more than {detail}."),
    FetchReason.STATUS: msgid("{url} answered {detail}."),
    FetchReason.UNREADABLE: msgid("{url} holds nothing we can read: {detail}."),
}


class FetchError(PublisherError):
    """The source did not give us a usable document."""

    def __init__(self, url: str, reason: FetchReason, detail: str = "") -> None:
        super().__init__(url, reason, detail)
        self.url, self.reason, self.detail = url, reason, detail

    def problem(self) -> Problem:
        """The same in words."""
        return Problem(
            message=_WORDS[self.reason], args={"url": self.url, "detail": self.detail or "-"}
        )


@asynccontextmanager
async def open_fetcher(
    agent: str, *, largest: int = LARGEST, seconds: float = _SECONDS
) -> AsyncIterator["HttpFetcher"]:
    """A fetcher that says who asks (`agent` names us and an address); closed with the block."""
    session = aiohttp.ClientSession(
        headers={"User-Agent": agent, "Accept-Encoding": "gzip, deflate"},
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=None),  # each fetch has one deadline of its own
        auto_decompress=False,  # we count what unpacks
        trust_env=False,
    )
    async with session:
        yield HttpFetcher(session, largest=largest, seconds=seconds)


class HttpFetcher:
    """The port Fetcher on aiohttp."""

    def __init__(
        self, session: aiohttp.ClientSession, *, largest: int = LARGEST, seconds: float = _SECONDS
    ) -> None:
        self._session, self._largest, self._seconds = session, largest, seconds

    async def fetch(
        self, url: str, *, etag: str | None = None, last_modified: str | None = None
    ) -> Page:
        """Get one document; raises FetchError with the reason.

        The validators go out as they came.
        """
        wanted = {"If-None-Match": etag, "If-Modified-Since": last_modified}
        headers = {name: value for name, value in wanted.items() if value is not None}
        try:
            return await self._follow(url, headers)
        except TimeoutError as error:
            raise FetchError(url, FetchReason.TIMEOUT, f"{self._seconds:g}") from error
        except aiohttp.InvalidURL as error:
            raise FetchError(url, FetchReason.ADDRESS) from error
        except (aiohttp.ClientError, OSError) as error:
            raise FetchError(url, FetchReason.UNREACHABLE, _short(error)) from error
        except (zlib.error, ValueError) as error:
            raise FetchError(url, FetchReason.UNREADABLE, _short(error)) from error

    async def _follow(self, first: str, headers: Mapping[str, str]) -> Page:
        url = first
        async with asyncio.timeout(self._seconds):
            for _ in range(_REDIRECTS + 1):
                if urlsplit(url).scheme not in {"http", "https"}:
                    raise FetchError(url, FetchReason.ADDRESS)
                async with self._session.get(url, headers=headers, allow_redirects=False) as answer:
                    if answer.status in _MOVED and (to := answer.headers.get("Location")):
                        url = urljoin(url, to)
                        continue
                    return await self._page(url, answer, asked=bool(headers))
        raise FetchError(first, FetchReason.REDIRECTS, str(_REDIRECTS))

    async def _page(self, url: str, answer: aiohttp.ClientResponse, *, asked: bool) -> Page:
        new = answer.status == HTTPStatus.OK
        if not new and not (asked and answer.status == HTTPStatus.NOT_MODIFIED):
            raise FetchError(url, FetchReason.STATUS, _status(answer.status))
        body = await self._body(url, answer) if new else None
        return Page(
            url=url,
            body=body,
            content_type=answer.headers.get("Content-Type", ""),
            etag=_validator(answer, "ETag"),
            last_modified=_validator(answer, "Last-Modified"),
        )

    async def _body(self, url: str, answer: aiohttp.ClientResponse) -> bytes:
        unpack = _unpacker(answer.headers.get("Content-Encoding", ""))
        taken, body = 0, bytearray()
        async for chunk in answer.content.iter_chunked(_CHUNK):
            taken += len(chunk)
            body += unpack.decompress(chunk, self._largest + 1 - len(body)) if unpack else chunk
            if max(taken, len(body)) > self._largest:
                raise FetchError(url, FetchReason.TOO_LARGE, f"{self._largest / (1 << 20):g}")
        if unpack and not unpack.eof:
            raise FetchError(url, FetchReason.UNREADABLE, "half a document")
        return bytes(body)


def _validator(answer: aiohttp.ClientResponse, name: str) -> str | None:
    """As it stands, to be echoed; one that is not ASCII could neither be stored nor sent back."""
    value = answer.headers.get(name)
    return value if value and value.isascii() else None


def _status(code: int) -> str:
    """The code and its usual name; the server's own words may be anything."""
    try:
        return f"{code} {HTTPStatus(code).phrase}"
    except ValueError:
        return str(code)


def _short(error: Exception) -> str:
    words = " ".join(str(error).split()) or type(error).__name__
    return words[:200].encode("utf-8", "replace").decode("utf-8")


def _unpacker(encoding: str) -> "zlib._Decompress | None":
    """For gzip and deflate (RFC 9110 section 8.4.1); ValueError for what we did not ask for."""
    match encoding.strip().lower():
        case "" | "identity":
            return None
        case "gzip" | "x-gzip" | "deflate":
            return zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)  # gzip or zlib, by its head
        case other:
            raise ValueError(f"Content-Encoding {other}")
