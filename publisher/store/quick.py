"""Outbox.claim and Outbox.commit on SQLite, the everyday of them, as plain jobs.

What they ask is what fairness.py and starts.py ask, compiled once.  The general way crosses between
threads for each statement, and steps through rows one by one: a driver lets Python's lock go and
takes it again at every step.  Three times as long (measured).  Rows come as one text of JSON.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from operator import attrgetter
from typing import Any

from sqlalchemy import BindParameter, Select, Subquery, bindparam, func, select

from publisher.model.deliveries import Attempt, Delivery, Settled
from publisher.model.names import DeliveryId
from publisher.ports import Start
from publisher.store.delivery_rows import sealed, suppressed
from publisher.store.fairness import due, in_flight, leased
from publisher.store.notices import due_notices
from publisher.store.plain_jobs import ID, Asked, Begun, Claim, Commit, Query
from publisher.store.prepared import micros, prepared
from publisher.store.quick_rows import COLUMNS, started_from
from publisher.store.seating import agreed
from publisher.store.stamps import one_more
from publisher.store.starts import chosen_digest, held, left, refuse_forbidden
from publisher.store.tables import Instant, deliveries, subscribers

_NOW: BindParameter[datetime] = bindparam("at_now", type_=Instant())
_MOST: BindParameter[int] = bindparam("at_most")
_UNTIL: BindParameter[datetime] = bindparam("at_until", type_=Instant())
_OWNER: BindParameter[str] = bindparam("of_owner")
_OF_SETTLED = attrgetter("delivery", "attempt", "suppression")
_OF: BindParameter[str] = bindparam("of_issue")


def claim_of(*, limit: int, now: datetime, until: datetime, owner: str) -> Claim:
    """In plain values."""
    return Claim(limit, micros(now), micros(until), owner)


def commit_of(settled: Sequence[Settled], starts: Sequence[Start], owner: str) -> Commit | None:
    """In plain values; None where something here is a Notice, or suppresses anybody.

    Raises MoveForbidden for what cannot follow SENDING.
    """
    wanted: dict[int, tuple[str, int, int | None]] = {
        one.delivery: (one.message_id, one.number, one.behind) for one in starts
    }
    if wanted and min(wanted) < 0:
        return None
    tries, ends = list[Any](), dict[tuple[Any, ...], list[DeliveryId]]()  # most end alike
    for delivery, attempt, suppression in map(_OF_SETTLED, settled):
        refuse_forbidden(delivery)
        if delivery.id < 0 or suppression is not None:
            return None
        end = delivery.status._value_, micros(delivery.next_try_at), delivery.tries, delivery.reason
        ends.setdefault(end, []).append(delivery.id)
        if attempt is not None:
            tries += _try_of(delivery.id, attempt)
    return Commit(owner, tries, ends, wanted)


def started_of(begun: Begun, commit: Commit) -> list[Delivery]:
    """The nouns of what it started."""
    starts = commit.starts
    return [started_from(row, digest, starts[row[ID]][0]) for row, digest in begun]


# --- what is asked --------------------------------------------------------------------------------


@cache
def asked() -> Asked:
    """The statements of all of them."""
    return Asked(
        notices=prepared(due_notices(limit=_MOST, now=_NOW), "at_most", "at_now"),
        issues=prepared(in_flight(_NOW), "at_now"),
        due=_due(),
        lease=prepared(
            leased(_ids(), until=_UNTIL, owner=_OWNER), "of_ids", "at_until", "of_owner"
        ),
        advance=prepared(one_more()),
        free=_free(),
        choice=prepared(held(chosen_digest()).where(deliveries.c.id == bindparam("of")), "of"),
    )


def _due() -> Query:
    readers = subscribers.c.id == deliveries.c.subscriber
    rows = due(*COLUMNS, of=_OF, limit=_MOST, now=_NOW).join(subscribers, readers)
    return prepared(_as_text(rows.subquery()), "of_issue", "at_most", "at_now")


def _free() -> Query:
    """Of these, what the owner holds and nothing keeps from starting (law 7)."""
    rows = held(*COLUMNS, deliveries.c.variant, agreed().label("agrees")).where(
        deliveries.c.id.in_(_ids()),
        deliveries.c.claimed_by == _OWNER,
        sealed(),
        ~left(),
        ~suppressed(),
    )
    return prepared(_as_text(rows.subquery()), "of_ids", "of_owner")


def _ids() -> Select[Any]:
    """From a text of JSON."""
    return select(func.json_each(bindparam("of_ids")).table_valued("value").c.value)


def _as_text(rows: Subquery) -> Select[Any]:
    return select(func.json_group_array(func.json_array(*rows.c)))


# --- values ---------------------------------------------------------------------------------------

# `_value_` of an enum's member is its `value`, which takes three calls before Python 3.12.


def _try_of(delivery: DeliveryId, attempt: Attempt) -> tuple[Any, ...]:
    return (
        delivery,
        micros(attempt.at),
        attempt.phase._value_,
        attempt.outcome._value_,
        attempt.code,
        attempt.enhanced,
        attempt.text,
        attempt.relay,
    )
