"""Who has got the issue at which hour, where its readers live in many zones."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from publisher import pipeline
from publisher.app import App
from publisher.model.people import Choices
from tests.support.build import make_applicant, make_consent
from tests.support.newsroom import composed, make_room
from tests.support.sending import Ticker
from tests.support.smtp_server import RealServer, real_server

STEP = timedelta(minutes=30)
ZONES = {
    "vladivostok": "Asia/Vladivostok",
    "moscow": "Europe/Moscow",
    "kaliningrad": "Europe/Kaliningrad",
    "london": "Europe/London",
    "new-york": "America/New_York",  # its clocks go forward between midnight and this issue
    "nobody-knows": None,
}
# Sunday, 8 March 2026, at 08:00 of each reader, in UTC; where that is gone, when it was due.
FROM_MOSCOW = {
    "vladivostok": "08T05:00",
    "moscow": "08T05:00",
    "nobody-knows": "08T05:00",
    "kaliningrad": "08T06:00",
    "london": "08T08:00",
    "new-york": "08T12:00",  # at -05:00, as it was when the issue was sealed, it would be 13:00
}
FROM_VLADIVOSTOK = {
    "vladivostok": "07T22:00",
    "nobody-knows": "07T22:00",
    "moscow": "08T05:00",
    "kaliningrad": "08T06:00",
    "london": "08T08:00",
    "new-york": "08T12:00",
}
ALL_AT_ONCE = dict.fromkeys(ZONES, "08T05:00")


@pytest.mark.parametrize(
    ("home", "waves", "hours"),
    [
        ("Europe/Moscow", "true", FROM_MOSCOW),
        ("Asia/Vladivostok", "true", FROM_VLADIVOSTOK),
        ("Europe/Moscow", "false", ALL_AT_ONCE),
    ],
)
async def test_each_reader_has_it_at_eight_by_their_own_clock(
    home: str, waves: str, hours: Mapping[str, str], tmp_path: Path
) -> None:
    due = datetime.fromisoformat(f"2026-03-{min(hours.values())}+00:00")
    async with real_server() as server:
        room = make_room(tmp_path / "room", smtp=server.port, send='"every day at 08:00"', now=due)
        room.edit('timezone = "Europe/Moscow"', f'timezone = "{home}"')
        room.edit('subject = "count"', f'subject = "count"\nwaves = {waves}')
        clock = Ticker(now=due)
        async with room.at_work(clock) as app:
            await _enrolled(app, now=due)
            issue = await composed(app)
            await pipeline.seal(app.house, issue.id, by="test")
            found = await _followed(app, server, clock)

    assert found == hours


async def _enrolled(app: App, *, now: datetime) -> None:
    people = [
        make_applicant(
            email=f"{name}@readers.test",
            choices=Choices(timezone=zone),
            consent=make_consent(at=now - timedelta(days=30)),
        )
        for name, zone in ZONES.items()
    ]
    await app.house.audience.enrol(people, now=now)


async def _followed(app: App, server: RealServer, clock: Ticker) -> Mapping[str, str]:
    """Turn the clock past the last wave; when each reader's mail came, day and hour of UTC."""
    found: dict[str, str] = {}
    while clock.now < datetime(2026, 3, 8, 14, tzinfo=UTC):
        await pipeline.deliver(app.house, stop=asyncio.Event())
        for mail in server.mails[len(found) :]:
            found[mail.recipient.removesuffix("@readers.test")] = f"{clock.now:%dT%H:%M}"
        clock.now += STEP
    assert len(server.mails) == len(found)
    return found
