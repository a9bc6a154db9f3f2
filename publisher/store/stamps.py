"""Which life of the newsroom a database is of: told by a stamp in it and one on this machine.

The number in both goes up with every claim and every seal.  Where the machine remembers a higher
one, the database is a backup that was put back: mails may have gone that it knows nothing of.  A
folder put back whole has both numbers right, so (SQLite) the file also knows of itself and of the
database which files they were: a copy is another one.  On PostgreSQL the stamp knows where it
stands, so that a dump read in for a machine that remembers nothing is told as well.
"""

import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from tempfile import mkstemp
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.dml import ReturningUpdate

from publisher.errors import Refused
from publisher.model.problems import Problem, msgid
from publisher.store.database import Database
from publisher.store.snapshot import Row
from publisher.store.stamp_tables import stamps
from publisher.store.whereabouts import Home, home_of

_THE_ONE = 1
_NAMES = "stamp-*.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class _OnDisk:
    newsroom: str
    counter: int
    inode: int | None  # of the database's file; None for PostgreSQL
    own: int = 0  # of this file
    mtime: int = 0  # of this file, in nanoseconds
    database: str = ""  # where that is, in words


class SqlStamps:
    """The port Stamps on SQL and a file in `folder`; `of`: the file of a SQLite database."""

    def __init__(
        self, database: Database, *, folder: Path, of: Path | None, name: Callable[[], str]
    ) -> None:
        self._database, self._folder, self._of, self._name = database, folder, of, name
        self._opened: int | None = None  # the inode of the database as this process opened it
        self.highest = 0  # that this process remembers

    async def paused_since(self, *, now: datetime) -> datetime | None:
        async with self._database.write() as tx:
            row, here = await self._row(tx), await home_of(tx)
            self._refuse_replaced()
            if row.paused_at is None and self._is_another(row, here):
                await tx.execute(update(stamps).values(paused_at=now))
                return now
            if row.paused_at is None:
                await _settle(tx, row, here)
        paused: datetime | None = row.paused_at
        if paused is None:
            self.highest = max(self.highest, row.counter)
            self.keep(row.counter, newsroom=row.newsroom)
        return paused

    async def resume(self) -> None:
        seen = _read(self._folder)
        async with self._database.write() as tx:
            row = await self._row(tx)
            counter = max(row.counter, seen.counter if seen else 0, _named(self._folder)) + 1
            await tx.execute(update(stamps).values(counter=counter, paused_at=None))
            await _settle(tx, row, await home_of(tx))
        self.keep(counter, newsroom=row.newsroom)

    def keep(self, counter: int, *, newsroom: str) -> None:
        """Have this machine remember it; nothing is written where it does."""
        seen = _read(self._folder)
        known = (seen.newsroom, seen.counter, seen.inode) if seen else None
        if known != (newsroom, counter, self._inode()):
            self.raised(counter, newsroom=newsroom)

    def raised(self, counter: int, *, newsroom: str, above: int = -1) -> None:
        """The same of a number that is new; `above`: the highest known before it was asked for.

        Raises Refused where it is not above that, or the database's file is not the one we opened:
        then a backup was put back under us.  The next look pauses it.  The same where the stamp
        cannot be written.
        """
        self._refuse_replaced()
        if counter <= above:
            raise Refused(_put_back_under_us())
        if counter < self.highest:  # several ask at once, and the later one was told sooner
            return
        self.highest = counter
        stamp = _OnDisk(
            newsroom=newsroom, counter=counter, inode=self._inode(), database=self._place
        )
        try:
            _write(self._folder, stamp)
        except OSError as error:
            raise Refused(_unwritten(_file_of(self._folder, counter), error)) from error

    async def _row(self, tx: AsyncConnection) -> Row:
        upsert = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
        blank = {"id": _THE_ONE, "newsroom": self._name(), "counter": 0}
        await tx.execute(upsert(stamps).values(blank).on_conflict_do_nothing())
        return (await tx.execute(select(stamps).with_for_update())).one()

    def _is_another(self, row: Row, here: Home | None) -> bool:
        seen = _read(self._folder)
        if _named(self._folder) > row.counter or _has_moved(row, here, seen):
            return True
        if seen is None:  # on PostgreSQL another machine may just have come
            return self._of is not None and row.counter > 0
        if seen.newsroom != row.newsroom:
            return bool(seen.counter)
        return seen.counter > row.counter or (self._of is not None and self._is_copied(seen))

    def _is_copied(self, seen: _OnDisk) -> bool:
        """Whoever copies a file makes another one, or writes it at another time."""
        try:
            here = _file_of(self._folder, seen.counter).stat()
        except OSError:  # somebody has just written a newer one
            return False
        is_itself = (seen.own, seen.mtime) == (here.st_ino, here.st_mtime_ns)
        return seen.inode != self._inode() or not is_itself

    async def stranger(self) -> tuple[str, str] | None:
        async with self._database.write() as tx:
            row = await self._row(tx)
        seen = _read(self._folder)
        if seen is None or seen.newsroom == row.newsroom or not seen.database:
            return None
        return (seen.database, self._place) if seen.database != self._place else None

    @property
    def _place(self) -> str:
        """Where the database is, for a person."""
        url = self._database.writer.url
        return str(self._of) if self._of is not None else f"{url.host or ''}/{url.database}"

    def _inode(self) -> int | None:
        try:
            return self._of.stat().st_ino if self._of is not None else None
        except FileNotFoundError:
            return None

    def _refuse_replaced(self) -> None:
        """SQLite goes on with the file it has opened, though nobody else sees that any more."""
        if self._of is None:
            return
        here = self._inode()
        self._opened = here if self._opened is None else self._opened
        if here != self._opened:
            raise Refused(_replaced(self._of))


def _has_moved(row: Row, here: Home | None, seen: _OnDisk | None) -> bool:
    """A standby that took over is no backup to a machine that remembers how far it came."""
    if here is None or row.home is None:
        return False
    before = Home.read(row.home)
    return here.table != before.table or (seen is None and here.timeline != before.timeline)


async def _settle(tx: AsyncConnection, row: Row, here: Home | None) -> None:
    """Here it belongs from now on."""
    if here is not None and row.home != str(here):
        await tx.execute(update(stamps).values(home=str(here)))


async def advance(tx: AsyncConnection) -> Row | None:
    """One claim or seal more; None before anybody has looked at the stamp."""
    return (await tx.execute(one_more())).first()


def one_more() -> ReturningUpdate[Any]:
    """Raise the counter; it gives that, and whose it is."""
    raised = update(stamps).values(counter=stamps.c.counter + 1)
    return raised.returning(stamps.c.counter, stamps.c.newsroom)


def _read(folder: Path) -> _OnDisk | None:
    """The highest there is; None where none can be read."""
    found = [stamp for file in folder.glob(_NAMES) if (stamp := _read_one(file))]
    return max(found, key=lambda one: one.counter, default=None)


def _read_one(file: Path) -> _OnDisk | None:
    try:
        return _OnDisk(**json.loads(file.read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def _named(folder: Path) -> int:
    """The highest number that a file's name tells: a power cut may leave it empty."""
    numbers = [file.stem.removeprefix("stamp-") for file in folder.glob(_NAMES)]
    return max((int(one) for one in numbers if one.isdecimal()), default=0)


def _file_of(folder: Path, counter: int) -> Path:
    """Named by its number: an older one that is put back does not take its place."""
    return folder / f"stamp-{counter}.json"


def _write(folder: Path, stamp: _OnDisk) -> None:
    """Whole or not at all; the ones before it go."""
    folder.mkdir(parents=True, exist_ok=True)
    handle, draft = mkstemp(dir=folder, prefix=".stamp.")
    with os.fdopen(handle, "w", encoding="utf-8") as out:
        born = os.fstat(handle)
        made = replace(stamp, own=born.st_ino, mtime=born.st_mtime_ns)
        json.dump(asdict(made), out)
    os.utime(draft, ns=(born.st_mtime_ns, born.st_mtime_ns))
    file = _file_of(folder, stamp.counter)
    Path(draft).replace(file)
    for other in folder.glob(_NAMES):
        if other != file:
            other.unlink(missing_ok=True)


def _put_back_under_us() -> Problem:
    return Problem(
        message=msgid("A backup of the database was put back while this was at work."),
        remedy=msgid("See which issues may have gone, and go on: publisher resume --after-restore"),
    )


def _replaced(file: Path) -> Problem:
    return Problem(
        message=msgid(
            "{file} was put in the place of the database that this process has open. Nothing more "
            "is sent."
        ),
        args={"file": str(file)},
        remedy=msgid("Stop this process and start it again; stop it first, the next time."),
    )


def _unwritten(file: Path, error: OSError) -> Problem:
    return Problem(
        message=msgid("{file} cannot be written: {words}."),
        args={"file": str(file), "words": error.strerror or str(error)},
    )
