"""The demo does its job whatever the hour: nights, weekends, long holidays, years from now."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from publisher.demo.run import demonstrating, perform
from publisher.model.issues import IssueStatus


@pytest.mark.filterwarnings("ignore:To avoid breaking existing:DeprecationWarning:feedparser")
@pytest.mark.parametrize(
    "now",
    [
        "2026-11-23T07:59:00+03:00",
        "2026-11-23T08:00:00+03:00",
        "2026-11-29T23:30:00+03:00",
        "2027-01-09T12:00:00+03:00",
        "2032-02-29T03:00:00+03:00",
    ],
    ids=["a minute before", "on the hour", "a Sunday night", "in the holidays", "years from now"],
)
async def test_twelve_mails_leave_at_any_hour_and_none_the_second_time(
    tmp_path: Path, now: str
) -> None:
    hour = datetime.fromisoformat(now)
    async with demonstrating(tmp_path, {}, lambda: hour) as show:
        first = await perform(show)
    async with demonstrating(tmp_path, {}, lambda: hour + timedelta(minutes=5)) as show:
        second = await perform(show)
        stored = await show.app.house.issues.recent()

    assert first.issue is not None, first.reason
    assert first.balance is not None
    assert (first.balance.accepted, first.mails) == (12, 12)
    assert second.issue is None
    assert second.mails == 12
    assert [issue.status for issue in stored] == [IssueStatus.SENT]
