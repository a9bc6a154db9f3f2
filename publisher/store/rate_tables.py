"""One more table: how much of every limit is used up, so that no restart forgets it."""

from sqlalchemy import Column, Table, Text

from publisher.store.tables import metadata

rate_buckets = Table(
    "rate_buckets",
    metadata,
    Column("name", Text, primary_key=True),  # "relay:main:day", "group:gmail:second"
    Column("taken", Text, nullable=False),  # JSON: [[slot, tokens], …], see model/rates.py
)
