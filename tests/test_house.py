"""The house numbers: what a reader of the code may rely on."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import publisher
from publisher import ports

ROOT = Path(publisher.__file__).parent
LONGEST, WIDEST_PORT = 400, 8


def modules() -> Iterator[Path]:
    return (path for path in sorted(ROOT.rglob("*.py")) if "_data" not in path.parts)


def test_no_file_is_longer_than_400_lines() -> None:
    long = {path.name: len(path.read_text("utf-8").splitlines()) for path in modules()}

    assert {name: lines for name, lines in long.items() if lines > LONGEST} == {}


def test_every_module_opens_with_one_line_on_what_it_owns() -> None:
    silent = [
        path.relative_to(ROOT).as_posix()
        for path in modules()
        if path.name != "__init__.py" and not ast.get_docstring(ast.parse(path.read_text("utf-8")))
    ]

    assert silent == []


def test_an_init_file_is_empty() -> None:
    assert [path for path in ROOT.rglob("__init__.py") if path.read_text("utf-8").strip()] == []


def test_no_room_is_called_utils() -> None:
    banned = {"utils", "util", "helpers", "helper", "common", "misc"}

    assert {path.stem for path in modules()} & banned == set()


def test_a_port_has_at_most_eight_methods() -> None:
    tree = ast.parse(Path(ports.__file__).read_text("utf-8"))
    wide = {
        node.name: sum(isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef) for one in node.body)
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
    }

    assert {name: count for name, count in wide.items() if count > WIDEST_PORT} == {}


@pytest.mark.parametrize("module", ["publisher.__main__", "publisher.cli.main"])
def test_help_loads_no_heavy_library(module: str) -> None:
    """`publisher --help` stays under half a second because of what it does not import."""
    heavy = (
        "sqlalchemy",
        "babel",
        "lxml",
        "feedparser",
        "PIL",
        "jinja2",
        "pydantic",
        "aiohttp",
        "rich",
    )
    code = f"import sys, {module}; print([m for m in {heavy!r} if m in sys.modules])"

    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert found.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("pattern", "numbers"),
    [(r"def test_l(\d+)_", range(1, 22)), (r"def test_check_(\d+)_", range(1, 26))],
    ids=["L01-L21", "checks 1-25"],
)
def test_every_rule_and_every_check_of_the_law_has_a_test_of_its_number(
    pattern: str, numbers: range
) -> None:
    tested = {
        int(number)
        for file in Path(__file__).parent.rglob("test_*.py")
        for number in re.findall(pattern, file.read_text("utf-8"))
    }

    assert set(numbers) <= tested
