"""Dice that fall as told."""

from random import Random


class Loaded(Random):
    """`uniform` gives the same share of its span every time: 0 its beginning, 1 its end."""

    def __init__(self, falls: float) -> None:
        self._falls = falls
        super().__init__()

    def uniform(self, a: float, b: float) -> float:
        return a + (b - a) * self._falls
