"""Tables: whole for a program, and legible where a terminal is narrow."""

from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from publisher.cli.call import Call
from publisher.cli.screen import Screen

HEADINGS = ("Address", "Server")
ROW = ("somebody.with.a.long.name@readers.test", "451 4.3.0 Later, says the server " * 9)


@pytest.fixture
def screen() -> Screen:
    call = Call(config=Path("config"), json=False, by="test", language="ru", environ={})
    return Screen.of(call)


def test_in_a_pipe_a_row_is_a_line(screen: Screen, capsys: pytest.CaptureFixture[str]) -> None:
    screen.table(HEADINGS, [ROW, ("a@b.test", None)])
    _, first, second = capsys.readouterr().out.splitlines()

    assert first.split("  ", 1)[1].strip() == ROW[1].strip()
    assert second.endswith("–")


@pytest.mark.parametrize("width", [40, 60, 80])
def test_on_a_narrow_terminal_nothing_is_cut(screen: Screen, width: int) -> None:
    said = StringIO()
    console = Console(file=said, force_terminal=True, width=width, color_system=None)
    words = ("Отклонено", "Исключено", "Неизвестно", "Ожидает", "Принято", "Отменено")
    replace(screen, out=console).table(words, [("1",) * len(words)])

    assert "…" not in said.getvalue()
    assert max(map(len, said.getvalue().splitlines())) <= width
