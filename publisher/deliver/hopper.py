"""What is claimed and waits for a line: filled from the ledger, emptied one by one."""

import asyncio
from collections import deque
from datetime import datetime

from publisher.deliver.lane import Lane, Pace
from publisher.errors import StoreBusy
from publisher.model.deliveries import Delivery
from publisher.model.notices import is_notice

_SHORT_NAP = 0.01  # seconds, while all that is claimed has to wait


class Hopper:
    """Leases deliveries a batch at a time.  `take` is the one place where a line gets its next."""

    def __init__(self, lane: Lane, pace: Pace) -> None:
        self._lane, self._pace = lane, pace
        self._claimed: deque[tuple[Delivery, datetime]] = deque()  # and when its lease ends
        self._look_again = 0.0  # loop time of the next claim once exhausted
        self._came_back = False  # since the last claim
        self._unseen = False  # some of the claimed are new to the gate
        self._stuck = False  # none of the claimed may go, as far as is known
        self.closed_until: datetime | None = None  # nothing goes over this lane before
        self.exhausted = False  # the last claim gave all there was
        self.hungry = asyncio.Event()  # little is left, or somebody has nothing to do

    def __len__(self) -> int:
        """How many may go now."""
        if self._stuck or not self._claimed:
            return 0
        room = self._lane.gate.room(now=self._lane.clock())
        return len(self._claimed) if room is None else min(room, len(self._claimed))

    @property
    def holds(self) -> bool:
        """Whether anything is claimed, be it that it must wait."""
        return bool(self._claimed)

    @property
    def nap(self) -> float:
        """Seconds until it is worth another look."""
        return _SHORT_NAP if self._claimed and not len(self) else self._pace.poll

    def take(self, *, behind: Delivery | None = None) -> Delivery | None:
        """The next one that may go and whose lease still runs; None when there is none.

        A Notice stands `behind` nothing, nor anything behind it: its books know no such order.
        """
        if self._stuck or (behind is not None and is_notice(behind.issue)):
            return None
        before, half = len(self._claimed), self._pace.batch // 2
        found = self._found(self._lane.clock(), digests_only=behind is not None)
        if self._stuck or len(self._claimed) <= half < before:
            self.hungry.set()
        return found

    def _found(self, now: datetime, *, digests_only: bool) -> Delivery | None:
        """Those that may not go keep their places; a mail house is asked after once."""
        passed: list[tuple[Delivery, datetime]] = []
        closed: set[str] = set()
        found: Delivery | None = None
        while self._claimed and found is None:
            delivery, until = one = self._claimed[0]
            if digests_only and is_notice(delivery.issue):
                break
            self._claimed.popleft()
            if now >= until:
                continue
            barred = closed and _house(delivery) in closed
            if not barred and self._lane.gate.take(delivery, now=now):
                found = delivery
            else:
                closed.add(_house(delivery))
                passed.append(one)
        self._stuck = found is None and bool(passed)
        if passed:
            self._claimed.extendleft(reversed(passed))
        return found

    def landed(self) -> None:
        """Something came down: what had to wait for it may go."""
        self._stuck = False

    async def prepare(self) -> None:
        """Fetch what the claimed need to go; what cannot go for a while waits in the ledger."""
        gate, now = self._lane.gate, self._lane.clock()
        if not (self._unseen or self._stuck or gate.room(now=now) == 0):
            return
        self._stuck = self._unseen = False
        held = [delivery for delivery, _ in self._claimed]
        try:
            later = await gate.prepare(held, now=now) if held else {}
            if later:
                self._claimed = deque(one for one in self._claimed if one[0].id not in later)
                await self._lane.outbox.put_off(later, owner=self._lane.owner)
        except StoreBusy:
            return  # those end with their leases
        self.closed_until = gate.closed_until(now=now)

    def wants_more(self) -> bool:
        """Whether it is time to claim again."""
        most = self._lane.gate.batch(self._pace.batch, now=self._lane.clock())
        if len(self._claimed) > most // 2:
            return False
        return not self.exhausted or asyncio.get_running_loop().time() >= self._look_again

    async def claim(self) -> list[tuple[Delivery, datetime]]:
        """Lease what is due; `keep` it, or let the leases go.  Raises Refused as the store does."""
        now, self._came_back = self._lane.clock(), False
        limit = self._lane.gate.batch(self._pace.batch, now=now)
        try:
            batch = await self._lane.outbox.claim(
                limit=limit, now=now, lease=self._pace.lease, owner=self._lane.owner
            )
        except StoreBusy:
            return []  # asked again at the next poll
        self.exhausted = len(batch) < limit and not self._came_back
        self._look_again = asyncio.get_running_loop().time() + self._pace.poll
        return [(delivery, now + self._pace.lease) for delivery in batch]

    def came_back(self) -> None:
        """Something waits again in the ledger, and may be due at once."""
        self._came_back, self.exhausted = True, False

    def keep(self, batch: list[tuple[Delivery, datetime]]) -> None:
        """Have it taken; Notices wait behind no digest."""
        ahead = [one for one in batch if is_notice(one[0].issue)]
        self._claimed.extendleft(reversed(ahead))
        self._claimed.extend(batch[len(ahead) :])
        self._unseen = self._unseen or bool(batch)


def _house(delivery: Delivery) -> str:
    return delivery.address.rpartition("@")[2]
