"""Tokens of rates, shared by all senders of a newsroom and kept over restarts."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite

from publisher.model.rates import Bucket, slot_ends
from publisher.outlets import Grant, Want
from publisher.store.database import Database
from publisher.store.rate_tables import rate_buckets


class SqlAllowances:
    """The port Allowances on SQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def take(self, wants: Sequence[Want], *, now: datetime) -> Mapping[str, Grant]:
        granted: dict[str, Grant] = {}
        async with self._database.write() as tx:
            upsert = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
            blank = [{"name": one.name, "taken": "[]"} for one in wants]
            if not blank:
                return granted
            await tx.execute(upsert(rate_buckets).on_conflict_do_nothing(), blank)
            for want in sorted(wants, key=lambda one: one.name):  # in one order: no deadlock
                this = rate_buckets.c.name == want.name
                query = select(rate_buckets.c.taken).where(this).with_for_update()
                taken = json.loads((await tx.execute(query)).scalar_one())
                bucket = Bucket(taken=tuple((int(slot), int(count)) for slot, count in taken))
                count, left = bucket.take(want.rate, want.count, now=now)
                granted[want.name] = Grant(
                    count=count,
                    until=slot_ends(want.rate, now=now),
                    opens_at=left.opens_at(want.rate, now=now),
                )
                kept = update(rate_buckets).where(this).values(taken=json.dumps(left.taken))
                await tx.execute(kept)
        return granted
