"""Issues, balances and deliveries as documents (the contract of `deliveries --json`) and words."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from publisher.app import App
from publisher.cli.screen import Screen
from publisher.model.bounces import Bounce
from publisher.model.deliveries import Attempt, Balance, Delivery
from publisher.model.issues import Issue, IssueStatus
from publisher.model.names import DeliveryId
from publisher.model.problems import msgid

_COLUMNS = ("planned", "accepted", "rejected", "suppressed", "cancelled", "uncertain", "waiting")


def issue_document(issue: Issue) -> dict[str, Any]:
    """The `issue` of the contract."""
    return {
        "id": issue.id,
        "edition": issue.edition,
        "number": issue.number,
        "status": issue.status,
        "window": {"start": issue.window.start, "end": issue.window.end},
    }


def balance_document(balance: Balance) -> dict[str, Any]:
    """The `balance` of the contract."""
    counts = {name: getattr(balance, name) for name in _COLUMNS}
    return {**counts, "balanced": balance.balanced}


def deliveries_document(
    rows: Sequence[tuple[Delivery, Sequence[Attempt]]],
    returned: Mapping[DeliveryId, Sequence[Bounce]],
) -> list[dict[str, Any]]:
    """The `deliveries` of the contract."""
    return [delivery_document(one, tries, returned.get(one.id, ())) for one, tries in rows]


def delivery_document(
    one: Delivery, tries: Sequence[Attempt], returned: Sequence[Bounce] = ()
) -> dict[str, Any]:
    """One of them, and what came back of it."""
    return {
        "id": one.id,
        "subscriber": one.subscriber,
        "address": one.address,
        "language": one.language,
        "status": one.status,
        "reason": one.reason,
        "message_id": one.message_id and f"<{one.message_id}>",
        "next_try_at": one.next_try_at,
        "attempts": [
            {
                "at": attempt.at,
                "phase": attempt.phase,
                "outcome": attempt.outcome,
                "code": attempt.code,
                "enhanced": attempt.enhanced,
                "text": attempt.text,
                "relay": attempt.relay,
            }
            for attempt in tries
        ],
        "bounces": [_bounce_document(bounce) for bounce in returned],
    }


def _bounce_document(bounce: Bounce) -> dict[str, Any]:
    return {
        "at": bounce.at,
        "kind": bounce.kind,
        "reason": bounce.reason,
        "weight": bounce.weight,
        "status": bounce.status or None,
        "text": bounce.text,
        "recipient": bounce.recipient or None,
        "reporter": bounce.reporter or None,
    }


def list_deliveries(
    screen: Screen,
    rows: Sequence[tuple[Delivery, Sequence[Attempt]]],
    returned: Mapping[DeliveryId, Sequence[Bounce]],
    zone: ZoneInfo,
) -> None:
    """Who got it, when, and what the server said; what came back, where anything did."""
    headings = (msgid("Address"), msgid("Lang"), msgid("Status"), msgid("Tried"), msgid("Server"))
    cells = [
        (
            one.address,
            one.language,
            screen.state(one.status),
            f"{tries[-1].at.astimezone(zone):%Y-%m-%d %H:%M:%S}" if tries else None,
            f"{tries[-1].code or ''} {tries[-1].text}".strip() if tries else one.reason,
        )
        for one, tries in rows
    ]
    if not any(returned.values()):
        screen.table(headings, cells)
        return
    news = [returned.get(one.id, ()) for one, _ in rows]
    came_back = [", ".join(screen.text.raw(one.reason.value) for one in some) for some in news]
    screen.table(
        (*headings, msgid("Came back")),
        [(*row, words or None) for row, words in zip(cells, came_back, strict=True)],
    )


async def report_balance(desk: App, screen: Screen, issue: Issue, balance: Balance) -> None:
    """The balance as a table, and one sentence on where the issue stands."""
    screen.table(
        (
            msgid("Planned"),
            msgid("Accepted"),
            msgid("Rejected"),
            msgid("Suppressed"),
            msgid("Cancelled"),
            msgid("Uncertain"),
            msgid("Waiting"),
        ),
        [tuple(getattr(balance, name) for name in _COLUMNS)],
    )
    if issue.status is IssueStatus.SENT:
        screen.say(msgid("{issue} is sent; the balance holds."), issue=issue.id)
    elif balance.waiting and issue.status is IssueStatus.STOPPED:
        screen.say(
            msgid("{issue} is stopped, {n} wait. They go on with: publisher resume {issue}"),
            issue=issue.id,
            n=balance.waiting,
        )
    elif balance.waiting:
        _say_when(desk, screen, issue, balance, await desk.house.outbox.wakes_at(issue.id))


def _say_when(
    desk: App, screen: Screen, issue: Issue, balance: Balance, wakes: datetime | None
) -> None:
    if wakes is None or wakes <= desk.house.clock():
        screen.say(
            msgid("{issue}: {n} still wait; `publisher run` or `send` goes on with them."),
            issue=issue.id,
            n=balance.waiting,
        )
        return
    here = wakes.astimezone(desk.house.newsroom.site.zone)
    screen.say(
        msgid(
            "{issue}: {n} still wait, the next one until {when}; `publisher run`, or `send` from "
            "then on, goes on with them."
        ),
        issue=issue.id,
        n=balance.waiting,
        when=f"{here:%Y-%m-%d %H:%M:%S}",
    )
