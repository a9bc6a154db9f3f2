"""A small valid config as text, one key a line; tests change single lines of it."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from publisher.errors import Misconfigured
from publisher.i18n.localizer import Localizer
from publisher.model.names import Language
from publisher.model.problems import Problem
from publisher.settings.load import Settings, load

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
NEWSROOM = """\
[site]
name = { en = "The Embankment", ru = "Набережная" }
base_url = "https://embankment.test"
languages = ["en", "ru"]
timezone = "Europe/Moscow"
feed_authority = "embankment.test,2026"
[mail]
from = { en = "The Embankment <digest@embankment.test>", ru = "Набережная <digest@embankment.test>" }
[sections]
moscow.title = { en = "Moscow", ru = "Москва" }
world.title = { en = "World", ru = "Мир" }
[sources.site-en]
kind = "feed"
url = "https://embankment.test/rss/en.xml"
language = "en"
rights = "own"
every = "5m"
age = 16
section."City life" = "moscow"
otherwise = "hold"
[sources.stories]
kind = "folder"
path = "content"
rights = "own"
[calendars.ru]
off = ["2027-01-01..2027-01-10"]
working = ["2027-02-20"]
[editions.morning]
title = { en = "Morning Briefing", ru = "Утренний выпуск" }
sections = ["moscow", "world"]
send = "every working day at 08:00"
calendar = "ru"
late = "3h"
items = { min = 3, max = 24 }
fallback_limit = "40%"
legal = "main"
[editions.weekly]
like = "morning"
title = { en = "The Week", ru = "Неделя" }
send = "every friday at 17:00"
on_holiday = "day before"
items = { min = 5 }
[[legal.main]]
from = 2026-02-01
ruleset = "ru-network-2018"
registered_name = "The Embankment"
registration = { number = "ЭЛ № ФС77-00000", date = 2026-01-20, authority = "Роскомнадзор", form = "network_publication" }
age = { mark = 16, unrated = "hold" }
statement.ru = "Сетевое издание «The Embankment». 16+"
copyright = { en = "© {year} The Embankment", ru = "© {year} Набережная" }
"""


def lay_config(root: Path, files: Mapping[str, str] | None = None) -> Path:
    """Write the files (default: the newsroom above) below root/config; returns that folder."""
    folder = root / "config"
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in (files or {"newsroom.toml": NEWSROOM}).items():
        (folder / name).write_text(text, "utf-8")
    return folder


def settings_from(
    root: Path, files: Mapping[str, str] | None = None, environ: Mapping[str, str] | None = None
) -> Settings:
    return load(lay_config(root, files), environ or {}, now=NOW)


def refusals(
    root: Path, files: Mapping[str, str] | None = None, environ: Mapping[str, str] | None = None
) -> Sequence[Problem]:
    """The Problems a config is refused with; none when it is not refused."""
    try:
        settings_from(root, files, environ)
    except Misconfigured as error:
        return error.problems
    return ()


def places_of(problems: Sequence[Problem]) -> list[tuple[str | None, int | None, str | None]]:
    return [(one.place.file, one.place.line, one.place.key) for one in problems]


def said(problem: Problem) -> str:
    """What an English reader sees."""
    return Localizer(language=Language("en")).problem(problem)
