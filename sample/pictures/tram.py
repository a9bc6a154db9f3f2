"""The night tram in falling snow, with a crescent for a number, and somebody waiting."""

from collections.abc import Mapping, Sequence
from math import pi

from pictures.figures import Figure
from pictures.inks import (
    AMBER,
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
from pictures.sheet import Dice, Sheet, arc, rough, rounded
from pictures.textures import Boughs, Rows, grain, hatch, rays, snowfall

STREET = 612.0
TRAM = (196.0, 330.0, 872.0, 574.0)  # left, top, right, bottom
WIRE = 196.0
HOUSES: tuple[tuple[float, float, float, Ink], ...] = (
    (-30, 250, 190, NAVY),
    (190, 452, 120, NIGHT),
    (452, 700, 214, NAVY),
    (700, 940, 150, NIGHT),
    (940, 1230, 232, NAVY),
)

GLASS: Sequence[Ink] = (SAND, OCHRE, SLATE, SAND, SLATE, SLATE, SLATE)
HATS: Mapping[int, Ink] = {0: RED, 1: SLATE, 3: AMBER, 4: RED}  # by window


def draw() -> Sheet:
    """The whole print."""
    dice = Dice(29)
    sheet = Sheet(SLATE)
    hatch(sheet, (0, 0, 1200, 260), NAVY, dice, Rows(gap=13, width=5, length=130))
    for left, right, top, ink in HOUSES:
        _house(sheet, (left, right, top), ink, dice)
    _snow(sheet, dice)
    _wires(sheet)
    _tram(sheet, dice)
    _lamp(sheet, 1012, dice)
    Boughs(ink=INK, dice=dice, snow=PAPER, spread=0.34).grow(sheet, (40, 690), 440)
    Figure(coat=INK, scarf=RED, facing=-1).stand(sheet, (1086, 716), 190)
    snowfall(sheet, 360, PAPER, dice)
    grain(sheet, (0, 0, 1200, 800), CREAM, dice)
    return sheet


def _house(sheet: Sheet, place: tuple[float, float, float], ink: Ink, dice: Dice) -> None:
    left, right, top = place
    sheet.shape(rough([(left, top), (right, top), (right, 640), (left, 640)], dice, by=0.8), ink)
    sheet.shape(
        rough(
            [
                (left - 6, top - 12),
                (right + 6, top - 12),
                (right + 6, top + 3),
                (left - 6, top + 3),
            ],
            dice,
            by=2.4,
        ),
        ICE,
    )
    columns = round((right - left) / 52)
    pitch = (right - left) / columns
    y = top + 34
    while y < STREET - 90:
        for column in range(columns):
            x = left + pitch * (column + 0.5)
            lit = dice.between(0, len(GLASS))
            glass = GLASS[int(lit)]
            sheet.box(x - 12, y, x + 12, y + 40, glass)
            sheet.line([(x, y), (x, y + 40)], ink, 2.6)
            sheet.line([(x - 12, y + 14), (x + 12, y + 14)], ink, 2.6)
            sheet.cut((x - 17, y + 42), (x + 17, y + 42), ICE, 5)
        y += 74


def _snow(sheet: Sheet, dice: Dice) -> None:
    sheet.shape(
        rough([(-10, STREET - 34), (1210, STREET - 34), (1210, 810), (-10, 810)], dice), MIST
    )
    hatch(sheet, (0, STREET - 28, 1200, STREET), SKY, dice, Rows(gap=9, width=3.2, length=110))
    for y, width in ((STREET - 18, 5.0), (STREET + 16, 7.5)):
        sheet.line([(-10, y), (1210, y)], NIGHT, width)
        sheet.cut((-200, y - 4), (1400, y - 4), PAPER, 3)
    drift = [(-10.0, 668.0), (160, 640), (420, 676), (700, 654), (960, 684), (1210, 646)]
    sheet.shape(rough([*drift, (1210, 810), (-10, 810)], dice), ICE)
    near = [(-10.0, 716.0), (260, 694), (560, 738), (860, 716), (1210, 742)]
    sheet.shape(rough([*near, (1210, 810), (-10, 810)], dice), PAPER)
    hatch(sheet, (0, 690, 1200, 716), MIST, dice, Rows(gap=11, width=3.4, length=120, slope=0.05))
    hatch(sheet, (0, 752, 1200, 800), MIST, dice, Rows(gap=14, width=3.6, length=150, slope=0.04))


def _wires(sheet: Sheet) -> None:
    sheet.line([(-10, WIRE), (1210, WIRE)], SKY, 2.2)
    sheet.line([(-10, WIRE - 46), (1210, WIRE - 20)], SKY, 1.4)
    for x in range(60, 1200, 190):
        sheet.line([(x, WIRE), (x, WIRE - 44 + x / 46)], SKY, 1.4)


def _tram(sheet: Sheet, dice: Dice) -> None:
    left, top, right, bottom = TRAM
    _beam(sheet, dice)
    _pantograph(sheet, 500)
    sheet.shape(rounded(left + 30, top - 22, right - 30, top + 30, 12), INK)
    sheet.shape(rough(rounded(left + 24, top - 30, right - 26, top - 17, 6), dice, by=1.6), PAPER)
    for x in (left + 140, right - 140):
        sheet.shape(rounded(x - 84, bottom - 20, x + 84, bottom + 30, 10), INK)
        for wheel in (-46, 46):
            sheet.disc(x + wheel, bottom + 18, 27, INK)
            sheet.disc(x + wheel, bottom + 18, 12, SLATE)
    body = rounded(left, top, right, bottom, 34)
    sheet.shape(body, RED)
    with sheet.within(body):
        sheet.box(left, top, right, top + 24, CREAM)
        sheet.box(left, top + 152, right, top + 166, CREAM)
        hatch(
            sheet,
            (left, bottom - 62, right, bottom),
            ROSE,
            dice,
            Rows(gap=12, width=2.4, length=90),
        )
        sheet.box(left, bottom - 12, right, bottom, INK)
    _windows(sheet, dice)
    _door(sheet, 632)
    _number(sheet, right - 76, top + 12)
    sheet.disc(right - 18, bottom - 52, 15, INK)
    sheet.disc(right - 18, bottom - 52, 11, PAPER)


def _beam(sheet: Sheet, dice: Dice) -> None:
    x, y = TRAM[2] - 18, TRAM[3] - 52
    sheet.shape([(x, y - 8), (1230, y - 46), (1230, STREET + 26), (x, y + 12)], SAND)
    for step in range(16):
        share = step / 15
        end = (1230, y - 46 + (STREET + 72 - y) * share)
        sheet.cut((x + dice.between(20, 90), y), end, CREAM, 4.6)


def _pantograph(sheet: Sheet, x: float) -> None:
    roof = TRAM[1] - 26
    middle = (roof + WIRE) / 2
    for side in (-1, 1):
        elbow = (x + side * 52, middle)
        sheet.line([(x + side * 18, roof), elbow, (x + side * 10, WIRE + 5)], INK, 4)
    sheet.line([(x - 46, WIRE + 3), (x + 46, WIRE + 3)], INK, 5)
    rays(sheet, (x + 30, WIRE), (6, 34), SAND, 9, Dice(5))


def _windows(sheet: Sheet, dice: Dice) -> None:
    left, top, right, _ = TRAM
    edges = (left + 22, left + 114, left + 206, left + 298, right - 178, right - 92)
    for number, x in enumerate(edges):
        wide = 66 if x == edges[-1] else 78
        pane = rounded(x, top + 42, x + wide, top + 140, 9)
        sheet.shape(rounded(x - 4, top + 38, x + wide + 4, top + 144, 12), INK)
        sheet.shape(pane, SAND)
        with sheet.within(pane):
            hatch(
                sheet,
                (x, top + 44, x + wide, top + 84),
                CREAM,
                dice,
                Rows(gap=10, width=4, length=60, slope=-0.2),
            )
            sheet.line([(x, top + 58), (x + wide, top + 58)], OCHRE, 3)
            if number in HATS:
                _passenger(sheet, x + wide * 0.5, top + 142, HATS[number])


def _passenger(sheet: Sheet, x: float, sill: float, hat: Ink) -> None:
    sheet.shape(
        [(x - 30, sill), (x - 20, sill - 36), (x, sill - 44), (x + 20, sill - 36), (x + 30, sill)],
        NIGHT,
    )
    sheet.disc(x + 2, sill - 58, 15, NIGHT, squash=1.15)
    sheet.disc(x + 15, sill - 55, 4, NIGHT)
    sheet.shape(arc(x + 2, sill - 64, 18, 16, pi, 2 * pi), hat)
    sheet.line([(x - 16, sill - 64), (x + 20, sill - 64)], hat, 4)


def _door(sheet: Sheet, x: float) -> None:
    top, bottom = TRAM[1] + 38, TRAM[3] - 14
    sheet.shape(rounded(x - 28, top, x + 28, bottom, 9), INK)
    for side in (-1, 1):
        centre = x + side * 12.5
        sheet.shape(rounded(centre - 10, top + 6, centre + 10, bottom - 6, 5), SAND)
        sheet.box(centre - 10, bottom - 64, centre + 10, bottom - 58, INK)
        sheet.box(centre - 10, bottom - 58, centre + 10, bottom - 7, AMBER)


def _number(sheet: Sheet, x: float, y: float) -> None:
    """The crescent the night line carries instead of a number."""
    sheet.shape(rounded(x - 40, y - 20, x + 40, y + 22, 8), INK)
    sheet.disc(x - 4, y + 1, 15, SAND)
    sheet.disc(x + 4, y - 3, 13, INK)


def _lamp(sheet: Sheet, x: float, dice: Dice) -> None:
    rays(sheet, (x, 300), (30, 96), SAND, 34, dice)
    sheet.line([(x, 700), (x, 318)], INK, 9)
    sheet.line([(x, 700), (x, 640)], INK, 17)
    sheet.shape([(x - 22, 282), (x + 22, 282), (x + 14, 326), (x - 14, 326)], CREAM)
    sheet.shape([(x - 30, 284), (x, 258), (x + 30, 284)], INK)
    sheet.cut((x - 34, 276), (x + 30, 268), PAPER, 9)
    sheet.line([(x, 284), (x, 326)], INK, 3)
    sheet.line([(x - 16, 327), (x + 16, 327)], INK, 5)
