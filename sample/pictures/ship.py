"""A research ship held in the ice, the northern lights above, two people out with a sledge."""

from collections.abc import Sequence
from itertools import pairwise
from math import sin

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
)
from pictures.sheet import WIDTH, Dice, Point, Sheet, rough
from pictures.textures import Rows, bands, grain, hatch

HORIZON = 470.0
KEEL = 566.0


def draw() -> Sheet:
    """The whole print."""
    dice = Dice(53)
    sheet = Sheet(NIGHT)
    _sky(sheet, dice)
    _far_ice(sheet, dice)
    _ship(sheet, dice)
    _near_ice(sheet, dice)
    _party(sheet)
    grain(sheet, (0, 0, 1200, 800), CREAM, dice)
    return sheet


def _sky(sheet: Sheet, dice: Dice) -> None:
    bands(sheet, [(0, NIGHT), (210, NAVY), (360, SLATE), (436, ROSE)], HORIZON, dice)
    for _ in range(70):
        sheet.disc(dice.between(0, 1200), dice.between(0, 320), dice.between(0.8, 2.2), CREAM)
    for base, tall, ink, seed in (
        (250, 190, SLATE, 0.4),
        (230, 150, SKY, 0.0),
        (205, 92, ICE, 0.2),
    ):
        for x in range(-20, 1225, 9):
            wave = 46 * sin(x / 150 + seed) + 22 * sin(x / 61 + seed * 3) - x * 0.05
            foot = base + wave + dice.around(0, 7)
            rise = tall * dice.between(0.55, 1.1) * (0.72 + 0.28 * sin(x / 97 + 2 + seed))
            sheet.cut((x, foot), (x + 16, foot - rise), ink, 6.2)


def _far_ice(sheet: Sheet, dice: Dice) -> None:
    ridge: list[Point] = [(-10, HORIZON + 8)]
    x = -10.0
    while x < WIDTH:
        x += dice.between(14, 52)
        ridge.append((x, HORIZON - dice.between(0, 15)))
    sheet.shape([*ridge, (1210, 810), (-10, 810)], MIST)
    hatch(sheet, (0, HORIZON + 6, 1200, 560), SKY, dice, Rows(gap=12, width=3.4, length=110))
    hatch(sheet, (0, HORIZON + 2, 1200, 540), ICE, dice, Rows(gap=15, width=4, length=90))


def _ship(sheet: Sheet, dice: Dice) -> None:
    hull = [
        (258, 424),
        (300, 418),
        (318, 446),
        (700, 446),
        (800, 436),
        (902, 404),
        (946, 398),
        (930, 436),
        (886, 512),
        (852, KEEL),
        (330, KEEL),
        (288, 520),
    ]
    sheet.shape(rough(hull, dice, by=0.6), RED)
    with sheet.within(hull):
        sheet.box(240, 522, 960, 580, INK)
        for row in range(6):
            y = 458 + row * 12
            sheet.cut((280 + row * 4, y), (860 + row * 3, y - 1), ROSE, 2.2)
        sheet.cut((840, 560), (930, 420), ROSE, 6)
    sheet.line(hull[:7], CREAM, 4)
    for port in range(352, 800, 46):
        sheet.disc(port, 480, 5.4, SAND)
    _house(sheet)
    _mast(sheet)
    _crane(sheet)
    _railing(sheet, hull[3:7])


def _railing(sheet: Sheet, deck: Sequence[Point]) -> None:
    for (x0, y0), (x1, y1) in pairwise(deck):
        sheet.line([(x0, y0 - 24), (x1, y1 - 24)], INK, 2)
        for share in (0.0, 0.17, 0.33, 0.5, 0.67, 0.83):
            x, y = x0 + (x1 - x0) * share, y0 + (y1 - y0) * share
            sheet.line([(x, y), (x, y - 24)], INK, 2)


def _house(sheet: Sheet) -> None:
    for left, top, right, bottom in (
        (446, 374, 724, 446),
        (478, 322, 704, 376),
        (520, 276, 690, 324),
    ):
        sheet.box(left, top, right, bottom, CREAM)
        sheet.box(left, top, left + (right - left) * 0.3, bottom, MIST)
        sheet.box(left - 7, top - 6, right + 7, top + 2, INK)
    for step in range(7):
        _pane(sheet, 466 + step * 36, 396, lit=step % 3 != 0)
    for step in range(5):
        _pane(sheet, 500 + step * 40, 340, lit=step % 2 == 1)
    sheet.shape([(534, 288), (692, 288), (700, 310), (534, 310)], INK)
    for step in range(5):
        sheet.box(546 + step * 30, 292, 568 + step * 30, 306, SAND)
    sheet.shape([(400, 446), (406, 350), (452, 350), (458, 446)], RED)
    sheet.box(404, 362, 454, 382, CREAM)
    sheet.box(400, 344, 458, 354, INK)
    for step in range(7):
        x, y = 432 - step * 30, 334 - step * 9 - 6 * sin(step)
        sheet.cut((x + 26, y + 6), (x - 62, y - 7), SKY if step % 2 else SLATE, 17 - step * 1.6)


def _pane(sheet: Sheet, left: float, top: float, *, lit: bool) -> None:
    sheet.box(left, top, left + 20, top + 22, INK)
    if lit:
        sheet.box(left + 3, top + 3, left + 17, top + 19, OCHRE)


def _mast(sheet: Sheet) -> None:
    sheet.line([(606, 274), (606, 132)], INK, 7)
    for y, half in ((212, 34), (176, 24), (150, 13)):
        sheet.line([(606 - half, y), (606 + half, y)], INK, 4)
    sheet.line([(590, 274), (606, 200), (622, 274)], INK, 3)
    sheet.box(645, 258, 663, 276, INK)
    sheet.disc(654, 250, 17, CREAM)
    sheet.line([(606, 136), (930, 386)], INK, 1.4)
    sheet.line([(606, 136), (272, 420)], INK, 1.4)
    sheet.shape([(606, 133), (556, 143), (606, 155)], OCHRE)
    sheet.disc(606, 130, 5, PAPER)


def _crane(sheet: Sheet) -> None:
    sheet.line([(344, 446), (344, 372)], INK, 13)
    sheet.line([(344, 378), (236, 316)], OCHRE, 8)
    sheet.line([(344, 372), (290, 300), (236, 316)], INK, 2.6)
    sheet.line([(236, 316), (236, 470)], INK, 2)
    sheet.box(222, 470, 250, 492, OCHRE)
    sheet.line([(222, 470), (236, 456), (250, 470)], INK, 2)


def _near_ice(sheet: Sheet, dice: Dice) -> None:
    sheet.shape(rough([(210, 560), (980, 556), (1030, 596), (160, 600)], dice, by=4), NIGHT)
    for floe in _floes(dice):
        sheet.shape([(x + 3, y + 11) for x, y in floe], SLATE)
        sheet.shape(floe, ICE)
        (left, _), (right, low) = min(floe), max(floe)
        with sheet.within(floe):
            hatch(
                sheet,
                (left, low - 60, right, low + 60),
                PAPER,
                dice,
                Rows(gap=11, width=5, length=70),
            )
    front = [(-10, 648), (150, 634), (330, 660), (560, 640), (800, 668), (1010, 642), (1210, 662)]
    sheet.shape(
        rough([*((x, y + 12) for x, y in front), (1210, 810), (-10, 810)], dice, by=2.5), SLATE
    )
    sheet.shape(rough([*front, (1210, 810), (-10, 810)], dice, by=3), PAPER)
    hatch(sheet, (0, 676, 1200, 800), MIST, dice, Rows(gap=19, width=4.4, length=130, slope=0.05))
    crack: list[Point] = [(420, 820), (470, 770), (452, 742), (520, 712), (508, 690), (570, 650)]
    wide = [(x + (y - 640) * 0.12, y + 4) for x, y in crack]
    sheet.shape([*crack, *wide[::-1]], NAVY)


def _floes(dice: Dice) -> list[list[Point]]:
    floes = []
    for row, y in enumerate((566.0, 592.0, 620.0)):
        x = -40.0 - row * 60
        while x < WIDTH:
            wide, tall = dice.between(90, 190), dice.between(9, 14) + row * 3
            floes.append(
                [
                    (x, y),
                    (x + wide * 0.3, y - tall),
                    (x + wide * 0.8, y - tall * 0.7),
                    (x + wide, y + tall * 0.2),
                    (x + wide * 0.6, y + tall),
                    (x + wide * 0.2, y + tall * 0.8),
                ]
            )
            x += wide + dice.between(4, 26)
    return floes


def _party(sheet: Sheet) -> None:
    for x, y in ((950, 722), (860, 728), (700, 726)):
        sheet.cut((x - 30, y), (x + 130, y + 9), SKY, 6)
    Figure(coat=INK, scarf=RED).walk(sheet, (948, 716), 118)
    Figure(coat=NAVY, scarf=OCHRE).walk(sheet, (858, 722), 112)
    sheet.line([(872, 668), (930, 664)], INK, 1.6)
    sheet.line([(836, 672), (752, 706)], INK, 2)
    sheet.box(660, 684, 744, 706, OCHRE)
    sheet.box(672, 666, 718, 685, RED)
    sheet.line([(648, 720), (746, 720), (760, 708)], INK, 4)
    for x in (672, 730):
        sheet.line([(x, 706), (x, 720)], INK, 3.4)
