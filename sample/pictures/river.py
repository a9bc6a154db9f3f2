"""The river at dawn: a bridge of three arches, the sun behind it, somebody out with a dog."""

from math import pi

from pictures.figures import Figure
from pictures.inks import CREAM, INK, MIST, NAVY, NIGHT, OCHRE, RED, ROSE, SAND, SKY, SLATE, Ink
from pictures.sheet import Dice, Point, Sheet, arc, oval, rough
from pictures.textures import bands, grain, rays, ripples

WATER = 452.0
SUN = (742.0, 352.0)
ARCHES = ((-190.0, 150.0), (215.0, 555.0), (620.0, 960.0), (1025.0, 1365.0))


def draw() -> Sheet:
    """The whole print."""
    dice = Dice(11)
    sheet = Sheet(SKY)
    _sky(sheet, dice)
    _far_bank(sheet, dice)
    _water(sheet, dice)
    _bridge(sheet, dice)
    _quay(sheet, dice)
    grain(sheet, (0, 0, 1200, 800), CREAM, dice)
    return sheet


def _sky(sheet: Sheet, dice: Dice) -> None:
    bands(sheet, [(0, SKY), (110, MIST), (210, CREAM), (315, SAND)], WATER, dice)
    rays(sheet, SUN, (98, 330), CREAM, 76, dice)
    sheet.shape(rough(oval(*SUN, 74), dice, by=0.5), RED)


def _far_bank(sheet: Sheet, dice: Dice) -> None:
    far = _roofs(dice, (-10.0, 1210.0), (388, 422), (26, 60))
    sheet.shape(rough(far, dice, by=0.8), SLATE)
    _tower(sheet, 318, SLATE)
    _church(sheet, 1122, NAVY)
    near = _roofs(dice, (820.0, 1210.0), (396, 428), (34, 70))
    sheet.shape(rough(near, dice, by=0.8), NAVY)
    near = _roofs(dice, (-10.0, 250.0), (392, 424), (34, 70))
    sheet.shape(rough(near, dice, by=0.8), NAVY)


def _roofs(
    dice: Dice, span: Point, tops: tuple[float, float], widths: tuple[float, float]
) -> list[Point]:
    x, right = span
    outline: list[Point] = [(x, WATER)]
    while x < right:
        top, width = dice.between(*tops), dice.between(*widths)
        peak = top - 14 if dice.happens(0.45) else top
        outline += [(x, top), (x + width / 2, peak), (x + width, top)]
        x += width
    return [*outline, (x, WATER)]


def _tower(sheet: Sheet, x: float, ink: Ink) -> None:
    for half, top in ((84, 372), (54, 318), (32, 258), (17, 205)):
        sheet.box(x - half, top, x + half, WATER, ink)
        for side in (-1, 1):
            edge = x + side * (half - 5)
            sheet.cut((edge, top + 2), (edge, top - 20), ink, 9)
    sheet.shape([(x - 9, 208), (x, 96), (x + 9, 208)], ink)
    for column in range(-4, 5):
        sheet.cut((x + column * 6, 270), (x + column * 6, 372), MIST, 1.8)


def _church(sheet: Sheet, x: float, ink: Ink) -> None:
    sheet.box(x - 44, 300, x + 44, WATER, ink)
    for across, radius, neck in ((-30, 12, 286), (30, 12, 286), (0, 19, 262)):
        centre = x + across
        sheet.box(centre - radius * 0.62, neck, centre + radius * 0.62, 310, ink)
        sheet.disc(centre, neck - radius * 0.6, radius, ink)
        sheet.shape(
            [
                (centre - radius * 0.9, neck - radius),
                (centre, neck - radius * 2.6),
                (centre + radius * 0.9, neck - radius),
            ],
            ink,
        )
        sheet.line([(centre, neck - radius * 2.3), (centre, neck - radius * 3.4)], ink, 2)


def _water(sheet: Sheet, dice: Dice) -> None:
    bands(sheet, [(WATER, SAND), (486, MIST), (552, SKY), (640, SLATE)], 800, dice)
    ripples(sheet, (0, 470, 1200, 800), NAVY, 260, dice)
    ripples(sheet, (0, 560, 1200, 800), MIST, 90, dice)
    for step in range(70):
        y = WATER + 6 + step * 3.9
        half = dice.between(14, 60 + step * 0.9)
        ink = ROSE if dice.happens(0.3) else (RED if dice.happens(0.5) else CREAM)
        x = dice.around(SUN[0], 20 + step * 0.5)
        sheet.cut((x - half, y), (x + half, y), ink, dice.between(3, 6.5))


def _bridge(sheet: Sheet, dice: Dice) -> None:
    piers = [right + 32 for _, right in ARCHES]
    for pier in piers:
        for _ in range(44):
            x, y = dice.around(pier, 33), WATER + dice.between(0, 96)
            sheet.cut((x - 46, y), (x + 46, y), NIGHT, dice.between(3, 7))
    sheet.shape(rough(_span(), dice, by=0.7), INK)
    for pier in piers:
        for row in range(5):
            sheet.cut((pier - 20, 396 + row * 11), (pier + 20, 396 + row * 11), SLATE, 2.4)
    _crowns(sheet)
    for x in range(-6, 1210, 15):
        sheet.box(x, 318, x + 3.4, 338, INK)
    sheet.box(0, 314, 1200, 319, INK)
    sheet.cut((-40, 344), (1240, 344), ROSE, 3)
    for pier in piers:
        _lamp(sheet, (pier, 316), 60)


def _crowns(sheet: Sheet) -> None:
    """The dotted lines over each arch."""
    for left, right in ARCHES:
        centre, half = (left + right) / 2, (right - left) / 2
        for lift, ink in ((9.0, ROSE), (20.0, SLATE)):
            crown = arc(centre, WATER, half + lift, 92 + lift, pi * 1.04, pi * 1.96)
            for start, end in zip(crown[::2], crown[2::2], strict=False):
                sheet.cut(start, end, ink, 2.6)


def _span() -> list[Point]:
    under: list[Point] = []
    for left, right in ARCHES:
        under += arc((left + right) / 2, WATER, (right - left) / 2, 92, pi, 2 * pi)
        under += [(right, WATER + 6), (right + 65, WATER + 6)]
    return [(-260, 336), *under, (1460, 336)]


def _lamp(sheet: Sheet, foot: Point, height: float) -> None:
    x, y = foot
    sheet.line([(x, y), (x, y - height)], INK, height * 0.055)
    arm = height * 0.2
    sheet.line([(x - arm, y - height * 0.9), (x + arm, y - height * 0.9)], INK, height * 0.045)
    for side in (-1, 1):
        sheet.disc(x + side * arm, y - height * 0.99, height * 0.09, INK)
        sheet.disc(x + side * arm, y - height * 0.99, height * 0.066, CREAM)


def _quay(sheet: Sheet, dice: Dice) -> None:
    sheet.shape(rough([(-10, 742), (1210, 690), (1210, 810), (-10, 810)], dice, by=0.8), INK)
    for row in range(5):
        y = 760 + row * 15
        for step in range(14):
            x = step * 96 + (row % 2) * 44 - 30
            fall = 52 / 1220 * 86
            top = y - x * 52 / 1220
            sheet.cut((x, top), (x + 86, top - fall), SLATE if row else OCHRE, 2.6)
    _lamp(sheet, (352, 734), 226)
    Figure(coat=INK, scarf=RED, facing=-1).walk(sheet, (930, 706), 176)
    _dog(sheet, (826, 710))


def _dog(sheet: Sheet, foot: Point) -> None:
    x, y = foot
    for leg, reach in ((-20, -6), (-14, 6), (16, -4), (22, 8)):
        sheet.line([(x + leg, y - 26), (x + leg + reach, y)], INK, 5)
    sheet.line([(x - 20, y - 30), (x + 20, y - 30)], INK, 19)
    sheet.line([(x - 22, y - 36), (x - 34, y - 50)], INK, 12)
    sheet.line([(x - 34, y - 52), (x - 50, y - 47)], INK, 9)
    sheet.cut((x - 32, y - 52), (x - 26, y - 68), INK, 8)
    sheet.line([(x + 24, y - 34), (x + 40, y - 50), (x + 44, y - 58)], INK, 4)
    sheet.line([(x - 26, y - 42), (x + 40, y - 70), (x + 78, y - 82)], INK, 1.6)
