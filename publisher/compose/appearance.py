"""How an element looks to a reader: colours, size, and what hides it.  Knows no legal rule."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from lxml.html import HtmlElement

from publisher.compose.colours import BLACK, WHITE, Colour, contrast, parse_colour

SMALLEST: Final = 10  # px, rule L10
FAINTEST: Final = 3.0  # WCAG contrast ratio: the least it allows for any text (1.4.3)
_ROOT: Final = 16.0  # px
_SEMIBOLD: Final = 600
_TIGHT: Final = -2  # px between letters
_PALE: Final = 0.5  # opacity
_FAR: Final = -50  # px: farther out than this nobody sees it
_UNITS: Final = {"px": 1, "": 1, "pt": 4 / 3, "pc": 16, "in": 96, "cm": 96 / 2.54, "mm": 96 / 25.4}
_KEYWORDS: Final = {
    "xx-small": 9.0,
    "x-small": 10.0,
    "small": 13.0,
    "medium": 16.0,
    "large": 18.0,
    "x-large": 24.0,
    "xx-large": 32.0,
    "xxx-large": 48.0,
}
_LENGTH: Final = re.compile(r"([-+]?[0-9]*\.?[0-9]+)(px|pt|pc|in|cm|mm|em|rem|ex|ch|%|)")
_SHRINKING: Final = frozenset({"small", "sub", "sup"})
_FIXED_WIDTH: Final = frozenset({"pre", "code", "kbd", "samp"})
_CELLS: Final = frozenset({"table", "tbody", "thead", "tfoot", "tr", "td", "th"})  # these grow
_BOLD: Final = frozenset({"b", "strong", "th", "h1", "h2", "h3", "h4", "h5", "h6"})
_FONT_SIZES: Final = {"1": "10px", "2": "13px", "3": "16px", "4": "18px", "5": "24px", "6": "32px"}
# Properties that move, cut or blot out what is inside, with the values that do nothing.
_DISTORTING: Final[Mapping[str, frozenset[str]]] = {
    "position": frozenset({"static", "relative", "sticky"}),
    "clip": frozenset({"auto"}),
    "clip-path": frozenset({"none"}),
    "transform": frozenset({"none"}),
    "filter": frozenset({"none"}),
    "-webkit-filter": frozenset({"none"}),
    "mask": frozenset({"none"}),
    "-webkit-mask": frozenset({"none"}),
    "mask-image": frozenset({"none"}),
    "content-visibility": frozenset({"visible", "auto"}),
    "mix-blend-mode": frozenset({"normal"}),
    "unicode-bidi": frozenset({"normal", "embed", "isolate", "plaintext"}),
    "-webkit-text-security": frozenset({"none"}),
    "mso-hide": frozenset({"none", "screen"}),
}
_UNSET: Final = frozenset({"inherit", "initial", "unset", "revert"})
_OFFSETS: Final = (
    *("left", "right", "top", "bottom", "text-indent"),
    *("margin", "margin-left", "margin-right", "margin-top", "margin-bottom"),
)


@dataclass(frozen=True, kw_only=True)
class Look:
    """What of an element's style decides whether its words can be read."""

    colour: Colour | None = BLACK  # None: cannot be told
    ground: Colour | None = WHITE  # None: a picture, or cannot be told
    size: float | None = _ROOT  # px; None: cannot be told
    bold: bool = False
    hidden: bool = False  # visibility
    cramped: str = ""  # lines or letters set over one another
    transform: str = "none"
    opacity: float = 1.0
    gone: str = ""  # what hides it and everything inside, as CSS

    @cached_property
    def unreadable(self) -> str:
        """What keeps its words from being read, as CSS; "" where they can be."""
        if self.gone or self.cramped:
            return self.gone or self.cramped
        if self.hidden:
            return "visibility: hidden"
        if self.size is None or self.size < SMALLEST:
            return f"font-size: {'?' if self.size is None else format(self.size, 'g')}px"
        if self.colour is None or self.ground is None:
            return "color: ? / background: ?"
        if contrast(self.colour.over(self.ground), self.ground) < FAINTEST:
            return "color = background"
        return ""


def look_of(tag: str, css: Mapping[str, str], parent: Look, *, hidden: bool) -> Look:
    """The look of an element from its `css` and the look of the element around it.

    `css`: what `attributes_of` it says, with its winning declarations over that; `hidden`: it has
    the attribute of that name.
    """
    look = replace(
        parent,
        colour=_colour(css, parent),
        ground=_ground(css, parent),
        size=_size(css.get("font-size", ""), parent.size),
        bold=_bold(css.get("font-weight", ""), parent=parent.bold),
        transform=css.get("text-transform", parent.transform),
        opacity=parent.opacity * _opacity(css.get("opacity", "")),
        cramped=_cramped(css, parent.cramped),
    )
    if (visibility := css.get("visibility", "inherit")) not in _UNSET:
        look = replace(look, hidden=visibility != "visible")
    return (
        look if parent.gone else replace(look, gone="hidden" if hidden else _gone(tag, css, look))
    )


def length(text: str, *, em: float = _ROOT) -> float | None:
    """A CSS length in px, percentages of `em`; None where it is none or cannot be told."""
    found = _LENGTH.fullmatch(text.strip())
    if found is None:
        return None
    number, unit = float(found[1]), found[2]
    if unit in _UNITS:
        return number * _UNITS[unit]
    scale = {"em": em, "%": em / 100, "rem": _ROOT, "ex": em / 2, "ch": em / 2}
    return number * scale[unit]


ATTRIBUTES: Final = ("bgcolor", "background", "color", "size", "text", "hidden")


def attributes_of(element: HtmlElement) -> dict[str, str]:
    """What tags and their old attributes say, as the declarations every rule overrides."""
    css: dict[str, str] = {}
    tag = str(element.tag)
    if tag in _BOLD:
        css["font-weight"] = "bold"
    if tag in _SHRINKING or tag in _FIXED_WIDTH:
        css["font-size"] = "smaller" if tag in _SHRINKING else "81%"
    if tag == "a" and element.get("href") is not None:
        css["color"] = "#0000ee"
    if tag == "font":
        css |= {"color": element.get("color", "inherit")}
        css |= {"font-size": _FONT_SIZES.get(element.get("size", ""), "inherit")}
    if tag == "body" and element.get("text"):
        css["color"] = element.get("text", "")
    if element.get("bgcolor"):
        css["background-color"] = element.get("bgcolor", "")
    if element.get("background"):
        css["background-image"] = "url()"
    return css


def _colour(css: Mapping[str, str], parent: Look) -> Colour | None:
    value = css.get("-webkit-text-fill-color", css.get("color", "inherit"))
    if value in ("inherit", "unset", "currentcolor", "revert"):
        return parent.colour
    return BLACK if value == "initial" else _parsed(value)


def _ground(css: Mapping[str, str], parent: Look) -> Colour | None:
    if css.get("background-image", "none") not in _UNSET | {"none"}:
        return None
    value = css.get("background-color", "transparent")
    if value in _UNSET:
        return parent.ground
    colour = _parsed(value)
    if colour is None or colour.alpha == 1:
        return colour
    if colour.alpha == 0:
        return parent.ground
    return colour.over(parent.ground) if parent.ground else None


def _parsed(value: str) -> Colour | None:
    return parse_colour(value) or parse_colour(f"#{value}")  # bgcolor="ffffff"


def _size(value: str, parent: float | None) -> float | None:
    if value in _UNSET or not value:
        return _ROOT if value == "initial" else parent
    if value in _KEYWORDS:
        return _KEYWORDS[value]
    if parent is None:  # only what stands by itself can be told
        return length(value, em=float("nan")) if value.endswith(("px", "pt", "rem")) else None
    if value in ("smaller", "larger"):
        return parent / 1.2 if value == "smaller" else parent * 1.2
    return length(value, em=parent)


def _bold(value: str, *, parent: bool) -> bool:
    if not value or value in _UNSET:
        return parent
    return value in ("bold", "bolder") or (value.isdigit() and int(value) >= _SEMIBOLD)


def _opacity(value: str) -> float:
    found = _LENGTH.fullmatch(value)
    if found is None:
        return 1.0
    return min(1.0, max(0.0, float(found[1]) / (100 if found[2] == "%" else 1)))


def _cramped(css: Mapping[str, str], parent: str) -> str:
    """Lines or letters on top of each other; both inherit until something else is said."""
    line, spacing = css.get("line-height", ""), css.get("letter-spacing", "")
    if not line and not spacing:
        return parent
    factor = line.replace(".", "", 1).isdigit()
    height = float(line) * _ROOT if factor else length(line)
    if height is not None and height < SMALLEST / 2:
        return f"line-height: {line}"
    if (length(spacing) or 0) <= _TIGHT:
        return f"letter-spacing: {spacing}"
    return ""


def _gone(tag: str, css: Mapping[str, str], look: Look) -> str:
    """What takes an element away with everything inside it, as CSS; "" where nothing does."""
    if css.get("display", "") == "none":
        return "display: none"
    if look.opacity < _PALE:
        return f"opacity: {look.opacity:g}"
    if "line-through" in css.get("text-decoration", "") + css.get("text-decoration-line", ""):
        return "text-decoration: line-through"
    for name, harmless in _DISTORTING.items():
        if css.get(name, "inherit") not in harmless | _UNSET:
            return f"{name}: {css[name]}"
    return _outside(css) or _too_small(tag, css)


def _outside(css: Mapping[str, str]) -> str:
    for name in _OFFSETS:
        lengths = [length(part) for part in css.get(name, "").split()]
        if any(one is not None and one <= _FAR for one in lengths):
            return f"{name}: {css[name]}"
    return ""


def _too_small(tag: str, css: Mapping[str, str]) -> str:
    for side in ("height", "width"):
        if tag in _CELLS and not css.get(f"max-{side}"):
            continue
        least = length(css.get(f"min-{side}", ""))
        for name in (f"max-{side}", side):
            given = length(css.get(name, ""))
            if given is not None and given < SMALLEST and (least or 0) < SMALLEST:
                return f"{name}: {css[name]}"
    return ""
