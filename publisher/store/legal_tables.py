"""More tables: the versions of legal profiles that sealed issues and feeds carried."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Column, ForeignKey, Insert, Table, Text, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from publisher.model.issues import Issue
from publisher.model.legal import LegalProfile, ProfileUse
from publisher.model.names import EditionId, IssueId, Language
from publisher.store.tables import Instant, metadata

legal_uses = Table(
    "legal_uses",
    metadata,
    Column("version", Text, primary_key=True),  # hex SHA-256, as Issue.profiles holds it
    Column("edition", Text, primary_key=True),
    Column("language", Text, primary_key=True),
    Column("issue", Text, ForeignKey("issues.id"), nullable=False),  # the first one
)
legal_feed_uses = Table(
    "legal_feed_uses",
    metadata,
    Column("version", Text, primary_key=True),
    Column("profile", Text, nullable=False),
    Column("since", Instant, nullable=False),
)


async def keep_profiles(tx: AsyncConnection, issue: Issue) -> None:
    """Note the versions an issue carries; those that are known stay with their first issue."""
    dialect = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
    made: Insert = dialect(legal_uses).on_conflict_do_nothing()
    rows = [
        {"version": version, "edition": issue.edition, "language": language, "issue": issue.id}
        for language, version in issue.profiles.items()
    ]
    if rows:
        await tx.execute(made, rows)


async def profile_uses(tx: AsyncConnection) -> Sequence[ProfileUse]:
    """Every use, in a fixed order."""
    columns = legal_uses.c
    query = select(legal_uses).order_by(columns.issue, columns.language, columns.version)
    mailed = [
        ProfileUse(
            version=row.version,
            edition=EditionId(row.edition),
            language=Language(row.language),
            issue=IssueId(row.issue),
        )
        for row in await tx.execute(query)
    ]
    fed = select(legal_feed_uses).order_by(legal_feed_uses.c.since, legal_feed_uses.c.version)
    return mailed + [
        ProfileUse(version=row.version, profile=row.profile, since=row.since)
        for row in await tx.execute(fed)
    ]


async def keep_fed(tx: AsyncConnection, profile: LegalProfile, *, now: datetime) -> None:
    """Note that feeds carry this version; when they began to stays."""
    dialect = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
    made: Insert = dialect(legal_feed_uses).on_conflict_do_nothing()
    row = {"version": profile.version, "profile": profile.id, "since": now}
    await tx.execute(made.values(row))


async def is_fed(tx: AsyncConnection, version: str) -> bool:
    """Whether that is noted already."""
    query = select(legal_feed_uses.c.version).where(legal_feed_uses.c.version == version)
    return (await tx.execute(query)).first() is not None
