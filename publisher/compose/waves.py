"""When an issue is due for whom: its hour by readers' own clocks, and never outside its hours."""

from collections.abc import Iterable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from publisher.model.editions import Edition
from publisher.model.issues import Issue
from publisher.model.variants import Waves
from publisher.model.zones import known_zones


def waves_of(edition: Edition, issue: Issue, zones: Iterable[str], *, now: datetime) -> Waves:
    """Each zone's wave; none is before `now`.

    Where the clock is behind ours the issue waits for its hour; where that hour has gone by, it
    goes at once, for news does not wait a day.
    """
    ours = edition.schedule.zone
    return Waves(
        first=_within_hours(edition, now, ours),
        by_zone={
            zone: _within_hours(edition, max(now, _its_hour(issue, ours, there)), there)
            for zone, there in ((zone, _zone(zone, edition)) for zone in zones)
            if edition.waves
        },
    )


def opens_at(edition: Edition, zone: str | None, *, now: datetime) -> datetime:
    """When a mail of this edition may go to a reader there; `now` where it may."""
    return _within_hours(edition, now, _there(edition, zone))


def closes_at(edition: Edition, zone: str | None, *, now: datetime) -> datetime | None:
    """Until when one that may go now may; None: at all hours."""
    return edition.hours.closing(now, _there(edition, zone)) if edition.hours else None


def _there(edition: Edition, zone: str | None) -> ZoneInfo:
    """Whose clock holds for a reader who lives there."""
    return _zone(zone, edition) if zone and edition.waves else edition.schedule.zone


def _zone(name: str, edition: Edition) -> ZoneInfo:
    """A reader's; the edition's own where this machine knows none of that name."""
    return ZoneInfo(name) if name in known_zones() else edition.schedule.zone


def _its_hour(issue: Issue, ours: ZoneInfo, there: ZoneInfo) -> datetime:
    due = issue.due_at.astimezone(ours)
    return datetime.combine(due.date(), due.time(), tzinfo=there).astimezone(UTC)


def _within_hours(edition: Edition, at: datetime, zone: ZoneInfo) -> datetime:
    return edition.hours.opening(at, zone) if edition.hours else at
