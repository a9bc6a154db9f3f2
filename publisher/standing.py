"""`publisher run`: metronome, web and delivery in one process; config is read when it changes."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import structlog

from publisher import pipeline, schedule, worker
from publisher.app import App, load_settings, running
from publisher.deliver.lock import SomebodySends, sender_lock
from publisher.errors import Misconfigured, Refused
from publisher.model.problems import Problem, msgid
from publisher.settings.load import Settings, fingerprint
from publisher.web.public import application
from publisher.web.server import serving

_COLLECT, _ISSUES, _CONFIG = timedelta(seconds=10), timedelta(seconds=5), timedelta(seconds=3)
_FEEDS = timedelta(minutes=5)  # embargoes end without any source changing

_log = structlog.get_logger()


async def stand(
    config: Path, environ: Mapping[str, str], settings: Settings, *, stop: asyncio.Event
) -> None:
    """Do everything until `stop`; raises Refused where another process of this newsroom sends."""
    try:
        with sender_lock(settings.root / "var" / "sender.lock"):
            async with running(settings, beside=True) as app:
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

    ticks: dict[str, tuple[timedelta, schedule.Tick]] = {
        "collect": (_COLLECT, lambda: schedule.collect_due(app.house)),
        "feeds": (_FEEDS, lambda: schedule.publish(app.house)),
        "issues": (_ISSUES, issues),
        "config": (_CONFIG, reader.look),
    }
    host, port = app.settings.listen
    async with serving(application(app.reception()), host, port) as bound:
        _log.info(
            "running", web=f"http://{host}:{bound}", editions=len(app.house.newsroom.editions)
        )
        async with schedule.ticking(ticks):
            await worker.deliver_until(lambda: app.house, stop=stop, wake=wake)
    _log.info("stopped")


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
