"""A rink in the park at dusk: garlands, a pavilion, skaters and the lines they leave."""

from math import pi, sin

from pictures.figures import Figure
from pictures.inks import (
    CREAM,
    ICE,
    INK,
    MIST,
    NAVY,
    NIGHT,
    OCHRE,
    PAPER,
    RED,
    ROSE,
    SAND,
    SKY,
    SLATE,
    Ink,
)
from pictures.sheet import Dice, Point, Sheet, arc, oval, rough
from pictures.textures import Rows, bands, grain, hatch

RINK: Point = (600.0, 590.0)
REACH, SQUASH = 640.0, 0.33
SKATERS: tuple[tuple[float, float, float, Ink, Ink | None, int], ...] = (
    (316, 474, 62, NAVY, RED, 1),
    (462, 458, 54, INK, None, -1),
    (760, 464, 58, RED, OCHRE, 1),
    (868, 480, 66, NAVY, None, -1),
    (610, 502, 74, INK, OCHRE, 1),
    (232, 572, 98, INK, OCHRE, 1),
    (950, 596, 112, NAVY, RED, -1),
    (420, 640, 132, RED, CREAM, 1),
)


def draw() -> Sheet:
    """The whole print."""
    dice = Dice(89)
    sheet = Sheet(NAVY)
    bands(sheet, [(0, NAVY), (96, SLATE), (180, SKY), (250, ROSE), (306, SAND)], 400, dice)
    _woods(sheet, dice)
    _pavilion(sheet, dice)
    _ice(sheet, dice)
    for x, y, height, coat, scarf, facing in SKATERS:
        _shadow(sheet, (x, y), height)
        Figure(coat=coat, scarf=scarf, facing=facing).skate(sheet, (x, y), height)
    _pair(sheet)
    _bank(sheet, dice)
    _garlands(sheet)
    grain(sheet, (0, 0, 1200, 800), CREAM, dice)
    return sheet


def _woods(sheet: Sheet, dice: Dice) -> None:
    for left in range(-20, 1220, 34):
        _fir(sheet, (left + dice.around(0, 9), 404), dice.between(84, 134), SLATE, MIST)
    for left in (*range(-30, 380, 52), *range(820, 1240, 52)):
        _fir(sheet, (left + dice.around(0, 12), 424), dice.between(130, 196), NIGHT, ICE)


def _fir(sheet: Sheet, foot: Point, height: float, ink: Ink, snow: Ink) -> None:
    x, y = foot
    for tier in range(4):
        top = y - height * (1 - tier * 0.2)
        half, low = height * (0.1 + tier * 0.055), top + height * 0.36
        sheet.shape([(x, top), (x + half, low), (x, low - 6), (x - half, low)], ink)
        sheet.cut((x, top + 3), (x - half, low - 1), snow, height * 0.034)
        sheet.cut(
            (x + half * 0.3, top + height * 0.15), (x + half * 0.9, low - 2), snow, height * 0.022
        )


def _pavilion(sheet: Sheet, dice: Dice) -> None:
    sheet.box(420, 330, 780, 432, NIGHT)
    for step in range(9):
        x = 434 + step * 38
        sheet.box(x, 346, x + 28, 420, SAND if step % 4 else OCHRE)
        sheet.line([(x + 14, 346), (x + 14, 420)], NIGHT, 2.4)
        sheet.line([(x, 368), (x + 28, 368)], NIGHT, 2.4)
    roof = [(396, 334), (460, 290), (740, 290), (804, 334)]
    sheet.shape(rough(roof, dice, by=1), PAPER)
    hatch(sheet, (440, 302, 760, 332), MIST, dice, Rows(gap=9, width=3, length=70))
    sheet.shape([(396, 334), (804, 334), (798, 344), (402, 344)], INK)
    sheet.box(560, 244, 640, 292, NIGHT)
    sheet.shape([(546, 248), (600, 198), (654, 248)], PAPER)
    sheet.cut((556, 248), (654, 248), MIST, 7)
    sheet.disc(600, 270, 16, CREAM)
    sheet.line([(600, 270), (600, 259)], INK, 2.6)
    sheet.line([(600, 270), (608, 274)], INK, 2.6)
    sheet.line([(600, 200), (600, 160)], INK, 3)
    sheet.shape([(600, 160), (638, 169), (600, 180)], OCHRE)


def _ice(sheet: Sheet, dice: Dice) -> None:
    sheet.shape(
        rough([(-10, 416), (300, 424), (900, 420), (1210, 412), (1210, 810), (-10, 810)], dice),
        PAPER,
    )
    hatch(sheet, (0, 424, 1200, 800), MIST, dice, Rows(gap=16, width=3.4, length=90))
    for grow, ink in ((22, SKY), (14, PAPER), (0, SKY)):
        sheet.shape(oval(*RINK, REACH + grow, squash=SQUASH + grow * 0.0006), ink)
    rink = oval(RINK[0], RINK[1] + 5, REACH - 6, squash=SQUASH)
    sheet.shape(rink, ICE)
    with sheet.within(rink):
        hatch(sheet, (0, 380, 1200, 470), SAND, dice, Rows(gap=11, width=4, length=100))
        for step in range(5):
            x = 468 + step * 66
            for row in range(9):
                y = 452 + row * 11
                sheet.cut((x - 16 - row, y), (x + 16 + row, y), OCHRE if row % 2 else SAND, 4)
        hatch(sheet, (0, 560, 1200, 800), MIST, dice, Rows(gap=20, width=5, length=150))
        for _ in range(46):
            _trace(sheet, dice)


def _trace(sheet: Sheet, dice: Dice) -> None:
    """One long curve a blade has left."""
    y = dice.between(470, 770)
    wide = dice.between(70, 260) * (y - 330) / 300
    start = dice.between(0, 2 * pi)
    curve = arc(dice.between(0, 1200), y, wide, wide * 0.24, start, start + dice.between(0.9, 2.2))
    sheet.line(curve, PAPER if dice.happens(0.5) else SKY, 1.2 + (y - 450) / 190)


def _shadow(sheet: Sheet, foot: Point, height: float) -> None:
    x, y = foot
    sheet.cut(
        (x - height * 0.4, y + 1), (x + height * 0.9, y + height * 0.16), SLATE, height * 0.085
    )


def _pair(sheet: Sheet) -> None:
    """A grown-up and a child, hand in hand, nearest to us."""
    for x, y, height, coat, scarf, facing in (
        (742.0, 706.0, 176.0, INK, RED, 1),
        (842.0, 712.0, 112.0, RED, CREAM, -1),
    ):
        _shadow(sheet, (x, y), height)
        Figure(coat=coat, scarf=scarf, facing=facing).stand(sheet, (x, y), height)
        sheet.line([(x - height * 0.07, y + 2), (x + height * 0.15, y + 2)], SLATE, height * 0.025)
    sheet.line([(762, 612), (790, 644), (824, 657)], INK, 11)


def _bank(sheet: Sheet, dice: Dice) -> None:
    edge = [(-10.0, 742.0), (200, 770), (480, 788), (820, 786), (1060, 764), (1210, 738)]
    sheet.shape(rough([*edge, (1210, 810), (-10, 810)], dice), PAPER)
    for x in (40, 1150):
        _fir(sheet, (x, 806), 430, INK, PAPER)
        sheet.line([(x, 806), (x, 780)], INK, 16)


def _garlands(sheet: Sheet) -> None:
    """Strings of lamps on two tall posts, from side to side above the ice."""
    posts = ((150.0, 640.0, 238.0), (1046.0, 640.0, 232.0))
    for x, foot, top in posts:
        sheet.line([(x, foot), (x, top)], INK, 7)
        sheet.disc(x, top, 8, OCHRE)
    spans = (
        ((150.0, 242.0), (600.0, 166.0), 62.0),
        ((600.0, 166.0), (1046.0, 236.0), 58.0),
        ((-60.0, 150.0), (150.0, 242.0), 26.0),
        ((1046.0, 236.0), (1260.0, 140.0), 26.0),
    )
    for (x0, y0), (x1, y1), sag in spans:
        steps = max(6, int((x1 - x0) / 30))
        string = [
            (
                x0 + (x1 - x0) * step / steps,
                y0 + (y1 - y0) * step / steps + sag * sin(pi * step / steps),
            )
            for step in range(steps + 1)
        ]
        sheet.line(string, INK, 2.2)
        for number, (x, y) in enumerate(string[1:-1]):
            sheet.disc(x, y + 9, 7.4, (CREAM, OCHRE, CREAM, RED)[number % 4])
            sheet.line([(x, y), (x, y + 3)], INK, 3)
