"""The tables, declared once.  Uniqueness, references and checks are the database's duty."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from enum import Enum
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    false,
    text,
)

from publisher.model.articles import AGE_MARKS
from publisher.model.deliveries import DeliveryStatus, Outcome, Phase
from publisher.model.hubs import HubStatus
from publisher.model.issues import IssueStatus
from publisher.model.people import SuppressionReason
from publisher.model.sources import Identity, Rights
from publisher.model.variants import ALL

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Instant(TypeDecorator[datetime]):
    """An aware UTC instant as whole microseconds since 1970: orders and compares everywhere."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a naive datetime means nothing: {value}")
        return _micros(value - _EPOCH)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        return None if value is None else _instant(int(value))


@lru_cache(maxsize=1024)
def _instant(micros: int) -> datetime:
    """Kept: what is claimed together was mostly due together.

    A day off both ends of the calendar, where every zone can still say it: some file once named
    an hour there, and its row must be shown, written out and left like every other.
    """
    seconds, micro = divmod(min(max(micros, _FIRST), _LAST), 1_000_000)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=micro)


def _micros(span: timedelta) -> int:
    return (span.days * 86_400 + span.seconds) * 1_000_000 + span.microseconds


_FIRST = _micros(datetime(1, 1, 2, tzinfo=UTC) - _EPOCH)
_LAST = _micros(datetime(9999, 12, 31, tzinfo=UTC) - _EPOCH)


class Span(TypeDecorator[timedelta]):
    """A duration as whole microseconds."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: timedelta | None, dialect: Dialect) -> int | None:
        return None if value is None else value // timedelta(microseconds=1)

    def process_result_value(self, value: Any, dialect: Dialect) -> timedelta | None:
        return None if value is None else timedelta(microseconds=int(value))


def one_of(column: str, values: Iterable[Enum]) -> CheckConstraint:
    """Only these values, by the database's own check."""
    listed = ", ".join(f"'{one.value}'" for one in values)
    return CheckConstraint(f"{column} IN ({listed})", name=f"{column}_known")


# SQLite numbers rows by itself only where the key is INTEGER.
serial = BigInteger().with_variant(Integer, "sqlite")

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)

source_states = Table(
    "source_states",
    metadata,
    Column("source", Text, primary_key=True),
    Column("url", Text),
    Column("etag", Text),
    Column("last_modified", Text),
    Column("body_hash", Text),
    Column("checked_at", Instant),
    Column("succeeded_at", Instant),
    Column("first_pass_at", Instant),
    Column("next_check_at", Instant),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("problem", Text),  # JSON
    Column("address", Text),
    Column("moved_to", Text),
    Column("moves", Text),  # JSON
    Column("not_before", Instant),
    Column("gone_at", Instant),
    Column("hints", Text),  # JSON
    Column("every", Span),
    Column("gap", Span),
    Column("newest_at", Instant),
    Column("identity", Text, nullable=False, server_default=Identity.GUID.value),
    Column("hub", Text),
    Column("topic", Text),
    one_of("identity", Identity),
)

hub_subscriptions = Table(
    "hub_subscriptions",
    metadata,
    Column("source", Text, primary_key=True),
    Column("hub", Text, nullable=False),
    Column("topic", Text, nullable=False),
    Column("token", Text, nullable=False, unique=True),
    Column("secret", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("asked_at", Instant, nullable=False),
    Column("verified_at", Instant),
    Column("expires_at", Instant),
    Column("told_at", Instant),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("problem", Text),  # JSON
    one_of("status", HubStatus),
)

stories = Table("stories", metadata, Column("key", Text, primary_key=True))

TRACES = ("trace_1", "trace_2", "trace_3")

articles = Table(
    "articles",
    metadata,
    Column("id", Text, primary_key=True),
    Column("source", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("story", Text, ForeignKey("stories.key"), nullable=False),
    Column("language", Text, nullable=False),
    Column("section", Text),
    Column("age", Integer),
    Column("rights", Text, nullable=False),
    Column("published_at", Instant, nullable=False),
    Column("available_at", Instant),
    Column("version", Integer, nullable=False),
    Column("withdrawn_at", Instant),
    Column("address", Text, nullable=False),  # where its page stands: addresses.plain_address
    *(Column(name, BigInteger) for name in TRACES),  # for near-duplicates: collect/alike.py
    Column("content", Text, nullable=False),  # the whole Article as JSON
    UniqueConstraint("source", "key"),
    UniqueConstraint("story", "language"),
    CheckConstraint(f"age IN ({', '.join(map(str, AGE_MARKS))})", name="age_known"),
    one_of("rights", Rights),
    Index("ix_articles_available_at", "available_at"),
    Index("ix_articles_language_published_at", "language", "published_at"),
    Index("ix_articles_address", "address"),
    *(Index(f"ix_articles_{name}", name) for name in TRACES),
)

# Past versions; the one that stands is articles.content.
article_versions = Table(
    "article_versions",
    metadata,
    Column("article", Text, ForeignKey("articles.id"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("content", Text, nullable=False),
)

# Where an article says that its other languages stand (addresses.plain_address).
article_alternates = Table(
    "article_alternates",
    metadata,
    Column("address", Text, primary_key=True),
    Column("article", Text, ForeignKey("articles.id"), primary_key=True),
    Index("ix_article_alternates_article", "article"),
)

issues = Table(
    "issues",
    metadata,
    Column("id", Text, primary_key=True),
    Column("edition", Text, nullable=False),
    Column("number", Integer, nullable=False),
    Column("status", Text, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("sealed_at", Instant),
    Column("correction_of", Text),  # the issue it was made to correct: it has no window of its own
    Column("content", Text, nullable=False),  # the whole Issue but its status, frozen by the seal
    one_of("status", IssueStatus),
    UniqueConstraint("edition", "due_at"),
    Index("ix_issues_status", "status"),
)

# What a sealed issue carried: an article is spent by nothing else (law 10).
carried = Table(
    "carried",
    metadata,
    Column("edition", Text, primary_key=True),
    Column("issue", Text, ForeignKey("issues.id"), primary_key=True),
    Column("story", Text, ForeignKey("stories.key"), primary_key=True),
    Column("due_at", Instant, nullable=False),
    Index("ix_carried_edition_due_at", "edition", "due_at"),
)

digests = Table(
    "digests",
    metadata,
    Column("id", Text, primary_key=True),
    Column("issue", Text, ForeignKey("issues.id"), nullable=False),
    Column("language", Text, nullable=False),
    Column("variant", Text, nullable=False),
    Column("position", Integer, nullable=False),  # 0: the issue's first language
    Column("subject", Text, nullable=False),
    Column("sender", Text, nullable=False),
    Column("html", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("compiled", LargeBinary, nullable=False),
    UniqueConstraint("issue", "language", "variant"),
)

subscribers = Table(
    "subscribers",
    metadata,
    Column("id", serial, primary_key=True),
    Column("email", Text, nullable=False, unique=True),
    Column("language", Text, nullable=False),
    Column("name", Text),
    Column("created_at", Instant, nullable=False),
    Column("advertising_at", Instant),  # when they agreed to advertising
    Column("advertising_left_at", Instant),  # and when they ended that
    Column("timezone", Text),  # where they live; NULL: nobody said
    Column("had_old_links", Boolean, nullable=False, server_default=false()),  # links.py
)

subscriptions = Table(
    "subscriptions",
    metadata,
    Column("subscriber", serial, ForeignKey("subscribers.id"), primary_key=True),
    Column("edition", Text, primary_key=True),
    Column("since", Instant, nullable=False),
    Column("left_at", Instant),
    Column("sections", Text),  # chosen ones, in order of name, blanks between; NULL: all
    Index("ix_subscriptions_edition", "edition"),
)

consents = Table(
    "consents",
    metadata,
    Column("id", serial, primary_key=True),
    Column("subscriber", serial, ForeignKey("subscribers.id"), nullable=False),
    Column("text", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("source", Text, nullable=False),
    Column("language", Text, nullable=False),
    UniqueConstraint("subscriber", "at", "source"),
)

suppressions = Table(
    "suppressions",
    metadata,
    Column("id", serial, primary_key=True),
    Column("email", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("note", Text, nullable=False, server_default=""),
    one_of("reason", SuppressionReason),
    Index("ix_suppressions_email", "email", "id"),
)

_has_hour = text("next_try_at IS NOT NULL")  # whatever waits has one, and nothing else
_is_held = text("claimed_by IS NOT NULL")

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", serial, primary_key=True),
    Column("issue", Text, ForeignKey("issues.id"), nullable=False),
    Column("subscriber", serial, ForeignKey("subscribers.id"), nullable=False),
    Column("status", Text, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("next_try_at", Instant),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("variant", Text, nullable=False, server_default=ALL),  # chosen by the seal: seating.py
    Column("digest", Text, ForeignKey("digests.id")),
    Column("message_id", Text),
    Column("reason", Text),
    Column("claimed_by", Text),
    Column("claimed_until", Instant),
    Column("start_no", BigInteger),  # of its last start, given once by its owner
    Column("behind_no", BigInteger),  # whose text had to be settled before its own went out
    one_of("status", DeliveryStatus),
    UniqueConstraint("issue", "subscriber"),
    Index(
        "ix_deliveries_waiting",
        "issue",
        "next_try_at",
        "id",
        sqlite_where=_has_hour,  # not by status: each change of it would be written here too
        postgresql_where=_has_hour,
    ),
    Index(
        "ix_deliveries_claimed_by",
        "claimed_by",
        sqlite_where=_is_held,
        postgresql_where=_is_held,
    ),
)

attempts = Table(
    "attempts",
    metadata,
    Column("id", serial, primary_key=True),
    Column("delivery", serial, ForeignKey("deliveries.id"), nullable=False),
    Column("at", Instant, nullable=False),
    Column("phase", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("code", Integer),
    Column("enhanced", Text),
    Column("text", Text, nullable=False),
    Column("relay", Text, nullable=False),
    one_of("phase", Phase),
    one_of("outcome", Outcome),
    Index("ix_attempts_delivery", "delivery"),
)

audit = Table(
    "audit",
    metadata,
    Column("id", serial, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("by", Text, nullable=False),
    Column("what", Text, nullable=False),
)
