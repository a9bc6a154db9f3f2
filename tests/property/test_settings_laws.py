"""Any one broken key is reported with its path and line, and never in a library's words."""

import re
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st

from publisher.assets import shipped
from publisher.i18n.localizer import slots_of
from publisher.settings.problems import _OTHERWISE
from tests.support.config import NEWSROOM, refusals, said

_PAIR = re.compile(r"^(?P<key>[^#=\[]+?)\s*=\s*(?P<value>.+)$")
_HEAD = re.compile(r"^\[+(?P<name>[^\]]+)\]+")
TEXTS = {
    "small": NEWSROOM,
    "sample": (shipped("config") / "newsroom.toml").read_text("utf-8"),
    "system": (shipped("config") / "system.toml").read_text("utf-8"),
}
_NEVER = ["1979-05-27T07:32:00Z", "07:32:00", "nan", "[[]]", "-1", "{ zzz = 1 }", '"\\u0007"']


def _pairs(text: str) -> list[tuple[int, str]]:
    """Line number and dotted key of every `key = value`."""
    table, found = "", []
    for number, line in enumerate(text.splitlines(), start=1):
        if head := _HEAD.match(line):
            table = f"{head['name']}."
        elif not line.startswith("#") and (pair := _PAIR.match(line)):
            found.append((number, table + pair["key"]))
    return found


PAIRS = [(name, number, key) for name, text in TEXTS.items() for number, key in _pairs(text)]


def _refusals(name: str, text: str) -> list[tuple[str | None, int | None, str | None, str]]:
    file = "system.toml" if name == "system" else "newsroom.toml"
    files = {"newsroom.toml": NEWSROOM, file: text}
    with TemporaryDirectory() as folder:
        problems = refusals(Path(folder), files)
    for problem in problems:
        assert problem.message != _OTHERWISE[0], said(problem)
        assert "Input" not in said(problem)
        assert slots_of(problem.message) | slots_of(problem.remedy or "") <= problem.args.keys()
    return [
        (
            one.place.file and one.place.file.removeprefix("config/"),
            one.place.line,
            one.place.key,
            said(one),
        )
        for one in problems
    ]


@given(st.sampled_from(PAIRS), st.sampled_from(_NEVER))
def test_a_value_that_cannot_be_is_told_with_its_line_and_key(
    pair: tuple[str, int, str], value: str
) -> None:
    name, number, key = pair
    lines = TEXTS[name].splitlines()
    written = lines[number - 1].partition("=")[0]
    lines[number - 1] = f"{written}= {value}"

    found = _refusals(name, "\n".join(lines))

    told = [(line, place) for _, line, place, _ in found]
    assert any(line == number and place and place.startswith(key) for line, place in told), found


@given(st.sampled_from(PAIRS))
def test_a_key_misspelt_is_told_with_its_line_and_the_right_spelling(
    pair: tuple[str, int, str],
) -> None:
    name, number, _ = pair
    lines = TEXTS[name].splitlines()
    written, _, value = lines[number - 1].partition("=")
    last = written.strip().rpartition(".")[2]
    if '"' in last or last in {"ru", "en"}:
        return
    head = written.strip().removesuffix(last)
    lines[number - 1] = f"{head}{last}q ={value}"

    found = _refusals(name, "\n".join(lines))

    assert any(
        line == number and place and place.endswith(f"{last}q") and f"“{last}”" in words
        for _, line, place, words in found
    ), found
