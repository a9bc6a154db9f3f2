"""One coroutine that writes the ledger for all senders: acknowledgements and starts, in groups.

Decides nothing; keeps what landed in memory until the store has it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, TypeVar

from publisher.deliver import policy
from publisher.deliver.duel import Duel
from publisher.errors import Refused, StoreBusy
from publisher.model.deliveries import Delivery, DeliveryStatus, Settled
from publisher.model.problems import Problem
from publisher.ports import Clock, Outbox, Start

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a round recorded.  Numbers of deliveries, each counted once per try."""

    accepted: int = 0
    rejected: int = 0
    deferred: int = 0
    uncertain: int = 0
    suppressed: int = 0  # not started: the reader left, or the issue was stopped
    returned: int = 0  # started, and given back untried
    trouble: Problem | None = None  # why the round ended early; the rest still waits
    away: tuple[Problem, ...] = ()  # relays that failed while others went on
    resume_at: datetime | None = None  # with trouble, or a limit reached: no use to try before

    @property
    def tried(self) -> int:
        """How many tries the ledger holds more than before."""
        return self.accepted + self.rejected + self.deferred + self.uncertain


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How a busy store is waited for; seconds."""

    first: float = 0.05
    longest: float = 2.0
    once_halted: float = 30.0  # then the results are given up; the ledger calls them UNCERTAIN


# Of all that fly, two a line, how many wishes are worth a commit, and how many go into one at most.
# In turns: while a commit of some is written others are spoken for, so that neither store nor lines
# wait.  At once: the fewest commits, where the store, the mail server and we share the processors.
_IN_TURNS, _AT_ONCE = (1 / 10, 1 / 5), (2 / 5, 1.0)
_FEW, _ENOUGH = 8, 12  # wishes: so many always fit in; more are never waited for
_MOMENT = 0.002  # seconds


class _Wish(NamedTuple):
    settled: Sequence[Settled]
    start: Start | None
    started: asyncio.Future[Delivery | None]


_COLUMN = {
    DeliveryStatus.ACCEPTED: "accepted",
    DeliveryStatus.REJECTED: "rejected",
    DeliveryStatus.DEFERRED: "deferred",
    DeliveryStatus.UNCERTAIN: "uncertain",
    DeliveryStatus.QUEUED: "returned",
}


class Committer:
    """Run `run` as a task; everyone else calls `turn`."""

    def __init__(
        self,
        outbox: Outbox,
        *,
        clock: Clock,
        owner: str,
        halt: asyncio.Event,
        told: Callable[[Report], object],
        patience: Patience | None = None,
    ) -> None:
        """While `halt` is set nothing is started any more."""
        self._outbox, self._clock, self._owner = outbox, clock, owner
        self._halt, self._told = halt, told
        self._patience = patience or Patience()
        self._wishes: list[_Wish] = []
        self._bell: asyncio.Future[None] | None = None  # whoever waits for wishes
        self._enough = 1  # wishes that ring it
        self._closing = False
        self.refused: Refused | None = None  # the store said no, be it that it took less later
        self._flying = 0  # started, and not settled yet
        self._duel = Duel()  # at once against in turns
        self._counts = dict.fromkeys((*_COLUMN.values(), "suppressed"), 0)
        self._loop = asyncio.get_running_loop()

    @property
    def halted(self) -> bool:
        """Whether nothing is started any more."""
        return self._closing or self._halt.is_set()

    @property
    def report(self) -> Report:
        """What is recorded."""
        return Report(**self._counts)  # type: ignore[arg-type]  # only counts

    def turn(
        self, settled: Sequence[Settled], start: Start | None
    ) -> "asyncio.Future[Delivery | None]":
        """Record what ended and start the next in one commit; done once it is durable.

        None when nothing was to start, or must not.
        """
        started: asyncio.Future[Delivery | None] = self._loop.create_future()
        self._wishes.append(_Wish(settled, start, started))
        if len(self._wishes) >= self._enough:
            self._ring()
        return started

    def leave(self, settled: Settled) -> None:
        """Have something recorded without waiting for it."""
        self.turn((settled,), None)

    def close(self) -> None:
        """No turns come any more; `run` returns when all is recorded."""
        self._closing = True
        self._ring()

    async def run(self) -> None:
        """Write until closed.  Cancelled, it first records what has landed."""
        writing = asyncio.ensure_future(self._write_all())
        try:
            await asyncio.shield(writing)
        finally:
            self._halt.set()
            self.close()
            await writing

    async def _write_all(self) -> None:
        """One commit after another, which no cancel can tear."""
        while self._wishes or not self._closing:
            await self._gather()
            most = max(_FEW, int(self._flying * self._shares[1]))
            wishes, self._wishes = self._wishes[:most], self._wishes[most:]
            if wishes:
                await self._write(wishes)

    async def _gather(self) -> None:
        """Whoever lands in this very turn joins the commit.

        Where many fly a commit for one or two waits a moment for more: each costs as much as ten
        mails do, and nobody else is kept waiting by it.
        """
        self._enough = 1
        if not self._wishes and not self._closing:
            await self._until_rung()
        self._enough = max(1, min(_ENOUGH, int(self._flying * self._shares[0])))
        if len(self._wishes) >= self._enough or self.halted:
            return
        late = self._loop.call_later(_MOMENT, self._ring)
        await self._until_rung()
        late.cancel()

    @property
    def _shares(self) -> tuple[float, float]:
        return _IN_TURNS if self._duel.second else _AT_ONCE

    async def _until_rung(self) -> None:
        self._bell = self._loop.create_future()
        await self._bell
        self._bell = None

    def _ring(self) -> None:
        if self._bell is not None and not self._bell.done():
            self._bell.set_result(None)

    async def _write(self, wishes: list[_Wish]) -> None:
        settled = [one for wish in wishes for one in wish.settled]
        asked, rows = await patiently(
            lambda: self._commit(settled, wishes), halt=self._halt, patience=self._patience
        )
        started = {row.id: row for row in rows}
        self._flying += len(started) - len(settled)
        self._duel.did(len(started), now=self._loop.time())
        self._count(settled, suppressed=asked - len(started))
        for _, start, answer in wishes:
            begun = started.get(start.delivery) if start else None
            if not answer.done():
                answer.set_result(begun)
            elif begun is not None:  # whoever asked was cancelled while we wrote
                back = policy.given_back(begun, now=self._clock())
                self.leave(Settled(delivery=back, attempt=None))

    async def _commit(
        self, settled: list[Settled], wishes: list[_Wish]
    ) -> tuple[int, Sequence[Delivery]]:
        """How many starts were asked for, and what was started; a halt is seen at each try."""
        may = not self.halted
        starts = [w.start for w in wishes if may and w.start and not w.started.done()]
        if not settled and not starts:
            return 0, ()
        now = self._clock()
        try:
            rows = await self._outbox.commit(settled, starts, now=now, owner=self._owner)
        except Refused as refused:
            self.refused = refused
            raise
        return len(starts), rows

    def _count(self, settled: list[Settled], *, suppressed: int) -> None:
        counts = self._counts
        counts["suppressed"] += suppressed
        for one in settled:
            counts[_COLUMN[one.delivery.status]] += 1
        self._told(self.report)


async def patiently(
    work: Callable[[], Awaitable[T]], *, halt: asyncio.Event, patience: Patience
) -> T:
    """Do it again while the store is busy; raises what it said some time after `halt`.

    A store that refuses (its disk is full) sets `halt` itself.
    """
    loop = asyncio.get_running_loop()
    wait, halted_at = patience.first, None
    while True:
        try:
            return await work()
        except (StoreBusy, Refused) as error:
            if isinstance(error, Refused):
                halt.set()
            if halt.is_set():
                halted_at = halted_at or loop.time()
                if loop.time() >= halted_at + patience.once_halted:
                    raise
        await asyncio.sleep(wait)
        wait = min(wait * 2, patience.longest)
