import tomllib
from typing import Any

import pytest

from publisher.settings.lines import KeyPath, key_lines

DOCUMENT = '''\
# a comment = not a key
title = "a # b = c"   # another
"quoted key" = 1
'literal.key' = 2
dotted . inner."last one" = 3
long = """
[not.a.table]
fake = 1
quote: \\""" and two more: """""
after = true
literal = \'\'\'
also = "no key"\'\'\'
inline = { a = 1, b.c = [1, 2], "d e" = { f = "}" } }
when = 1979-05-27 07:32:00
list = [
  "one",  # ]
  { x = 1, y = """
]""" },
  [2, 3],
]

[table]
key = 1
[table.sub."dot.ted"]
key = 2

[[people]]
name = "a"
[people.home]
street = "b"
[[people]]
name = "c"
  [[people.pets]]
  kind = "cat"
  [[people.pets]]
  kind = "dog"
[x.y.z]
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("title",), 2),
        (("quoted key",), 3),
        (("literal.key",), 4),
        (("dotted",), 5),
        (("dotted", "inner", "last one"), 5),
        (("long",), 6),
        (("after",), 10),
        (("literal",), 11),
        (("inline",), 13),
        (("inline", "b", "c", 1), 13),
        (("inline", "d e", "f"), 13),
        (("when",), 14),
        (("list",), 15),
        (("list", 0), 16),
        (("list", 1, "y"), 17),
        (("list", 2, 1), 19),
        (("table", "key"), 23),
        (("table", "sub"), 24),
        (("table", "sub", "dot.ted", "key"), 25),
        (("people",), 27),
        (("people", 0, "name"), 28),
        (("people", 0, "home", "street"), 30),
        (("people", 1), 31),
        (("people", 1, "name"), 32),
        (("people", 1, "pets", 0, "kind"), 34),
        (("people", 1, "pets", 1, "kind"), 36),
        (("x",), 37),
        (("x", "y", "z"), 37),
    ],
    ids=str,
)
def test_every_key_has_the_line_it_is_written_on(path: KeyPath, line: int) -> None:
    assert key_lines(DOCUMENT)[path] == line


def test_it_finds_the_keys_tomllib_finds_and_no_others() -> None:
    assert set(key_lines(DOCUMENT)) == set(_paths(tomllib.loads(DOCUMENT)))


def test_lines_of_windows_files_are_the_same() -> None:
    assert key_lines(DOCUMENT.replace("\n", "\r\n")) == key_lines(DOCUMENT)


@pytest.mark.parametrize("text", ["", "\n\n", "# only words", "a = 1"])
def test_short_texts_need_no_line_end(text: str) -> None:
    assert set(key_lines(text)) == set(_paths(tomllib.loads(text)))


def _paths(value: Any, above: KeyPath = ()) -> list[KeyPath]:
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    found = [(*above, key) for key, _ in inner]
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    for key, below in inner:
        if isinstance(below, dict | list):
            found += _paths(below, (*above, key))
    return found
