"""Three more tables: Notices, their attempts, and what came back; like those of deliveries."""

from sqlalchemy import (
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from publisher.model.bounces import Kind
from publisher.model.deliveries import WAITING, DeliveryStatus, Outcome, Phase
from publisher.model.notices import NoticeKind
from publisher.store.tables import Instant, metadata, one_of, serial

_waiting = ", ".join(sorted(f"'{status.value}'" for status in WAITING))

notices = Table(
    "notices",
    metadata,
    Column("id", serial, primary_key=True),
    Column("key", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("compiled", LargeBinary, nullable=False),
    Column("leave_url", Text, nullable=False),
    Column("leave_by_mail", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("next_try_at", Instant),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("message_id", Text),
    Column("reason", Text),
    Column("claimed_by", Text),
    Column("claimed_until", Instant),
    one_of("kind", NoticeKind),
    one_of("status", DeliveryStatus),
    Index(
        "ix_notices_waiting",
        "next_try_at",
        "id",
        sqlite_where=text(f"status IN ({_waiting})"),
        postgresql_where=text(f"status IN ({_waiting})"),
    ),
    Index("ix_notices_address", "address"),
)

notice_attempts = Table(
    "notice_attempts",
    metadata,
    Column("id", serial, primary_key=True),
    Column("notice", serial, ForeignKey("notices.id"), nullable=False),
    Column("at", Instant, nullable=False),
    Column("phase", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("code", Integer),
    Column("enhanced", Text),
    Column("text", Text, nullable=False),
    Column("relay", Text, nullable=False),
    one_of("phase", Phase),
    one_of("outcome", Outcome),
    Index("ix_notice_attempts_notice", "notice"),
)

notice_bounces = Table(
    "notice_bounces",
    metadata,
    Column("id", serial, primary_key=True),
    Column("notice", serial, ForeignKey("notices.id"), nullable=False),
    Column("address", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("kind", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("reporter", Text, nullable=False),
    Column("fingerprint", Text, nullable=False),  # as in bounces
    one_of("kind", Kind),
    UniqueConstraint("notice", "fingerprint"),
    Index("ix_notice_bounces_address_at", "address", "at"),
)
