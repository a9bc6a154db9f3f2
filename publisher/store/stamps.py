"""Which life of the newsroom a database is of: told by a stamp in it and one on this machine.

The number in both goes up with every claim and every seal.  Where the machine remembers a higher
one, or (SQLite) another file than this, the database is a backup that was put back: mails may have
gone that it knows nothing of.
"""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import mkstemp

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from publisher.store.database import Database
from publisher.store.snapshot import Row
from publisher.store.stamp_tables import stamps

_THE_ONE = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class _OnDisk:
    newsroom: str
    counter: int
    inode: int | None  # of the database's file; None for PostgreSQL


class SqlStamps:
    """The port Stamps on SQL and a file; `of`: the file of a SQLite database."""

    def __init__(
        self, database: Database, *, file: Path, of: Path | None, name: Callable[[], str]
    ) -> None:
        self._database, self._file, self._of, self._name = database, file, of, name

    async def paused_since(self, *, now: datetime) -> datetime | None:
        async with self._database.write() as tx:
            row = await self._row(tx)
            if row.paused_at is None and self._is_another(row):
                await tx.execute(update(stamps).values(paused_at=now))
                return now
        paused: datetime | None = row.paused_at
        if paused is None:
            self.keep(row.counter, newsroom=row.newsroom)
        return paused

    async def resume(self) -> None:
        seen = _read(self._file)
        async with self._database.write() as tx:
            row = await self._row(tx)
            counter = max(row.counter, seen.counter if seen else 0) + 1
            await tx.execute(update(stamps).values(counter=counter, paused_at=None))
        self.keep(counter, newsroom=row.newsroom)

    def keep(self, counter: int, *, newsroom: str) -> None:
        """Have this machine remember it."""
        seen = _read(self._file)
        made = _OnDisk(newsroom=newsroom, counter=counter, inode=self._inode())
        if seen is None or seen != made:
            _write(self._file, made)

    async def _row(self, tx: AsyncConnection) -> Row:
        upsert = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
        blank = {"id": _THE_ONE, "newsroom": self._name(), "counter": 0}
        await tx.execute(upsert(stamps).values(blank).on_conflict_do_nothing())
        return (await tx.execute(select(stamps).with_for_update())).one()

    def _is_another(self, row: Row) -> bool:
        seen = _read(self._file)
        if seen is None:  # on PostgreSQL another machine may just have come
            return self._of is not None and row.counter > 0
        if seen.newsroom != row.newsroom:
            return bool(seen.counter)
        return seen.counter > row.counter or seen.inode != self._inode()

    def _inode(self) -> int | None:
        return self._of.stat().st_ino if self._of is not None else None


async def advance(tx: AsyncConnection) -> Row | None:
    """One claim or seal more; None before anybody has looked at the stamp."""
    raised = update(stamps).values(counter=stamps.c.counter + 1)
    return (await tx.execute(raised.returning(stamps.c.counter, stamps.c.newsroom))).first()


def _read(file: Path) -> _OnDisk | None:
    """None where there is none, or nothing that can be read."""
    try:
        return _OnDisk(**json.loads(file.read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def _write(file: Path, stamp: _OnDisk) -> None:
    """Whole or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    handle, draft = mkstemp(dir=file.parent, prefix=f".{file.name}.")
    with os.fdopen(handle, "w", encoding="utf-8") as out:
        json.dump({"newsroom": stamp.newsroom, "counter": stamp.counter, "inode": stamp.inode}, out)
    Path(draft).replace(file)
