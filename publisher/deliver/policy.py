"""What an SMTP result means for a Delivery: accepted, later, never, unknown, or our own fault.

Pure: a Delivery and a Result in, a Delivery out.  dispatcher.py carries it out.
"""

import re
from dataclasses import replace
from datetime import datetime, timedelta
from enum import Enum

from publisher.errors import MoveForbidden
from publisher.model.deliveries import (
    MOVES,
    Attempt,
    Delivery,
    DeliveryStatus,
    Outcome,
    Phase,
    Result,
)
from publisher.model.editions import OnUncertain

BACKOFF = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=3),
    timedelta(hours=6),  # and so on
)
LAST_HOUR = timedelta(hours=24)  # after the due time; older news is none
PAUSE = timedelta(minutes=5)  # of the lane, when the fault is ours
SHORT_PAUSE = timedelta(seconds=30)  # when the server was just not there
EXPIRED = "expired"
_TEXT = 1000  # characters of a reply that the ledger keeps

_POLICY = "5.7."  # RFC 3463 section 3.8: security or policy
_SENDER = frozenset({"5.1.7", "5.1.8"})  # RFC 3463 section 3.2: bad sender's address
_AUTHENTICATION = frozenset({530, 534, 535, 538})  # RFC 4954 section 6
_RELAYING = re.compile(r"\brelay", re.IGNORECASE)  # "Relay access denied", "unable to relay"


class Verdict(Enum):
    """What a result asks of us."""

    DONE = "done"  # the server has it
    LATER = "later"  # the same mail may do better another time
    NEVER = "never"  # not this mail to this reader
    UNKNOWN = "unknown"  # lost after the dot
    OURS = "ours"  # our own fault or nobody's: stop the lane, blame no reader


def verdict(result: Result) -> Verdict:
    """What a result says about the reader, and about us.

    A permanent no to MAIL names nobody but the sender; 5.7.x to anything but RCPT, a demand to
    log in and a refusal to relay are about us as well.
    """
    if result.phase is Phase.CONNECT:
        return Verdict.OURS
    match result.outcome:
        case Outcome.ACCEPTED:
            return Verdict.DONE
        case Outcome.UNCERTAIN:
            return Verdict.UNKNOWN
        case Outcome.TRANSIENT:
            return Verdict.LATER
    return Verdict.OURS if _about_us(result) else Verdict.NEVER


def after(
    delivery: Delivery, result: Result, *, now: datetime, on_uncertain: OnUncertain
) -> Delivery:
    """The delivery after a try.

    Raises MoveForbidden for one that is not SENDING.  Never schedules before `now`, nor behind
    the last hour.
    """
    match verdict(result):
        case Verdict.OURS:
            return given_back(delivery, now=now, wait=pause(result))
        case Verdict.DONE:
            return _ended(delivery, DeliveryStatus.ACCEPTED)
        case Verdict.NEVER:
            return _ended(delivery, DeliveryStatus.REJECTED, reason=result.reason or None)
        case Verdict.UNKNOWN if on_uncertain is OnUncertain.SKIP or _is_over(delivery, now):
            return _ended(delivery, DeliveryStatus.UNCERTAIN)
    if _is_over(delivery, now):
        return _ended(delivery, DeliveryStatus.REJECTED, reason=EXPIRED)
    again = now + BACKOFF[min(delivery.tries, len(BACKOFF) - 1)]
    return _moved(
        delivery,
        DeliveryStatus.DEFERRED,
        next_try_at=min(again, delivery.due_at + LAST_HOUR),
        tries=delivery.tries + 1,
    )


def pause(result: Result) -> timedelta:
    """How long a lane rests after a result that is our own fault."""
    absent = result.phase is Phase.CONNECT and result.outcome is Outcome.TRANSIENT
    return SHORT_PAUSE if absent else PAUSE


def given_back(delivery: Delivery, *, now: datetime, wait: timedelta = timedelta(0)) -> Delivery:
    """Started, but MAIL never went out: it waits as before, and no try is counted."""
    return _moved(delivery, DeliveryStatus.QUEUED, next_try_at=now + wait, tries=delivery.tries)


def attempt_of(result: Result, relay: str, now: datetime) -> Attempt:
    """The result as the ledger keeps it."""
    reply = result.reply
    return Attempt(
        at=now,
        phase=result.phase,
        outcome=result.outcome,
        code=reply.code if reply else None,
        enhanced=reply.enhanced if reply else None,
        text=(reply.text if reply else result.reason)[:_TEXT],
        relay=relay,
    )


def _about_us(result: Result) -> bool:
    reply = result.reply
    if reply is None:
        return False
    if result.phase is Phase.MAIL or reply.code in _AUTHENTICATION:
        return True
    if result.phase is Phase.RCPT:
        return reply.enhanced in _SENDER or bool(_RELAYING.search(reply.text))
    return (reply.enhanced or "").startswith(_POLICY) or reply.enhanced in _SENDER


def _is_over(delivery: Delivery, now: datetime) -> bool:
    return now >= delivery.due_at + LAST_HOUR


def _ended(delivery: Delivery, to: DeliveryStatus, *, reason: str | None = None) -> Delivery:
    ended = _moved(delivery, to, next_try_at=None, tries=delivery.tries + 1)
    return replace(ended, reason=reason)


def _moved(
    delivery: Delivery, to: DeliveryStatus, *, next_try_at: datetime | None, tries: int
) -> Delivery:
    """By the table of moves; only a try that was started can end."""
    if delivery.status is not DeliveryStatus.SENDING or to not in MOVES[delivery.status]:
        raise MoveForbidden(f"delivery {delivery.id}", delivery.status.value, to.value)
    return replace(delivery, status=to, next_try_at=next_try_at, tries=tries)
