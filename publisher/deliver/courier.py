"""One line's work: deliveries started, introduced, sent and settled, one behind the other.

The crash rule (law 3) with an envelope ahead: a mail's start is in the ledger before its MAIL goes
out, and its text goes out only once the mail before it is settled in the ledger.  So of all that a
crash leaves SENDING, one per connection may have been delivered; one `behind` another that is
SENDING too was not, and waits again.
"""

import asyncio
from dataclasses import dataclass, field
from itertools import count

from publisher.deliver.committer import Committer
from publisher.deliver.hopper import Hopper
from publisher.deliver.landing import Landing
from publisher.deliver.lane import Lane
from publisher.deliver.meanings import is_the_servers
from publisher.deliver.pool import Line
from publisher.deliver.session import Session
from publisher.deliver.wording import Wording
from publisher.errors import PublisherError, StoreBusy
from publisher.model.deliveries import Delivery, DeliveryStatus, Outcome, Phase, Result, Settled
from publisher.model.moulds import mould
from publisher.ports import Start

# Of every start of this process, whatever the round: one that is SENDING for ever, because the
# store was given up, must shield nobody that starts later.
_NUMBERS = count(1)
_QUEUED, _UNCERTAIN = DeliveryStatus.QUEUED, Outcome.UNCERTAIN
_start = mould(Start)


@dataclass(slots=True, kw_only=True)
class _Started:
    delivery: Delivery
    number: int
    at: float  # loop time
    wording: Wording | None = None  # once composed


@dataclass(slots=True, kw_only=True)
class _Trip:
    """What is under way on one line."""

    line: Line
    session: Session
    settled: list[Settled] = field(default_factory=list)  # not yet in the ledger
    aboard: _Started | None = None  # introduced: the server waits for its text
    ahead: _Started | None = None  # started, and none of its text is out


class Courier:
    """Carries what the hopper gives over a line, until there is no more or the session ends."""

    def __init__(
        self,
        lane: Lane,
        *,
        hopper: Hopper,
        committer: Committer,
        landing: Landing,
        fresh: float,
    ) -> None:
        """A start whose MAIL would leave later than `fresh` seconds after it is given back."""
        self._fresh = fresh
        self._lane, self._hopper = lane, hopper
        self._committer, self._landing = committer, landing
        self._loop = asyncio.get_running_loop()

    async def drain(self, line: Line) -> None:
        """Send what is claimed.  Cancelled or crashed, what is known is recorded."""
        session = line.session
        if session is None:
            return
        trip = _Trip(line=line, session=session)
        try:
            await self._go(trip)
        except BaseException:
            await self._abandon(trip)
            raise

    async def _go(self, trip: _Trip) -> None:
        """Record the mail before and start the next in one commit; then speak; and so on."""
        while True:
            waiting = self._next(trip)
            if waiting or trip.settled:
                await self._turn(trip, waiting)
            elif trip.aboard is None:
                return
            if trip.aboard:
                await self._finish(trip, trip.aboard)
            elif trip.ahead:
                await self._introduce(trip, trip.ahead)

    def _next(self, trip: _Trip) -> Delivery | None:
        if trip.settled:
            self._hopper.landed(trip.settled)
        if self._committer.halted or trip.ahead is not None or not trip.line.ready:
            return None
        if trip.aboard is None:
            return self._hopper.take()
        if trip.session.goes_ahead and not self._lane.gate.paced:
            return self._hopper.take(behind=trip.aboard.delivery)
        return None

    async def _turn(self, trip: _Trip, waiting: Delivery | None) -> None:
        settled, trip.settled = trip.settled, []
        if waiting is None:
            await self._committer.turn(settled, None)
        else:
            number, asked = next(_NUMBERS), self._loop.time()
            behind = trip.aboard.number if trip.aboard else None
            start = _start(waiting.id, self._lane.message_id(waiting), number, behind)
            try:
                started = await self._committer.turn(settled, start)
            except BaseException:
                self._landing.never_left(waiting)
                raise
            if started is None:
                self._landing.never_left(waiting)
            else:
                trip.ahead = _Started(delivery=started, number=number, at=self._since(asked))
        for one in settled:
            if one.delivery.status is _QUEUED:
                self._hopper.came_back()

    def _since(self, asked: float) -> float:
        """When what was asked for then began; a slow store makes no stale start."""
        now = self._loop.time()
        return asked if now - asked < self._fresh / 2 else now

    # --- speaking --------------------------------------------------------------------------------

    async def _introduce(self, trip: _Trip, one: _Started) -> None:
        """The envelope alone, where there is no text to send before it."""
        wording = await self._worded(trip, one)
        if wording is None:
            return
        wait = self._lane.gate.delay(one.delivery)
        if wait and not await self._is_its_turn(trip, one, wait):
            return
        if refused := await trip.session.introduce(wording, until=one.at + self._fresh):
            await self._turned_away(trip, one, refused)
        else:
            trip.aboard, trip.ahead = one, None

    async def _is_its_turn(self, trip: _Trip, one: _Started, wait: float) -> bool:
        """Wait for the moment that a limit gives it; where that is too late, it goes back."""
        while wait:
            if self._loop.time() + wait - one.at > self._fresh:
                trip.settled.append(self._landing.back(one.delivery))
                trip.ahead = None
                return False
            await asyncio.sleep(wait)
            wait = self._lane.gate.delay(one.delivery)
        return True

    async def _finish(self, trip: _Trip, aboard: _Started) -> None:
        """The text that the server waits for, and behind it the next envelope."""
        assert aboard.wording is not None  # noqa: S101 - it was introduced
        ahead = trip.ahead
        wording = await self._worded(trip, ahead) if ahead else None
        until = ahead.at + self._fresh if ahead else 0.0
        if wording is not None and ahead and self._lane.gate.delay(ahead.delivery, ahead=True):
            ahead.wording = wording = None  # its envelope is for when this one is taken
        result = await trip.session.finish(aboard.wording, wording, until=until)
        settled = self._landing.taken(aboard.delivery, result)
        trip.settled.append(settled or await self._landing.landed(aboard.delivery, result))
        trip.aboard = None
        if ahead is None or trip.ahead is None:
            return
        if not trip.session.went_ahead:
            self._held_back(trip, ahead)
            return
        if result.outcome is _UNCERTAIN:  # the session ended there, and told nothing of this one
            trip.settled.append(self._landing.back(ahead.delivery, said=True))
            trip.ahead = None
            return
        refused = None if trip.session.agreed() else await self._hear(trip)
        if refused is None:
            trip.aboard, trip.ahead = ahead, None
        else:
            await self._turned_away(trip, ahead, refused)

    def _held_back(self, trip: _Trip, ahead: _Started) -> None:
        """Its envelope follows once the mail before is settled, where the session still stands."""
        if not trip.session.usable:
            trip.settled.append(self._landing.back(ahead.delivery))
            trip.ahead = None

    async def _hear(self, trip: _Trip) -> Result | None:
        if not trip.session.heard:
            await self._turn(trip, None)
        return await trip.session.hear()

    async def _worded(self, trip: _Trip, one: _Started) -> Wording | None:
        """What to say for it; None, with the delivery settled, where nothing is to be said."""
        delivery = one.delivery
        try:
            mail = await self._lane.compose_mail(delivery, eight_bit=trip.session.eight_bits)
            wording = trip.session.word(mail)
        except StoreBusy:
            settled = self._landing.unread(delivery)
        except PublisherError as error:
            settled = await self._landing.uncomposed(delivery, error)
        else:
            if isinstance(wording, Result):
                settled = await self._landing.landed(delivery, wording)
            elif self._loop.time() - one.at <= self._fresh:
                one.wording = wording
                return wording
            else:
                settled = self._landing.back(delivery)
        trip.settled.append(settled)
        trip.ahead = None
        return None

    async def _turned_away(self, trip: _Trip, one: _Started, refused: Result) -> None:
        kept = trip.session.sent > 1
        settled = await self._landing.turned_away(one.delivery, refused, kept=kept)
        trip.settled.append(settled)
        trip.ahead = None
        if kept and refused.phase is Phase.MAIL and is_the_servers(refused):
            await trip.session.close()  # it has had its fill; a new one takes more

    async def _abandon(self, trip: _Trip) -> None:
        """Nobody waits any more: each is recorded for what is known of it."""
        if trip.aboard is not None:
            delivery = trip.aboard.delivery
            unknown = trip.session.reached is Phase.DOT
            back = (
                await self._landing.unknown(delivery)
                if unknown
                else self._landing.back(delivery, said=True)
            )
            trip.settled.append(back)
        if trip.ahead is not None:
            said = trip.ahead.wording is not None
            trip.settled.append(self._landing.back(trip.ahead.delivery, said=said))
        for settled in trip.settled:
            self._committer.leave(settled)
