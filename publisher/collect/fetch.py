"""Polite HTTP: conditional, one at a time per host, bounded in size, time and redirects.

Reads no feeds.  Hosts: hosts.py; which addresses may be connected to: safety.py; what an answer
says of itself: heads.py; how it is packed: unpack.py.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import Enum
from http import HTTPStatus

import aiohttp
from aiohttp.abc import AbstractResolver
from yarl import URL

from publisher.collect.heads import kept, onward, readable
from publisher.collect.hosts import Hosts
from publisher.collect.safety import public_socket, refused_address
from publisher.collect.unpack import unpacker
from publisher.errors import PublisherError
from publisher.inlets import Page
from publisher.model.problems import Problem, msgid

LARGEST = 15 << 20  # bytes, as they travel and again as they unpack
_SECONDS = 30  # for everything, redirects included; waiting for a turn is not counted
_REDIRECTS = 5
_CHUNK = 1 << 16
_KEPT_ALIVE = 3  # seconds; longer than a usual gap, short enough for thousands of hosts
_LONGEST_WORDS = 200  # characters
_GAP, _AT_ONCE = timedelta(seconds=1), 16
_FOR_GOOD = frozenset({301, 308})
_MOVED = frozenset({301, 302, 303, 307, 308})
_POSTED_ON = frozenset({307, 308})
_BUSY = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})
_WRITTEN = re.compile(r"[\w!#$%&'()*+,\-./:;=?@\[\]~]+", re.ASCII)  # needs no quoting (RFC 3986)


class FetchReason(Enum):
    """Why a document could not be had."""

    ADDRESS = "address"  # not an http or https address
    FORBIDDEN = "forbidden"  # an address inside a private network
    UNREACHABLE = "unreachable"  # no connection, or it broke
    TIMEOUT = "timeout"  # longer than we wait
    TOO_LARGE = "too_large"  # more bytes than we take, packed or unpacked
    REDIRECTS = "redirects"  # sent from address to address
    STATUS = "status"  # an answer that is no document
    UNREADABLE = "unreadable"  # an answer, but not in the form asked for


_WORDS: Mapping[FetchReason, str] = {
    FetchReason.ADDRESS: msgid("{url} is not an http or https address."),
    FetchReason.FORBIDDEN: msgid("{url} leads to {detail}, an address inside a private network."),
    FetchReason.UNREACHABLE: msgid("{url} cannot be reached: {detail}."),
    FetchReason.TIMEOUT: msgid("{url} took longer than {detail} seconds."),
    FetchReason.TOO_LARGE: msgid("{url} is larger than {detail} MiB."),
    FetchReason.REDIRECTS: msgid("{url} sends us from address to address, more than {detail}."),
    FetchReason.STATUS: msgid("{url} answered {detail}."),
    FetchReason.UNREADABLE: msgid("{url} holds nothing we can read: {detail}."),
}


class FetchError(PublisherError):
    """The source did not give us a usable document."""

    def __init__(
        self,
        url: str,
        reason: FetchReason,
        detail: str = "",
        *,
        status: int | None = None,
        retry_after: str | None = None,
    ) -> None:
        super().__init__(url, reason, detail)
        self.url, self.reason, self.detail = url, reason, detail
        self.status, self.retry_after = status, retry_after

    def problem(self) -> Problem:
        """The same in words."""
        forbidden = self.reason is FetchReason.FORBIDDEN
        return Problem(
            message=_WORDS[self.reason],
            args={"url": self.url, "detail": self.detail or "-"},
            remedy=msgid("If it is yours, say allow_private = true in the source.")
            if forbidden
            else None,
        )


@asynccontextmanager
async def open_fetcher(
    agent: str,
    *,
    gap: timedelta = _GAP,
    at_once: int = _AT_ONCE,
    largest: int = LARGEST,
    seconds: float = _SECONDS,
    resolver: AbstractResolver | None = None,
) -> AsyncIterator["HttpFetcher"]:
    """A fetcher that says who asks (`agent` names us and an address); closed with the block.

    `gap` lies between two requests to one host; `at_once` go out at the same time over all.
    """
    async with AsyncExitStack() as stack:
        # Two pools: a connection that one source was allowed must not serve another.
        outside = await stack.enter_async_context(_session(agent, safe=True, resolver=resolver))
        anywhere = await stack.enter_async_context(_session(agent, safe=False, resolver=resolver))
        yield HttpFetcher(
            outside=outside,
            anywhere=anywhere,
            hosts=Hosts(gap=gap, at_once=at_once),
            limits=Limits(largest=largest, seconds=seconds),
        )


def _session(agent: str, *, safe: bool, resolver: AbstractResolver | None) -> aiohttp.ClientSession:
    connector = aiohttp.TCPConnector(
        limit=0,  # Hosts counts
        keepalive_timeout=_KEPT_ALIVE,
        resolver=resolver,
        socket_factory=public_socket if safe else None,
    )
    return aiohttp.ClientSession(
        connector=connector,
        headers={"User-Agent": agent, "Accept-Encoding": "gzip, deflate, br"},
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=None),  # each fetch has one deadline of its own
        auto_decompress=False,  # we count what unpacks
        trust_env=False,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Of one document."""

    largest: int  # bytes
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wish:
    """One request, wherever it is sent on to."""

    session: aiohttp.ClientSession
    headers: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] | None = None  # then it is a POST

    @property
    def followed(self) -> frozenset[int]:
        return _MOVED if self.form is None else _POSTED_ON

    def granted_by(self, status: int) -> bool:
        """Not by a 304 where we named nothing that we have already."""
        if self.form is not None:
            return status in range(200, 300)
        return status == HTTPStatus.OK or (status == HTTPStatus.NOT_MODIFIED and bool(self.headers))


class HttpFetcher:
    """The port Fetcher on aiohttp."""

    def __init__(
        self,
        *,
        outside: aiohttp.ClientSession,
        anywhere: aiohttp.ClientSession,
        hosts: Hosts,
        limits: Limits,
    ) -> None:
        self._sessions = {False: outside, True: anywhere}
        self._hosts, self._limits = hosts, limits

    async def fetch(
        self,
        url: str,
        *,
        etag: str | None = None,
        last_modified: str | None = None,
        allow_private: bool = False,
    ) -> Page:
        """Get one document; raises FetchError with the reason.

        The validators go out as they came.
        """
        wanted = {"If-None-Match": etag, "If-Modified-Since": last_modified}
        headers = {name: value for name, value in wanted.items() if value is not None}
        return await self._tried(url, _Wish(session=self._sessions[allow_private], headers=headers))

    async def post(self, url: str, form: Mapping[str, str], *, allow_private: bool = False) -> None:
        """Post a form; any 2xx is a yes, everything else a FetchError."""
        await self._tried(url, _Wish(session=self._sessions[allow_private], form=form))

    async def _tried(self, url: str, wish: _Wish) -> Page:
        try:
            return await self._follow(url, wish)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise _failure(url, error, self._limits) from error

    async def _follow(self, first: str, wish: _Wish) -> Page:
        url, moved_to, for_good = first, None, True
        left = self._limits.seconds
        clock = asyncio.get_running_loop().time
        for _ in range(_REDIRECTS + 1):
            address = _address(url)
            async with self._hosts.turn(_host(address)):
                began = clock()
                async with asyncio.timeout(left):
                    found = await self._answer(url, address, wish)
                left -= clock() - began
            if isinstance(found, Page):
                return replace(found, moved_to=moved_to) if moved_to else found
            status, location = found
            url = _next(url, location)
            for_good = for_good and status in _FOR_GOOD
            moved_to = url if for_good else moved_to
        raise FetchError(first, FetchReason.REDIRECTS, str(_REDIRECTS))

    async def _answer(self, url: str, address: URL, wish: _Wish) -> Page | tuple[int, str]:
        """A document, or where it is to be had."""
        method = "GET" if wish.form is None else "POST"
        async with wish.session.request(
            method, address, headers=wish.headers, data=wish.form, allow_redirects=False
        ) as answer:
            location = answer.headers.get("Location")
            if answer.status in wish.followed and location:
                return answer.status, location
            return await self._page(url, answer, wish)

    async def _page(self, url: str, answer: aiohttp.ClientResponse, wish: _Wish) -> Page:
        status, headers = answer.status, kept(answer.headers.items())
        if not wish.granted_by(status):
            raise FetchError(
                url,
                FetchReason.STATUS,
                _status(status),
                status=status,
                retry_after=headers.get("retry-after") if status in _BUSY else None,
            )
        wanted = wish.form is None and status == HTTPStatus.OK
        return Page(
            url=url,
            body=await self._body(url, answer) if wanted else None,
            content_type=headers.get("content-type", ""),
            etag=_validator(answer, "ETag"),
            last_modified=_validator(answer, "Last-Modified"),
            headers=headers,
        )

    async def _body(self, url: str, answer: aiohttp.ClientResponse) -> bytes:
        unpack = unpacker(answer.headers.get("Content-Encoding", ""))
        body, taken = bytearray(), 0
        self._weigh(url, answer.content_length or 0)
        async for chunk in answer.content.iter_chunked(_CHUNK):
            taken += len(chunk)
            body += unpack.take(chunk, self._limits.largest + 1 - len(body))
            self._weigh(url, max(taken, len(body)))
        if not unpack.whole:
            raise FetchError(url, FetchReason.UNREADABLE, "half a document")
        return bytes(body)

    def _weigh(self, url: str, size: int) -> None:
        largest = self._limits.largest
        if size > largest:
            raise FetchError(url, FetchReason.TOO_LARGE, f"{largest / (1 << 20):g}")


def _address(url: str) -> URL:
    """To the letter, for a server may have signed it; FetchError for what is none of the web."""
    try:
        found = URL(url, encoded=_WRITTEN.fullmatch(url) is not None)
        good = found.scheme in {"http", "https"} and found.raw_host and found.port
    except ValueError as error:
        raise FetchError(url, FetchReason.ADDRESS) from error
    if not good:
        raise FetchError(url, FetchReason.ADDRESS)
    return found


def _host(address: URL) -> str:
    """Whose turn it is: the same for every spelling of its name, and for all its ports."""
    return (address.raw_host or "").lower().rstrip(".")


def _next(url: str, location: str) -> str:
    try:
        return onward(url, location)
    except ValueError as error:
        raise FetchError(readable(location), FetchReason.ADDRESS) from error


def _failure(url: str, error: Exception, limits: Limits) -> FetchError:
    """What went wrong on the way, in our words."""
    detail = _short(str(error)) or type(error).__name__
    match error:
        case TimeoutError():
            reason, detail = FetchReason.TIMEOUT, f"{limits.seconds:g}"
        case aiohttp.InvalidURL() | UnicodeError():  # the latter: a name that is none in DNS
            reason, detail = FetchReason.ADDRESS, ""
        case aiohttp.ClientConnectorError() if inside := refused_address(error.os_error):
            reason, detail = FetchReason.FORBIDDEN, inside
        case aiohttp.ClientPayloadError() | aiohttp.ServerDisconnectedError():
            reason, detail = FetchReason.UNREACHABLE, "the answer broke off"
        case aiohttp.ClientResponseError():  # it speaks, but not HTTP
            reason, detail = FetchReason.UNREADABLE, _short(error.message)
        case OSError() | aiohttp.ClientError():
            reason = FetchReason.UNREACHABLE
        case _:
            reason = FetchReason.UNREADABLE
    return FetchError(url, reason, detail)


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


def _short(words: str) -> str:
    return readable(" ".join(words.split())[:_LONGEST_WORDS])
