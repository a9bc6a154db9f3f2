"""A concert hall organ from the stalls: towers of pipes, the organist below, heads in the dark."""

from math import pi

from pictures.inks import (
    AMBER,
    BARK,
    CREAM,
    INK,
    NAVY,
    NIGHT,
    OCHRE,
    PAPER,
    RED,
    ROSE,
    SAND,
    SKY,
    SLATE,
    STONE,
    Ink,
)
from pictures.sheet import WIDTH, Dice, Sheet, arc, rounded
from pictures.textures import Rows, grain, hatch, rays

CENTRE = 600.0
SHELF = 506.0
TOWERS: tuple[tuple[float, int, float, float], ...] = (  # centre, pipes, tallest, breadth of a pipe
    (600, 7, 384, 30),
    (328, 5, 300, 28),
    (872, 5, 300, 28),
    (112, 5, 344, 30),
    (1088, 5, 344, 30),
)
FIELDS: tuple[tuple[float, float, int], ...] = (
    (422, 474, 1),
    (726, 778, -1),
    (210, 236, -1),
    (964, 990, 1),
)


def draw() -> Sheet:
    """The whole print."""
    dice = Dice(101)
    sheet = Sheet(NAVY)
    _wall(sheet, dice)
    for left, right, rise in FIELDS:
        _field(sheet, left, right, rise)
    for centre, pipes, tallest, breadth in TOWERS:
        _tower(sheet, centre, pipes, (tallest, breadth))
    _case(sheet, dice)
    _stage(sheet, dice)
    _console(sheet)
    _organist(sheet)
    _listeners(sheet, dice)
    grain(sheet, (0, 0, 1200, 800), CREAM, dice)
    return sheet


def _wall(sheet: Sheet, dice: Dice) -> None:
    hatch(sheet, (0, 0, 1200, 520), NIGHT, dice, Rows(gap=12, width=4.5, length=120))
    sheet.shape(arc(CENTRE, 520, 790, 560, pi, 2 * pi), SLATE)
    rays(sheet, (CENTRE, 330), (120, 600), SKY, 120, dice)
    rays(sheet, (CENTRE, 330), (150, 420), SAND, 90, dice)


def _tower(sheet: Sheet, centre: float, pipes: int, measure: tuple[float, float]) -> None:
    tallest, breadth = measure
    half = pipes * breadth / 2 + 12
    sheet.box(centre - half, SHELF - tallest - 46, centre + half, SHELF + 8, BARK)
    for side in (-1, 1):
        sheet.box(
            centre + side * half - 7, SHELF - tallest - 60, centre + side * half + 7, SHELF + 8, RED
        )
        sheet.cut(
            (centre + side * half, SHELF - tallest - 50), (centre + side * half, SHELF), ROSE, 3
        )
    for number in range(pipes):
        away = abs(number - pipes // 2)
        x = centre + (number - pipes // 2) * breadth
        _pipe(sheet, x, tallest - away * 26, breadth * 0.9)
    crown = SHELF - tallest - 58
    sheet.shape(
        [
            (centre - half - 18, crown),
            (centre + half + 18, crown),
            (centre + half + 8, crown + 20),
            (centre - half - 8, crown + 20),
        ],
        RED,
    )
    sheet.cut((centre - half - 14, crown + 6), (centre + half + 14, crown + 6), OCHRE, 4)
    sheet.shape(arc(centre, crown, half * 0.72, half * 0.34, pi, 2 * pi), RED)
    sheet.shape(arc(centre, crown, half * 0.46, half * 0.2, pi, 2 * pi), OCHRE)
    sheet.disc(centre, crown - half * 0.34 - 9, 11, OCHRE)


def _pipe(sheet: Sheet, x: float, tall: float, breadth: float) -> None:
    """A pipe on its pointed foot: lit from the left, with its mouth a third of the way up."""
    half, top, foot = breadth / 2, SHELF - tall, SHELF - 58
    sheet.shape([(x - half, foot), (x + half, foot), (x + 4, SHELF), (x - 4, SHELF)], INK)
    sheet.shape([(x - half + 2, foot), (x + half - 2, foot), (x + 2, SHELF), (x - 2, SHELF)], AMBER)
    sheet.box(x - half, top, x + half, foot, INK)
    sheet.box(x - half + 1.8, top, x + half - 1.8, foot, OCHRE)
    sheet.box(x - half + 1.8, top, x - half * 0.2, foot, SAND)
    sheet.cut((x - half * 0.55, top + 5), (x - half * 0.55, foot + 4), PAPER, breadth * 0.2)
    sheet.box(x + half * 0.5, top, x + half - 1.8, foot, AMBER)
    sheet.disc(x, top, half, INK, squash=0.42)
    sheet.disc(x, top, half - 2, BARK, squash=0.4)
    mouth = half * 0.66
    sheet.shape(
        [
            (x - mouth, foot - 2),
            (x - mouth, foot - 16),
            (x, foot - 40),
            (x + mouth, foot - 16),
            (x + mouth, foot - 2),
        ],
        AMBER,
    )
    sheet.box(x - mouth, foot - 10, x + mouth, foot - 1, INK)


def _field(sheet: Sheet, left: float, right: float, rise: int) -> None:
    """The slim pipes between two towers, climbing towards the taller one."""
    sheet.box(left - 14, 226, right + 14, SHELF + 6, BARK)
    sheet.cut((left - 40, 230), (right + 40, 230), OCHRE, 5)
    count = round((right - left) / 13) + 1
    for number in range(count):
        step = number if rise > 0 else count - 1 - number
        _pipe(sheet, left + number * (right - left) / (count - 1), 168 + step * 24, 13)


def _case(sheet: Sheet, dice: Dice) -> None:
    sheet.box(0, SHELF, 1200, SHELF + 26, RED)
    sheet.cut((-200, SHELF + 6), (1400, SHELF + 6), OCHRE, 4)
    sheet.box(0, SHELF + 24, 1200, 690, BARK)
    for panel in range(12):
        left = 8 + panel * 100
        sheet.box(left, SHELF + 42, left + 84, 660, INK)
        sheet.box(left + 5, SHELF + 47, left + 79, 655, BARK)
        hatch(
            sheet,
            (left + 12, SHELF + 54, left + 58, 650),
            AMBER,
            dice,
            Rows(gap=13, width=2.2, length=34),
        )
    sheet.cut((-200, SHELF + 32), (1400, SHELF + 32), AMBER, 3)


def _stage(sheet: Sheet, dice: Dice) -> None:
    sheet.shape([(0, 664), (1200, 664), (1200, 800), (0, 800)], AMBER)
    for board in range(-16, 17):
        sheet.cut((CENTRE + board * 40, 662), (CENTRE + board * 66, 812), BARK, 3.4)
    hatch(sheet, (300, 672, 900, 722), OCHRE, dice, Rows(gap=12, width=3.4, length=90))
    sheet.box(0, 722, 1200, 800, NIGHT)
    sheet.cut((-300, 724), (1500, 724), OCHRE, 5)


def _console(sheet: Sheet) -> None:
    sheet.shape(rounded(470, 536, 730, 690, 14), INK)
    sheet.shape(rounded(484, 548, 716, 600, 8), RED)
    for row in range(3):
        y = 606 + row * 17
        sheet.box(492 - row * 3, y, 708 + row * 3, y + 11, PAPER)
        for key in range(22):
            sheet.box(498 + key * 9.6, y, 501.5 + key * 9.6, y + 7, INK)
        for x in (491, 508, 692, 709):
            sheet.disc(x, 559 + row * 15, 4.6, CREAM)
    sheet.shape([(556, 552), (644, 552), (652, 596), (548, 596)], PAPER)
    for line in range(4):
        sheet.cut((558, 562 + line * 8), (642, 562 + line * 8), SLATE, 2)
    sheet.line([(CENTRE, 552), (CENTRE, 596)], SLATE, 2)


def _organist(sheet: Sheet) -> None:
    for side in (-1, 1):
        leg = [(CENTRE + side * reach, y) for reach, y in ((14, 700), (22, 734), (29, 736))]
        arm = [(CENTRE + side * reach, y) for reach, y in ((30, 622), (66, 652), (62, 626))]
        sheet.line(leg, NIGHT, 12)
        sheet.line(arm, NIGHT, 18)
        sheet.line([(CENTRE + side * 54, 712), (CENTRE + side * 54, 736)], INK, 8)
    sheet.box(534, 700, 666, 714, INK)
    back = ((38, 704), (44, 650), (32, 608), (10, 598))
    left = [(CENTRE - half, y) for half, y in back]
    right = [(CENTRE + half, y) for half, y in reversed(back)]
    sheet.shape([*left, *right], NIGHT)
    sheet.disc(CENTRE, 576, 22, NIGHT, squash=1.15)
    sheet.cut((572, 612), (562, 690), SKY, 4)
    sheet.cut((628, 612), (638, 690), SAND, 4)
    sheet.line(arc(CENTRE, 576, 21, 24, pi * 1.55, pi * 1.98), SAND, 2.6)


def _listeners(sheet: Sheet, dice: Dice) -> None:
    _row(sheet, 738, 66, (NAVY, SKY), dice)
    _row(sheet, 782, 92, (INK, STONE), dice)


def _row(sheet: Sheet, y: float, pitch: float, inks: tuple[Ink, Ink], dice: Dice) -> None:
    """Heads and shoulders from behind; the second ink is the light on their left."""
    ink, light = inks
    x = -10.0
    while x < WIDTH + 20:
        top, head = dice.around(y, pitch * 0.1), pitch * dice.between(0.2, 0.235)
        shoulders = arc(x, top + head * 3.1, head * 2, head * 1.9, pi, 2 * pi)
        sheet.shape([*shoulders, (x + head * 2, 810), (x - head * 2, 810)], ink)
        sheet.line([(x, top), (x, top + head * 1.6)], ink, head * 0.9)
        sheet.disc(x, top, head, ink, squash=1.2)
        if dice.happens(0.35):
            sheet.disc(x, top - head * 1.15, head * 0.55, ink)
        sheet.line(arc(x, top, head - 1.5, head * 1.2 - 1.5, pi * 1.1, pi * 1.5), light, 2)
        sheet.line(
            arc(x, top + head * 3.1, head * 2 - 2, head * 1.9 - 2, pi * 1.12, pi * 1.34), light, 2
        )
        x += pitch * dice.between(0.85, 1.15)
