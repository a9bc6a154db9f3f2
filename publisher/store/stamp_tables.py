"""One more table: which life of the newsroom this database is of.  It has one row."""

from sqlalchemy import BigInteger, Column, Integer, Table, Text

from publisher.store.tables import Instant, metadata

stamps = Table(
    "stamps",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),  # always 1
    Column("newsroom", Text, nullable=False),  # a name nobody else has
    Column("counter", BigInteger, nullable=False),  # goes up with every claim and seal
    Column("home", Text),  # where it was seen last, see whereabouts.py; of PostgreSQL alone
    Column("paused_at", Instant),  # since when it is known to be a restored backup
)
