"""What is claimed and waits for a line: filled from the ledger, emptied one by one."""

import asyncio
from collections import deque
from datetime import datetime

from publisher.deliver.lane import Lane, Pace
from publisher.errors import StoreBusy
from publisher.model.deliveries import Delivery
from publisher.model.notices import is_notice


class Hopper:
    """Leases deliveries a batch at a time.  `take` is the one place where a line gets its next."""

    def __init__(self, lane: Lane, pace: Pace) -> None:
        self._lane, self._pace = lane, pace
        self._claimed: deque[tuple[Delivery, datetime]] = deque()  # and when its lease ends
        self._look_again = 0.0  # loop time of the next claim once exhausted
        self._came_back = False  # since the last claim
        self.exhausted = False  # the last claim gave all there was
        self.hungry = asyncio.Event()  # little is left, or somebody has nothing to do

    def __len__(self) -> int:
        return len(self._claimed)

    def take(self, *, behind: Delivery | None = None) -> Delivery | None:
        """The next one whose lease still runs; None when there is none.

        A Notice stands `behind` nothing, nor anything behind it: its books know no such order.
        """
        if behind is not None and is_notice(behind.issue):
            return None
        while self._claimed:
            delivery, until = self._claimed[0]
            if behind is not None and is_notice(delivery.issue):
                return None
            self._claimed.popleft()
            if len(self._claimed) == self._pace.batch // 2:
                self.hungry.set()
            if self._lane.clock() < until:
                return delivery
        return None

    def wants_more(self) -> bool:
        """Whether it is time to claim again."""
        if len(self._claimed) > self._pace.batch // 2:
            return False
        return not self.exhausted or asyncio.get_running_loop().time() >= self._look_again

    async def claim(self) -> list[tuple[Delivery, datetime]]:
        """Lease what is due; `keep` it, or let the leases go.  Raises Refused as the store does."""
        now, self._came_back = self._lane.clock(), False
        try:
            batch = await self._lane.outbox.claim(
                limit=self._pace.batch, now=now, lease=self._pace.lease, owner=self._lane.owner
            )
        except StoreBusy:
            return []  # asked again at the next poll
        self.exhausted = len(batch) < self._pace.batch and not self._came_back
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
