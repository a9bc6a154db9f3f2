"""The scanner and tomllib agree on every document, however it is written."""

import json
import tomllib
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from publisher.settings.lines import KeyPath, key_lines

KEYS = st.sampled_from(
    ["a", "b-c", "D_1", "7", "with space", "dot.ted", 'say "so"', "ключ", "#", ""]
)
WORDS = st.text(st.sampled_from("ab \"'\\#[]{}=,.\nя"), max_size=12)
SCALARS = st.one_of(
    WORDS,
    st.integers(-9, 99),
    st.booleans(),
    st.dates().map(lambda day: day.isoformat),  # written bare, see _scalar
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)
INNER = st.dictionaries(KEYS, SCALARS | st.dictionaries(KEYS, SCALARS, max_size=2), max_size=3)
TABLES = st.dictionaries(KEYS, VALUES | st.lists(INNER, min_size=1, max_size=3), max_size=5)


class _Writer:
    """Writes a document in one of the many ways TOML has, and notes where each key went."""

    def __init__(self, draw: Any) -> None:
        self._draw = draw
        self._out: list[str] = []
        self._line = 1
        self.lines: dict[KeyPath, int] = {}

    @property
    def text(self) -> str:
        return "".join(self._out)

    def table(self, table: dict[str, Any], path: KeyPath, header: tuple[str, ...]) -> None:
        """Pairs first, then what gets a heading of its own."""
        later = []
        for key, value in table.items():
            if self._has_heading(value):
                later.append((key, value))
            else:
                self._pair(key, value, path)
        for key, value in later:
            several = isinstance(value, list)
            for at, one in enumerate(value if several else [value]):
                here = (*path, key, at) if several else (*path, key)
                self._heading(here, (*header, key), several=several)
                self.table(one, here, (*header, key))

    def _heading(self, path: KeyPath, names: tuple[str, ...], *, several: bool) -> None:
        self._gap()
        self._note(path[:-1] if several else path)
        self._note(path)
        name = self._spaced(".").join(map(self._key, names))
        self._write(f"[[{name}]]" if several else f"[{name}]")
        self._end()

    def _has_heading(self, value: Any) -> bool:
        tables = value if isinstance(value, list) else [value]
        return bool(tables) and all(isinstance(one, dict) for one in tables) and self._flip()

    def _pair(self, key: str, value: Any, path: KeyPath) -> None:
        self._gap()
        self._note((*path, key))
        self._write(self._key(key))
        here = (*path, key)
        while isinstance(value, dict) and len(value) == 1 and self._flip():
            (key, value), *_ = value.items()
            here = (*here, key)
            self._note(here)
            self._write(self._spaced(".") + self._key(key))
        self._write(self._spaced("="))
        self._value(value, here)
        self._end()

    def _value(self, value: Any, path: KeyPath) -> None:
        if isinstance(value, dict):
            self._inline(value, path)
        elif isinstance(value, list):
            self._array(value, path)
        else:
            self._write(self._scalar(value))

    def _inline(self, table: dict[str, Any], path: KeyPath) -> None:
        self._write("{ ")
        for at, (key, value) in enumerate(table.items()):
            self._write(", " if at else "")
            self._note((*path, key))
            self._write(self._key(key) + self._spaced("="))
            self._value(value, (*path, key))
        self._write(" }")

    def _array(self, values: list[Any], path: KeyPath) -> None:
        self._write("[")
        for at, value in enumerate(values):
            self._write(self._break())
            self._note((*path, at))
            self._value(value, (*path, at))
            self._write(self._break() + ("," if at + 1 < len(values) or self._flip() else ""))
        self._write(self._break() + "]")

    def _scalar(self, value: Any) -> str:
        if callable(value):
            return str(value())
        if isinstance(value, str):
            return self._string(value)
        return str(value).lower()

    def _string(self, value: str) -> str:
        basic = json.dumps(value, ensure_ascii=False)
        ways = [basic, f'"""{basic[1:-1]}"""']
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        ways.append(f'"""\n{escaped}"""')
        if "'" not in value:
            ways.append(f"'''\n{value}'''")
        if "'" not in value and "\n" not in value:
            ways.append(f"'{value}'")
        return str(self._draw(st.sampled_from(ways)))

    def _key(self, key: str) -> str:
        ways = [json.dumps(key, ensure_ascii=False)]
        if "'" not in key:
            ways.append(f"'{key}'")
        if key.isascii() and key.replace("-", "").replace("_", "").isalnum():
            ways.append(key)
        return str(self._draw(st.sampled_from(ways)))

    def _break(self) -> str:
        return str(self._draw(st.sampled_from(["", " ", "\n", "\n  # ]}, = \n\t"])))

    def _gap(self) -> None:
        self._write(self._draw(st.sampled_from(["", "", "\n", "# [a] b = 1\n", "  \t"])))

    def _end(self) -> None:
        self._write(self._draw(st.sampled_from(["\n", "  # done = 1\n", "\t\n\n"])))

    def _spaced(self, sign: str) -> str:
        return str(self._draw(st.sampled_from([sign, f" {sign} "])))

    def _flip(self) -> bool:
        return bool(self._draw(st.booleans()))

    def _note(self, path: KeyPath) -> None:
        self.lines.setdefault(path, self._line)

    def _write(self, text: str) -> None:
        self._out.append(text)
        self._line += text.count("\n")


@given(TABLES, st.data())
def test_every_key_of_every_document_is_found_on_its_line(
    table: dict[str, Any], data: st.DataObject
) -> None:
    writer = _Writer(data.draw)
    writer.table(table, (), ())

    found = key_lines(writer.text)

    assert found == writer.lines
    assert set(found) == set(_paths(tomllib.loads(writer.text)))


@given(TABLES, st.data())
def test_the_line_ends_of_windows_change_nothing(
    table: dict[str, Any], data: st.DataObject
) -> None:
    writer = _Writer(data.draw)
    writer.table(table, (), ())

    assert key_lines(writer.text.replace("\n", "\r\n")) == writer.lines


def _paths(value: Any, above: KeyPath = ()) -> list[KeyPath]:
    inner = list(value.items() if isinstance(value, dict) else enumerate(value))
    found = [(*above, key) for key, _ in inner]
    for key, below in inner:
        if isinstance(below, dict | list):
            found += _paths(below, (*above, key))
    return found
