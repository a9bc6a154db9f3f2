"""How many mails fly to one mail house at once: fewer after its 4xx, more after its 250.

It grows by one for every width of acceptances and halves at a 4xx, as TCP does; a house that takes
nothing even one at a time is left in peace for a while.  Touches nothing but its own numbers; one
is asked twice for every mail, so they are changed in place.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

_RESTS = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15))
_PATIENCE = 3  # refusals in a row, one mail at a time, before a house is left in peace


@dataclass(slots=True, kw_only=True)
class Flow:
    """What one domain group gets of us now."""

    most: int  # mails at once, whatever it accepts
    width: float  # mails at once, as far as it has accepted
    flying: int = 0
    refusals: int = 0  # in a row, at a width of one
    rests: int = 0  # in a row, without an acceptance between
    since: datetime | None = None  # left in peace from then
    until: datetime | None = None  # till then

    def free(self, *, now: datetime) -> bool:
        """Whether one more may fly."""
        return self.flying < int(self.width) and self.opens(now) <= now

    def opens(self, now: datetime) -> datetime:
        """Until when it is left in peace; `now`: it is not, or the clock was set back meanwhile."""
        if self.until is None or self.since is None or not self.since <= now < self.until:
            return now
        return self.until

    def room(self, *, now: datetime) -> int:
        """How many more may fly."""
        return max(0, int(self.width) - self.flying) if self.free(now=now) else 0

    def taken(self) -> None:
        """One more flies."""
        self.flying += 1

    def back(self) -> None:
        """One landed that says nothing about the house."""
        if self.flying:
            self.flying -= 1

    def accepted(self) -> None:
        """One was taken: a little more may fly."""
        self.back()
        if self.width < self.most:
            self.width = min(float(self.most), self.width + 1 / self.width)
        self.refusals, self.rests, self.until = 0, 0, None

    def slowed(self, *, now: datetime) -> None:
        """It asked for less."""
        narrow = self.width <= 1
        self.width = max(1.0, min(self.width, float(max(1, self.flying))) / 2)
        self.back()
        if not narrow:
            return
        self.refusals += 1
        if self.refusals == _PATIENCE:
            self.since, self.until = now, now + _RESTS[min(self.rests, len(_RESTS) - 1)]
            self.refusals, self.rests = 0, self.rests + 1


def begun(most: int) -> Flow:
    """A house we have heard nothing of yet."""
    return Flow(most=max(1, most), width=float(max(1, most)))
