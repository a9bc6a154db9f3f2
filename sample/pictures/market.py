"""A market hall in the morning: iron ribs, a fan window, awnings and crates on both sides."""

from collections.abc import Sequence
from itertools import pairwise
from math import cos, pi, sin

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
from pictures.sheet import Dice, Point, Sheet, arc, rough
from pictures.textures import grain, rays

EYE: Point = (600.0, 430.0)
WIDE, SPRING, FLOOR, RISE = 680.0, -110.0, 410.0, 380.0  # the hall at no depth, from the eye
DEPTHS = (0.0, 0.55, 1.2, 2.0, 3.0, 4.4, 6.4)
AWNINGS = ((RED, PAPER), (NAVY, CREAM), (OCHRE, PAPER), (RED, CREAM), (NAVY, PAPER), (RED, PAPER))
HEAPS: tuple[tuple[Ink, Ink], ...] = (
    (ROSE, RED),
    (MOSS, STONE),
    (OCHRE, SAND),
    (RED, ROSE),
    (AMBER, OCHRE),
)


def draw() -> Sheet:
    """The whole print."""
    dice = Dice(71)
    sheet = Sheet(MIST)
    _glass(sheet)
    _floor(sheet, dice)
    _end_wall(sheet, dice)
    for near, far in zip(DEPTHS[-2::-1], DEPTHS[:0:-1], strict=True):
        _rib(sheet, far)
        for side in (-1, 1):
            _stall(sheet, (near, far), side, dice)
        _lamp(sheet, (near + far) / 2)
    _rib(sheet, 0)
    _people(sheet)
    grain(sheet, (0, 0, 1200, 800), CREAM, dice)
    return sheet


def _at(across: float, down: float, depth: float) -> Point:
    """Where a place in the hall lands on the sheet."""
    shrink = 1 / (1 + depth * 0.62)
    return (EYE[0] + across * shrink, EYE[1] + down * shrink)


def _vault(depth: float, share: float) -> Point:
    angle = pi + pi * share
    return _at(WIDE * cos(angle), SPRING + RISE * sin(angle), depth)


def _glass(sheet: Sheet) -> None:
    """The roof, pane by pane, brighter towards the crown and the far end."""
    panes = 14
    for row, (near, far) in enumerate(pairwise(DEPTHS)):
        for pane in range(panes):
            left, right = pane / panes, (pane + 1) / panes
            crown = abs(pane + 0.5 - panes / 2) < 2 + row * 0.7
            ink = CREAM if crown and (pane + row) % 3 else ICE if (pane + row) % 2 else MIST
            corners = [(near, left), (near, right), (far, right), (far, left)]
            sheet.shape([_vault(depth, share) for depth, share in corners], ink)
    for pane in range(panes + 1):
        start, end = _vault(0, pane / panes), _vault(DEPTHS[-1], pane / panes)
        sheet.shape([(start[0] - 3, start[1]), (start[0] + 3, start[1]), end], INK)
    for depth in (0.25, 0.85, 1.6, 2.5, 3.6, 5.2):
        ring = [_vault(depth, step / 40) for step in range(41)]
        sheet.line(ring, SLATE, 3.4 / (1 + depth * 0.62))


def _rib(sheet: Sheet, depth: float) -> None:
    shrink = 1 / (1 + depth * 0.62)
    ring = [_vault(depth, step / 40) for step in range(41)]
    sheet.line(ring, INK, 17 * shrink)
    for start, end in zip(ring[2:38:2], ring[3:39:2], strict=True):
        sheet.cut(start, end, SKY, 4.4 * shrink)
    for side in (-1, 1):
        top, foot = _at(side * WIDE, SPRING, depth), _at(side * WIDE, FLOOR, depth)
        sheet.line([top, foot], INK, 19 * shrink)
        sheet.line(
            [_at(side * WIDE, SPRING + 100, depth), _at(side * (WIDE - 90), SPRING - 60, depth)],
            INK,
            7 * shrink,
        )


def _floor(sheet: Sheet, dice: Dice) -> None:
    sheet.shape(
        [_at(-WIDE, FLOOR, 0), _at(WIDE, FLOOR, 0), _at(WIDE, FLOOR, 30), _at(-WIDE, FLOOR, 30)],
        STONE,
    )
    for row, (near, far) in enumerate(pairwise(FLAGS)):
        for column in range(-7, 7):
            if (row + column) % 2:
                corners = [(column, near), (column + 1, near), (column + 1, far), (column, far)]
                tile = [_at(across * 110, FLOOR, depth) for across, depth in corners]
                sheet.shape(rough(tile, dice, by=0.7, every=30), CREAM)
    for _ in range(60):
        x, y = dice.around(600, 240), dice.between(560, 800)
        reach = (y - 540) * 0.22
        sheet.cut((x - reach, y), (x + reach, y), SAND, 1 + reach * 0.06)


FLAGS = (-0.3, 0.0, 0.35, 0.75, 1.2, 1.75, 2.4, 3.2, 4.2, 5.4)


def _end_wall(sheet: Sheet, dice: Dice) -> None:
    depth = DEPTHS[-1]
    left, foot = _at(-WIDE, FLOOR, depth)
    right, spring = _at(WIDE, SPRING, depth)
    sheet.box(left, spring, right, foot, NAVY)
    radius, tall = (right - left) / 2, RISE / (1 + depth * 0.62)
    sheet.shape(arc(EYE[0], spring, radius, tall, pi, 2 * pi), SAND)
    with sheet.within(arc(EYE[0], spring, radius, tall, pi, 2 * pi)):
        rays(sheet, (EYE[0], spring), (26, 170), PAPER, 44, dice)
        sheet.disc(EYE[0], spring, 24, RED)
        for spoke in range(1, 8):
            rim = arc(EYE[0], spring, radius, tall, pi + pi * spoke / 8, pi + pi * spoke / 8)
            sheet.line([(EYE[0], spring), rim[0]], INK, 2.6)
    sheet.line(arc(EYE[0], spring, radius * 0.5, tall * 0.5, pi, 2 * pi), INK, 2.6)
    sheet.line([(left, spring), (right, spring)], INK, 5)
    sheet.box(EYE[0] - 24, spring + 28, EYE[0] + 24, foot, SAND)
    sheet.line([(EYE[0], spring + 28), (EYE[0], foot)], INK, 3)
    sheet.line([(EYE[0] - 24, spring + 44), (EYE[0] + 24, spring + 44)], INK, 3)


def _stall(sheet: Sheet, bay: tuple[float, float], side: int, dice: Dice) -> None:
    near, far = bay
    number = DEPTHS.index(near)
    near, far = near + (far - near) * 0.06, far - (far - near) * 0.06
    back = [
        _at(side * WIDE, SPRING + 60, near),
        _at(side * WIDE, SPRING + 60, far),
        _at(side * WIDE, FLOOR, far),
        _at(side * WIDE, FLOOR, near),
    ]
    sheet.shape(back, NAVY if (number + side) % 2 else BARK)
    counter = 380.0
    top = [(counter, 210, near), (counter, 210, far), (WIDE, 150, far), (WIDE, 150, near)]
    sheet.shape([_at(side * x, y, z) for x, y, z in top], BARK)
    front = [
        (counter, 205, near),
        (counter, 205, far),
        (counter, FLOOR, far),
        (counter, FLOOR, near),
    ]
    sheet.shape([_at(side * x, y, z) for x, y, z in front], AMBER if (number + side) % 2 else SLATE)
    end = [(counter, 205, near), (WIDE, 150, near), (WIDE, FLOOR, near), (counter, FLOOR, near)]
    sheet.shape([_at(side * x, y, z) for x, y, z in end], INK)
    for plank in range(1, 6):
        level = 190 + plank * 40
        sheet.cut(_at(side * counter, level, near), _at(side * WIDE, level - 26, near), SLATE, 4)
    for plank in range(1, 5):
        level = 205 + plank * 41
        sheet.cut(
            _at(side * counter, level, near),
            _at(side * counter, level, far),
            INK,
            3 / (1 + near * 0.5),
        )
    _heaps(sheet, (near, far), side, dice)
    _awning(sheet, (near, far), side, AWNINGS[(number * 2 + (side > 0)) % len(AWNINGS)])


def _heaps(sheet: Sheet, bay: tuple[float, float], side: int, dice: Dice) -> None:
    near, far = bay
    for row, (across, lift) in enumerate(((600.0, 150.0), (510.0, 168.0), (420.0, 186.0))):
        for step in range(7, -1, -1):
            depth = near + (far - near) * (step + 0.5) / 8
            heap = HEAPS[(row * 2 + step // 3 + (side > 0) + int(near * 3)) % len(HEAPS)]
            size = 19 / (1 + depth * 0.62)
            for fruit in ((-26, 0), (0, 0), (26, 0), (-13, -22), (13, -22)):
                spot = _at(side * (across + fruit[0]), lift + fruit[1], depth)
                sheet.disc(*spot, size, INK)
                sheet.disc(*spot, size * 0.88, heap[0])
                shine = (spot[0] - size * 0.3, spot[1] - size * 0.3)
                sheet.disc(*shine, size * dice.between(0.3, 0.42), heap[1])


def _awning(sheet: Sheet, bay: tuple[float, float], side: int, inks: Sequence[Ink]) -> None:
    near, far = bay
    stripes = 9
    for stripe in range(stripes):
        first = near + (far - near) * stripe / stripes
        last = near + (far - near) * (stripe + 1) / stripes
        ink = inks[stripe % 2]
        cloth = [(WIDE, -150, first), (WIDE, -150, last), (370, -40, last), (370, -40, first)]
        sheet.shape([_at(side * x, y, z) for x, y, z in cloth], ink)
        fall = [
            (370, -42, first),
            (370, -42, last),
            (370, -6, last),
            (370, 8, (first + last) / 2),
            (370, -6, first),
        ]
        sheet.shape([_at(side * x, y, z) for x, y, z in fall], ink)
    edge = [_at(side * 370, -41, near), _at(side * 370, -41, far)]
    sheet.line(edge, INK, 3 / (1 + near * 0.62))
    gable = [(WIDE, -150, near), (370, -40, near), (370, -4, near), (WIDE, -60, near)]
    sheet.shape([_at(side * x, y, z) for x, y, z in gable], INK)
    sheet.cut(_at(side * 380, -24, near), _at(side * WIDE, -104, near), inks[0], 5)


def _lamp(sheet: Sheet, depth: float) -> None:
    shrink = 1 / (1 + depth * 0.62)
    x, y = _at(0, -300, depth)
    sheet.line([_at(0, SPRING - RISE, depth), (x, y)], INK, 4 * shrink)
    sheet.shape(arc(x, y + 26 * shrink, 46 * shrink, 36 * shrink, pi, 2 * pi), INK)
    sheet.disc(x, y + 27 * shrink, 20 * shrink, SAND, squash=0.8)


def _people(sheet: Sheet) -> None:
    crowd = (
        (575.0, 5.0, NAVY, None, 1),
        (640.0, 4.2, INK, RED, -1),
        (548.0, 2.6, INK, None, -1),
        (668.0, 1.9, NAVY, OCHRE, 1),
        (512.0, 0.95, INK, RED, 1),
    )
    for x, depth, coat, scarf, facing in crowd:
        foot = _at(0, FLOOR, depth)[1]
        height = 330 / (1 + depth * 0.62)
        sheet.disc(x, foot, height * 0.2, BARK, squash=0.14)
        Figure(coat=coat, scarf=scarf, facing=facing).walk(sheet, (x, foot), height)
    x, foot = 512.0, _at(0, FLOOR, 0.95)[1]
    height = 330 / (1 + 0.95 * 0.62)
    hand = (x + 0.15 * height, foot - 0.45 * height)
    sheet.line([hand, (hand[0], hand[1] + 18)], INK, 2.4)
    sheet.shape(
        [
            (hand[0] - 26, hand[1] + 16),
            (hand[0] + 26, hand[1] + 16),
            (hand[0] + 19, hand[1] + 46),
            (hand[0] - 19, hand[1] + 46),
        ],
        OCHRE,
    )
    for reach in (-14, 0, 14):
        sheet.cut((hand[0] + reach * 0.4, hand[1] + 18), (hand[0] + reach, hand[1] - 12), MOSS, 11)
