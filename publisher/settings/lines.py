"""Which line each key of a TOML text stands on; tomllib does not say.

The text is one tomllib has read without an error: nothing is checked here.  A path is a tuple of
keys, with the index where it passes through an array: ("legal", "main", 0, "from").
"""

import re
import tomllib
from bisect import bisect_right
from collections.abc import Mapping

KeyPath = tuple[str | int, ...]

_SPACE = re.compile(r"[ \t]*")
_GAP = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")  # white space and comments over several lines
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_BARE_VALUE = re.compile(r"[^,\]}#\n]+")  # a number, a date with a space, true
_QUOTED = re.compile(r'"(?:\\.|[^"\\])*"' + r"|'[^']*'")
_LONG = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}' + r"|'''.*?'{3,5}",  # up to two quotes may precede the closing ones
    re.DOTALL,
)


def key_lines(text: str) -> Mapping[KeyPath, int]:
    """The 1-based line of every table, key and array element; the first one where it has several.

    A table that only occurs within longer names ([a.b] makes "a") has the line of the first.
    """
    scanner = _Scanner(text.replace("\r\n", "\n"))
    scanner.run()
    return scanner.lines


class _Scanner:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._starts = [0, *(found.end() for found in re.finditer("\n", text))]
        self._counts: dict[KeyPath, int] = {}  # arrays of tables, and how many each has
        self.lines: dict[KeyPath, int] = {}

    def run(self) -> None:
        table: KeyPath = ()
        while self._more():
            if self._peek("["):
                table = self._header()
            else:
                self._pair(table)

    def _more(self) -> bool:
        self._skip(_GAP)
        return self._at < len(self._text)

    # --- statements

    def _header(self) -> KeyPath:
        line, array = self._line(), self._peek("[[")
        self._at += 2 if array else 1
        *above, last = self._key()
        self._at += 2 if array else 1
        table = (*self._inside(above), last)
        if array:
            self._note(table, line)
            self._counts[table] = self._counts.get(table, 0) + 1
            table = (*table, self._counts[table] - 1)
        self._note(table, line)
        return table

    def _inside(self, names: list[str]) -> KeyPath:
        """A header's name as a path: an array of tables means the last table in it."""
        path: KeyPath = ()
        for name in names:
            path = (*path, name)
            if path in self._counts:
                path = (*path, self._counts[path] - 1)
        return path

    def _pair(self, table: KeyPath) -> None:
        line = self._line()
        path = (*table, *self._key())
        self._note(path, line)
        self._at += 1  # the equals sign
        self._skip(_SPACE)
        self._value(path)

    def _note(self, path: KeyPath, line: int) -> None:
        for length in range(1, len(path) + 1):
            self.lines.setdefault(path[:length], line)

    # --- keys and values

    def _key(self) -> list[str]:
        parts: list[str] = []
        while True:
            self._skip(_SPACE)
            parts.append(self._key_part())
            self._skip(_SPACE)
            if not self._peek("."):
                return parts
            self._at += 1

    def _key_part(self) -> str:
        if self._peek('"') or self._peek("'"):
            quoted = self._take(_QUOTED)
            return next(iter(tomllib.loads(f"{quoted} = 0")))  # its escapes are tomllib's business
        return self._take(_BARE_KEY)

    def _value(self, path: KeyPath) -> None:
        if self._peek("["):
            self._array(path)
        elif self._peek("{"):
            self._inline_table(path)
        elif self._peek('"""') or self._peek("'''"):
            self._take(_LONG)
        elif self._peek('"') or self._peek("'"):
            self._take(_QUOTED)
        else:
            self._take(_BARE_VALUE)

    def _array(self, path: KeyPath) -> None:
        self._at += 1
        index = 0
        while not self._closes("]"):
            self._note((*path, index), self._line())
            self._value((*path, index))
            index += 1
            self._pass_comma()
        self._at += 1

    def _inline_table(self, path: KeyPath) -> None:
        self._at += 1
        while not self._closes("}"):
            self._pair(path)
            self._pass_comma()
        self._at += 1

    def _closes(self, bracket: str) -> bool:
        self._skip(_GAP)
        return self._peek(bracket)

    def _pass_comma(self) -> None:
        self._skip(_GAP)
        if self._peek(","):
            self._at += 1

    # --- characters

    def _line(self) -> int:
        return bisect_right(self._starts, self._at)

    def _peek(self, text: str) -> bool:
        return self._text.startswith(text, self._at)

    def _skip(self, pattern: re.Pattern[str]) -> None:
        if found := pattern.match(self._text, self._at):
            self._at = found.end()

    def _take(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self._text, self._at)
        if not found:
            raise ValueError(f"not TOML on line {self._line()}")  # tomllib would have said so
        self._at = found.end()
        return found.group()
