"""One more table: what came back, each tied to the delivery it is about."""

from sqlalchemy import Column, ForeignKey, Index, Table, Text, UniqueConstraint

from publisher.model.bounces import Kind
from publisher.store.tables import Instant, metadata, one_of, serial

bounces = Table(
    "bounces",
    metadata,
    Column("id", serial, primary_key=True),
    Column("delivery", serial, ForeignKey("deliveries.id"), nullable=False),
    Column("subscriber", serial, ForeignKey("subscribers.id"), nullable=False),
    Column("at", Instant, nullable=False),
    Column("kind", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("weight", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("reporter", Text, nullable=False),
    Column("fingerprint", Text, nullable=False),  # of the mail: what is read twice counts once
    Column("answered_at", Instant),  # when our own fault was answered by stopping
    one_of("kind", Kind),
    UniqueConstraint("delivery", "fingerprint"),
    Index("ix_bounces_subscriber_at", "subscriber", "at"),
    Index("ix_bounces_weight_at", "weight", "at"),
)
