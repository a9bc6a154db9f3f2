"""A sheet to print on: flat shapes and gouge cuts, drawn large and reduced at the end."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from math import cos, hypot, pi, sin
from pathlib import Path

from PIL import Image, ImageDraw

from pictures.inks import Ink

Point = tuple[float, float]

WIDTH, HEIGHT = 1200, 800
SCALE = 3  # drawn so much larger, for smooth edges
COLOURS = 48


class Dice:
    """Chance that falls the same way every time: the same seed, the same print."""

    def __init__(self, seed: int) -> None:
        self._state = seed * 0x9E3779B97F4A7C15 + 1

    def between(self, low: float, high: float) -> float:
        """A number between the two."""
        self._state = (self._state * 6364136223846793005 + 1442695040888963407) % 2**64
        return low + (high - low) * (self._state >> 33) / 2**31

    def around(self, centre: float, spread: float) -> float:
        """A number near the centre."""
        return centre + self.between(-spread, spread)

    def happens(self, share: float) -> bool:
        """Yes, in this share of throws."""
        return self.between(0, 1) < share


class Sheet:
    """A sheet of 1200 by 800; whatever is drawn covers what was there."""

    def __init__(self, ground: Ink) -> None:
        self._image = Image.new("RGB", (WIDTH * SCALE, HEIGHT * SCALE), ground)
        self._pen = ImageDraw.Draw(self._image)

    def shape(self, points: Sequence[Point], ink: Ink) -> None:
        """A filled outline."""
        self._pen.polygon(_large(points), fill=ink)

    def box(self, left: float, top: float, right: float, bottom: float, ink: Ink) -> None:
        """A filled upright box."""
        self.shape([(left, top), (right, top), (right, bottom), (left, bottom)], ink)

    def disc(self, x: float, y: float, radius: float, ink: Ink, *, squash: float = 1) -> None:
        """A filled circle, or an ellipse `squash` times as high as it is wide."""
        tall = radius * squash
        self._pen.ellipse(_large([(x - radius, y - tall), (x + radius, y + tall)]), fill=ink)

    def line(self, points: Sequence[Point], ink: Ink, width: float) -> None:
        """A line of even width with round joints and ends."""
        self._pen.line(_large(points), fill=ink, width=max(1, round(width * SCALE)), joint="curve")
        for x, y in (points[0], points[-1]):
            self.disc(x, y, width / 2, ink)

    def cut(self, start: Point, end: Point, ink: Ink, width: float) -> None:
        """One push of the gouge: pointed at both ends, widest before the middle."""
        (x0, y0), (x1, y1) = start, end
        length = hypot(x1 - x0, y1 - y0) or 1
        across = ((y0 - y1) / length * width / 2, (x1 - x0) / length * width / 2)
        left, right = [], []
        for step, swell in ((0, 0.0), (0.12, 0.62), (0.4, 1.0), (0.75, 0.72), (1, 0.0)):
            x, y = x0 + (x1 - x0) * step, y0 + (y1 - y0) * step
            left.append((x + across[0] * swell, y + across[1] * swell))
            right.append((x - across[0] * swell, y - across[1] * swell))
        self.shape(left + right[::-1], ink)

    @contextmanager
    def within(self, *outlines: Sequence[Point]) -> Iterator[None]:
        """What is drawn inside this block stays inside these outlines."""
        stencil = Image.new("1", self._image.size)
        for outline in outlines:
            ImageDraw.Draw(stencil).polygon(_large(outline), fill=1)
        before = self._image.copy()
        yield
        outside = stencil.point(lambda value: 0 if value else 255, "1")
        self._image.paste(before, mask=outside)

    def save(self, path: Path) -> None:
        """Reduce to size and to few colours, and write a PNG."""
        small = self._image.reduce(SCALE)
        flat = small.quantize(COLOURS, kmeans=4, dither=Image.Dither.NONE)
        flat.save(path, optimize=True)


def oval(x: float, y: float, radius: float, *, squash: float = 1) -> list[Point]:
    """An ellipse as an outline, to draw within."""
    return arc(x, y, radius, radius * squash, 0, 2 * pi)


def arc(x: float, y: float, wide: float, tall: float, start: float, end: float) -> list[Point]:
    """Points along an ellipse, angles in radians, clockwise on the sheet."""
    steps = 72
    angles = [start + (end - start) * step / steps for step in range(steps + 1)]
    return [(x + wide * cos(angle), y + tall * sin(angle)) for angle in angles]


def rounded(left: float, top: float, right: float, bottom: float, radius: float) -> list[Point]:
    """A box with round corners, as an outline."""
    outline: list[Point] = []
    corners = ((right, bottom), (left, bottom), (left, top), (right, top))
    for quarter, (x, y) in enumerate(corners):
        inward_x = -radius if x == right else radius
        inward_y = -radius if y == bottom else radius
        start = quarter * pi / 2
        outline += arc(x + inward_x, y + inward_y, radius, radius, start, start + pi / 2)[::9]
    return outline


def rough(
    points: Sequence[Point], dice: Dice, *, by: float = 1.5, every: float = 14
) -> list[Point]:
    """The same outline as an unsteady hand would carve it."""
    carved: list[Point] = []
    for (x0, y0), (x1, y1) in zip(points, [*points[1:], points[0]], strict=True):
        steps = max(1, int(hypot(x1 - x0, y1 - y0) / every))
        for step in range(steps):
            share = step / steps
            carved.append(
                (dice.around(x0 + (x1 - x0) * share, by), dice.around(y0 + (y1 - y0) * share, by))
            )
    return carved


def _large(points: Sequence[Point]) -> list[Point]:
    return [(x * SCALE, y * SCALE) for x, y in points]
