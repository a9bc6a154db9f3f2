"""WebSub, the subscriber's half that listens: hubs verify, refuse and deliver here.  Reads no feed.

W3C Recommendation of 2018-01-23.  The last part of the address is a capability: it is never logged.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from publisher.collect.websub import LEASE, belongs, denied, signed, verified
from publisher.inlets import Hubs, SourceStates
from publisher.model.hubs import HubStatus, HubSubscription
from publisher.model.names import SourceId
from publisher.model.newsroom import Newsroom
from publisher.ports import Clock

Arrived = Callable[[SourceId, bytes, str], Awaitable[bool]]
Work = Callable[[SourceId, bytes, str], Awaitable[object]]

LARGEST = 15 << 20  # bytes of a delivery, as of a document that is fetched
_READING = 4  # deliveries read at a time
_AGAIN = {"Retry-After": "60"}
_LONGEST_CHALLENGE = 4096  # characters
_LONGEST_REASON = 200
_TOKEN = re.compile(r"[A-Za-z0-9_-]{16,128}")
_NUMBER = re.compile(r"[0-9]{1,12}")
_WISHED = frozenset({HubStatus.ASKED, HubStatus.VERIFIED, HubStatus.FAILED})

_log = structlog.get_logger()


def routes(
    *,
    newsroom: Callable[[], Newsroom],
    hubs: Hubs,
    states: SourceStates,
    clock: Clock,
    arrived: Arrived,
    seconds: float = 30,
) -> tuple[BaseRoute, ...]:
    """The callback, /websub/{token}, for web.public.application.

    `arrived` is given each delivery whose signature is right, and says whether there was room.
    A delivery that takes longer than `seconds` to come in must come again.
    """
    door = _Door(
        newsroom=newsroom, hubs=hubs, states=states, clock=clock, arrived=arrived, seconds=seconds
    )
    route = Route("/websub/{token}", door.answer, methods=["GET", "POST"])
    route.methods = {"GET", "POST"}  # Starlette adds HEAD, and a HEAD must confirm nothing
    return (route,)


class Arrivals:
    """Deliveries between the request that brought them and the work on them.

    Bounded in number and bytes, and in memory only: what is lost is found by polling.
    """

    def __init__(self, *, most: int = 64, most_bytes: int = 2 * LARGEST) -> None:
        self._queue: asyncio.Queue[tuple[SourceId, bytes, str]] = asyncio.Queue(most)
        self._room = most_bytes

    async def accept(self, source: SourceId, body: bytes, content_type: str) -> bool:
        """Take a delivery in; False when there is no room, and then nothing was taken."""
        if self._queue.full() or len(body) > self._room:
            return False
        self._room -= len(body)
        self._queue.put_nowait((source, body, content_type))
        return True

    async def drain(self, work: Work) -> None:
        """Give deliveries to `work`, one at a time in their order, until cancelled.

        One that fails is logged, and the next one has its turn.
        """
        while True:
            source, body, content_type = await self._queue.get()
            try:
                await work(source, body, content_type)
            except Exception as error:  # noqa: BLE001 - one delivery must not stop the others
                _log.error("websub content not kept", source=source, error=repr(error))
            finally:
                self._room += len(body)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Door:
    """Whoever answers hubs; the only thing it believes is what only a hub can know."""

    newsroom: Callable[[], Newsroom]
    hubs: Hubs
    states: SourceStates
    clock: Clock
    arrived: Arrived
    seconds: float
    reading: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_READING))

    async def answer(self, request: Request) -> Response:
        standing = await self._standing(request)
        if request.method == "POST":
            return await self._delivered(request, standing)
        said = _said(request)
        if said.get("hub.topic") != standing.topic:
            raise HTTPException(404)
        match said.get("hub.mode"):
            case "subscribe":
                return await self._confirmed(standing, said)
            case "unsubscribe":
                return await self._let_go(standing, said)
            case "denied":
                return await self._denied(standing, said)
        raise HTTPException(400)

    async def _confirmed(self, standing: HubSubscription, said: Mapping[str, str]) -> Response:
        """Section 5.3: yes to what we asked for and still want, 404 to everything else."""
        challenge, lease = _challenge(said), _lease(said)
        if standing.status not in _WISHED or not await self._belongs(standing):
            raise HTTPException(404)
        sure = verified(standing, lease=lease, now=self.clock())
        await self.hubs.save(sure)
        _log.info("websub verified", source=sure.source, hub=sure.hub, until=str(sure.expires_at))
        return _plain(challenge)

    async def _let_go(self, standing: HubSubscription, said: Mapping[str, str]) -> Response:
        """We never ask a hub to forget us; but one that does what we would wish is told yes."""
        challenge = _challenge(said)
        if await self._belongs(standing):
            raise HTTPException(404)
        return _plain(challenge)

    async def _denied(self, standing: HubSubscription, said: Mapping[str, str]) -> Response:
        refused = denied(standing, reason=_reason(said), now=self.clock())
        await self.hubs.save(refused)
        _log.warning("websub denied", source=refused.source, hub=refused.hub, why=_reason(said))
        return _plain("")

    async def _delivered(self, request: Request, standing: HubSubscription) -> Response:
        """Section 7: whoever signs wrongly is answered like the hub, and is not listened to.

        Link headers do not say which subscription a delivery is for; the address alone does.
        """
        if not await self._belongs(standing):
            await self.hubs.save(replace(standing, expires_at=self.clock()))
            raise HTTPException(410)  # the hub may forget us; wanted again, we ask again
        body = await self._body(request)
        standing = await self._standing(request)  # the body may have been long in coming
        signatures = request.headers.getlist("x-hub-signature")
        if len(signatures) != 1 or not signed(standing.secret, signatures[0], body):
            _log.warning("websub content dropped", source=standing.source, why="signature")
            return _plain("", status=202)
        await self.hubs.save(replace(standing, told_at=self.clock()))
        content_type = request.headers.get("content-type", "")
        if not await self.arrived(standing.source, body, content_type):
            raise HTTPException(503, headers=_AGAIN)
        return _plain("", status=202)

    async def _standing(self, request: Request) -> HubSubscription:
        token = request.path_params["token"]
        found = await self.hubs.by_token(token) if _TOKEN.fullmatch(token) else None
        if found is None:
            raise HTTPException(404)
        return found

    async def _belongs(self, standing: HubSubscription) -> bool:
        source = self.newsroom().sources.get(standing.source)
        return belongs(standing, source, await self.states.get(standing.source))

    async def _body(self, request: Request) -> bytes:
        if request.headers.get("content-encoding", "identity") != "identity":
            raise HTTPException(415)
        try:
            async with asyncio.timeout(self.seconds), self.reading:
                return await _read(request)
        except TimeoutError as error:  # the rest of the body is not waited for
            raise HTTPException(503, headers=_AGAIN | {"Connection": "close"}) from error
        except ClientDisconnect as error:
            raise HTTPException(400) from error


async def _read(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST:
            raise HTTPException(413)
    return bytes(body)


def _said(request: Request) -> Mapping[str, str]:
    """What a hub says, each thing once."""
    pairs = request.query_params.multi_items()
    said = dict(pairs)
    if len(said) != len(pairs):
        raise HTTPException(400)
    return said


def _challenge(said: Mapping[str, str]) -> str:
    """What is to be echoed: short, and no binary data (section 8.2)."""
    challenge = said.get("hub.challenge", "")
    fits = 0 < len(challenge) <= _LONGEST_CHALLENGE
    if not (fits and challenge.isascii() and challenge.isprintable()):
        raise HTTPException(400)
    return challenge


def _lease(said: Mapping[str, str]) -> timedelta:
    """Hubs of the days before the Recommendation leave it out: then it is what we asked for."""
    seconds = said.get("hub.lease_seconds")
    if seconds is None:
        return LEASE
    if not _NUMBER.fullmatch(seconds):
        raise HTTPException(400)
    return timedelta(seconds=int(seconds))


def _reason(said: Mapping[str, str]) -> str:
    words = " ".join(said.get("hub.reason", "").split())
    return "".join(filter(str.isprintable, words))[:_LONGEST_REASON].rstrip(".")


def _plain(words: str, *, status: int = 200) -> Response:
    """Text that no browser takes for anything else (section 8.2)."""
    headers = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}
    return PlainTextResponse(words, status_code=status, headers=headers)
