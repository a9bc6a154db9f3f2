"""Tokens of rates, shared by all senders of a newsroom and kept over restarts."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from publisher.model.rates import Bucket, slot_ends
from publisher.outlets import Grant, Unused, Want
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
                bucket = await _read(tx, want.name)
                count, left = bucket.take(want.limit, want.count, now=now)
                granted[want.name] = Grant(
                    count=count,
                    until=slot_ends(want.limit, now=now),
                    opens_at=left.opens_at(want.limit, now=now),
                )
                await _keep(tx, want.name, left)
        return granted

    async def put_back(self, unused: Sequence[Unused]) -> None:
        if not unused:
            return
        async with self._database.write() as tx:
            for one in sorted(unused, key=lambda one: one.name):
                bucket = await _read(tx, one.name)
                await _keep(tx, one.name, bucket.put_back(one.limit, one.count, until=one.until))


async def _read(tx: AsyncConnection, name: str) -> Bucket:
    """As it is; nobody else changes it before we are done."""
    query = select(rate_buckets.c.taken).where(rate_buckets.c.name == name).with_for_update()
    taken = (await tx.execute(query)).scalar_one_or_none()
    return Bucket(taken=tuple((int(slot), int(count)) for slot, count in json.loads(taken or "[]")))


async def _keep(tx: AsyncConnection, name: str, bucket: Bucket) -> None:
    this = update(rate_buckets).where(rate_buckets.c.name == name)
    await tx.execute(this.values(taken=json.dumps(bucket.taken)))
