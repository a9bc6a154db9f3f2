"""The config that was acted on last, kept beside the database; and what is otherwise now."""

import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from publisher.errors import Misconfigured
from publisher.model.problems import Place
from publisher.settings.lines import KeyPath
from publisher.settings.load import Settings, load
from publisher.settings.tree import Tree, config_files, dotted, fingerprint, read_tree

_FOLDER = "config-in-force"
_PASSWORD = re.compile(r"//[^@/\s]*@")  # what stands before a host: never shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One key that says something else than before."""

    key: str
    before: str | None  # as TOML would write it; None: it was not there
    after: str | None
    place: Place


def keep(config: Path, root: Path) -> None:
    """Note that this config is acted on; whatever goes wrong with that is no reason not to act."""
    kept = root / "var" / _FOLDER
    if kept.is_dir() and fingerprint(kept) == fingerprint(config):
        return
    draft = kept.with_name(f"{_FOLDER}.new")
    with suppress(OSError):
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700, parents=True)
        for file in config_files(config):
            shutil.copy(file, draft / file.name)  # with its mode: a file may be for few
        shutil.rmtree(kept, ignore_errors=True)
        draft.rename(kept)


def kept_since(root: Path) -> datetime | None:
    """Since when the kept config is acted on; None where none ever was."""
    kept = root / "var" / _FOLDER
    try:
        return datetime.fromtimestamp(kept.stat().st_mtime, UTC)
    except OSError:
        return None


def kept_settings(root: Path, environ: Mapping[str, str], *, now: datetime) -> Settings | None:
    """The Settings that were acted on; None where they cannot be read any more."""
    try:
        return load(root / "var" / _FOLDER, environ, now=now, root=root)
    except Misconfigured:
        return None


def changes(config: Path, root: Path) -> Sequence[Change]:
    """Every key that is new, gone or says something else, in order of keys."""
    try:
        before = read_tree(root / "var" / _FOLDER)
    except Misconfigured:
        before = Tree(data={}, places={}, files=(), clashes=())
    after = read_tree(config)
    old, new = dict(_leaves(before.data)), dict(_leaves(after.data))
    found = [
        Change(
            key=_named(path),
            before=None if path not in old else _written(old[path]),
            after=None if path not in new else _written(new[path]),
            place=after.where(path),
        )
        for path in old.keys() | new.keys()
        if path not in old or path not in new or old[path] != new[path]
    ]
    return sorted(found, key=lambda one: one.key)


def _leaves(data: object, above: KeyPath = ()) -> Iterator[tuple[KeyPath, Any]]:
    """Every value by its path; lists of tables are gone into, other lists are values."""
    if isinstance(data, dict) and (data or not above):
        for key, value in data.items():
            yield from _leaves(value, (*above, key))
    elif isinstance(data, list) and data and all(isinstance(one, dict) for one in data):
        for number, one in enumerate(data):
            yield from _leaves(one, (*above, number))
    else:
        yield above, data


def _named(path: KeyPath) -> str:
    """As `dotted`, the second and later tables of a list by their number, from 1."""
    at = next((n for n, part in enumerate(path) if isinstance(part, int)), None)
    if at is None:
        return dotted(path)
    return f"{dotted(path[:at])}[{int(path[at]) + 1}].{dotted(path[at + 1 :])}"


def _written(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case str():
            return f'"{_PASSWORD.sub("//…@", value)}"'
        case list():
            return f"[{', '.join(map(_written, value))}]"
        case dict():
            return "{}"
        case _:
            return str(value)
