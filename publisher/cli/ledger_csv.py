"""The ledger of an issue as CSV: a row for each delivery, for spreadsheets and other programs."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TextIO

from publisher.app import App
from publisher.cli.sheet import Sheet
from publisher.model.bounces import Bounce
from publisher.model.deliveries import Attempt, Delivery, DeliveryStatus
from publisher.model.names import DeliveryId, IssueId

COLUMNS = (
    *("delivery", "subscriber", "address", "language", "status", "reason", "message_id"),
    *("tries", "tried_at", "relay", "phase", "code", "enhanced", "server"),
    *("next_try_at", "came_back"),
)
_AT_ONCE = 2000
_FORMULAS = ("=", "+", "-", "@", "\t", "\r")  # OWASP: what a spreadsheet would carry out


@dataclass(frozen=True, slots=True, kw_only=True)
class Only:
    """Which deliveries are asked for; None: all."""

    status: DeliveryStatus | None = None
    address: str | None = None


Row = tuple[Delivery, Sequence[Attempt]]


async def write_csv(
    desk: App,
    issue: IssueId,
    out: TextIO,
    *,
    only: Only,
    limit: int | None,
) -> None:
    """Every delivery in order of id, memory flat."""
    sheet = Sheet(out)
    sheet.write(COLUMNS)
    async for page in _pages(desk, issue, only, limit):
        returned = await desk.house.returns.about([one.id for one, _ in page])
        for one, tries in page:
            sheet.write(cells(one, tries, returned))


async def _pages(
    desk: App, issue: IssueId, only: Only, limit: int | None
) -> AsyncIterator[Sequence[Row]]:
    last: DeliveryId | None = None
    left = limit
    while left is None or left > 0:
        some = _AT_ONCE if left is None else min(left, _AT_ONCE)
        page = await desk.house.ledger.deliveries(
            issue, status=only.status, address=only.address, after=last, limit=some
        )
        yield page
        if len(page) < some:
            return
        last = page[-1][0].id
        left = None if left is None else left - some


def cells(
    one: Delivery, tries: Sequence[Attempt], returned: Mapping[DeliveryId, Sequence[Bounce]]
) -> tuple[object, ...]:
    """One delivery's row; of its tries the last."""
    last = tries[-1] if tries else None
    row = (
        one.id,
        one.subscriber,
        one.address,
        one.language,
        one.status.value,
        one.reason,
        one.message_id,
        one.tries,
        last and _utc(last.at),
        last and last.relay,
        last and last.phase.value,
        last and last.code,
        last and last.enhanced,
        last and last.text,
        one.next_try_at and _utc(one.next_try_at),
        " ".join(news.reason.value for news in returned.get(one.id, ())),
    )
    return tuple(_harmless(cell) for cell in row)


def _harmless(cell: object) -> object:
    """What a server said, or an address, is never a formula: an apostrophe makes it text."""
    if isinstance(cell, str) and cell.startswith(_FORMULAS):
        return f"'{cell}"
    return "" if cell is None else cell


def _utc(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
