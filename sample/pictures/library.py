"""Library windows at night: shelves behind the glass, a reader under a lamp, a cat on the sill."""

from math import pi

from pictures.figures import Figure
from pictures.inks import (
    AMBER,
    BARK,
    CREAM,
    ICE,
    INK,
    MIST,
    MOSS,
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
)
from pictures.sheet import WIDTH, Dice, Point, Sheet, arc, rough
from pictures.textures import Boughs, Rows, grain, hatch, snowfall

TOP, SPRING, SILL = 176.0, 286.0, 548.0
HALF = 108.0
WINDOWS = (236.0, 582.0, 928.0)
GROUND = 612.0
SPINES = (OCHRE, AMBER, STONE, ROSE, OCHRE, SKY, CREAM, MIST, AMBER, RED)


def draw() -> Sheet:
    """The whole print."""
    dice = Dice(37)
    sheet = Sheet(NIGHT)
    _wall(sheet, dice)
    for x in WINDOWS:
        _window(sheet, x, dice)
    _cornice(sheet, dice)
    _snow(sheet, dice)
    Figure(coat=INK, scarf=RED).walk(sheet, (392, 704), 168)
    _book(sheet, (424, 618))
    Boughs(ink=INK, dice=dice, snow=PAPER, spread=0.27).grow(sheet, (1130, 742), 560)
    snowfall(sheet, 150, PAPER, dice)
    grain(sheet, (0, 0, 1200, 800), CREAM, dice)
    return sheet


def _wall(sheet: Sheet, dice: Dice) -> None:
    sheet.box(0, 70, 1200, GROUND + 10, NAVY)
    row = 0
    y = 118.0
    while y < GROUND:
        x = -40.0 + (row % 2) * 22
        while x < WIDTH:
            if dice.happens(0.42):
                sheet.cut((x, y), (x + 36, dice.around(y, 1)), SLATE, 3)
            x += 44
        y, row = y + 16, row + 1
    sheet.box(0, GROUND - 34, 1200, GROUND + 10, NIGHT)
    hatch(sheet, (0, GROUND - 28, 1200, GROUND), SLATE, dice, Rows(gap=14, width=2.6, length=110))


def _opening(x: float, grow: float) -> list[Point]:
    half = HALF + grow
    crown = arc(x, SPRING, half, SPRING - TOP + grow, pi, 2 * pi)
    return [*crown, (x + half, SILL + grow * 0.2), (x - half, SILL + grow * 0.2)]


def _window(sheet: Sheet, x: float, dice: Dice) -> None:
    sheet.shape(rough(_opening(x, 26), dice, by=0.7), SLATE)
    sheet.shape(_opening(x, 11), INK)
    pane = _opening(x, 0)
    sheet.shape(pane, SAND)
    with sheet.within(pane):
        hatch(
            sheet, (x - HALF, TOP, x + HALF, SPRING), CREAM, dice, Rows(gap=13, width=5, length=80)
        )
        _shelves(sheet, x, dice)
        {WINDOWS[0]: _climber, WINDOWS[1]: _reader, WINDOWS[2]: _cat}[x](sheet, x)
    _bars(sheet, x)
    for step in range(9):
        angle = pi + pi * (step + 0.5) / 9
        wedge = arc(x, SPRING, HALF + 21, SPRING - TOP + 21, angle - 0.02, angle + 0.02)
        outer = arc(x, SPRING, HALF + 27, SPRING - TOP + 27, angle - 0.02, angle + 0.02)
        sheet.line([wedge[0], outer[0]], NAVY, 3)
    ledge = [
        (x - HALF - 38, SILL + 2),
        (x + HALF + 38, SILL + 2),
        (x + HALF + 34, SILL + 22),
        (x - HALF - 34, SILL + 22),
    ]
    sheet.shape(rough(ledge, dice, by=0.8), INK)
    cap = [
        (x - HALF - 40, SILL + 6),
        (x - 80, SILL - 6),
        (x + 10, SILL - 3),
        (x + 90, SILL - 8),
        (x + HALF + 40, SILL + 6),
    ]
    sheet.shape(rough(cap, dice), PAPER)


def _shelves(sheet: Sheet, x: float, dice: Dice) -> None:
    for shelf in (302.0, 372.0, 442.0, 512.0, 582.0):
        left = x - HALF - 4
        while left < x + HALF:
            wide, tall = dice.between(6, 13), dice.between(38, 56)
            if dice.happens(0.1):
                left += wide
                continue
            ink = SPINES[int(dice.between(0, len(SPINES)))]
            lean = dice.between(3, 9) if dice.happens(0.12) else 0
            sheet.shape(
                [
                    (left + lean, shelf - tall),
                    (left + wide + lean, shelf - tall),
                    (left + wide, shelf),
                    (left, shelf),
                ],
                ink,
            )
            sheet.cut(
                (left + lean + wide / 2, shelf - tall + 4), (left + wide / 2, shelf - 6), SAND, 1.8
            )
            left += wide + dice.between(0.8, 2)
        sheet.box(x - HALF, shelf, x + HALF, shelf + 7, BARK)


def _climber(sheet: Sheet, x: float) -> None:
    for side in (-1, 1):
        sheet.line([(x - 76 + side * 18, 560), (x - 42 + side * 13, 236)], INK, 6)
    for rung in range(9):
        y = 250 + rung * 38
        middle = x - 76 + (560 - y) * 0.105
        sheet.line([(middle - 16, y), (middle + 16, y)], INK, 4)
    Figure(
        coat=INK,
        scarf=RED,
    ).stand(sheet, (x - 58, 528), 186)
    sheet.line([(x - 46, 392), (x + 4, 372), (x + 26, 348)], INK, 12)
    sheet.box(x + 20, 320, x + 30, 352, RED)


def _reader(sheet: Sheet, x: float) -> None:
    sheet.box(x - HALF, 500, x + HALF, 560, INK)
    sheet.cut((x - HALF, 505), (x + HALF, 505), OCHRE, 4)
    sheet.shape([(x - 84, 502), (x - 74, 424), (x - 44, 396), (x - 8, 424), (x + 6, 502)], INK)
    sheet.disc(x - 34, 376, 24, INK, squash=1.15)
    sheet.disc(x - 52, 360, 12, INK)
    sheet.line([(x - 16, 430), (x + 18, 484)], INK, 17)
    sheet.shape([(x - 8, 494), (x + 16, 470), (x + 20, 492)], PAPER)
    sheet.shape([(x + 22, 492), (x + 24, 470), (x + 50, 490)], PAPER)
    sheet.line([(x + 72, 498), (x + 72, 430)], INK, 6)
    sheet.line([(x + 54, 500), (x + 90, 500)], INK, 7)
    sheet.shape([(x + 56, 404), (x + 88, 404), (x + 106, 438), (x + 38, 438)], MOSS)
    sheet.shape([(x + 38, 438), (x + 106, 438), (x + 100, 445), (x + 44, 445)], PAPER)


def _cat(sheet: Sheet, x: float) -> None:
    sheet.shape(
        [(x - 62, 556), (x - 58, 500), (x - 40, 456), (x - 16, 458), (x - 2, 500), (x + 4, 556)],
        INK,
    )
    sheet.disc(x - 30, 444, 22, INK, squash=0.95)
    for side in (-1, 1):
        sheet.shape(
            [(x - 30 + side * 20, 442), (x - 30 + side * 17, 412), (x - 30 + side * 3, 427)], INK
        )
    sheet.line(arc(x - 6, 528, 34, 20, 0.2, pi / 2), INK, 9)
    sheet.shape([(x + 44, 552), (x + 38, 512), (x + 90, 512), (x + 84, 552)], RED)
    for reach, rise in ((-34, 52), (-16, 82), (2, 96), (20, 78), (34, 48)):
        sheet.cut((x + 64, 514), (x + 64 + reach, 514 - rise), INK, 13)


def _bars(sheet: Sheet, x: float) -> None:
    sheet.box(x - 3.5, TOP, x + 3.5, SILL, INK)
    sheet.box(x - HALF, SPRING - 4, x + HALF, SPRING + 4, INK)
    sheet.box(x - HALF, 414, x + HALF, 419, INK)
    for angle in (1.27, 1.73):
        rim = arc(x, SPRING, HALF, SPRING - TOP, pi * angle, pi * angle)
        sheet.line([(x, SPRING), rim[0]], INK, 5)
    sheet.line(arc(x, SPRING, 44, 44, pi, 2 * pi), INK, 5)


def _cornice(sheet: Sheet, dice: Dice) -> None:
    sheet.box(0, 66, 1200, 96, INK)
    for x in range(8, 1200, 30):
        sheet.box(x, 84, x + 15, 106, INK)
        sheet.cut((x + 3, 88), (x + 3, 104), SLATE, 3)
    sheet.cut((-100, 78), (1300, 78), SLATE, 4)
    roof = [
        (-10, 70),
        (-10, 44),
        (180, 50),
        (420, 40),
        (700, 52),
        (980, 42),
        (1210, 50),
        (1210, 70),
    ]
    sheet.shape(rough(roof, dice, by=1.2), ICE)
    hatch(sheet, (0, 58, 1200, 70), SKY, dice, Rows(gap=7, width=3, length=120))


def _snow(sheet: Sheet, dice: Dice) -> None:
    edge = [(-10.0, 616.0), (300, 606), (640, 618), (900, 604), (1210, 614)]
    sheet.shape(rough([*edge, (1210, 810), (-10, 810)], dice), SKY)
    for x in WINDOWS:
        pool = [(x - HALF, 626), (x + HALF, 626), (x + HALF + 96, 772), (x - HALF - 96, 772)]
        sheet.shape(rough(pool, dice), CREAM)
        for bar in (-0.5, 0.0, 0.5):
            sheet.line(
                [(x + bar * 2 * HALF * 0.66, 626), (x + bar * 2 * (HALF + 96) * 0.66, 772)], MIST, 5
            )
        sheet.line([(x - HALF - 44, 692), (x + HALF + 44, 692)], MIST, 5)
    hatch(sheet, (0, 622, 1200, 800), MIST, dice, Rows(gap=15, width=3.2, length=70))
    near = [(-10.0, 770.0), (280, 752), (620, 776), (900, 752), (1210, 730)]
    sheet.shape(rough([*near, (1210, 810), (-10, 810)], dice), PAPER)
    hatch(sheet, (0, 778, 1200, 800), MIST, dice, Rows(gap=10, width=3, length=120))
    for step in range(9):
        x, y = 20 + step * 40, 744 - step * 5
        sheet.disc(x, y + (step % 2) * 8, 7, SLATE, squash=0.4)


def _book(sheet: Sheet, corner: Point) -> None:
    x, y = corner
    sheet.shape([(x - 13, y - 4), (x + 11, y - 8), (x + 15, y + 20), (x - 9, y + 24)], OCHRE)
