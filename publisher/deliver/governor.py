"""Says which claimed delivery may go now: rates, the mail houses' pace, the relays' shares.

Decides from what it was told; tokens of rates come from the store in small handfuls.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import inf
from zoneinfo import ZoneInfo

from publisher.deliver.flow import Flow, begun
from publisher.deliver.meanings import slows
from publisher.deliver.turnstile import Turnstile
from publisher.model.deliveries import Delivery, Outcome, Result
from publisher.model.names import DeliveryId
from publisher.model.rates import Groups, Limit, Rate
from publisher.model.relays import Relay
from publisher.outlets import Allowances, Grant, Unused, Want

SOON = timedelta(seconds=10)  # what may go within it is held; what may not goes back to the ledger
_TAKEN = Outcome.ACCEPTED
_HANDFUL = 20  # parts of a rate that are taken at once at most
_BRIEF, _SECOND = timedelta(minutes=1), timedelta(seconds=1)
_NEAR = 0.2  # seconds that a mail which is started may wait for its turn
_KNOWN = 4096  # domains remembered
_UNITS = {1: "second", 60: "minute", 3600: "hour", 86400: "day"}


@dataclass(slots=True, kw_only=True)
class _Purse:
    """Tokens of one limit that are ours already."""

    name: str
    limit: Limit
    left: int = 0
    since: datetime | None = None  # of what follows nothing holds before: the clock was set back
    until: datetime | None = None  # then what is left is void
    opens_at: datetime | None = None  # known to be empty till then
    stale: dict[datetime, int] = field(default_factory=dict)  # void, and nothing went with them
    turnstile: Turnstile | None = None  # of a limit of seconds: its tokens are not all of it

    def has(self, now: datetime) -> bool:
        return self.left > 0 and self._holds(self.until, now)

    def closed_until(self, now: datetime) -> datetime:
        """Known to be empty till then; `now`: it is not known."""
        if self.opens_at is None or self.has(now) or not self._holds(self.opens_at, now):
            return now
        return self.opens_at

    def _holds(self, until: datetime | None, now: datetime) -> bool:
        return until is not None and self.since is not None and self.since <= now < until

    def lets(self, now: datetime, at: float) -> bool:
        """Whether one more may start; `at`: loop time."""
        return self.has(now) and (self.turnstile is None or self.turnstile.wait(at) <= _NEAR)

    def asks(self, now: datetime, at: float) -> bool:
        """Whether it is time to ask for more."""
        if self.has(now) or self.closed_until(now) > now:
            return False
        return self.turnstile is None or self.turnstile.wait(at) <= _NEAR

    def put_back(self, until: datetime | None) -> None:
        """One of those that were to be used before `until` was not."""
        if until == self.until:
            self.left += 1
        else:
            self._void(until, 1)

    def fill(self, grant: Grant, *, now: datetime) -> None:
        """These are ours now, beside nothing of what was."""
        self._void(self.until, self.left)
        self.left, self.since, self.until = grant.count, now, grant.until
        if self.turnstile is not None:  # a slow store gives them when their slot has gone by
            self.until += self.limit.per
        self.opens_at = grant.opens_at if grant.opens_at > now and not grant.count else None

    def poured_out(self, *, now: datetime) -> list[Unused]:
        """All that nothing went with, less what has come back by itself; it is ours no more."""
        self._void(self.until, self.left)
        self.left, self.opens_at = 0, None
        stale, self.stale = self.stale, {}
        return [
            Unused(name=self.name, limit=self.limit, count=count, until=until)
            for until, count in stale.items()
            if now < until + self.limit.per
        ]

    def _void(self, until: datetime | None, count: int) -> None:
        """Those of seconds and minutes come back by themselves before it is worth a write."""
        if count and until is not None and self.limit.per > _BRIEF:
            self.stale[until] = self.stale.get(until, 0) + count


@dataclass(frozen=True, slots=True, kw_only=True)
class _Spent:
    """A token that somebody was let go with."""

    purse: _Purse
    until: datetime | None
    void_at: float  # loop time: no MAIL goes out with it later


@dataclass(slots=True, kw_only=True)
class Governor:
    """One for all lanes of a process."""

    allowances: Allowances
    groups: Groups
    zone: ZoneInfo  # whose midnight begins a day of a warm-up
    most: int  # mails at once to one mail house that has no number of its own
    ticks: Callable[[], float]  # loop time, in seconds
    _purses: dict[str, _Purse] = field(default_factory=dict)
    _flows: dict[str, Flow] = field(default_factory=dict)
    _spent: dict[DeliveryId, list[_Spent]] = field(default_factory=dict)
    _born: float = field(init=False)

    def __post_init__(self) -> None:
        self._born = self.ticks()

    def take(self, relay: Relay, delivery: Delivery, *, now: datetime) -> bool:
        """Whether it may go over this relay now; then it counts as under way."""
        group = self.groups.group(delivery.address)
        flow = self._flow(group)
        if not flow.free(now=now):
            return False
        if relay.rates or relay.warm_up or group in self.groups.limited:
            purses = [*self._relay_purses(relay, now), *self._group_purses(group)]
            at = self.ticks()
            if not all(one.lets(now, at) for one in purses):
                return False
            self._spent[delivery.id] = [_spent(one, now, at) for one in purses]
        flow.taken()
        return True

    def delay(self, delivery: Delivery, *, ahead: bool) -> float:
        """See Gate.  The one look at limits of seconds that counts."""
        spent = self._spent.get(delivery.id)
        if not spent:
            return 0.0
        now = self.ticks()
        if now > min(one.void_at for one in spent):
            return inf
        if ahead and is_paced([one.purse.limit for one in spent]):
            return inf
        turns = [one.purse.turnstile for one in spent if one.purse.turnstile is not None]
        wait = max((one.wait(now) for one in turns), default=0.0)
        if not wait:
            for one in turns:
                one.let_pass(now)
        return wait

    def landed(self, delivery: Delivery, result: Result | None, *, now: datetime) -> None:
        """What became of one under way; without a result it says nothing about the house."""
        self._spent.pop(delivery.id, None)
        group = self.groups.group(delivery.address)
        flow = self._flow(group)
        if result is not None and result.outcome is _TAKEN:
            flow.accepted()
        elif result is not None and slows(result):
            flow.slowed(now=now)
        else:
            flow.back()

    def never_left(self, delivery: Delivery) -> None:
        """One that was to go did not, nor its MAIL: another may go instead."""
        for one in self._spent.pop(delivery.id, ()):
            one.purse.put_back(one.until)
        self._flow(self.groups.group(delivery.address)).back()

    async def replenish(self, relay: Relay, waiting: Mapping[str, int], *, now: datetime) -> None:
        """Fetch tokens for so many deliveries of each group, where they are limited."""
        total, at = sum(waiting.values()), self.ticks()
        wanted = [(one, total) for one in self._relay_purses(relay, now)]
        for group, count in waiting.items():
            wanted += [(one, count) for one in self._group_purses(group)]
        wants = [
            Want(name=one.name, limit=one.limit, count=min(count, _handful(one.limit)))
            for one, count in wanted
            if count and one.asks(now, at)
        ]
        if not wants:
            return
        await self._pour_out([self._purses[one.name] for one in wants], now)
        granted = await self.allowances.take(wants, now=now)
        for name, grant in granted.items():
            self._purses[name].fill(grant, now=now)

    async def rest(self, *, now: datetime) -> None:
        """Nothing goes for a while: what nobody used is there for whoever sends next."""
        await self._pour_out(self._purses.values(), now)

    async def _pour_out(self, purses: Collection[_Purse], now: datetime) -> None:
        """They are ours no more before they are another's.

        A store that breaks off amid it has lost some, and nobody has one twice.
        """
        unused = [some for one in purses for some in one.poured_out(now=now)]
        if unused:
            await self.allowances.put_back(unused)

    def relay_opens(self, relay: Relay, *, now: datetime) -> datetime:
        """When the relay's own limits let something go; `now` where they may now."""
        return _opening(self._relay_purses(relay, now), now)

    def opens(self, group: str, *, now: datetime) -> datetime:
        """When a mail house may be mailed again; `now` where it may, or merely has a queue."""
        return max(self._flow(group).opens(now), _opening(self._group_purses(group), now))

    def fits(self, group: str, *, now: datetime) -> int:
        """How many may go to a mail house now, as far as it alone is asked."""
        flow = self._flow(group)
        purses = self._group_purses(group)
        tokens = (one.left if one.has(now) else 0 for one in purses)
        return max(0, min(flow.room(now=now), *tokens)) if purses else flow.room(now=now)

    def reopens(self, group: str, *, now: datetime) -> datetime | None:
        """When it is worth asking for one that takes none; None: once something landed there."""
        until = self._flow(group).until
        waits = [until] if until is not None and until > now else []
        waits += [one.opens_at or now for one in self._group_purses(group) if not one.has(now)]
        return max(waits, default=None)

    def room(self, relay: Relay, *, now: datetime) -> int | None:
        """How many mails the relay's own limits let go now; None: as many as there are."""
        if not (relay.rates or relay.warm_up):
            return None
        purses, at = self._relay_purses(relay, now), self.ticks()
        return min((one.left if one.lets(now, at) else 0 for one in purses), default=None)

    def pace(self, relay: Relay, *, now: datetime) -> float | None:
        """Mails a second that the relay's limits of seconds and minutes let go; None: no limit."""
        return _pace(self._relay_purses(relay, now))

    def group_pace(self, group: str) -> float | None:
        """The same of a mail house."""
        return _pace(self._group_purses(group))

    # --- the limits -------------------------------------------------------------------------------

    def _relay_purses(self, relay: Relay, now: datetime) -> list[_Purse]:
        purses = [self._purse(_named(f"relay:{relay.name}", one), one) for one in relay.rates]
        if relay.warm_up is not None:
            limit = relay.warm_up.limit(now, self.zone)
            if limit is not None:
                purses.append(self._purse(f"warm-up:{relay.name}:date", limit))
        return purses

    def _group_purses(self, group: str) -> list[_Purse]:
        named = self.groups.named.get(group)
        if named is None or not named.rates:
            return []
        return [self._purse(_named(f"group:{group}", one), one) for one in named.rates]

    def _purse(self, name: str, limit: Limit) -> _Purse:
        purse = self._purses.get(name)
        if purse is None or purse.limit != limit:
            turnstile = Turnstile(limit, now=self._born) if limit.per <= _SECOND else None
            purse = self._purses[name] = _Purse(name=name, limit=limit, turnstile=turnstile)
        return purse

    def _flow(self, group: str) -> Flow:
        if (flow := self._flows.get(group)) is None:
            if len(self._flows) >= _KNOWN:
                self._forget()
            named = self.groups.named.get(group)
            most = named.connections if named and named.connections else self.most
            flow = self._flows[group] = begun(most)
        return flow

    def _forget(self) -> None:
        """Houses that nothing flies to and that never asked for less: nothing is lost by it."""
        idle = [
            name
            for name, flow in self._flows.items()
            if not flow.flying and flow.width >= flow.most and flow.until is None
        ]
        for name in idle or list(self._flows)[:1]:
            del self._flows[name]


def _spent(purse: _Purse, now: datetime, at: float) -> _Spent:
    """One less in the purse.  Of a limit of seconds its turnstile says when it may be used."""
    purse.left -= 1
    void_at = inf
    if purse.turnstile is None and purse.until is not None:
        void_at = at + (purse.until + purse.limit.late - now).total_seconds()
    return _Spent(purse=purse, until=purse.until, void_at=void_at)


def is_paced(limits: Collection[Limit]) -> bool:
    """Whether a MAIL that reaches the server a little later may be one too many."""
    return any(one.per <= _BRIEF for one in limits)


def _pace(purses: Collection[_Purse]) -> float | None:
    """Limits of hours and days may be used up at once, so they set no pace."""
    brief = [
        one.limit.count / one.limit.per.total_seconds() for one in purses if one.limit.per <= _BRIEF
    ]
    return min(brief, default=None)


def _opening(purses: Collection[_Purse], now: datetime) -> datetime:
    return max([now, *(one.closed_until(now) for one in purses)])


def _named(owner: str, rate: Rate) -> str:
    return f"{owner}:{_UNITS.get(int(rate.per.total_seconds()), rate.per)}"


def _handful(limit: Limit) -> int:
    return max(1, -(-limit.count // _HANDFUL))
