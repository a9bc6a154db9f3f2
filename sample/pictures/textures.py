"""Textures carved with the gouge: skies, water, snow, walls, trees.  Knows no picture."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import cos, pi, sin

from pictures.inks import Ink
from pictures.sheet import WIDTH, Dice, Point, Sheet

Band = tuple[float, Ink]
Box = tuple[float, float, float, float]  # left, top, right, bottom

FINEST_BOUGH = 1.7  # no thinner boughs grow
STEEP = 0.3  # on steeper ones no snow lies


def bands(sheet: Sheet, layers: Sequence[Band], bottom: float, dice: Dice) -> None:
    """Flat layers from the top down, each combed into the one above by level cuts."""
    for top, ink in layers:
        sheet.box(0, top, WIDTH, bottom, ink)
    for (top, ink), (below, next_ink) in pairwise(layers):
        reach = min(90.0, (below - top) * 0.8)
        _comb(sheet, below, -reach, next_ink, dice)
        _comb(sheet, below, reach * 0.5, ink, dice)


def _comb(sheet: Sheet, edge: float, reach: float, ink: Ink, dice: Dice) -> None:
    for _ in range(int(abs(reach) * 3.2)):
        share = dice.between(0, 1) ** 1.8
        y, x = edge + reach * share, dice.between(-120, WIDTH)
        length = dice.between(60, 240) * (1.15 - share)
        level = dice.around(y, 1.2)
        sheet.cut((x, y), (x + length, level), ink, dice.between(2.5, 7) * (1.1 - share * 0.7))


def ripples(sheet: Sheet, box: Box, ink: Ink, count: int, dice: Dice) -> None:
    """Level cuts on water, finer and shorter towards the far (upper) edge."""
    left, top, right, bottom = box
    for _ in range(count):
        near = dice.between(0, 1)
        x, y = dice.between(left, right), top + (bottom - top) * near
        half = dice.between(10, 26) + 50 * near * dice.between(0.4, 1)
        sheet.cut((x - half, y), (x + half, dice.around(y, 0.8)), ink, 1.6 + 4.5 * near)


def rays(
    sheet: Sheet, centre: Point, reach: tuple[float, float], ink: Ink, count: int, dice: Dice
) -> None:
    """Cuts all round a light, from the inner to the outer reach."""
    inner, outer = reach
    for step in range(count):
        angle = 2 * pi * (step + dice.between(-0.25, 0.25)) / count
        start, end = dice.around(inner, inner * 0.08), dice.between(0.55, 1) * outer
        sheet.cut(_along(centre, angle, start), _along(centre, angle, end), ink, 4.6)


@dataclass(frozen=True, kw_only=True)
class Rows:
    """Rows of broken cuts: how far apart, how wide and long the cuts; a slope of 1 falls 45°."""

    gap: float
    width: float
    length: float
    slope: float = 0.0


def hatch(sheet: Sheet, box: Box, ink: Ink, dice: Dice, rows: Rows) -> None:
    """Cover a box with rows of cuts."""
    left, top, right, bottom = box
    y = top
    while y < bottom:
        x = left - dice.between(0, rows.length)
        while x < right:
            run = rows.length * dice.between(0.5, 1.2)
            start = (x, dice.around(y, rows.gap * 0.12))
            sheet.cut(
                start,
                (x + run, start[1] + run * rows.slope),
                ink,
                rows.width * dice.between(0.6, 1.2),
            )
            x += run + dice.between(6, rows.length * 0.35)
        y += rows.gap


def grain(sheet: Sheet, box: Box, ink: Ink, dice: Dice) -> None:
    """Specks the roller missed."""
    left, top, right, bottom = box
    for _ in range(int((right - left) * (bottom - top) / 2600)):
        x, y = dice.between(left, right), dice.between(top, bottom)
        sheet.disc(x, y, dice.between(0.4, 0.9), ink, squash=dice.between(0.6, 1))


def snowfall(sheet: Sheet, count: int, ink: Ink, dice: Dice) -> None:
    """Flakes of three depths over the whole sheet."""
    for _ in range(count):
        depth = dice.between(0, 1) ** 2.4
        sheet.disc(dice.between(0, WIDTH), dice.between(-10, 800), 1.3 + 4.2 * depth, ink)


@dataclass(frozen=True, kw_only=True)
class Boughs:
    """How a bare tree is cut: its ink, its chance, and the snow that lies on it, if any."""

    ink: Ink
    dice: Dice
    snow: Ink | None = None
    spread: float = 0.44

    def grow(self, sheet: Sheet, foot: Point, height: float) -> None:
        """One tree of about this height."""
        self._bough(sheet, foot, (-pi / 2, height * 0.26), height * 0.036)

    def _bough(self, sheet: Sheet, start: Point, reach: tuple[float, float], width: float) -> None:
        angle, length = reach
        end = _along(start, angle, length)
        sheet.line([start, end], self.ink, width)
        if self.snow and width > FINEST_BOUGH and abs(cos(angle)) > STEEP:
            lift = width * 0.45
            lying = [(x, y - lift) for x, y in (start, end)]
            sheet.cut(lying[0], lying[1], self.snow, width * 0.75 + 0.8)
        if width < FINEST_BOUGH:
            return
        turns = (-1.0, 0.1, 1.0) if self.dice.happens(0.6) else (-1.0, 1.0)
        for turn in turns:
            bend = self.dice.around(angle * 0.97 - 0.05 + turn * self.spread, 0.14)
            self._bough(sheet, end, (bend, length * self.dice.between(0.7, 0.84)), width * 0.64)


def _along(start: Point, angle: float, length: float) -> Point:
    return (start[0] + cos(angle) * length, start[1] + sin(angle) * length)
