"""What is claimed and waits for a line: filled from the ledger, emptied one by one.

No more is claimed than goes within seconds, so that a Notice, an issue sealed meanwhile and the end
of an edition's hours wait for little, and a lane that hangs keeps nothing from the others.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from publisher.deliver.governor import SOON
from publisher.deliver.lane import Lane, Pace
from publisher.deliver.shelves import Claimed, Shelf, Shelves, cut
from publisher.deliver.tempo import Tempo
from publisher.errors import StoreBusy
from publisher.model.deliveries import Delivery, Settled
from publisher.model.names import DeliveryId
from publisher.model.notices import is_notice

_AHEAD = 2.0  # seconds of the lane's pace that are claimed
_A_LINE = 2  # mails that are claimed for every line, however slow
_LONG = timedelta(minutes=2)  # until a limit lets something go: less is waited for
_SHORT_NAP, _NAP = 0.01, 0.1  # seconds, while something has to wait


class Hopper:
    """Leases deliveries a few at a time.  `take` is the one place where a line gets its next."""

    def __init__(self, lane: Lane, pace: Pace) -> None:
        self._lane, self._pace = lane, pace
        self._time = asyncio.get_running_loop().time
        self._shelves = Shelves(lane.gate.house, time=self._time)
        self._tempo = Tempo(self._time())
        self._least = _A_LINE * lane.pool.width
        self._new: list[Claimed] = []  # not looked over yet
        self._half = 0  # as soon as so few may go there is to be more
        self._told = False  # that it is so
        self._reach = 1  # how much farther a claim goes after one of which nothing may go yet
        self._looked_at = lane.clock()  # in the ledger, for what is due
        self._look_again = 0.0  # loop time of the next claim once exhausted
        self._moved = self._time()  # when a line last asked for one
        self._asked = False  # since then
        self._came_back = False  # since the last claim
        self._stuck = False  # none of the claimed may go, as far as is known
        self._again: datetime | None = None  # then a look may let something go
        self._due = False  # it is worth a look at once
        self._until: datetime | None = None  # the last of what was put off is due again
        self.hangs = False  # no line has asked for one for long
        self._closed = False  # a limit of the relay lets nothing go for long
        self.exhausted = False  # the last claim gave all there was
        self.hungry = asyncio.Event()  # little is left, or somebody has nothing to do

    def __len__(self) -> int:
        """How many may go now."""
        may = len(self._shelves)
        if self._stuck or not may:
            return 0
        room = self._lane.gate.room(now=self._lane.clock())
        return may if room is None else min(room, may)

    @property
    def holds(self) -> bool:
        """Whether anything is claimed, or put off for so little that it is waited for."""
        looked = self._looked_at
        waited = [at for at in self._lane.gate.put_off() if at - self._lane.clock() <= _LONG]
        if self._until is not None:
            waited.append(self._until)
        if any(looked < at for at in waited):
            return True
        return bool(self._new or self._shelves.barred or len(self._shelves))

    @property
    def limited_until(self) -> datetime | None:
        """When the first mail house whose limit is reached may be mailed again."""
        now = self._lane.clock()
        far = [at for at in self._lane.gate.put_off() if at - now > _LONG]
        return min(far, default=None)

    @property
    def closed_until(self) -> datetime | None:
        """Nothing goes over this lane before.

        Asked again each time: what flew and came back may have left something for others.
        """
        now = self._lane.clock()
        opens = self._lane.gate.opens(now=now) if self._closed else None
        return opens if opens is not None and opens - now > _LONG else None

    @property
    def nap(self) -> float:
        """Seconds until it is worth another look."""
        if self._reach > 1 and self.wants_more():
            return 0.0
        if not (self._new or self._stuck or self._shelves.barred or self._is_empty):
            return self._pace.poll
        if self._again is None:
            return _NAP
        left = (self._again - self._lane.clock()).total_seconds()
        return max(_SHORT_NAP, min(_NAP, left))

    @property
    def _is_empty(self) -> bool:
        """Something may go, and the relay lets nothing go now."""
        return bool(len(self._shelves)) and self._lane.gate.room(now=self._lane.clock()) == 0

    # --- lines -----------------------------------------------------------------------------------

    def take(self, *, behind: Delivery | None = None) -> Delivery | None:
        """The next one that may go and whose lease still runs; None when there is none.

        A Notice stands `behind` nothing, nor anything behind it: its books know no such order.
        """
        self._asked = True
        if self._stuck or (behind is not None and is_notice(behind.issue)):
            return None
        found = self._found(self._lane.clock(), digests_only=behind is not None)
        if found is None and self.hangs:
            self.hangs = False
            self.hungry.set()
        elif not self._told and len(self._shelves) <= self._half:
            self._told = True
            self.hungry.set()
        return found

    def _found(self, now: datetime, *, digests_only: bool) -> Delivery | None:
        """Those that may not go keep their places; a mail house is asked after once."""
        shelves, gate = self._shelves, self._lane.gate
        while (one := shelves.first()) is not None:
            delivery, until = one
            if digests_only and is_notice(delivery.issue):
                return None
            if now >= until:
                shelves.went()
                self.came_back()
            elif gate.take(delivery, now=now):
                shelves.went()
                self._tempo.count += 1
                return delivery
            elif gate.room(now=now) == 0:
                self._stuck = True
                break
            else:
                self._look_at(gate.opens(shelves.bar(), now=now), now)
        if self._due or self._stuck:
            self.hungry.set()
        return None

    def _look_at(self, at: datetime | None, now: datetime) -> None:
        """It is worth a look then; None: once something has landed."""
        if at is None:
            return
        self._again = at if self._again is None else min(at, self._again)
        if not now < at <= now + SOON:  # what may not go for long waits in the ledger
            self._due = True

    def landed(self, settled: Iterable[Settled]) -> None:
        """These came down: what had to wait for them may go."""
        self._stuck = False
        if self._shelves.barred:
            gate, now = self._lane.gate, self._lane.clock()
            for house in {gate.house(one.delivery) for one in settled}:
                self._shelves.reopen(house, gate.room(house, now=now) or 0)

    # --- looking over ----------------------------------------------------------------------------

    async def prepare(self) -> None:
        """Fetch what the claimed need to go; what cannot go for a while waits in the ledger."""
        now = self._lane.clock()
        waits = self._stuck or self._is_empty or self._due
        if self._new or waits or (self._again is not None and self._again <= now):
            await self._look_over(list(self._shelves if waits else self._shelves.aside()), now)
        self._open_up(now)
        await self._put_off(self._beyond(now))

    async def _look_over(self, held: Sequence[Claimed], now: datetime) -> None:
        new, self._new = self._new, []
        try:
            asked = [delivery for delivery, _ in (*held, *new)]
            later = await self._lane.gate.prepare(asked, now=now) if asked else {}
        except StoreBusy:
            self._new = [*new, *self._new]
            return
        self._shelves.add(one for one in new if one[0].id not in later)
        if new:
            farther = min(self._reach * 2, self._pace.batch)
            self._reach = 1 if len(self._shelves) else farther
        if later:
            ours = self._shelves.drop(later.keys()) | {one.id for one, _ in new}
            await self._put_off({one: at for one, at in later.items() if one in ours})

    def _open_up(self, now: datetime) -> None:
        """Let go what may, and see when it is worth another look."""
        gate = self._lane.gate
        self._stuck = self._due = False
        opens = gate.opens(now=now)
        self._closed = opens is not None and opens - now > _LONG
        self._again = opens if gate.room(now=now) == 0 else None
        for house in self._shelves.barred:
            room = gate.room(house, now=now) or 0
            self._shelves.reopen(house, room)
            if room == 0:
                self._look_at(gate.opens(house, now=now), now)

    def _beyond(self, now: datetime) -> dict[DeliveryId, datetime]:
        """What is held in vain, and until when it is to wait in the ledger instead."""
        self._see_whether_it_hangs()
        line = 0 if self.hangs else self._most()
        back = {one.id: now for one, _ in self._shelves.cut(line if self.hangs else line * 2)}
        if back:
            self.came_back()
        gate = self._lane.gate
        for house, shelf in self._shelves.barred.items():
            if gate.opens(house, now=now) is not None:  # its limits are the gate's to spread
                continue
            if beyond := cut(shelf.ones, self._fit(shelf)):
                turns = shelf.book(len(beyond), at=self._time(), now=now)
                self._until = max(turns[-1], self._until or now)
                back |= {one.id: at for (one, _), at in zip(beyond, turns, strict=True)}
        return back

    def _fit(self, shelf: Shelf) -> int:
        """How many are worth holding for a house that takes no more now."""
        return shelf.fits(at=self._time(), unknown=2 * self._pace.batch)

    def soon(self, batch: Iterable[Claimed]) -> list[Delivery]:
        """Those of a claim that will not go back at once: for them it is worth to work ahead."""
        lies = {house: len(one.ones) for house, one in self._shelves.barred.items()}
        if not lies:
            return [delivery for delivery, _ in batch]
        fit = {house: self._fit(one) for house, one in self._shelves.barred.items()}
        found = []
        for delivery, _ in batch:
            house = self._lane.gate.house(delivery)
            lies[house] = lies.get(house, 0) + 1
            if house not in fit or lies[house] <= fit[house]:
                found.append(delivery)
        return found

    def _see_whether_it_hangs(self) -> None:
        at = self._time()
        if self._asked or not len(self):
            self._asked, self._moved = False, at
        elif at - self._moved >= self._pace.hung:
            self.hangs = True

    async def give_back(self, ones: Iterable[Claimed]) -> None:
        """Let others have these, which nobody has taken yet."""
        now = self._lane.clock()
        self.came_back()
        await self._put_off({one.id: now for one, _ in ones})

    async def _put_off(self, waits: Mapping[DeliveryId, datetime]) -> None:
        if waits:
            with suppress(StoreBusy):  # those end with their leases
                await self._lane.outbox.put_off(waits, owner=self._lane.owner)

    # --- claiming --------------------------------------------------------------------------------

    def _most(self, *, beside: int = 0) -> int:
        """How many more are worth holding: what goes within seconds, in one claim."""
        ahead = max(self._least, int(self._tempo.pace(at=self._time()) * _AHEAD))
        most = self._lane.gate.batch(self._pace.batch, now=self._lane.clock())
        return max(1, min(most, ahead - beside))

    def wants_more(self) -> bool:
        """Whether it is time to claim again: where little is left; else a look for what is new."""
        ready, most = len(self._shelves), self._most()
        self._half = most // 2
        if self.hangs or ready >= most or self._waits_for_a_pace:
            return False
        if ready <= self._half and not self.exhausted:
            return True
        return self._time() >= self._look_again

    @property
    def _waits_for_a_pace(self) -> bool:
        """Whether more of a house might have to go back, and nobody knows for how long."""
        at, shelves = self._time(), self._shelves.barred.values()
        return any(
            len(one.ones) >= self._pace.batch and not one.tempo.tells(at=at) for one in shelves
        )

    async def claim(self) -> list[Claimed]:
        """Lease what is due; `keep` it, or let the leases go.  Raises Refused as the store does."""
        now, self._came_back = self._lane.clock(), False
        limit = self._most(beside=len(self._shelves))
        limit = min(self._pace.batch, limit * self._reach)
        try:
            batch = await self._lane.outbox.claim(
                limit=limit, now=now, lease=self._pace.lease, owner=self._lane.owner
            )
        except StoreBusy:
            self._reach = 1
            return []  # asked again at the next poll
        self._told, self._looked_at = False, now
        self.exhausted = len(batch) < limit and not self._came_back
        self._look_again = self._time() + self._pace.poll
        return [(delivery, now + self._pace.lease) for delivery in batch]

    def came_back(self) -> None:
        """Something waits again in the ledger, and may be due at once."""
        self._came_back, self.exhausted = True, False

    def wanted(self) -> None:
        """Somebody has nothing to do."""
        self.hangs = False
        self.hungry.set()

    def keep(self, batch: Iterable[Claimed]) -> None:
        """Have it taken, once it is looked over."""
        self._new += batch
