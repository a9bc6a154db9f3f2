"""Which of two ways is quicker here and now: each has its turn, and the better one stays a while.

Reads no clock; it decides from what it is told.
"""

_WARM_UP = 0.3  # seconds: sessions are opened, and nothing is measured
_TRIAL = 0.2  # seconds
_STAY = 20.0  # seconds until the other way is tried again
_BREAK = 0.05  # seconds without anything done: what was measured before says nothing


class Duel:
    """`second`: whether it is the second way's turn.  That one is tried first."""

    def __init__(self) -> None:
        self.second = True
        self._rates: dict[bool, float] = {}  # measured last, of one or both
        self._span = _TRIAL
        self._began = self._last = float("-inf")
        self._done = 0

    def did(self, much: int, *, now: float) -> None:
        """So much was done in the way whose turn it is; `now` in seconds."""
        if now - self._last > _BREAK:
            self._begin(now + (_WARM_UP if self._last < 0 else 0))
        self._last = now
        if now < self._began:
            return
        self._done += much
        if now - self._began >= self._span:
            self._end(now)

    def _begin(self, at: float) -> None:
        self._began, self._done = at, 0

    def _end(self, now: float) -> None:
        """A trial of one is followed by one of the other, and both by a long turn of the better."""
        self._rates[self.second] = self._done / (now - self._began)
        if self._span == _TRIAL and len(self._rates) == len((True, False)):
            self.second = self._rates[True] >= self._rates[False]
            self._span = _STAY
            self._rates.clear()
        else:
            self.second = not self.second
            self._span = _TRIAL
        self._begin(now)
