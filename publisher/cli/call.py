"""What a command was called with, whatever the command: config folder, JSON, who acts, language."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from getpass import getuser
from pathlib import Path

GLOBAL_OPTIONS = "--config DIR, --json, --as NAME, --lang en|ru"

_VALUED = {"--config": "config", "--as": "by", "--lang": "language"}
_OWN_LANG = frozenset({"preview", "test"})  # these have a --lang of their own behind the command


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """The options every command takes."""

    config: Path
    json: bool
    by: str  # who acts, for the audit
    language: str | None  # of the screen; None: the environment's, else the newsroom's first
    environ: Mapping[str, str]


def hoist(arguments: Sequence[str], environ: Mapping[str, str]) -> tuple[Call, list[str]]:
    """Take the global options out, wherever they stand before a `--`.

    Raises ValueError when an option lacks its value.
    """
    found: dict[str, str] = {}
    rest: list[str] = []
    words = iter(arguments)
    as_json = False
    for word in words:
        name, equals, value = word.partition("=")
        if word == "--":
            rest += [word, *words]
        elif word == "--json":
            as_json = True
        elif name in _VALUED and not (name == "--lang" and command_of(rest) in _OWN_LANG):
            given = value if equals else next(words, None)
            if given is None or (not equals and given.startswith("-")):
                raise ValueError(f"{name} needs a value")
            found[_VALUED[name]] = given
        else:
            rest.append(word)
    call = Call(
        config=Path(found.get("config", "config")),
        json=as_json,
        by=found.get("by") or _whoever(environ),
        language=found.get("language"),
        environ=environ,
    )
    return call, rest


def command_of(words: Sequence[str]) -> str | None:
    """Which command is called, as far as the words go."""
    return next((word for word in words if not word.startswith("-")), None)


def _whoever(environ: Mapping[str, str]) -> str:
    if name := environ.get("PUBLISHER_AS"):
        return name
    try:
        return getuser()
    except (KeyError, OSError):  # no such user in this container
        return "somebody"
