"""A small newsroom on disk: config, two paired stories, readers; and the app or the CLI on it."""

import asyncio
import json
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from publisher import pipeline
from publisher.app import App, load_settings, running
from publisher.cli.main import run as command_line
from publisher.collect.notebook import notebook
from publisher.collect.round import Turn, take_turn
from publisher.house import House
from publisher.model.issues import Issue
from publisher.model.names import EditionId
from publisher.model.sources import Source
from publisher.ports import Clock
from tests.support.build import EN, RU, STATEMENT, make_applicant, make_consent

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)  # Monday noon in Moscow; the issue was due at 08:00
MORNING = EditionId("morning")
_CONFIG = """\
[site]
name = {{ en = "The Embankment", ru = "The Embankment" }}
base_url = "http://127.0.0.1:{web}"
languages = ["en", "ru"]
timezone = "Europe/Moscow"
feed_authority = "embankment.test,2026"
[mail]
from = {{ en = "The Embankment <digest@embankment.test>", ru = "The Embankment <digest@embankment.test>" }}
reply_to = "editors@embankment.test"
[sections]
moscow.title = {{ en = "Moscow", ru = "Москва" }}
world.title = {{ en = "World", ru = "Мир" }}
[collect]
gap = "0s"
[sources.stories]
kind = "folder"
path = "content"
rights = "own"
age = 12
backlog = "7d"
[editions.morning]
title = {{ en = "Morning Briefing", ru = "Утренний выпуск" }}
sections = ["moscow", "world"]
send = {send}
approval = "{approval}"
{backlog}items = {{ min = {least}, max = 24, per_section = 6 }}
subject = "count"
on_uncertain = "{on_uncertain}"
legal = "main"
[[legal.main]]
from = 2026-02-01
review_by = 2036-02-01
approved = {{ by = "Counsel", on = 2026-01-28 }}
ruleset = "ru-network-2018"
registered_name = "The Embankment"
registration = {{ number = "ЭЛ № ФС77-00000", date = 2026-01-20, authority = "Роскомнадзор", form = "network_publication" }}
founders = ["ООО «Набережная»"]
editor_in_chief = "Соколова А. П."
contacts = {{ email = "editors@embankment.test", phone = "+7 495 000-00-00", postal = "119072, Москва, Набережная ул., 1" }}
age = {{ mark = 16, unrated = "hold" }}
statement.ru = "{statement}"
copyright = {{ en = "© {{year}} The Embankment", ru = "© {{year}} The Embankment" }}
sample = true
[web]
listen = "127.0.0.1:{web}"
[smtp.relays.main]
host = "127.0.0.1"
port = {smtp}
connections = {connections}
"""


class Said(NamedTuple):
    """What a command came to."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Room:
    """A newsroom's folder, where its doors are, and the hour its stories were written for."""

    folder: Path
    web: int
    smtp: int
    now: datetime = NOW

    @property
    def config(self) -> Path:
        return self.folder / "config"

    def story(self, key: str, language: str, **head: str) -> Path:
        """Write a story file; published six hours before `now`, unless `head` says otherwise."""
        published = self.now - timedelta(hours=6)
        title = {"en": f"The {key} opens", "ru": f"Открыт {key}"}[language]
        matter = {
            "title": title,
            "language": language,
            "story": key,
            "section": "moscow",
            "published": published.isoformat(),
            "summary": f"What the {key} is for.",
        } | head
        path = self.folder / "content" / language / f"{key}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = "".join(f"{name}: {value}\n" for name, value in matter.items())
        path.write_text(f"---\n{lines}---\nA paragraph on the {key}.\n", "utf-8")
        return path

    def edit(self, old: str, new: str) -> None:
        """Change one place of the config, at once for whoever reads it."""
        file = self.config / "newsroom.toml"
        text = file.read_text("utf-8")
        assert text.count(old) == 1, old
        draft = self.folder / "newsroom.draft"
        draft.write_text(text.replace(old, new), "utf-8")
        draft.replace(file)

    def start(self, *words: str) -> subprocess.Popen[str]:
        """The command line as a process of its own."""
        return subprocess.Popen(
            [sys.executable, "-m", "publisher", "--config", str(self.config), *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment(),
        )

    def run(self, *words: str) -> Said:
        """A command in a process of its own, to its end."""
        process = self.start(*words)
        out, err = process.communicate(timeout=60)
        return Said(process.returncode, out, err)

    def shell(self, words: str, **env: str) -> Said:
        """A command with what a shell makes of its stdout; the code is the command's own."""
        line = (
            f"{sys.executable} -m publisher --config {self.config} {words}; exit ${{PIPESTATUS[0]}}"
        )
        process = subprocess.run(
            ["bash", "-c", line],
            capture_output=True,
            text=True,
            timeout=60,
            env=environment() | env,
            check=False,
        )
        return Said(process.returncode, process.stdout, process.stderr)

    async def beside(self, *words: str) -> Said:
        """A command in a process of its own, while this loop serves it."""
        return await asyncio.to_thread(self.run, *words)

    def call(self, *words: str) -> Said:
        """A command in this process, where the libraries are loaded already."""
        with redirect_stdout(StringIO()) as out, redirect_stderr(StringIO()) as err:
            code = command_line(["--config", str(self.config), *words], {})
        return Said(code, out.getvalue(), err.getvalue())

    async def called(self, *words: str) -> Said:
        """`call` beside a loop that runs; not for `send` and `run`, which take signals."""
        return await asyncio.to_thread(self.call, *words)

    def json(self, *words: str) -> Any:
        """The document of a command that must succeed."""
        said = self.call(*words, "--json")
        assert said.code == 0, said.err
        return json.loads(said.out)

    @asynccontextmanager
    async def at_work(self, clock: Clock | None = None) -> AsyncIterator[App]:
        """The app on this newsroom; without a clock of its own its time stands at `now`."""
        settings = load_settings(self.config, {})
        async with running(settings, clock=clock or (lambda: self.now)) as app:
            yield app


def environment() -> dict[str, str]:
    """This one's, with what was imported before kept as bytecode: a start costs a second less."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return kept | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}


def make_room(
    folder: Path,
    *,
    smtp: int,
    web: int = 8025,
    connections: int = 4,
    approval: str = "none",
    on_uncertain: str = "skip",
    send: str = '"every working day at 08:00"',
    backlog: str | None = None,
    least: int = 1,
    stories: Sequence[str] = ("bridge", "library"),
    now: datetime = NOW,
) -> Room:
    """Lay a newsroom out with paired stories.

    `backlog`: what the first issue may look back on; `least`: stories below which it is skipped.
    """
    room = Room(folder=folder, web=web, smtp=smtp, now=now)
    room.config.mkdir(parents=True)
    text = _CONFIG.format(
        web=web,
        smtp=smtp,
        connections=connections,
        approval=approval,
        on_uncertain=on_uncertain,
        send=send,
        backlog=f'backlog = "{backlog}"\n' if backlog else "",
        least=least,
        statement=STATEMENT,
    )
    (room.config / "newsroom.toml").write_text(text, "utf-8")
    (folder / "content").mkdir()
    for key in stories:
        room.story(key, "en")
        room.story(key, "ru")
    return room


def make_living_room(folder: Path, **options: Any) -> Room:
    """A newsroom of today, for processes, which have the real clock.

    Its issue was due half an hour ago, and none is for another 23 hours.
    """
    now = datetime.now(UTC)
    due = (now - timedelta(minutes=30)).astimezone(ZoneInfo("Europe/Moscow"))
    send = f'{{ cron = "{due.minute} {due.hour} * * *" }}'
    return make_room(folder, **{"send": send, "backlog": "2d", "now": now, **options})


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def turn(house: House, source: Source, *, now: datetime) -> Turn:
    """One source's turn, and what is to be remembered of it."""
    state = await house.states.get(source.id)
    async with notebook(house.states) as note:
        return await take_turn(house, source, state, now=now, note=note)


async def enrol(app: App, count: int) -> None:
    """Readers r1, r2, …; the even ones read Russian."""
    now = app.house.clock()
    people = (
        make_applicant(
            email=f"r{number}@readers.test",
            language=EN if number % 2 else RU,
            name=None,
            consent=make_consent(at=now - timedelta(days=30)),
        )
        for number in range(1, count + 1)
    )
    await app.house.audience.enrol(people, now=now)


async def composed(app: App) -> Issue:
    """Collect everything, compose the morning issue."""
    await pipeline.collect(app.house, list(app.house.newsroom.sources))
    made = await pipeline.compose(app.house, MORNING)
    assert made.issue is not None, made.reason
    return made.issue
