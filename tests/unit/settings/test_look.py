"""[look]: what an editor may choose, and what nobody could read is refused where it stands."""

from pathlib import Path

import pytest
from PIL import Image

from publisher.model.look import DARK, LIGHT, OURS
from tests.support.config import NEWSROOM, refusals, said, settings_from


def with_look(words: str) -> dict[str, str]:
    """A file of its own, as any table may have."""
    return {"newsroom.toml": NEWSROOM, "look.toml": f"[look]\n{words}\n"}


def test_without_a_word_the_look_is_ours(tmp_path: Path) -> None:
    assert settings_from(tmp_path).newsroom.look == OURS


def test_what_is_left_out_stays_ours(tmp_path: Path) -> None:
    words = 'light = { accent = "#004466" }\nlabels = ["Verdana", "sans-serif"]'

    look = settings_from(tmp_path, with_look(words)).newsroom.look

    assert (look.light.accent, look.light.ink) == ("#004466", LIGHT.ink)
    assert look.dark == DARK
    assert (look.text, look.labels) == (OURS.text, "Verdana, sans-serif")


def test_a_logo_keeps_its_proportions_and_is_named_by_its_bytes(tmp_path: Path) -> None:
    Image.new("RGBA", (800, 200)).save(tmp_path / "logo.png")

    logo = settings_from(tmp_path, with_look('logo = { file = "logo.png", width = 240 }'))

    assert (shown := logo.newsroom.look.logo) is not None
    assert (shown.width, shown.height) == (240, 60)
    assert len(shown.file) == len("0123456789abcdef.png")


@pytest.mark.parametrize(
    ("line", "key", "words"),
    [
        ('light.ink = "#999999"', "look.light.ink", "#999999 on #fdfcf9 are faint: 2.8 to 1"),
        ('light.grey = "#aaaaaa"', "look.light.grey", "are faint"),
        ('dark.accent = "#552222"', "look.dark.accent", "#552222 on #171614 are faint"),
        ('dark.paper = "#fdfcf9"', "look.dark.ink", "are faint"),
        ('light.paper = "white"', "look.light.paper", "not a colour that every mail program"),
        ('text = ["Georgia"]', "look.text", "is given any at all"),
        ('text = ["x; color: red", "serif"]', "look.text", "cannot be the name of a typeface"),
        ('logo = { file = "none.png" }', "look.logo.file", "There is no file"),
        ('logo = { file = "config/newsroom.toml" }', "look.logo.file", "is not a PNG"),
        ('colour = "#000000"', "look.colour", "There is no key “colour”"),
    ],
)
def test_what_cannot_be_read_is_refused_in_its_line(
    tmp_path: Path, line: str, key: str, words: str
) -> None:
    problems = refusals(tmp_path, with_look(line))

    assert {one.place.file for one in problems} == {"config/look.toml"}
    assert (2, key) in [(one.place.line, one.place.key) for one in problems]
    assert words in "\n".join(map(said, problems))
