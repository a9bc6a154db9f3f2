"""`init`, `migrate`: before anything runs."""

from pathlib import Path
from typing import Annotated

import typer

from publisher.assets import Assets
from publisher.cli.call import command
from publisher.cli.desk import call_of, settings_of
from publisher.cli.screen import Screen
from publisher.model.problems import msgid
from publisher.settings.newsroom_kit import lay_out
from publisher.store.schema import migrate as migrate_store
from publisher.store.schema import pending


@command
def init(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help=msgid("Where to lay it out."))],
) -> None:
    """Lay out a new newsroom: config, an example source, where to override templates."""
    screen = Screen.of(call_of(context))
    made = lay_out(folder, Assets())
    screen.document({"folder": str(folder), "files": [str(path) for path in made]})
    screen.say(msgid("A newsroom stands in {folder}."), folder=str(folder))
    screen.say(msgid("Next: fill in {file}, then: publisher check"), file="config/newsroom.toml")


@command
def migrate(context: typer.Context) -> None:
    """Bring the database to this version."""
    call = call_of(context)
    settings = settings_of(call)
    screen = Screen.of(call, Assets(newsroom=settings.root))
    (settings.root / "var").mkdir(exist_ok=True)
    changed = pending(settings.storage_url)
    migrate_store(settings.storage_url)
    screen.document({"changed": changed})
    screen.say(msgid("The database is of this version."))
