"""CSS colours as numbers: parsing, laying one over another, contrast.  Judges nothing."""

import colorsys
import re
from dataclasses import dataclass
from typing import Final

_FUNCTION: Final = re.compile(r"(rgba?|hsla?)\(([^()]*)\)")
_KNEE: Final = 0.04045  # where sRGB turns from a line into a curve
_HEX: Final = re.compile(r"#([0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})")
_NUMBER: Final = re.compile(r"([-+]?[0-9]*\.?[0-9]+)(%|deg)?")


# CSS Color 4, section 6.1.
_NAMES: Final = (
    "aliceblue:f0f8ff antiquewhite:faebd7 aqua:00ffff aquamarine:7fffd4 azure:f0ffff "
    "beige:f5f5dc bisque:ffe4c4 black:000000 blanchedalmond:ffebcd blue:0000ff "
    "blueviolet:8a2be2 brown:a52a2a burlywood:deb887 cadetblue:5f9ea0 chartreuse:7fff00 "
    "chocolate:d2691e coral:ff7f50 cornflowerblue:6495ed cornsilk:fff8dc crimson:dc143c "
    "cyan:00ffff darkblue:00008b darkcyan:008b8b darkgoldenrod:b8860b darkgray:a9a9a9 "
    "darkgreen:006400 darkgrey:a9a9a9 darkkhaki:bdb76b darkmagenta:8b008b "
    "darkolivegreen:556b2f darkorange:ff8c00 darkorchid:9932cc darkred:8b0000 "
    "darksalmon:e9967a darkseagreen:8fbc8f darkslateblue:483d8b darkslategray:2f4f4f "
    "darkslategrey:2f4f4f darkturquoise:00ced1 darkviolet:9400d3 deeppink:ff1493 "
    "deepskyblue:00bfff dimgray:696969 dimgrey:696969 dodgerblue:1e90ff firebrick:b22222 "
    "floralwhite:fffaf0 forestgreen:228b22 fuchsia:ff00ff gainsboro:dcdcdc ghostwhite:f8f8ff "
    "gold:ffd700 goldenrod:daa520 gray:808080 green:008000 greenyellow:adff2f grey:808080 "
    "honeydew:f0fff0 hotpink:ff69b4 indianred:cd5c5c indigo:4b0082 ivory:fffff0 khaki:f0e68c "
    "lavender:e6e6fa lavenderblush:fff0f5 lawngreen:7cfc00 lemonchiffon:fffacd "
    "lightblue:add8e6 lightcoral:f08080 lightcyan:e0ffff lightgoldenrodyellow:fafad2 "
    "lightgray:d3d3d3 lightgreen:90ee90 lightgrey:d3d3d3 lightpink:ffb6c1 "
    "lightsalmon:ffa07a lightseagreen:20b2aa lightskyblue:87cefa lightslategray:778899 "
    "lightslategrey:778899 lightsteelblue:b0c4de lightyellow:ffffe0 lime:00ff00 "
    "limegreen:32cd32 linen:faf0e6 magenta:ff00ff maroon:800000 mediumaquamarine:66cdaa "
    "mediumblue:0000cd mediumorchid:ba55d3 mediumpurple:9370db mediumseagreen:3cb371 "
    "mediumslateblue:7b68ee mediumspringgreen:00fa9a mediumturquoise:48d1cc "
    "mediumvioletred:c71585 midnightblue:191970 mintcream:f5fffa mistyrose:ffe4e1 "
    "moccasin:ffe4b5 navajowhite:ffdead navy:000080 oldlace:fdf5e6 olive:808000 "
    "olivedrab:6b8e23 orange:ffa500 orangered:ff4500 orchid:da70d6 palegoldenrod:eee8aa "
    "palegreen:98fb98 paleturquoise:afeeee palevioletred:db7093 papayawhip:ffefd5 "
    "peachpuff:ffdab9 peru:cd853f pink:ffc0cb plum:dda0dd powderblue:b0e0e6 purple:800080 "
    "rebeccapurple:663399 red:ff0000 rosybrown:bc8f8f royalblue:4169e1 saddlebrown:8b4513 "
    "salmon:fa8072 sandybrown:f4a460 seagreen:2e8b57 seashell:fff5ee sienna:a0522d "
    "silver:c0c0c0 skyblue:87ceeb slateblue:6a5acd slategray:708090 slategrey:708090 "
    "snow:fffafa springgreen:00ff7f steelblue:4682b4 tan:d2b48c teal:008080 thistle:d8bfd8 "
    "tomato:ff6347 turquoise:40e0d0 violet:ee82ee wheat:f5deb3 white:ffffff "
    "whitesmoke:f5f5f5 yellow:ffff00 yellowgreen:9acd32"
)
_NAMED: Final = dict(pair.split(":") for pair in _NAMES.split())


@dataclass(frozen=True, slots=True)
class Colour:
    """Red, green, blue and opacity, each from 0 to 1."""

    red: float
    green: float
    blue: float
    alpha: float = 1.0

    def over(self, ground: "Colour") -> "Colour":
        """This colour as seen on an opaque ground."""
        mixed = (
            mine * self.alpha + theirs * (1 - self.alpha)
            for mine, theirs in zip(
                (self.red, self.green, self.blue),
                (ground.red, ground.green, ground.blue),
                strict=True,
            )
        )
        return Colour(*mixed)


WHITE: Final = Colour(1, 1, 1)
BLACK: Final = Colour(0, 0, 0)
CLEAR: Final = Colour(0, 0, 0, 0)


def parse_colour(text: str) -> Colour | None:
    """A CSS colour value; None where it is none, or cannot be told (var(), new syntax)."""
    value = " ".join(text.strip().lower().split())
    if value in ("transparent", "windowtext"):
        return CLEAR if value == "transparent" else BLACK
    if value in _NAMED:
        return _hex(_NAMED[value])
    if found := _HEX.fullmatch(value):
        return _hex(found[1])
    if found := _FUNCTION.fullmatch(value):
        return _function(found[1], _NUMBER.findall(found[2]))
    return None


def contrast(one: Colour, other: Colour) -> float:
    """WCAG 2 contrast ratio of two opaque colours, from 1 (the same) to 21."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def inverted(colour: Colour) -> Colour:
    """The same hue with its lightness turned round: what clients do that darken by force."""
    hue, lightness, saturation = colorsys.rgb_to_hls(colour.red, colour.green, colour.blue)
    return Colour(*colorsys.hls_to_rgb(hue, 1 - lightness, saturation), colour.alpha)


def _hex(digits: str) -> Colour:
    short = len(digits) in (3, 4)
    pairs = [digit * 2 for digit in digits] if short else re.findall("..", digits)
    return Colour(*(int(pair, 16) / 255 for pair in pairs))


def _function(name: str, numbers: list[tuple[str, str]]) -> Colour | None:
    if len(numbers) not in (3, 4):
        return None
    alpha = _part(*(numbers[3:] or [("1", "")])[0], whole=1)
    if name.startswith("rgb"):
        red, green, blue = (_part(*number, whole=255) for number in numbers[:3])
    else:
        hue = float(numbers[0][0]) / 360 % 1
        saturation, lightness = (_part(*number, whole=100) for number in numbers[1:3])
        red, green, blue = colorsys.hls_to_rgb(hue, lightness, saturation)
    return Colour(red, green, blue, alpha)


def _part(number: str, unit: str, *, whole: float) -> float:
    return min(1.0, max(0.0, float(number) / (100 if unit == "%" else whole)))


def _luminance(colour: Colour) -> float:
    def linear(part: float) -> float:
        return part / 12.92 if part <= _KNEE else ((part + 0.055) / 1.055) ** 2.4

    return (
        0.2126 * linear(colour.red) + 0.7152 * linear(colour.green) + 0.0722 * linear(colour.blue)
    )
