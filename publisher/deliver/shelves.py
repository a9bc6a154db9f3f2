"""What is claimed, by whether its mail house may be mailed now: a line, and shelves beside it.

A house that takes no more has a shelf of its own, so nobody waits behind it and it is asked once,
not once for each of its mails.  Asks no gate itself; see hopper.py.
"""

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import chain

from publisher.deliver.tempo import Tempo
from publisher.model.deliveries import Delivery
from publisher.model.names import DeliveryId
from publisher.model.notices import is_notice

_HELD = 10.0  # seconds of a barred house's pace that are held
_FEW = 50  # mails of it that are, however slow it is
_BACK, _LATEST = timedelta(seconds=5), timedelta(minutes=1)  # what is beyond comes back between
_EARLY = 2  # times as fast as the house takes them
Claimed = tuple[Delivery, datetime]  # and when its lease ends


@dataclass(slots=True, kw_only=True)
class Shelf:
    """What waits for one mail house."""

    tempo: Tempo  # of what leaves it
    ones: deque[Claimed] = field(default_factory=deque)
    room: int = 0  # how many of them may go now
    booked: datetime | None = None  # what goes back to the ledger is not due before

    def fits(self, *, at: float, unknown: int) -> int:
        """How many are worth holding, by its pace; so many where it is unknown; `at`: loop time."""
        if not self.tempo.tells(at=at):
            return unknown
        return max(_FEW, int(self.tempo.pace(at=at) * _HELD))

    def book(self, count: int, *, at: float, now: datetime) -> list[datetime]:
        """When so many that go back to the ledger are due again.

        One by one, and sooner than the house takes them, so that it never waits for any; behind
        those that went back before.  All that would be due later than in a minute is due then.
        """
        pace = max(self.tempo.pace(at=at), _FEW / _HELD) * _EARLY
        first, last = max(now + _BACK, self.booked or now), now + _LATEST
        turns = [min(first + timedelta(seconds=n / pace), last) for n in range(count + 1)]
        self.booked = turns.pop()
        return turns


class Shelves:
    """In the order in which they were claimed; Notices before all digests."""

    def __init__(self, house: Callable[[Delivery], str], *, time: Callable[[], float]) -> None:
        self._house, self._time = house, time
        self._line: deque[Claimed] = deque()
        self.barred: dict[str, Shelf] = {}
        self._open: dict[str, Shelf] = {}  # those of them that may have some now
        self._from: str | None = None  # whose shelf the first one lies on; None: in the line

    def __len__(self) -> int:
        """How many may go, as far as is known."""
        if not self._open:
            return len(self._line)
        return len(self._line) + sum(min(one.room, len(one.ones)) for one in self._open.values())

    def __iter__(self) -> Iterator[Claimed]:
        """Everything: first what waits for its house, then the line."""
        return chain(self.aside(), list(self._line))

    def aside(self) -> Iterator[Claimed]:
        """What waits for its house."""
        return chain.from_iterable(list(one.ones) for one in self.barred.values())

    def add(self, ones: Iterable[Claimed]) -> None:
        """Behind the others; Notices before them."""
        new = [one for one in ones if not (self.barred and self._shelved(one))]
        ahead = [one for one in new if is_notice(one[0].issue)]
        self._line.extendleft(reversed(ahead))
        self._line.extend(new if not ahead else (one for one in new if one not in ahead))

    def first(self) -> Claimed | None:
        """The next one that may go, as far as is known."""
        self._from = None
        line = self._line
        if self.barred:
            while line and self._shelved(line[0]):
                line.popleft()
            if not (line and is_notice(line[0][0].issue)):
                self._from = next(iter(self._open), None)
        if self._from is not None:
            return self.barred[self._from].ones[0]
        return line[0] if line else None

    def went(self) -> None:
        """The first is gone."""
        if self._from is None:
            self._line.popleft()
            return
        shelf = self.barred[self._from]
        shelf.ones.popleft()
        shelf.tempo.count += 1
        self.reopen(self._from, shelf.room - 1)
        self._tidy(self._from)

    def bar(self) -> str:
        """The first may not go, nor may any other of its house; which one that is."""
        if self._from is not None:
            self.reopen(self._from, 0)
            return self._from
        one = self._line.popleft()
        house = self._house(one[0])
        self.barred[house] = Shelf(tempo=Tempo(self._time()), ones=deque([one]))
        return house

    def reopen(self, house: str, room: int) -> None:
        """So many of those that wait for it may go now."""
        if (shelf := self.barred.get(house)) is None:
            return
        shelf.room = room
        if room > 0:
            self._open[house] = shelf
        else:
            self._open.pop(house, None)

    def drop(self, gone: Collection[DeliveryId]) -> set[DeliveryId]:
        """Take these out; which of them were here."""
        here = {one.id for one, _ in self if one.id in gone}
        if here:
            self._line = _without(self._line, here)
            for name, shelf in list(self.barred.items()):
                shelf.ones = _without(shelf.ones, here)
                self._tidy(name)
        return here

    def cut(self, most: int) -> list[Claimed]:
        """Take out what is at the end of the line beyond so many."""
        return cut(self._line, most)

    def _shelved(self, one: Claimed) -> bool:
        """Put it on its house's shelf where there is one."""
        shelf = self.barred.get(self._house(one[0]))
        if shelf is None:
            return False
        if is_notice(one[0].issue):
            shelf.ones.appendleft(one)
        else:
            shelf.ones.append(one)
        return True

    def _tidy(self, house: str) -> None:
        """An empty shelf bars nobody."""
        if not self.barred[house].ones:
            del self.barred[house]
            self._open.pop(house, None)


def cut(ones: deque[Claimed], most: int) -> list[Claimed]:
    """Take out what is beyond so many at the end, in its order."""
    beyond = [ones.pop() for _ in range(len(ones) - most)]
    beyond.reverse()
    return beyond


def _without(ones: deque[Claimed], gone: Collection[DeliveryId]) -> deque[Claimed]:
    return deque(one for one in ones if one[0].id not in gone)
