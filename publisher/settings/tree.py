"""The files of a config folder as one tree that knows its places.  Judges no values."""

import json
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from publisher.errors import Misconfigured
from publisher.model.problems import Place, Problem, msgid
from publisher.settings.lines import KeyPath, key_lines

_MAIN = "newsroom.toml"
_LINE = re.compile(r"\(at line (\d+), column \d+\)$")
_BARE = re.compile(r"[A-Za-z0-9_-]+\Z")
_NOT_TOML = msgid("This line is not TOML.")
_LOOK_HERE = msgid("Look for a lost quote, bracket or comma here, or on the line before.")
# What tomllib's words begin with -> ours.
_SYNTAX: Mapping[str, str] = {
    "Expected '=' after a key": msgid("An equals sign is missing after a key."),
    "Cannot overwrite a value": msgid("This key is set twice."),
    "Cannot declare": msgid("This table is opened twice."),
    "Cannot redefine": msgid("This table was written differently before."),
    "Cannot mutate": msgid("This table was closed before; nothing can be added to it."),
    "Duplicate inline table key": msgid("This key is set twice."),
    "Unclosed array": msgid("A list is not closed: “]” or a comma is missing."),
    "Unclosed inline table": msgid("A table is not closed: a brace or a comma is missing."),
    "Unterminated string": msgid("A text is not closed: a quote is missing."),
    "Illegal character": msgid("A text is not closed, or holds a character it must not."),
    "Unescaped": msgid("A backslash in a text must be doubled."),
    "Expected newline": msgid("Two things stand on one line: something is left over here."),
    "Invalid date or datetime": msgid("There is no such date."),
    "Invalid value": msgid("There is no value here that TOML knows: is a text without quotes?"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """All keys of all files, and where each was written."""

    data: dict[str, Any]
    places: Mapping[KeyPath, tuple[str, int]]  # file, line
    files: tuple[str, ...]  # as shown: "config/newsroom.toml"
    clashes: tuple[Problem, ...]  # keys set in two files; the first one stays

    def where(self, path: KeyPath) -> Place:
        """The place of a key, or of the nearest table around it where it is not written."""
        for length in range(len(path), 0, -1):
            if path[:length] in self.places:
                file, line = self.places[path[:length]]
                return Place(file=file, line=line, key=dotted(path))
        main = next((one for one in self.files if one.endswith(_MAIN)), self.files[0])
        return Place(file=main, line=1, key=dotted(path))


def dotted(path: Iterable[str | int]) -> str:
    """A path as TOML writes it: sources.site-en.section."City life"; places in lists left out."""
    names = [part for part in path if isinstance(part, str)]
    return ".".join(
        name if _BARE.match(name) else json.dumps(name, ensure_ascii=False) for name in names
    )


def read_tree(folder: Path) -> Tree:
    """Every *.toml of the folder, merged in order of names.

    Raises Misconfigured when there is none, or with one Problem per file that is not TOML.
    """
    files = config_files(folder)
    if not files:
        raise Misconfigured(_no_config(folder))
    tree = Tree(data={}, places={}, files=(), clashes=())
    broken: list[Problem] = []
    for file in files:
        try:
            tree = _joined(tree, file, f"{folder.resolve().name}/{file.name}")
        except Misconfigured as error:
            broken.extend(error.problems)
    if broken:
        raise Misconfigured(*broken)
    return tree


def config_files(folder: Path) -> Sequence[Path]:
    """What is read of a config folder; an editor's own scratch files are not."""
    found = [file for file in folder.glob("*.toml") if not file.name.startswith((".", "#"))]
    return sorted(file for file in found if not file.is_dir())


def fingerprint(folder: Path) -> str:
    """Changes whenever a file of the config does; never fails, whatever state the folder is in."""
    total = sha256()
    for file in config_files(folder):
        try:
            data = file.read_bytes()
        except OSError as error:
            data = repr(error).encode()
        total.update(f"{file.name}\0{len(data)}\0".encode() + data)
    return total.hexdigest()


# --- one file -----------------------------------------------------------------------------------


def _joined(tree: Tree, file: Path, shown: str) -> Tree:
    text = _text(file, shown)
    data = _parsed(text, shown)
    places = {path: (shown, line) for path, line in key_lines(text).items()}
    clashes: list[Problem] = []

    def clash(path: KeyPath) -> None:
        clashes.append(_clash(path, first=tree.places[path], second=places[path]))

    return Tree(
        data=_merged(tree.data, data, (), clash),
        places={**places, **tree.places},
        files=(*tree.files, shown),
        clashes=(*tree.clashes, *clashes),
    )


def _text(file: Path, shown: str) -> str:
    try:
        data = file.read_bytes()
    except OSError as error:
        raise Misconfigured(
            Problem(
                message=msgid("The file cannot be read: {words}."),
                args={"words": error.strerror or str(error)},
                place=Place(file=shown),
            )
        ) from error
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Misconfigured(
            Problem(
                message=msgid("This is not UTF-8."),
                remedy=msgid("Save the file as UTF-8."),
                place=Place(file=shown, line=data.count(b"\n", 0, error.start) + 1),
            )
        ) from error


def _parsed(text: str, shown: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Misconfigured(_syntax(error, text, shown)) from error
    except (RecursionError, ValueError) as error:  # brackets, or digits, by the thousand
        raise Misconfigured(Problem(message=_NOT_TOML, place=Place(file=shown))) from error


def _syntax(error: tomllib.TOMLDecodeError, text: str, shown: str) -> Problem:
    words = str(error)
    found = _LINE.search(words)
    line = int(found[1]) if found else text.rstrip().count("\n") + 1
    message = next(
        (ours for theirs, ours in _SYNTAX.items() if words.startswith(theirs)), _NOT_TOML
    )
    return Problem(message=message, remedy=_LOOK_HERE, place=Place(file=shown, line=line))


# --- merging ------------------------------------------------------------------------------------


def _merged(
    old: Mapping[str, Any], new: Mapping[str, Any], above: KeyPath, clash: Callable[[KeyPath], None]
) -> dict[str, Any]:
    """Both tables in one; where both have a value, the old one stays and `clash` is told."""
    merged = dict(old)
    for key, value in new.items():
        path = (*above, key)
        if key not in old:
            merged[key] = value
        elif isinstance(old[key], dict) and isinstance(value, dict):
            merged[key] = _merged(old[key], value, path, clash)
        else:
            clash(path)
    return merged


def _clash(path: KeyPath, *, first: tuple[str, int], second: tuple[str, int]) -> Problem:
    key = dotted(path)
    return Problem(
        message=msgid("{key} is set in {file}, line {line}, and once more here."),
        args={"key": key, "file": first[0], "line": first[1]},
        remedy=msgid("Take one of the two out."),
        place=Place(file=second[0], line=second[1], key=key),
    )


def _no_config(folder: Path) -> Problem:
    return Problem(
        message=msgid("There is no config in {folder}."),
        args={"folder": str(folder)},
        remedy=msgid(
            "Lay out a newsroom with publisher init DIR, or name its folder: --config DIR"
        ),
        place=Place(file=str(folder)),
    )
