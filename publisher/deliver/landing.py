"""What came of each try, in the ledger's words.  What a result means, policy.py says."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from publisher.deliver import policy
from publisher.deliver.lane import Lane
from publisher.deliver.meanings import Verdict, is_the_servers, names_a_reader, verdict
from publisher.deliver.wording import NO_UTF8, TOO_LARGE
from publisher.errors import PublisherError
from publisher.model.deliveries import Delivery, Outcome, Phase, Result, Settled
from publisher.model.editions import OnUncertain

_STORE_PAUSE = timedelta(minutes=1)  # of a delivery whose digest could not be read
# To look a member up in its enum takes ten times as long before Python 3.12.
_TAKEN, _SKIP = Outcome.ACCEPTED, OnUncertain.SKIP
_UNKNOWN = Result(
    outcome=Outcome.UNCERTAIN, phase=Phase.DOT, reply=None, reason="the sender was stopped"
)


class Landing:
    """Settles deliveries; `fail` hears of a result that is our own fault and ends the round."""

    def __init__(self, lane: Lane, fail: Callable[[Result], None]) -> None:
        self._lane, self._fail = lane, fail

    def taken(self, delivery: Delivery, result: Result) -> Settled | None:
        """What became of one that the server took; None of any other, see `landed`."""
        return self._settled(delivery, result, _SKIP) if result.outcome is _TAKEN else None

    async def landed(self, delivery: Delivery, result: Result) -> Settled:
        """What became of it, by policy."""
        if settled := self.taken(delivery, result):
            return settled
        if self._lane.pool.was_cut and _unheard(result):
            return self.back(delivery, said=True)
        if verdict(result) is Verdict.OURS:
            return self._our_fault(delivery, result)
        if self._lane.beside:
            result = self._beside_others(result)
        on_uncertain = OnUncertain.SKIP
        if result.outcome is Outcome.UNCERTAIN:
            on_uncertain = await self._lane.on_uncertain(delivery.issue)
        return self._settled(delivery, result, on_uncertain)

    def _our_fault(self, delivery: Delivery, result: Result) -> Settled:
        """The round ends; where the mail was refused, not we alone, it was a try of this one."""
        if self.only_crowded(result):
            return self.back(delivery, said=True)
        self._fail(result)
        if names_a_reader(result):
            now, relay = self._lane.clock(), self._lane.pool.relay.name
            self._lane.gate.landed(delivery, None, now=now)  # its mail house asks for nothing
            return policy.settled(delivery, result, relay=relay, now=now, on_uncertain=_SKIP)
        wait = timedelta(0) if self._lane.beside else policy.pause(result)
        return self.back(delivery, wait=wait, said=True)

    def _beside_others(self, result: Result) -> Result:
        """A relay that speaks of itself rests; what it does not offer, another one may."""
        if is_the_servers(result):
            self._fail(result)
        return replace(result, outcome=Outcome.TRANSIENT) if self._others_may(result) else result

    def _others_may(self, result: Result) -> bool:
        """Whether another relay offers, as far as we know, what this one does not."""
        if result.reason == NO_UTF8:
            return any(pool.utf8 is not False for pool in self._lane.beside)
        if result.reason.startswith(TOO_LARGE):
            own = self._lane.pool.largest or 0
            return any(not pool.largest or pool.largest > own for pool in self._lane.beside)
        return False

    def _settled(self, delivery: Delivery, result: Result, on_uncertain: OnUncertain) -> Settled:
        now = self._lane.clock()
        blamed = result
        if self._lane.beside and is_the_servers(result):
            blamed = replace(result, reply=None)  # it was no word of the mail house
        self._lane.gate.landed(delivery, blamed, now=now)
        relay = self._lane.pool.relay.name
        return policy.settled(delivery, result, relay=relay, now=now, on_uncertain=on_uncertain)

    async def turned_away(self, delivery: Delivery, result: Result, *, kept: bool) -> Settled:
        """Its envelope came to nothing.

        A `kept` session that ended before it heard of this mail says nothing about it, nor does
        one that takes no more.
        """
        at_rest = result.phase is Phase.MAIL and (
            (_unheard(result) and result.reason != "timeout") or is_the_servers(result)
        )
        if kept and at_rest:
            return self.back(delivery, said=True)
        return await self.landed(delivery, result)

    async def unknown(self, delivery: Delivery) -> Settled:
        """The dot went out, and we do not stay to hear."""
        return await self.landed(delivery, _UNKNOWN)

    async def uncomposed(self, delivery: Delivery, error: PublisherError) -> Settled:
        """It can never be sent, and this is why."""
        result = Result(
            outcome=Outcome.PERMANENT,
            phase=Phase.MAIL,
            reply=None,
            reason=f"cannot be composed: {error}",
        )
        return await self.landed(delivery, result)

    def unread(self, delivery: Delivery) -> Settled:
        """Its digest could not be read now."""
        return self.back(delivery, wait=_STORE_PAUSE)

    def back(
        self, delivery: Delivery, *, wait: timedelta = timedelta(0), said: bool = False
    ) -> Settled:
        """It waits as before, for none of its text went out; `said`: but its MAIL may have."""
        if said:
            self._lane.gate.landed(delivery, None, now=self._lane.clock())
        else:
            self.never_left(delivery)
        back = policy.given_back(delivery, now=self._lane.clock(), wait=wait)
        return Settled(delivery=back, attempt=None)

    def never_left(self, delivery: Delivery) -> None:
        """It was taken to be sent, and nothing was said of it."""
        self._lane.gate.never_left(delivery)

    def only_crowded(self, result: Result) -> bool:
        """The server has sessions with us, and merely no room for one more now."""
        passing = result.phase is Phase.CONNECT and result.outcome is Outcome.TRANSIENT
        return passing and self._lane.pool.live > 0


def _unheard(result: Result) -> bool:
    """Nothing was refused and nothing delivered: the connection ended before the dot."""
    return result.reply is None and result.outcome is Outcome.TRANSIENT
