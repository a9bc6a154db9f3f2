"""What follows from a bounce, for the reader's address and for what is being sent.  Pure.

Hard ones end an address at once, complaints too.  Soft ones are points that fade: five full
mailboxes on five days, or six in six weeks, and the address rests.  What is our own fault costs
no reader anything.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from publisher.inlets import Faults
from publisher.model.bounces import Bounce, Kind, Reason, Weight
from publisher.model.people import SuppressionReason
from publisher.model.rates import Groups

REMEMBERED = timedelta(days=180)  # older ones weigh less than a hundredth
HALF_LIFE = timedelta(days=30)
LIMIT = 4.0
FAULT_SPAN = timedelta(hours=1)
STILL_NEWS = timedelta(days=7)  # of a sealed issue: mail servers try for five days
_POINTS = {
    Reason.HOST_UNKNOWN: 1.5,  # hard, but a mistake in somebody's DNS must not cost all its readers
    Reason.DISABLED: 2.0,
    Reason.MAILBOX_FULL: 1.0,
    Reason.EXPIRED: 0.7,
    Reason.UNREACHABLE: 0.7,
    Reason.REFUSED: 0.7,
    Reason.SYSTEM: 0.5,
    Reason.UNKNOWN: 0.5,
}
_FEWEST_FAULTS, _SHARE = 5, 10  # readers, and at least one in ten of those that were mailed
_FIRST = 250  # readers; so many count as mailed before they are, where there are so many
_VOICES = 3  # domains, at least, unless it is one of a mail house with many people's boxes


def suppression(bounce: Bounce, before: Iterable[Bounce]) -> SuppressionReason | None:
    """Why no more mail goes to the address from now on; None: mail goes on.

    `before`: what came back from the same reader, since they last confirmed.
    """
    if bounce.kind is Kind.COMPLAINT:
        return SuppressionReason.COMPLAINT
    if bounce.kind is not Kind.BOUNCE:
        return None
    if bounce.weight is Weight.HARD and bounce.reason is not Reason.HOST_UNKNOWN:
        return SuppressionReason.HARD_BOUNCE
    if bounce.reason in _POINTS and score((*before, bounce), now=bounce.at) >= LIMIT:
        return SuppressionReason.HARD_BOUNCE
    return None


def score(bounces: Iterable[Bounce], *, now: datetime) -> float:
    """Points that fade by half in a month; the worst of a day counts, not each of them."""
    worst: dict[object, float] = {}
    for one in bounces:
        if one.kind is Kind.BOUNCE and one.reason in _POINTS:
            points = _POINTS[one.reason] * 0.5 ** (max(now - one.at, timedelta(0)) / HALF_LIFE)
            day = one.at.date()
            worst[day] = max(worst.get(day, 0.0), points)
    return sum(worst.values())


def is_ours(faults: Faults, groups: Groups) -> bool:
    """Whether so much came back by our own fault that the sending is to stop.

    Whoever holds some subscriptions can send what looks like our fault.  So a tenth is asked for,
    and nobody's own domain speaks for more than a third of it; or it is half of all.
    """
    mailed = max(faults.accepted, min(faults.planned, _FIRST))
    if faults.readers > 1 and faults.readers * 2 >= mailed:
        return True
    needed = max(_FEWEST_FAULTS, -(-mailed // _SHARE))
    return _voices(faults.domains, groups, most=-(-needed // _VOICES)) >= needed


def _voices(domains: Mapping[str, int], groups: Groups, *, most: int) -> int:
    """The readers that count: all of a mail house, of another domain not more than `most`."""
    known = 0
    strangers = Counter[str]()
    for domain, readers in domains.items():
        if domain in groups.of_domain:
            known += readers
        else:  # names below a domain cost its owner nothing
            strangers[".".join(domain.split(".")[-2:])] += readers
    return known + sum(min(readers, most) for readers in strangers.values())
