"""A limit of seconds, kept at the last moment: when a MAIL goes out, not when it was started.

A token is taken a commit and a digest before its MAIL, and a busy store may hold back a dozen of
them that then leave together.  Who passes here is counted at once, by a clock that nobody sets.
"""

from collections import deque

from publisher.model.rates import Limit

_SPARE = 1 / 40  # of the span: what a network may hold back one MAIL longer than another


class Turnstile:
    """Lets so many pass in any span, wherever it begins; times are seconds of the loop's clock."""

    def __init__(self, limit: Limit, *, now: float) -> None:
        """It begins as if all had just passed: nobody knows what went before this process began."""
        self._span = limit.per.total_seconds() * (1 + _SPARE)
        self._passed = deque([now] * limit.count, maxlen=limit.count)

    def wait(self, now: float) -> float:
        """Seconds until one more may pass; 0: at once."""
        return max(0.0, self._passed[0] + self._span - now)

    def let_pass(self, now: float) -> None:
        """One more passes."""
        self._passed.append(now)
