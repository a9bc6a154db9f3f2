"""Golden pictures of a full day: the plan of its boxes everywhere, pixels where the typefaces are ours.

`python -m tests.visual.shots DIR` makes whole screenshots for people to look at.
"""

from collections.abc import Iterator, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageChops
from playwright.sync_api import Browser

from publisher.model.names import Language
from tests.support.browser import DESKTOP, PHONE, Setting, fonts, needs_chromium, shown
from tests.support.build import EN, RU
from tests.support.golden import assert_golden
from tests.visual.conftest import Look, digest_page

pytestmark = needs_chromium

GOLDEN = Path(__file__).parents[1] / "golden" / "looks"
SETTINGS = [
    *(Setting(width=width, dark=dark) for width in (DESKTOP, PHONE) for dark in (False, True)),
    Setting(width=PHONE, images=False),
]
SMALLER = 4  # a golden picture is a quarter as wide, and grey
MOST_DIFFERENT = 0.01  # of the points
DIFFERENT = 48  # of 255
both = pytest.mark.parametrize("language", [EN, RU])
everywhere = pytest.mark.parametrize("setting", SETTINGS, ids=lambda one: one.name)


def plan(seen: Mapping[str, Any]) -> Iterator[str]:
    """A line for every piece of text: no typeface changes it."""
    for one in seen["texts"]:
        colour, ground = (f"#{r:02x}{g:02x}{b:02x}" for r, g, b in (one["color"], one["ground"]))
        left, wide = one["block"]
        line = "underlined" if one["underlined"] else "link" if one["link"] else ""
        words = one["words"].replace("\xa0", " ")[:48]
        size = f"{one['size']}/{one['line']:g} {one['weight']}"
        yield f"{left:4} {wide:4}  {size:9} {colour} {ground} {one['lang']} {line:10} {words}"


@everywhere
@both
def test_every_box_stands_where_it_stood(
    language: Language, setting: Setting, look: Look, request: pytest.FixtureRequest
) -> None:
    lines = "\n".join(line.rstrip() for line in plan(look(language, setting)))
    update = bool(request.config.getoption("--update-golden"))
    file = GOLDEN / f"{language}-{setting.name}.txt"

    assert_golden(file, f"{lines}\n".encode(), update=update)


@everywhere
@both
def test_it_looks_as_it_looked(
    language: Language, setting: Setting, browser: Browser, request: pytest.FixtureRequest
) -> None:
    file, typefaces = GOLDEN / f"{language}-{setting.name}.png", GOLDEN / "typefaces.txt"
    with shown(browser, digest_page(language), setting) as page:
        ours, now = fonts(page), _small(page.screenshot(full_page=True), setting)
    if request.config.getoption("--update-golden"):
        typefaces.write_text(f"{ours}\n", "utf-8")
        now.save(file, optimize=True)
        return
    if typefaces.read_text("utf-8").strip() != ours:
        pytest.skip("other typefaces than those of the golden pictures: only boxes are compared")
    with Image.open(file) as stored:
        assert stored.size == now.size
        points = ImageChops.difference(stored, now).histogram()
    changed = sum(points[DIFFERENT:]) / sum(points)
    assert changed <= MOST_DIFFERENT, (
        f"{changed:.1%} of {file.name} differ; --update-golden, and look"
    )


def _small(png: bytes, setting: Setting) -> Image.Image:
    """The column alone, grey."""
    with Image.open(BytesIO(png)) as whole:
        edge = max(0, (setting.width - 600) // 2)
        column = whole.convert("L").crop((edge, 0, setting.width - edge, whole.height))
    return column.resize((column.width // SMALLER, column.height // SMALLER), Image.Resampling.BOX)
