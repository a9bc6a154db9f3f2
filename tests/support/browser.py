"""Pages in the machine's own Chromium: what of them is seen, where, how large and in which colours."""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import pytest
from PIL import Image as Pictures
from playwright.sync_api import Browser, Page, Route, sync_playwright

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
DESKTOP, PHONE = 1000, 360  # px
_ADDRESS = "http://page.test/"
_HEIGHT = 800  # px; a page is measured whole, whatever the window shows

needs_chromium = pytest.mark.skipif(
    CHROMIUM is None, reason="no chromium on this machine: apt install chromium"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """Where a page is looked at."""

    width: int = DESKTOP
    dark: bool = False
    images: bool = True

    @property
    def name(self) -> str:
        device = "phone" if self.width == PHONE else "desktop"
        return f"{device}-{'dark' if self.dark else 'light'}{'' if self.images else '-no-images'}"


@contextmanager
def chromium() -> Iterator[Browser]:
    """The browser; no test needs more than one."""
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def shown(
    browser: Browser, html: str, setting: Setting, pictures: Mapping[str, bytes] | None = None
) -> Iterator[Page]:
    """The page, loaded; nothing but its own pictures can be fetched."""
    context = browser.new_context(
        viewport={"width": setting.width, "height": _HEIGHT},
        color_scheme="dark" if setting.dark else "light",
        device_scale_factor=1,
    )
    found = pictures if pictures is not None else {}

    def answer(route: Route) -> None:
        address = route.request.url
        if address == _ADDRESS:
            route.fulfill(body=html, content_type="text/html; charset=utf-8")
        elif setting.images and "/media/" in address:
            name = address.rpartition("/")[2]
            route.fulfill(body=found.get(name) or picture(), content_type="image/png")
        else:
            route.abort()

    try:
        page = context.new_page()
        page.route("**/*", answer)
        page.goto(_ADDRESS)
        yield page
    finally:
        context.close()


def fonts(page: Page) -> str:
    """Which typefaces stand in for ours here, by how wide they run."""
    return str(page.evaluate(_FONTS))


def picture() -> bytes:
    """A PNG of 3:2 that is neither paper nor tint."""
    out = BytesIO()
    Pictures.new("RGB", (300, 200), "#3a5a7a").save(out, "PNG")
    return out.getvalue()


def measured(page: Page) -> Mapping[str, Any]:
    """Every piece of text with its box and colours, every link, every picture, the page's width."""
    return dict(page.evaluate(_MEASURE))


_MEASURE = """() => {
  const rgb = words => words.match(/[\\d.]+/g).map(Number);
  const ground = element => {
    for (let one = element; one; one = one.parentElement) {
      const [r, g, b, a] = rgb(getComputedStyle(one).backgroundColor);
      if (a === undefined || a > 0.99) return [r, g, b];
    }
    return [255, 255, 255];
  };
  const box = rect => ({x: rect.x + scrollX, y: rect.y + scrollY, width: rect.width, height: rect.height});
  const clear = element => {
    const a = rgb(getComputedStyle(element).backgroundColor)[3];
    return a === 0 && !(element instanceof HTMLImageElement);
  };
  const hidden = element => {
    const rect = element.getBoundingClientRect();
    return rect.width < 2 || rect.height < 2 || getComputedStyle(element).visibility !== "visible";
  };
  const texts = [], links = [], images = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const words = node.data.replace(/[ \\n\\r\\t]+/g, " ").trim(), parent = node.parentElement;
    if (!words || words === "\\u00a0" || hidden(parent)) continue;
    const range = document.createRange(); range.selectNodeContents(node);
    const style = getComputedStyle(parent), rect = range.getBoundingClientRect();
    if (rect.width < 1 || rect.height < 1) continue;
    scrollTo(0, Math.max(0, rect.y + scrollY - 300));
    const line = range.getClientRects()[0];
    const top = document.elementFromPoint(line.x + line.width / 2, line.y + line.height / 2);
    const now = range.getBoundingClientRect(), block = parent.closest("p, h1, h2, h3, td, div").getBoundingClientRect();
    texts.push({words, block: [block.x, block.width].map(Math.round), tag: parent.tagName.toLowerCase(), ...box(now), size: parseFloat(style.fontSize),
      line: parseFloat(style.lineHeight), weight: Number(style.fontWeight), face: style.fontFamily,
      color: rgb(style.color).slice(0, 3), ground: ground(parent), lang: parent.closest("[lang]").lang,
      link: !!parent.closest("a"),
      underlined: !!parent.closest("a") && getComputedStyle(parent.closest("a")).textDecorationLine.includes("underline"),
      covered: !top || !(parent.contains(top) || top.contains(parent) || clear(top))});
  }
  scrollTo(0, 0);
  for (const one of document.querySelectorAll("a[href]"))
    links.push({words: one.innerText.trim(), href: one.getAttribute("href"), ...box(one.getBoundingClientRect())});
  for (const one of document.querySelectorAll("img"))
    images.push({alt: one.alt, src: one.getAttribute("src"), shown: one.naturalWidth > 0, size: parseFloat(getComputedStyle(one).fontSize),
      color: rgb(getComputedStyle(one).color).slice(0, 3), ground: ground(one), ...box(one.getBoundingClientRect())});
  const frame = document.querySelector("table") || document.querySelector(".paper") || document.body;
  const sheet = frame.getBoundingClientRect();
  return {texts, links, images, wide: document.documentElement.scrollWidth, sheet: box(sheet),
    ground: ground(frame)};
}"""


_FONTS = """() => {
  const pen = document.createElement("canvas").getContext("2d");
  const widths = [];
  for (const face of ["17px Georgia, 'Times New Roman', serif", "bold 28px Georgia, 'Times New Roman', serif",
                      "13px Arial, sans-serif", "bold 17px Arial, sans-serif"]) {
    pen.font = face;
    widths.push(pen.measureText("The Embankment: «Съешь ещё этих мягких булок» 16+").width.toFixed(2));
  }
  return widths.join(" ");
}"""


def contrast(one: list[float], other: list[float]) -> float:
    """WCAG 2.2's ratio of two colours."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: list[float]) -> float:
    parts = [part / 255 for part in colour]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
