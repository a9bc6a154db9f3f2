"""`check --diff`: what the config says otherwise than the one acted on, and what that changes."""

import asyncio
from collections.abc import Mapping

import typer

from publisher.app import utc_now
from publisher.assets import Assets
from publisher.cli.desk import call_of, settings_of
from publisher.cli.screen import Screen
from publisher.compose.config_effects import effects
from publisher.errors import Refused, StoreBusy
from publisher.model.names import EditionId
from publisher.model.problems import Problem, msgid
from publisher.settings.in_force import changes, kept_settings, kept_since
from publisher.settings.load import Settings
from publisher.store.audience import SqlAudience
from publisher.store.database import open_database
from publisher.store.schema import pending


def check_difference(context: typer.Context) -> None:
    """Show it; nothing is judged but that the new config is whole."""
    call = call_of(context)
    settings = settings_of(call)
    screen = Screen.of(call, Assets(newsroom=settings.root))
    since = kept_since(settings.root)
    if since is None:
        screen.document({"since": None, "changes": [], "effects": []})
        screen.say(msgid("No config was acted on here yet: all of this one is new."))
        return
    found = changes(call.config, settings.root)
    told = _effects(settings, call.environ)
    screen.document(
        {
            "since": since,
            "changes": [
                {
                    "key": one.key,
                    "before": one.before,
                    "after": one.after,
                    "file": one.place.file,
                    "line": one.place.line,
                }
                for one in found
            ],
            "effects": [screen.plain(one) for one in told],
        }
    )
    if not found:
        screen.say(msgid("The config is the one that is acted on."))
        return
    screen.table(
        (msgid("Key"), msgid("Before"), msgid("Now"), msgid("Where")),
        [(one.key, one.before, one.after, f"{one.place.file}:{one.place.line}") for one in found],
    )
    screen.problems(told)


def _effects(settings: Settings, environ: Mapping[str, str]) -> list[Problem]:
    now = utc_now()
    old = kept_settings(settings.root, environ, now=now)
    if old is None:
        return []
    readers = asyncio.run(_readers(settings))
    return list(effects(old.newsroom, settings.newsroom, readers, now=now))


async def _readers(settings: Settings) -> Mapping[EditionId, int]:
    """How many each edition has; none where there is no database yet."""
    try:
        if pending(settings.storage_url):
            return {}
        async with open_database(settings.storage_url) as database:
            return await SqlAudience(database).counts()
    except (Refused, StoreBusy):
        return {}
