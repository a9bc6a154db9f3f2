"""Tokens of rates, kept in memory as store/buckets.py keeps them in rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from publisher.model.rates import Bucket, slot_ends
from publisher.outlets import Grant, Unused, Want


@dataclass
class Kept:
    """The port Allowances."""

    buckets: dict[str, Bucket] = field(default_factory=dict)

    async def take(self, wants: Sequence[Want], *, now: datetime) -> Mapping[str, Grant]:
        granted = {}
        for want in wants:
            bucket = self.buckets.get(want.name, Bucket())
            count, left = bucket.take(want.limit, want.count, now=now)
            self.buckets[want.name] = left
            granted[want.name] = Grant(
                count=count,
                until=slot_ends(want.limit, now=now),
                opens_at=left.opens_at(want.limit, now=now),
            )
        return granted

    async def put_back(self, unused: Sequence[Unused]) -> None:
        for one in unused:
            bucket = self.buckets[one.name]
            self.buckets[one.name] = bucket.put_back(one.limit, one.count, until=one.until)
