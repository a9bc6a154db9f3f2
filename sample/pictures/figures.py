"""People as silhouettes, every one from the same few strokes."""

from dataclasses import dataclass

from pictures.inks import Ink
from pictures.sheet import Point, Sheet


@dataclass(frozen=True, kw_only=True)
class Placing:
    """From shares of a figure's height, counted up from the feet, to a place on the sheet."""

    foot: Point
    wide: float
    tall: float

    def __call__(self, across: float, up: float) -> Point:
        """The place on the sheet."""
        return (self.foot[0] + across * self.wide, self.foot[1] - up * self.tall)


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A person in a coat; `facing` is 1 to the right, -1 to the left."""

    coat: Ink
    scarf: Ink | None = None
    facing: int = 1

    def walk(self, sheet: Sheet, foot: Point, height: float, *, stride: float = 0.11) -> None:
        """Someone on the way, one foot before the other."""
        at = self._scale(foot, height)
        hip = at(0, 0.42)
        for reach in (stride, -stride):
            sheet.line([hip, at(reach * 0.7, 0.2), at(reach, 0.02)], self.coat, height * 0.075)
            sheet.line([at(reach, 0.02), at(reach + 0.06, 0.015)], self.coat, height * 0.05)
        self._coat(sheet, at, height)
        sheet.line([at(0.02, 0.76), at(0.1, 0.56), at(0.15, 0.47)], self.coat, height * 0.07)

    def stand(self, sheet: Sheet, foot: Point, height: float) -> None:
        """Someone waiting, feet together."""
        self.walk(sheet, foot, height, stride=0.045)

    def skate(self, sheet: Sheet, foot: Point, height: float) -> None:
        """Someone gliding on the front foot, the other one raised behind."""
        at = self._scale(foot, height)
        hip = at(-0.05, 0.42)
        sheet.line([hip, at(0.07, 0.24), at(0.02, 0.03)], self.coat, height * 0.08)
        sheet.line([hip, at(-0.2, 0.3), at(-0.42, 0.2)], self.coat, height * 0.075)
        sheet.line([at(-0.06, 0.0), at(0.13, 0.0)], self.coat, height * 0.022)
        sheet.line([at(-0.47, 0.25), at(-0.4, 0.13)], self.coat, height * 0.022)
        sheet.shape([at(-0.17, 0.4), at(0.06, 0.36), at(0.2, 0.7), at(0.06, 0.78)], self.coat)
        sheet.line([at(0.13, 0.7), at(0.3, 0.58), at(0.42, 0.62)], self.coat, height * 0.06)
        sheet.line([at(0.06, 0.72), at(-0.16, 0.66), at(-0.28, 0.58)], self.coat, height * 0.06)
        self._head(sheet, at(0.2, 0.85), height)
        if self.scarf:
            sheet.line([at(0.1, 0.75), at(0.2, 0.74)], self.scarf, height * 0.06)
            sheet.cut(at(0.12, 0.77), at(-0.22, 0.8), self.scarf, height * 0.07)

    def _coat(self, sheet: Sheet, at: Placing, height: float) -> None:
        sheet.shape(
            [at(-0.1, 0.78), at(0.09, 0.78), at(0.15, 0.3), at(0.0, 0.27), at(-0.16, 0.3)],
            self.coat,
        )
        sheet.disc(*at(0, 0.76), height * 0.1, self.coat, squash=0.6)
        self._head(sheet, at(0.015, 0.905), height)
        if self.scarf:
            sheet.line([at(-0.06, 0.81), at(0.07, 0.81)], self.scarf, height * 0.055)
            sheet.cut(at(-0.05, 0.82), at(-0.16, 0.6), self.scarf, height * 0.08)

    def _head(self, sheet: Sheet, centre: Point, height: float) -> None:
        x, y = centre
        sheet.disc(x, y, height * 0.072, self.coat, squash=1.12)
        sheet.disc(x, y - height * 0.04, height * 0.08, self.coat, squash=0.62)

    def _scale(self, foot: Point, height: float) -> Placing:
        return Placing(foot=foot, wide=height * self.facing, tall=height)
