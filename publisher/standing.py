"""`publisher run`: metronome, web and delivery in one process; config is read when it changes."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import structlog

from publisher import pipeline, schedule, worker
from publisher.app import App, load_settings, running
from publisher.deliver.lock import SomebodySends, sender_lock
from publisher.errors import Misconfigured, Refused
from publisher.inbox import open_inbox
from publisher.model.names import SourceId
from publisher.model.problems import Problem, msgid
from publisher.pinging import keep_telling
from publisher.settings.in_force import keep
from publisher.settings.load import Settings, fingerprint
from publisher.web import websub
from publisher.web.public import application
from publisher.web.server import serving
from publisher.web.websub import Arrivals

_COLLECT, _ISSUES, _CONFIG = timedelta(seconds=10), timedelta(seconds=5), timedelta(seconds=3)
_HUBS, _REVIEWS = timedelta(minutes=1), timedelta(hours=6)
_FEEDS = timedelta(minutes=5)  # embargoes end without any source changing

_log = structlog.get_logger()


async def stand(
    config: Path, environ: Mapping[str, str], settings: Settings, *, stop: asyncio.Event
) -> None:
    """Do everything until `stop`; raises Refused where another process of this newsroom sends."""
    try:
        with sender_lock(settings.root / "var" / "sender.lock"):
            keep(config, settings.root)
            async with running(settings, beside=1) as app:
                await _stand(app, config, environ, stop)
    except SomebodySends as busy:
        raise Refused(
            Problem(
                message=msgid("Another process of this newsroom is sending already ({pid})."),
                args={"pid": busy.pid or "?"},
            )
        ) from busy


async def _stand(app: App, config: Path, environ: Mapping[str, str], stop: asyncio.Event) -> None:
    wake = asyncio.Event()
    reader = ConfigReader(app, config, environ)
    if unknown := await pipeline.recover(app.house):
        _log.warning("found deliveries of a process that died", deliveries=unknown)

    async def issues() -> None:
        if await schedule.issues_due(app.house):
            wake.set()

    async def reviews() -> None:
        if await schedule.remind(app.house):
            wake.set()

    ticks: dict[str, tuple[timedelta, schedule.Tick]] = {
        "collect": (_COLLECT, lambda: schedule.collect_due(app.house)),
        "feeds": (_FEEDS, lambda: schedule.publish(app.house)),
        "issues": (_ISSUES, issues),
        "hubs": (_HUBS, lambda: schedule.tend(app.house)),
        "reviews": (_REVIEWS, reviews),
        "config": (_CONFIG, reader.look),
    }
    host, port = app.settings.listen
    arrivals = Arrivals()
    callback = websub.routes(
        newsroom=lambda: app.house.newsroom,
        hubs=app.house.hubs,
        states=app.house.states,
        clock=app.house.clock,
        arrived=arrivals.accept,
    )

    async def take_in(source: SourceId, body: bytes, content_type: str) -> None:
        await schedule.take_in(app.house, source, body, content_type)

    async with serving(
        application(app.reception(), (*callback, *app.archive(), *app.site().routes())),
        host,
        port,
    ) as bound:
        _log.info(
            "running", web=f"http://{host}:{bound}", editions=len(app.house.newsroom.editions)
        )
        async with (
            schedule.ticking(ticks),
            beside_us(arrivals.drain(take_in)),
            open_inbox(lambda: app.house, app.settings.inbox, domain=app.house.bounces_domain),
            beside_us(keep_telling(lambda: app.house)),
        ):
            await worker.deliver_until(lambda: app.house, stop=stop, wake=wake)
    _log.info("stopped")


@asynccontextmanager
async def beside_us(work: Coroutine[object, object, None]) -> AsyncIterator[None]:
    """Something that goes on until the block ends."""
    async with asyncio.TaskGroup() as group:
        task = group.create_task(work)
        try:
            yield
        finally:
            task.cancel()


class ConfigReader:
    """Looks whether config changed; a broken one is refused and the old one stays."""

    def __init__(self, app: App, config: Path, environ: Mapping[str, str]) -> None:
        self._app, self._config, self._environ = app, config, environ
        self._seen = fingerprint(config)

    async def look(self) -> None:
        """Adopt a changed config, or say why not."""
        mark = fingerprint(self._config)
        if mark == self._seen:
            return
        self._seen = mark
        try:
            self._app.adopt(load_settings(self._config, self._environ))
            keep(self._config, self._app.settings.root)
        except Misconfigured as refused:
            for problem in refused.problems:
                place = problem.place
                where = f"{place.file}:{place.line} {place.key}"
                why = self._words(problem)
                _log.error("config refused, the old one stays", where=where, why=why)
            return
        _log.info("config read again", editions=len(self._app.house.newsroom.editions))

    def _words(self, problem: Problem) -> str:
        site = self._app.house.newsroom.site
        return self._app.house.text[site.languages[0]].problem(problem)
