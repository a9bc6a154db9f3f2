"""Which mail house may have one more of a relay's connections: none fills them all by being slow.

A server may take long over the mails of one house alone, and say nothing of it.  Such houses get
half of the connections, together, for as long as mails of others are found; all of them where
nobody else has any.  Touches nothing but its own numbers.
"""

from dataclasses import dataclass, field
from math import inf

from publisher.model.names import DeliveryId

_LONG = 1.0  # seconds; whose mails take less holds up nobody
_TIMES = 3.0  # so much longer than those of another house, and it is slow
_LATELY = 60.0  # seconds; what landed before one of ours began by more than that is no measure
_PART = 4  # one part in so many of a mean is the last mail's
_LOOK = 1.0  # seconds in which others' mails are looked for in the ledger
_ALONE = 10.0  # seconds; none was found, and it is worth another look
_KNOWN = 4096  # houses remembered


@dataclass(slots=True)
class _House:
    mean: float  # seconds from when a mail is let go till it lands
    landed_at: float  # the last of them


@dataclass(slots=True, kw_only=True)
class Berths:
    """One relay's.  Times are seconds of the loop's clock, `at` is now.

    Asked and told of every mail, so it does little where no house is slow.
    """

    connections: int
    slow: set[str] = field(default_factory=set)  # houses
    _houses: dict[str, _House] = field(default_factory=dict)
    _flying: dict[DeliveryId, tuple[str, float]] = field(default_factory=dict)  # since when
    _other_at: float = -inf  # when a mail of a house that is not slow was last let go
    _looked_since: float | None = None  # since when slow ones are refused for the sake of others
    _alone_until: float = -inf

    def room(self, house: str, *, at: float) -> int | None:
        """How many more of its mails may go; None: as many as there are connections."""
        if house not in self.slow:
            return None
        flying = sum(one in self.slow for one, _ in self._flying.values())
        free = max(1, self.connections // 2) - flying
        if free > 0:
            self._looked_since = None
            return free
        return None if self._nobody_else(at) else 0

    def taken(self, house: str, delivery: DeliveryId, *, at: float) -> None:
        """One more is let go."""
        self._flying[delivery] = house, at
        if self.slow and house not in self.slow:
            self._other_at, self._alone_until = at, -inf

    def landed(self, delivery: DeliveryId, *, at: float) -> None:
        """It came down, whatever became of it."""
        if (flown := self._flying.pop(delivery, None)) is None:
            return
        house, began = flown
        if (known := self._houses.get(house)) is None:
            self._make_room()
            known = self._houses[house] = _House(at - began, at)
        elif known.landed_at < began - _LATELY:
            known.mean = at - began
        else:
            known.mean += (at - began - known.mean) / _PART
        known.landed_at = at
        if known.mean >= _LONG and self._takes_longer(house, since=began - _LATELY):
            self.slow.add(house)
        elif self.slow:
            self.slow.discard(house)

    def never_left(self, delivery: DeliveryId) -> None:
        """It did not go, which says nothing of its house."""
        self._flying.pop(delivery, None)

    def _takes_longer(self, house: str, *, since: float) -> bool:
        others = [
            one.mean
            for name, one in self._houses.items()
            if name != house and one.landed_at >= since
        ]
        return bool(others) and self._houses[house].mean >= _TIMES * min(others)

    def _nobody_else(self, at: float) -> bool:
        """Others were looked for, and are not there; from time to time it is looked again."""
        if at < self._alone_until:
            return True
        if self._looked_since is None:
            self._looked_since = at
        if at - max(self._looked_since, self._other_at) < _LOOK:
            return False
        self._looked_since, self._alone_until = None, at + _ALONE
        return True

    def _make_room(self) -> None:
        """All but the slow ones are learnt anew."""
        if len(self._houses) >= _KNOWN:
            self._houses = {name: one for name, one in self._houses.items() if name in self.slow}
