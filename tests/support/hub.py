"""A real WebSub hub on a free port of this machine, and our callback on another.

The hub does what it does when it is told to.
"""

import hmac
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, DummyCookieJar, web
from yarl import URL

from publisher.assets import Assets
from publisher.i18n.catalogs import load_catalogs
from publisher.links import KeyRing
from publisher.model.hubs import HubStatus, HubSubscription
from publisher.model.names import SourceId
from publisher.model.newsroom import Newsroom
from publisher.model.sources import FetchState, Source
from publisher.render.templates import Templates
from publisher.store.audience import SqlAudience
from publisher.store.database import open_database
from publisher.store.hubs import SqlHubs
from publisher.store.sources import SqlSourceStates
from publisher.web.public import Reception, application
from publisher.web.websub import Arrivals, routes
from tests.support.build import NOON, make_newsroom, make_source
from tests.support.web import Visitor, visiting

HOST = "127.0.0.1"
TOPIC = "https://embankment.test/rss/en.xml"
FEED = b"<rss version='2.0'><channel><title>The Embankment</title></channel></rss>"


def make_subscription(**overrides: Any) -> HubSubscription:
    """Asked at noon, and nothing since; its token and secret are named after its source."""
    source = overrides.get("source", SourceId("site-en"))
    subscription = HubSubscription(
        source=source,
        hub="https://hub.test/",
        topic=TOPIC,
        token=f"token-of-{source}-012345",
        secret=f"secret-of-{source}",
        status=HubStatus.ASKED,
        asked_at=NOON,
    )
    return replace(subscription, **overrides)


def make_state(**overrides: Any) -> FetchState:
    """Of a source whose document names a hub."""
    source = make_source()
    state = FetchState(source=source.id, url=source.url, hub="https://hub.test/", topic=TOPIC)
    return replace(state, **overrides)


def signature(secret: str, body: bytes, method: str = "sha256") -> str:
    """What a hub writes into X-Hub-Signature."""
    return f"{method}={hmac.new(secret.encode(), body, method).hexdigest()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What a subscriber answered the hub."""

    status: int
    headers: Mapping[str, str]  # names lower case
    text: str


@dataclass(slots=True, kw_only=True)
class Hub:
    """Callbacks that asked are in `wishes`, those that were verified in `subscribers`."""

    session: ClientSession
    base: str = ""
    lease: int | None = None  # seconds; None: what was asked for
    eager: bool = False  # verifies before it answers who asks
    answers: int = 202  # to those who ask
    asked: list[dict[str, str]] = field(default_factory=list)
    wishes: dict[str, dict[str, str]] = field(default_factory=dict)
    subscribers: dict[str, dict[str, str]] = field(default_factory=dict)
    _challenges: Any = field(default_factory=count)

    async def hear(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        self.asked.append(form)
        if self.answers < 300 and "hub.callback" in form:  # a publisher names none
            self.wishes[form["hub.callback"]] = form
        if self.eager:
            await self.verify()
        return web.Response(status=self.answers)

    async def verify(self, *, mode: str = "subscribe", **overrides: str) -> list[Heard]:
        """Ask every callback that waits whether it meant it (section 5.3).

        `overrides`: what is said instead, by the last word of its name: topic="…".
        """
        heard = []
        for callback, wish in [*self.wishes.items()]:
            said = {
                "hub.mode": mode,
                "hub.topic": wish["hub.topic"],
                "hub.challenge": f"challenge-{next(self._challenges)}",
                "hub.lease_seconds": str(self.lease or wish["hub.lease_seconds"]),
            } | {f"hub.{name}": value for name, value in overrides.items()}
            answer = await self._say("GET", callback, said)
            if answer.status == 200 and answer.text == said["hub.challenge"]:
                self.subscribers[callback] = self.wishes.pop(callback)
            heard.append(answer)
        return heard

    async def deny(self, callback: str, topic: str, reason: str = "") -> Heard:
        """Section 5.2."""
        self.wishes.pop(callback, None)
        self.subscribers.pop(callback, None)
        said = {"hub.mode": "denied", "hub.topic": topic, "hub.reason": reason}
        return await self._say("GET", callback, said)

    async def distribute(
        self, body: bytes, *, method: str = "sha256", secret: str | None = None
    ) -> list[Heard]:
        """Bring a document to every subscriber; `secret`: sign by another than theirs."""
        heard = []
        for callback, wish in [*self.subscribers.items()]:
            headers = {
                "Content-Type": "application/rss+xml",
                "Link": f'<{self.base}>; rel="hub", <{wish["hub.topic"]}>; rel="self"',
                "X-Hub-Signature": signature(secret or wish["hub.secret"], body, method),
            }
            answer = await self._say("POST", callback, {}, data=body, headers=headers)
            if answer.status == 410:
                del self.subscribers[callback]
            heard.append(answer)
        return heard

    async def _say(self, method: str, callback: str, said: dict[str, str], **more: Any) -> Heard:
        url = URL(callback).update_query(said) if said else URL(callback)
        async with self.session.request(method, url, allow_redirects=False, **more) as answer:
            names = {name.lower(): value for name, value in answer.headers.items()}
            return Heard(status=answer.status, headers=names, text=await answer.text())


@asynccontextmanager
async def open_hub() -> AsyncIterator[Hub]:
    """A hub that listens until the block ends; its address is `base`."""
    async with ClientSession(cookie_jar=DummyCookieJar()) as session:
        hub = Hub(session=session)
        app = web.Application()
        app.router.add_post("/", hub.hear)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        try:
            site = web.TCPSite(runner, HOST, 0)
            await site.start()
            hub.base = f"http://{HOST}:{runner.addresses[0][1]}/"
            yield hub
        finally:
            await runner.cleanup()


@dataclass(slots=True, kw_only=True)
class Doorstep:
    """Our callback on a real server, over a real store; what is taken in is in `taken`."""

    visitor: Visitor
    hubs: SqlHubs
    states: SqlSourceStates
    newsroom: Newsroom
    now: datetime = NOON
    full: bool = False  # there is no room for another delivery
    arrivals: Arrivals | None = None  # the real ones instead
    taken: list[tuple[SourceId, bytes, str]] = field(default_factory=list, repr=False)

    async def take(self, source: SourceId, body: bytes, content_type: str) -> bool:
        if self.arrivals:
            return await self.arrivals.accept(source, body, content_type)
        if not self.full:
            self.taken.append((source, body, content_type))
        return not self.full

    def configure(self, *sources: Source) -> None:
        """From now on config has these sources, and the public address is this server's."""
        site = replace(self.newsroom.site, base_url=f"http://{HOST}:{self.visitor.port}")
        self.newsroom = replace(
            self.newsroom, site=site, sources={source.id: source for source in sources}
        )

    async def stands(self, source: str = "site-en") -> HubSubscription:
        found = await self.hubs.get(SourceId(source))
        assert found is not None
        return found


@asynccontextmanager
async def open_doorstep(url: str, *, seconds: float = 30) -> AsyncIterator[Doorstep]:
    """A callback on a free port and on the database of `url`, which has its schema."""
    assets, newsroom = Assets(), make_newsroom()
    words = load_catalogs(assets.folders("locales"), newsroom.site.languages)
    async with open_database(url) as database, AsyncExitStack() as stack:
        hubs, states = SqlHubs(database), SqlSourceStates(database)
        reception = Reception(
            newsroom=lambda: step.newsroom,
            text=lambda: words,
            audience=SqlAudience(database),
            keys=KeyRing(keys=(b"a key of 32 bytes, or so, is here",)),
            pages=Templates(assets.folders("templates")),
            clock=lambda: step.now,
            public=Path("nowhere"),
        )
        callback = routes(
            newsroom=lambda: step.newsroom,
            hubs=hubs,
            states=states,
            clock=lambda: step.now,
            arrived=lambda *delivery: step.take(*delivery),  # noqa: PLW0108 - `step` comes later
            seconds=seconds,
        )
        visitor = await stack.enter_async_context(visiting(application(reception, callback)))
        step = Doorstep(visitor=visitor, hubs=hubs, states=states, newsroom=newsroom)
        step.configure(make_source())
        yield step
