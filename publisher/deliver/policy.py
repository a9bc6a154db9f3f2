"""What an SMTP result means for a Delivery: accepted, later, never, unknown, or our own fault.

Pure: a Delivery and a Result in, a Delivery out.  dispatcher.py carries it out.
"""

from datetime import datetime, timedelta

from publisher.deliver.meanings import Verdict, is_quota, is_the_servers, names_a_reader, verdict
from publisher.errors import MoveForbidden
from publisher.model.deliveries import (
    MOVES,
    Attempt,
    Delivery,
    DeliveryStatus,
    Outcome,
    Phase,
    Result,
    Settled,
)
from publisher.model.editions import OnUncertain
from publisher.model.moulds import mould
from publisher.model.people import Suppression, SuppressionReason

BACKOFF = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=3),
    timedelta(hours=6),  # and so on
)
LAST_HOUR = timedelta(hours=24)  # after the due time; older news is none
_LATE = 3  # tries that even one gets which begins behind that hour: many greylist whom they meet
PAUSE = timedelta(minutes=5)  # of the lane, when the fault is ours
SHORT_PAUSE = timedelta(seconds=30)  # when the server is just not there, or takes nothing now
QUOTA_PAUSE = timedelta(minutes=30)  # when we have sent as much as we may
EXPIRED = "expired"
_TEXT = 1000  # characters of a reply that the ledger keeps
_ENDS = MOVES[DeliveryStatus.SENDING]
# To look a member up in its enum takes ten times as long before Python 3.12.
_TAKEN, _ACCEPTED, _SENDING = Outcome.ACCEPTED, DeliveryStatus.ACCEPTED, DeliveryStatus.SENDING
_delivery, _attempt, _settled = mould(Delivery), mould(Attempt), mould(Settled)


def after(
    delivery: Delivery, result: Result, *, now: datetime, on_uncertain: OnUncertain
) -> Delivery:
    """The delivery after a try.

    Our own fault that the server found in this mail is tried again as a "later" is, and ends with
    the last hour: a relay that will not carry to one domain keeps no issue open for ever.

    Raises MoveForbidden for one that is not SENDING.  Never schedules before `now`, nor, but for
    the first few tries, behind the last hour.
    """
    match verdict(result):
        case Verdict.DONE:
            return _ended(delivery, DeliveryStatus.ACCEPTED)
        case Verdict.OURS if not names_a_reader(result):
            return given_back(delivery, now=now, wait=pause(result))
        case Verdict.NEVER | Verdict.GONE:
            return _ended(delivery, DeliveryStatus.REJECTED, reason=result.reason or None)
        case Verdict.UNKNOWN if on_uncertain is OnUncertain.SKIP or _is_old(delivery, now):
            return _ended(delivery, DeliveryStatus.UNCERTAIN)
    old = _is_old(delivery, now)
    if old and delivery.tries >= _LATE:
        return _ended(delivery, DeliveryStatus.REJECTED, reason=EXPIRED)
    again = now + BACKOFF[min(delivery.tries, len(BACKOFF) - 1)]
    return _moved(
        delivery,
        DeliveryStatus.DEFERRED,
        next_try_at=again if old else min(again, delivery.due_at + LAST_HOUR),
        tries=delivery.tries + 1,
    )


def settled(
    delivery: Delivery, result: Result, *, relay: str, now: datetime, on_uncertain: OnUncertain
) -> Settled:
    """The delivery after a try, what the ledger keeps of it, and who is never mailed again."""
    if result.outcome is _TAKEN:  # what nearly all are, in few steps
        return _settled(_ended(delivery, _ACCEPTED), attempt_of(result, relay, now), None)
    return _settled(
        after(delivery, result, now=now, on_uncertain=on_uncertain),
        attempt_of(result, relay, now),
        gone(delivery, result, now=now),
    )


def gone(delivery: Delivery, result: Result, *, now: datetime) -> Suppression | None:
    """The end of an address nobody lives at: a hard bounce, said during the session."""
    reply = result.reply
    if result.outcome is not Outcome.PERMANENT or reply is None:
        return None
    if verdict(result) is not Verdict.GONE:
        return None
    said = " ".join(f"{reply.code} {reply.enhanced or ''} {reply.text}".split())
    return Suppression(
        email=delivery.address,
        reason=SuppressionReason.HARD_BOUNCE,
        at=now,
        note=said[:_TEXT],
    )


def pause(result: Result) -> timedelta:
    """How long a lane rests after a result that is our own fault."""
    if is_quota(result.reply):
        return QUOTA_PAUSE
    absent = result.phase is Phase.CONNECT and result.outcome is Outcome.TRANSIENT
    return SHORT_PAUSE if absent or is_the_servers(result) else PAUSE


def given_back(delivery: Delivery, *, now: datetime, wait: timedelta = timedelta(0)) -> Delivery:
    """Started, but MAIL never went out: it waits as before, and no try is counted."""
    return _moved(delivery, DeliveryStatus.QUEUED, next_try_at=now + wait, tries=delivery.tries)


def attempt_of(result: Result, relay: str, now: datetime) -> Attempt:
    """The result as the ledger keeps it."""
    reply = result.reply
    if reply is None:
        return _attempt(now, result.phase, result.outcome, None, None, result.reason[:_TEXT], relay)
    said = reply.code, reply.enhanced, reply.text[:_TEXT]
    return _attempt(now, result.phase, result.outcome, *said, relay)


def _is_old(delivery: Delivery, now: datetime) -> bool:
    return now >= delivery.due_at + LAST_HOUR


def _ended(delivery: Delivery, to: DeliveryStatus, *, reason: str | None = None) -> Delivery:
    return _moved(delivery, to, next_try_at=None, tries=delivery.tries + 1, reason=reason)


def _moved(
    delivery: Delivery,
    to: DeliveryStatus,
    *,
    next_try_at: datetime | None,
    tries: int,
    reason: str | None = None,
) -> Delivery:
    """By the table of moves; only a try that was started can end."""
    if delivery.status is not _SENDING or to not in _ENDS:
        raise MoveForbidden(f"delivery {delivery.id}", delivery.status.value, to.value)
    return _delivery(
        delivery.id,
        delivery.issue,
        delivery.subscriber,
        delivery.address,
        delivery.language,
        to,
        delivery.due_at,
        next_try_at,
        tries,
        delivery.name,
        delivery.timezone,
        delivery.digest,
        delivery.message_id,
        reason or delivery.reason,
    )
