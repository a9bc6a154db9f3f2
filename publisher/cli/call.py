"""What a command was called with, whatever the command: config folder, JSON, who acts, language."""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from getpass import getuser
from pathlib import Path
from typing import Any, TypeVar

from publisher.model.problems import msgid

GLOBAL_OPTIONS = msgid(
    "Before or after the command: --config DIR, --json, --as NAME, --lang en|ru."
)
UNVALUED = msgid("{option} needs a value")

_VALUED = {"--config": "config", "--as": "by", "--lang": "language"}
_OWN_LANG = frozenset({"preview", "test"})  # these have a --lang of their own behind the command
F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """The options every command takes."""

    config: Path
    json: bool
    by: str  # who acts, for the audit
    language: str | None  # of the screen; None: the environment's where we speak it, else English
    environ: Mapping[str, str]


class Unvalued(ValueError):
    """A global option lacks its value; `call` is what was said besides."""

    def __init__(self, option: str, call: Call) -> None:
        super().__init__(UNVALUED.format(option=option))
        self.call = call


def command(function: F) -> F:
    """Mark a command: its docstring is what `--help` says, so the catalogs have it."""
    return function


def hoist(arguments: Sequence[str], environ: Mapping[str, str]) -> tuple[Call, list[str]]:
    """Take the global options out, wherever they stand before a `--`.

    Raises Unvalued when one lacks its value.
    """
    found: dict[str, str] = {}
    rest: list[str] = []
    words = deque(arguments)
    own_lang = _OWN_LANG if "--help" not in arguments else frozenset()
    as_json, unvalued = False, None
    while words:
        word = words.popleft()
        name, equals, value = word.partition("=")
        if word == "--":
            rest += [word, *words]
            break
        if word == "--json":
            as_json = True
        elif not _is_global(name, rest, own_lang):
            rest.append(word)
        elif equals:
            found[_VALUED[name]] = value
        elif words and not words[0].startswith("-"):
            found[_VALUED[name]] = words.popleft()
        else:
            unvalued = unvalued or name
    call = Call(
        config=Path(found.get("config", "config")),
        json=as_json,
        by=found.get("by") or _whoever(environ),
        language=found.get("language"),
        environ=environ,
    )
    if unvalued:
        raise Unvalued(unvalued, call)
    return call, rest


def command_of(words: Sequence[str]) -> str | None:
    """Which command is called, as far as the words go."""
    return next((word for word in words if not word.startswith("-")), None)


def _is_global(name: str, rest: Sequence[str], own_lang: frozenset[str]) -> bool:
    return name in _VALUED and not (name == "--lang" and command_of(rest) in own_lang)


def _whoever(environ: Mapping[str, str]) -> str:
    if name := environ.get("PUBLISHER_AS"):
        return name
    try:
        return getuser()
    except (KeyError, OSError):  # no such user in this container
        return "somebody"
