"""What the lanes of a process share: the governor, the relays' shares, and who rests till when."""

from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from publisher.deliver.berths import Berths
from publisher.deliver.committer import Report
from publisher.deliver.governor import SOON, Governor, is_paced
from publisher.model.deliveries import Delivery, Result
from publisher.model.names import DeliveryId
from publisher.model.relays import Relay

Hours = Callable[[Delivery, datetime], Awaitable[datetime]]
Closes = Callable[[Delivery, datetime], Awaitable[datetime | None]]

_LEAD = 20  # mails of weight 1 that a relay may be ahead of its share
_ALIVE = timedelta(seconds=1)  # a relay that took nothing for so long holds up nobody
_LATEST = timedelta(minutes=1)  # what waits for a mail house's pace is looked at again
_MAILS_A_LINE = 4  # claimed at once by one of several relays
_WORTH = 30.0  # seconds of a relay's pace that are worth claiming at once


@dataclass(slots=True, kw_only=True)
class Shares:
    """Keeps relays to their weights, where these differ; equal ones take what they can."""

    weights: Mapping[str, int]
    _taken: dict[str, float] = field(default_factory=dict)  # mails by weight, of those at work
    _last: dict[str, datetime] = field(default_factory=dict)
    alike: bool = field(init=False)  # nobody is to be held back

    def __post_init__(self) -> None:
        self.alike = len(set(self.weights.values())) == 1

    def join(self, relay: str) -> None:
        """One begins, or is back: it has nothing to catch up with."""
        others = [taken for name, taken in self._taken.items() if name != relay]
        self._taken[relay] = min(others, default=0.0)

    def leave(self, relay: str) -> None:
        """One is gone, and nobody waits for it."""
        self._taken.pop(relay, None)
        self._last.pop(relay, None)

    def may(self, relay: str, *, now: datetime) -> bool:
        """Whether it is not too far ahead of one that is at work as well."""
        if self.alike or relay not in self._taken:
            return True
        behind = [
            taken
            for name, taken in self._taken.items()
            if name != relay and name in self._last and now - self._last[name] < _ALIVE
        ]
        return not behind or self._taken[relay] <= min(behind) + _LEAD

    def took(self, relay: str, *, now: datetime) -> None:
        """It has one more."""
        if not self.alike and relay in self._taken:
            self._taken[relay] += 1 / self.weights.get(relay, 1)
            self._last[relay] = now


@dataclass(frozen=True, slots=True, kw_only=True)
class Rest:
    """How a relay's round ended that is worth no other one for a while."""

    report: Report
    since: datetime
    until: datetime

    def holds(self, now: datetime) -> bool:
        """Not where the clock was set back since."""
        return self.since <= now < self.until


@dataclass(slots=True, kw_only=True)
class Traffic:
    """Kept for as long as a process sends: what was learnt of the world is not forgotten."""

    governor: Governor
    relays: tuple[Relay, ...]
    shares: Shares
    resting: dict[str, Rest] = field(default_factory=dict)  # relays that failed or are full
    berths: dict[str, Berths] = field(default_factory=dict)  # by relay
    over: bool = False  # config says otherwise now: rounds end, the next ones go by it


async def _never(delivery: Delivery, now: datetime) -> datetime | None:
    """Where mail goes at all hours."""
    return None


@dataclass(slots=True, kw_only=True)
class RelayGate:
    """The gate of one lane: its relay's limits, and everybody's."""

    traffic: Traffic
    relay: Relay
    hours: Hours  # when a delivery may go, by its edition's hours
    closes: Closes = _never  # and when they end
    paced: bool = field(init=False)
    _ends: dict[tuple[str, str | None], datetime] = field(default_factory=dict)  # of these hours
    _over: bool = False  # some hours ended while something was claimed
    _booked: dict[str, datetime] = field(default_factory=dict)  # the last of a house's put off
    _berths: Berths = field(init=False)

    def __post_init__(self) -> None:
        self.paced = is_paced(self.relay.rates)
        fresh = Berths(connections=self.relay.connections)
        self._berths = self.traffic.berths.setdefault(self.relay.name, fresh)

    def house(self, delivery: Delivery) -> str:
        return self.traffic.governor.groups.group(delivery.address)

    @property
    def over(self) -> bool:
        return self.traffic.over

    def take(self, delivery: Delivery, *, now: datetime) -> bool:
        if self._ends and self._is_too_late(delivery, now):
            return False
        shares, governor, name = self.traffic.shares, self.traffic.governor, self.relay.name
        house, at = self.house(delivery), governor.ticks()
        if self._berths.slow and self._berths.room(house, at=at) == 0:
            return False
        if not (shares.alike or shares.may(name, now=now)):
            return False
        if not governor.take(self.relay, delivery, now=now):
            return False
        if not shares.alike:
            shares.took(name, now=now)
        self._berths.taken(house, delivery.id, at=at)
        return True

    def delay(self, delivery: Delivery, *, ahead: bool = False) -> float:
        return self.traffic.governor.delay(delivery, ahead=ahead)

    def _is_too_late(self, delivery: Delivery, now: datetime) -> bool:
        ends = self._ends.get((delivery.issue, delivery.timezone))
        if ends is None or now < ends:
            return False
        self._over = True
        return True

    def landed(self, delivery: Delivery, result: Result | None, *, now: datetime) -> None:
        governor = self.traffic.governor
        if result is None:
            self._berths.never_left(delivery.id)
        else:
            self._berths.landed(delivery.id, at=governor.ticks())
        governor.landed(delivery, result, now=now)

    def never_left(self, delivery: Delivery) -> None:
        self._berths.never_left(delivery.id)
        self.traffic.governor.never_left(delivery)

    def room(self, house: str | None = None, *, now: datetime) -> int | None:
        governor = self.traffic.governor
        if house is not None:
            fits, room = (
                governor.fits(house, now=now),
                self._berths.room(house, at=governor.ticks()),
            )
            return fits if room is None else min(fits, room)
        if not self.traffic.shares.may(self.relay.name, now=now):
            return 0
        return governor.room(self.relay, now=now)

    def opens(self, house: str | None = None, *, now: datetime) -> datetime | None:
        if house is None:
            return self.traffic.governor.relay_opens(self.relay, now=now)
        return now if self._over else self.traffic.governor.reopens(house, now=now)

    async def prepare(
        self, held: Sequence[Delivery], *, now: datetime
    ) -> Mapping[DeliveryId, datetime]:
        governor = self.traffic.governor
        later = await self._too_early(held, now)
        staying, queues = Counter[str](), dict[str, tuple[datetime, float | None]]()
        for delivery in held:
            if delivery.id in later:
                continue
            group = governor.groups.group(delivery.address)
            if group not in queues:
                queues[group] = governor.opens(group, now=now), governor.group_pace(group)
            opens, pace = queues[group]
            at = max(opens, now + timedelta(seconds=staying[group] / pace)) if pace else opens
            if at - now > SOON:
                later[delivery.id] = self._book(group, at, pace, now)
            else:
                staying[group] += 1
        await governor.replenish(self.relay, staying, now=now)
        return later

    def _book(self, group: str, at: datetime, pace: float | None, now: datetime) -> datetime:
        """Its turn, behind the others of a house that has a pace; in time to see it change."""
        if group not in self.traffic.governor.groups.limited:
            return at
        if pace is not None and group in self._booked:
            behind = self._booked[group] + timedelta(seconds=1 / pace)
            at = max(at, min(behind, now + _LATEST))
        self._booked[group] = at
        return at

    async def _too_early(
        self, held: Sequence[Delivery], now: datetime
    ) -> dict[DeliveryId, datetime]:
        opens: dict[tuple[str, str | None], datetime] = {}
        early: dict[DeliveryId, datetime] = {}
        self._over = False
        for one in held:
            where = one.issue, one.timezone
            if (at := opens.get(where)) is None:
                at = opens[where] = await self.hours(one, now)
                ends = await self.closes(one, now)
                if ends is not None:
                    self._ends[where] = ends
            if at > now:
                early[one.id] = at
        return early

    def put_off(self) -> Collection[datetime]:
        return self._booked.values()

    def batch(self, most: int, *, now: datetime) -> int:
        if len(self.traffic.relays) > 1:  # no more than it needs: the others are to have some
            most = min(most, _MAILS_A_LINE * self.relay.connections)
        pace = self.traffic.governor.pace(self.relay, now=now)
        return most if pace is None else max(1, min(most, int(pace * _WORTH)))
