"""How many mails fly to one mail house at once: fewer after its 4xx, more after its 250.  Pure.

It grows by one for every width of acceptances and halves at a 4xx, as TCP does; a house that takes
nothing even one at a time is left in peace for a while.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

_RESTS = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15))
_PATIENCE = 3  # refusals in a row, one mail at a time, before a house is left in peace


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """What one domain group gets of us now."""

    most: int  # mails at once, whatever it accepts
    width: float  # mails at once, as far as it has accepted
    flying: int = 0
    refusals: int = 0  # in a row, at a width of one
    rests: int = 0  # in a row, without an acceptance between
    until: datetime | None = None  # left in peace till then

    def free(self, *, now: datetime) -> bool:
        """Whether one more may fly."""
        return self.flying < int(self.width) and not self.resting(now=now)

    def resting(self, *, now: datetime) -> bool:
        """Whether it is left in peace."""
        return self.until is not None and now < self.until

    def taken(self) -> "Flow":
        """One more flies."""
        return replace(self, flying=self.flying + 1)

    def back(self) -> "Flow":
        """One landed that says nothing about the house."""
        return replace(self, flying=max(0, self.flying - 1))

    def accepted(self) -> "Flow":
        """One was taken: a little more may fly."""
        width = min(float(self.most), self.width + 1 / self.width)
        return replace(self.back(), width=width, refusals=0, rests=0, until=None)

    def slowed(self, *, now: datetime) -> "Flow":
        """It asked for less."""
        width = max(1.0, min(self.width, float(max(1, self.flying))) / 2)
        if self.width > 1:
            return replace(self.back(), width=width)
        refusals = self.refusals + 1
        if refusals < _PATIENCE:
            return replace(self.back(), refusals=refusals)
        rest = _RESTS[min(self.rests, len(_RESTS) - 1)]
        return replace(self.back(), refusals=0, rests=self.rests + 1, until=now + rest)


def begun(most: int) -> Flow:
    """A house we have heard nothing of yet."""
    return Flow(most=max(1, most), width=float(max(1, most)))
