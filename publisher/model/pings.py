"""Ping: what a hub was told of one of our feeds (W3C WebSub section 6)."""

from dataclasses import dataclass
from datetime import datetime

from publisher.model.problems import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Ping:
    """One topic at one hub: which bytes it knows of, and how telling it goes."""

    topic: str  # address of the feed, as it names itself
    hub: str
    told: str | None = None  # hash of the bytes it was told of last
    told_at: datetime | None = None
    tried: str | None = None  # hash of the bytes of the last try
    again_at: datetime | None = None  # no try before; None: at once
    failures: int = 0  # in a row
    problem: Problem | None = None  # of the last try
