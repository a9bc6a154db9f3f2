"""Who writes the ledger for all senders: acknowledgements and starts, in groups.

Keeps what landed in memory until the store has it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from functools import partial
from typing import NamedTuple, TypeVar

from publisher.deliver import policy
from publisher.deliver.duel import Duel
from publisher.deliver.lane import Lane, Patience
from publisher.errors import Refused, StoreBusy
from publisher.model.deliveries import Delivery, DeliveryStatus, Settled
from publisher.model.moulds import mould
from publisher.model.problems import Problem
from publisher.ports import Start

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
    opens_at: datetime | None = None  # when a mail house whose limit is reached takes the rest

    @property
    def tried(self) -> int:
        """How many tries the ledger holds more than before."""
        return self.accepted + self.rejected + self.deferred + self.uncertain


COUNTS = tuple(one.name for one in fields(Report) if one.type in {int, "int"})  # its first fields
_report = mould(Report)

# Of all that fly, two a line, how many wishes are worth a commit, and how many go into one at most.
# Handed over, the store has the next one at hand when it is done with one.  Waited for, there are
# two ways.  In turns: while a commit of some is written others are spoken for, so that neither
# store nor lines wait.  At once: the fewest commits, where the processors are shared.
_HANDED, _IN_TURNS, _AT_ONCE = (3 / 20, 1 / 5), (1 / 10, 1 / 5), (2 / 5, 1.0)
_AT_HAND = 3  # commits that are handed over and not done
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
    """Run `run` as a task; everyone else calls `turn`.

    A commit is handed over where it can be, and whoever lands meanwhile makes the next one.  Where
    it cannot, or came to nothing, it is done the patient way, and nothing new begins beside it.
    """

    def __init__(
        self,
        lane: Lane,
        *,
        halt: asyncio.Event,
        told: Callable[[Report], object],
        patience: Patience,
    ) -> None:
        """While `halt` is set nothing is started any more."""
        self._lane, self._halt, self._told, self._patience = lane, halt, told, patience
        self._wishes: list[_Wish] = []
        self._at_hand = 0  # commits that were handed over
        self._patient = 0  # those that are done the patient way
        self._writing: set[asyncio.Task[None]] = set()  # these
        self._late: asyncio.TimerHandle | None = None  # then a few wishes are enough
        self._bell: asyncio.Future[None] | None = None  # for `run`: something is done
        self._closing = False
        self._failed: BaseException | None = None  # what ended all of it
        self.refused: Refused | None = None  # the store said no, be it that it took less later
        self._flying = 0  # started, and not settled yet
        self._duel = Duel()  # at once against in turns, where commits are waited for
        self._handing = False  # the last commit was handed over
        self._counts = dict.fromkeys(COUNTS, 0)
        self._loop = asyncio.get_running_loop()

    @property
    def halted(self) -> bool:
        """Whether nothing is started any more."""
        return self._closing or self._halt.is_set()

    @property
    def report(self) -> Report:
        """What is recorded."""
        report: Report = _report(*self._counts.values(), None, (), None, None)
        return report

    def turn(
        self, settled: Sequence[Settled], start: Start | None
    ) -> "asyncio.Future[Delivery | None]":
        """Record what ended and start the next in one commit; done once it is durable.

        None when nothing was to start, or must not.
        """
        started: asyncio.Future[Delivery | None] = self._loop.create_future()
        self._wishes.append(_Wish(settled, start, started))
        self._go_on()
        return started

    def leave(self, settled: Settled) -> None:
        """Have something recorded without waiting for it."""
        self.turn((settled,), None)

    def close(self) -> None:
        """No turns come any more; `run` returns when all is recorded."""
        self._closing = True
        self._go_on()
        self._ring()

    async def run(self) -> None:
        """Until closed.  Cancelled, it first sees recorded what has landed."""
        writing = asyncio.ensure_future(self._until_written())
        try:
            await asyncio.shield(writing)
        finally:
            self._halt.set()
            self.close()
            await writing

    async def _until_written(self) -> None:
        """No cancel can tear a commit."""
        while self._at_hand or self._writing or not (self._closing or self._failed):
            self._bell = self._loop.create_future()
            await self._bell
        if self._failed is not None:
            raise self._failed

    def _ring(self) -> None:
        if self._bell is not None and not self._bell.done():
            self._bell.set_result(None)

    # --- when ------------------------------------------------------------------------------------

    def _go_on(self) -> None:
        """Begin a commit where there are wishes enough for one, and room.

        Where many fly a commit for one or two waits a moment for more: each costs as much as ten
        mails do, and nobody else is kept waiting by it.
        """
        while self._wishes and self._has_room:
            if self.halted or len(self._wishes) >= self._worth():
                self._begin()
            elif self._late is None and not self._at_hand:
                self._late = self._loop.call_later(_MOMENT, self._overdue)
                return
            else:
                return

    def _overdue(self) -> None:
        """Nobody else came: these are enough."""
        self._late = None
        if self._wishes and self._has_room:
            self._begin()

    @property
    def _has_room(self) -> bool:
        return not self._patient and self._at_hand < _AT_HAND and self._failed is None

    def _worth(self) -> int:
        return max(1, min(_ENOUGH, int(self._flying * self._shares[0])))

    @property
    def _shares(self) -> tuple[float, float]:
        if self._handing:
            return _HANDED
        return _IN_TURNS if self._duel.second else _AT_ONCE

    def _begin(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None
        self._handing = not self.halted and self._hand_over(self._some())
        if not self._handing:
            self._write_patiently()

    def _some(self) -> list[_Wish]:
        """As many as one commit takes; they are wishes no more."""
        most = max(_FEW, int(self._flying * self._shares[1]))
        some, self._wishes = self._wishes[:most], self._wishes[most:]
        return some

    # --- handed over -----------------------------------------------------------------------------

    def _hand_over(self, wishes: list[_Wish]) -> bool:
        """Whether it was taken; if not, they are wishes as before."""
        settled, starts = _settled_of(wishes), _starts_of(wishes)
        heard = partial(self._heard, wishes, settled, len(starts))
        lane = self._lane
        taken = lane.hand_over(settled, starts, owner=lane.owner, then=heard)
        if taken:
            self._at_hand += 1
        else:
            self._wishes[:0] = wishes
        return taken

    def _heard(
        self,
        wishes: list[_Wish],
        settled: list[Settled],
        asked: int,
        rows: Sequence[Delivery] | None,
    ) -> None:
        self._at_hand -= 1
        if rows is None:
            self._write_patiently(wishes)
            return
        try:
            self._did(wishes, settled, asked, rows)
        except Exception as error:  # noqa: BLE001 - it ends the round, as in a task of its own
            self._failed = self._failed or error
        self._go_on()
        self._ring()

    # --- the patient way -------------------------------------------------------------------------

    def _write_patiently(self, wishes: list[_Wish] | None = None) -> None:
        """These, or some of those that are there once all of this turn of the loop have come."""
        self._patient += 1
        writing = self._loop.create_task(self._write(wishes), name="commit")
        self._writing.add(writing)
        writing.add_done_callback(self._wrote)

    async def _write(self, given: list[_Wish] | None) -> None:
        wishes = self._some() if given is None else given
        settled = _settled_of(wishes)
        asked, rows = await patiently(
            lambda: self._commit(settled, wishes), halt=self._halt, patience=self._patience
        )
        self._did(wishes, settled, asked, rows)
        self._duel.did(len(rows), now=self._loop.time())
        self._patient -= 1
        self._go_on()

    def _wrote(self, writing: asyncio.Task[None]) -> None:
        self._writing.discard(writing)
        if not writing.cancelled():
            self._failed = self._failed or writing.exception()
        self._ring()

    async def _commit(
        self, settled: list[Settled], wishes: list[_Wish]
    ) -> tuple[int, Sequence[Delivery]]:
        """How many starts were asked for, and what was started; a halt is seen at each try."""
        starts = [] if self.halted else _starts_of(wishes)
        if not settled and not starts:
            return 0, ()
        lane = self._lane
        try:
            rows = await lane.outbox.commit(settled, starts, now=lane.clock(), owner=lane.owner)
        except Refused as refused:
            self.refused = refused
            raise
        return len(starts), rows

    # --- what was done ---------------------------------------------------------------------------

    def _did(
        self,
        wishes: list[_Wish],
        settled: list[Settled],
        asked: int,
        rows: Sequence[Delivery],
    ) -> None:
        """All of them hear; before that what begins is made ready at one go."""
        started = {row.id: row for row in rows}
        self._flying += len(started) - len(settled)
        self._lane.begun(rows)
        self._count(settled, suppressed=asked - len(started))
        for _, start, answer in wishes:
            begun = started.get(start.delivery) if start else None
            if not answer.done():
                answer.set_result(begun)
            elif begun is not None:  # whoever asked was cancelled while we wrote
                back = policy.given_back(begun, now=self._lane.clock())
                self.leave(Settled(delivery=back, attempt=None))

    def _count(self, settled: list[Settled], *, suppressed: int) -> None:
        counts = self._counts
        counts["suppressed"] += suppressed
        for one in settled:
            counts[_COLUMN[one.delivery.status]] += 1
        self._told(self.report)


def _starts_of(wishes: list[_Wish]) -> list[Start]:
    """Of those who still wait for one."""
    return [one.start for one in wishes if one.start and not one.started.done()]


def _settled_of(wishes: list[_Wish]) -> list[Settled]:
    return [one for wish in wishes for one in wish.settled]


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
