"""One mail that came back, from its bytes to the ledger: read, tied to its delivery, answered.

Nothing is believed that we did not sign: the return path, the unsubscribe token, the Message-ID.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from hashlib import sha256

from publisher.bounces import verdict
from publisher.errors import MoveForbidden
from publisher.house import House
from publisher.links import (
    Leave,
    delivery_named,
    is_leave,
    is_return_path,
    leave_named,
    leaver_named,
    whole_token,
)
from publisher.model.addresses import normalise
from publisher.model.bounces import Bounce, Failure, Kind, Reading, Returned, Traces, Weight
from publisher.model.issues import IssueStatus
from publisher.model.names import IssueId
from publisher.model.people import SuppressionReason


class Fate(Enum):
    """What became of a mail that came back."""

    RECORDED = "recorded"  # tied to a delivery, and in the ledger
    LEFT = "left"  # the reader left by it
    KNOWN = "known"  # it was in the ledger already
    IGNORED = "ignored"  # an answering machine, or good news
    FORGED = "forged"  # it carries a signature of ours that we never made
    STRANGE = "strange"  # a bounce, but of no mail of ours
    UNREAD = "unread"  # nobody here can read it


KEPT_ASIDE = frozenset({Fate.FORGED, Fate.STRANGE, Fate.UNREAD})
_NEWS = frozenset({Kind.BOUNCE, Kind.DELAY, Kind.COMPLAINT})


@dataclass(frozen=True, slots=True, kw_only=True)
class Absorbed:
    """What one mail came to."""

    fate: Fate
    kind: Kind
    failure: Failure | None = None  # the first that it tells
    returned: Returned | None = None
    suppressed: SuppressionReason | None = None
    stopped: tuple[IssueId, ...] = ()  # issues whose sending was stopped: the fault is ours


async def absorb_one(house: House, raw: bytes, to: Sequence[str] = ()) -> Absorbed:
    """Take one mail in; `to` is whom its envelope names.  What was taken in before changes nothing.

    Raises StoreBusy, and then nothing was recorded.
    """
    from publisher.bounces.reader import LONGEST, read  # noqa: PLC0415 - its patterns take 0.1 s

    reading = await house.crunch(read, raw[:LONGEST], to=tuple(to))
    if reading.wants_out:
        return await _leave(house, reading)
    if reading.kind is Kind.REPLY:
        return Absorbed(fate=Fate.IGNORED, kind=reading.kind)
    if reading.kind not in _NEWS and not (reading.kind is Kind.LEAVE and reading.failures):
        return Absorbed(fate=Fate.UNREAD, kind=reading.kind)
    if reading.traces.returns:
        returned = await _by_return_path(house, reading.traces)
        fate = Fate.FORGED
    else:
        returned = await _by_quotation(house, reading.traces)
        fate = Fate.STRANGE
    if returned is None:
        return Absorbed(fate=fate, kind=reading.kind, failure=reading.failures[0])
    failure = _about(returned, reading)
    if failure is None:
        return Absorbed(fate=Fate.IGNORED, kind=reading.kind, returned=returned)
    return await _recorded(house, raw, reading, failure, returned)


# --- whose it is --------------------------------------------------------------------------------


async def _leave(house: House, reading: Reading) -> Absorbed:
    """A mail to the mailbox that unsubscribes: nothing in it matters but the address (law 7)."""
    for token in reading.wants_out:
        if leave := await _signed(house, token):
            await house.audience.leave(leave.subscriber, leave.edition, now=house.clock())
            return Absorbed(fate=Fate.LEFT, kind=reading.kind)
    return Absorbed(fate=Fate.FORGED, kind=reading.kind)


async def _signed(house: House, token: str) -> Leave | None:
    """What an unsubscribe link says, where we signed it for who has that number now."""
    leave = leave_named(token)
    reader = await house.audience.get(leave.subscriber) if leave else None
    if reader and is_leave(house.keys, token, reader.email, old=reader.had_old_links):
        return leave
    return await _signed_for_one_of_theirs(house, token)


async def _signed_for_one_of_theirs(house: House, token: str) -> Leave | None:
    """The same of a mailbox with no edition in its name, for those have but so many letters."""
    number = leaver_named(token)
    reader = await house.audience.get(number) if number is not None else None
    for tie in reader.subscriptions if reader else ():
        whole = whole_token(token, tie.edition)
        if reader and is_leave(house.keys, whole, reader.email, old=False):
            return leave_named(whole)
    return None


async def _by_return_path(house: House, traces: Traces) -> Returned | None:
    """The delivery whose return path we signed."""
    for local in traces.returns:
        named = delivery_named(local)
        found = await house.returns.delivery(named) if named is not None else None
        if found and is_return_path(
            house.keys, local, found.delivery, found.issue, found.subscriber
        ):
            return found
    return None


async def _by_quotation(house: House, traces: Traces) -> Returned | None:
    """The delivery whose mail is quoted: by its unsubscribe link, or its Message-ID and reader.

    Both are keyed: who quotes them had the mail.
    """
    ids = frozenset(traces.message_ids)
    for token in traces.leaves:
        if leave := await _signed(house, token):
            found = await house.returns.recent(subscriber=leave.subscriber, edition=leave.edition)
            exact = [one for one in found if one.message_id in ids]
            if of_theirs := exact or found:
                return of_theirs[0]
    for address in traces.addresses if ids else ():
        found = await house.returns.recent(email=_normal(address))
        if exact := [one for one in found if one.message_id in ids]:
            return exact[0]
    return None


def _about(returned: Returned, reading: Reading) -> Failure | None:
    """What the report says of our reader; None where it says that others failed and they did not.

    Where it names the reader nowhere, a forwarder tells where the mail went, and the first counts.
    """
    for one in reading.failures:
        if _normal(one.recipient) == returned.address:
            return one
    spared = map(_normal, reading.spared)
    return None if returned.address in spared else reading.failures[0]


def _normal(address: str) -> str:
    try:
        return normalise(address)
    except ValueError:
        return address


# --- what follows -------------------------------------------------------------------------------


async def _recorded(
    house: House, raw: bytes, reading: Reading, failure: Failure, returned: Returned
) -> Absorbed:
    now = house.clock()
    if reading.kind is Kind.LEAVE:
        if returned.edition is None:  # who got a Notice has nothing to leave
            return Absorbed(
                fate=Fate.IGNORED, kind=reading.kind, failure=failure, returned=returned
            )
        await house.audience.leave(returned.subscriber, returned.edition, now=now)
        return Absorbed(fate=Fate.LEFT, kind=reading.kind, failure=failure, returned=returned)
    bounce = Bounce(
        at=now,
        kind=reading.kind,
        reason=failure.reason,
        status=failure.status,
        text=failure.text,
        recipient=failure.recipient,
        reporter=reading.reporter,
    )
    before = await house.returns.history(returned.address, since=now - verdict.REMEMBERED)
    suppressed = verdict.suppression(bounce, before)
    new = await house.returns.record(
        returned, bounce, fingerprint=sha256(raw).hexdigest(), suppress=suppressed
    )
    if not new:
        return Absorbed(fate=Fate.KNOWN, kind=reading.kind, failure=failure, returned=returned)
    ours = bounce.kind is Kind.BOUNCE and bounce.weight is Weight.OURS
    return Absorbed(
        fate=Fate.RECORDED,
        kind=reading.kind,
        failure=failure,
        returned=returned,
        suppressed=suppressed,
        stopped=await _stopped(house, returned.issue) if ours else (),
    )


async def _stopped(house: House, issue: IssueId) -> tuple[IssueId, ...]:
    """Too much comes back by our own fault: nothing more is started until somebody says resume."""
    now = house.clock()
    faults = await house.returns.faults(
        issue, since=now - verdict.FAULT_SPAN, sealed_since=now - verdict.STILL_NEWS
    )
    if not verdict.is_ours(faults, house.groups):
        return ()
    stopped: list[IssueId] = []
    for one in await house.issues.with_status(IssueStatus.SEALED):
        with suppress(MoveForbidden):  # it was sent, or an editor was quicker
            await house.issues.move(one.id, IssueStatus.STOPPED, now=now, by="bounces")
            stopped.append(one.id)
    await house.returns.answer_faults(now=now)
    return tuple(stopped)
