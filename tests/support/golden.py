"""Golden files: what a reader gets, byte for byte, in a file that a person can open."""

import difflib
from collections.abc import Callable
from pathlib import Path

import pytest

GOLDEN = Path(__file__).parent.parent / "golden" / "cases"
Golden = Callable[[str, bytes], None]


def assert_golden(path: Path, data: bytes, *, update: bool) -> None:
    """The file holds exactly these bytes; with `update` it will.

    A missing file fails too: golden files are made by `pytest --update-golden` and read by a
    person before they are committed.
    """
    if update:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return
    if not path.is_file():
        pytest.fail(f"{path} is missing; make it with --update-golden and read it")
    if (stored := path.read_bytes()) != data:
        pytest.fail(f"{path} differs:\n{_difference(stored, data)}")


def golden_for(config: pytest.Config) -> Golden:
    """assert_golden below tests/golden/cases, obeying --update-golden."""
    update = bool(config.getoption("--update-golden"))
    return lambda name, data: assert_golden(GOLDEN / name, data, update=update)


def _difference(stored: bytes, data: bytes) -> str:
    lines = difflib.unified_diff(
        stored.decode("utf-8", "replace").splitlines(),
        data.decode("utf-8", "replace").splitlines(),
        "stored",
        "now",
        lineterm="",
        n=1,
    )
    return "\n".join(list(lines)[:60])
