"""WebSub: a source's hub, and what we asked of it."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from publisher.model.names import SourceId
from publisher.model.problems import Problem


class HubStatus(Enum):
    ASKED = "asked"  # our wish was sent, the hub has not come back to verify it
    VERIFIED = "verified"  # it came, and was told yes; it will tell us of changes
    DENIED = "denied"  # it said no (WebSub section 5.2); polling goes on
    FAILED = "failed"  # our wish did not reach it; we ask again


@dataclass(frozen=True, slots=True, kw_only=True)
class HubSubscription:
    """One source's subscription to one topic at one hub (W3C WebSub)."""

    source: SourceId
    hub: str
    topic: str
    token: str  # the last part of our callback address: a capability, hard to guess
    secret: str  # what the hub signs its deliveries with
    status: HubStatus
    asked_at: datetime
    verified_at: datetime | None = None
    expires_at: datetime | None = None  # of the lease
    told_at: datetime | None = None  # the last delivery whose signature was right
    failures: int = 0  # of asking, in a row
    problem: Problem | None = None
