"""Where a database stands: told from a copy of it, which may lack what went since.

A dump that is read in makes a new table, and most often stands in another cluster; a cluster that
is brought back from its archive begins a new timeline (PostgreSQL, section 26.3.5), and so does a
standby that takes over.
"""

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

_ASKED = text(
    "SELECT (SELECT system_identifier FROM pg_control_system()),"
    " (SELECT oid FROM pg_database WHERE datname = current_database()),"
    " 'stamps'::regclass::oid,"
    " substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """Where a PostgreSQL table is."""

    table: str  # cluster, database and table
    timeline: str

    @classmethod
    def read(cls, words: str) -> "Home":
        """As `str` wrote it."""
        table, _, timeline = words.rpartition("/")
        return cls(table=table, timeline=timeline)

    def __str__(self) -> str:
        return f"{self.table}/{self.timeline}"


async def home_of(tx: AsyncConnection) -> Home | None:
    """None for SQLite, whose files tell for themselves, and where the server does not say."""
    if tx.dialect.name != "postgresql":
        return None
    try:
        async with tx.begin_nested():
            cluster, database, table, timeline = (await tx.execute(_ASKED)).one()
    except DBAPIError:  # an administrator may have forbidden it
        return None
    return Home(table=f"{cluster}/{database}/{table}", timeline=timeline)
