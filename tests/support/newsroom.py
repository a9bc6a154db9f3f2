"""A small newsroom on disk: config, two paired stories, readers; and the app or the CLI on it."""

import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from publisher import pipeline
from publisher.app import App, load_settings, running
from publisher.model.issues import Issue
from publisher.model.names import EditionId
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
items = {{ min = 1, max = 24, per_section = 6 }}
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


@dataclass(frozen=True)
class Room:
    """A newsroom's folder and where its doors are."""

    folder: Path
    web: int
    smtp: int

    @property
    def config(self) -> Path:
        return self.folder / "config"

    def story(self, key: str, language: str, **head: str) -> Path:
        """Write a story file; two hours before the issue was due, unless `head` says otherwise."""
        published = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
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

    def start(self, *words: str) -> subprocess.Popen[str]:
        """The command line as a process of its own."""
        return subprocess.Popen(
            [sys.executable, "-m", "publisher", "--config", str(self.config), *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=_environment(),
        )

    def run(self, *words: str) -> tuple[int, str, str]:
        """Exit code, stdout, stderr."""
        process = self.start(*words)
        out, err = process.communicate(timeout=60)
        return process.returncode, out, err

    def json(self, *words: str) -> Any:
        """The document of a command that must succeed."""
        code, out, err = self.run(*words, "--json")
        assert code == 0, err
        return json.loads(out)

    @asynccontextmanager
    async def at_work(self, now: datetime = NOW) -> AsyncIterator[App]:
        """The app on this newsroom, its clock standing at `now`."""
        settings = load_settings(self.config, {})
        async with running(settings, clock=lambda: now) as app:
            yield app


def _environment() -> dict[str, str]:
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
    stories: Sequence[str] = ("bridge", "library"),
) -> Room:
    """Lay a newsroom out with paired stories."""
    room = Room(folder=folder, web=web, smtp=smtp)
    room.config.mkdir(parents=True)
    text = _CONFIG.format(
        web=web,
        smtp=smtp,
        connections=connections,
        approval=approval,
        on_uncertain=on_uncertain,
        send=send,
        statement=STATEMENT,
    )
    (room.config / "newsroom.toml").write_text(text, "utf-8")
    (folder / "content").mkdir()
    for key in stories:
        room.story(key, "en")
        room.story(key, "ru")
    return room


async def enrol(app: App, count: int) -> None:
    """Readers r1, r2, …; the even ones read Russian."""
    people = (
        make_applicant(
            email=f"r{number}@readers.test",
            language=EN if number % 2 else RU,
            name=None,
            consent=make_consent(at=NOW - timedelta(days=30)),
        )
        for number in range(1, count + 1)
    )
    await app.house.audience.enrol(people, now=NOW)


async def composed(app: App) -> Issue:
    """Collect everything, compose the morning issue."""
    await pipeline.collect(app.house, list(app.house.newsroom.sources))
    made = await pipeline.compose(app.house, MORNING)
    assert made.issue is not None, made.reason
    return made.issue
