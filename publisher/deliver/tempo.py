"""How fast a lane goes: mails a second, as of the last second or two.  Touches only its numbers."""

from dataclasses import dataclass

_WINDOW = 1.0  # seconds over which is counted
_SHORTEST = 0.25  # seconds: less says nothing


@dataclass(slots=True)
class Tempo:
    """Counted in place, for it is told of every mail."""

    began: float  # loop time
    count: int = 0  # since then; whoever sends one adds one
    before: float = 0.0  # mails a second in the window before
    known: bool = False  # there was a window before

    def tells(self, *, at: float) -> bool:
        """Whether a pace says anything yet."""
        return self.known or at - self.began >= _SHORTEST

    def pace(self, *, at: float) -> float:
        """Mails a second; where it falls, a window later."""
        span = at - self.began
        now = self.count / max(span, _SHORTEST)
        if span < _WINDOW:
            return max(self.before, now)
        self.began, self.count, self.before, self.known = at, 0, now, True
        return now
