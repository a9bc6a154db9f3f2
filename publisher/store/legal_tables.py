"""One more table: the versions of legal profiles that sealed issues carried."""

from collections.abc import Sequence

from sqlalchemy import Column, ForeignKey, Insert, Table, Text, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from publisher.model.issues import Issue
from publisher.model.legal import ProfileUse
from publisher.model.names import EditionId, IssueId, Language
from publisher.store.tables import metadata

legal_uses = Table(
    "legal_uses",
    metadata,
    Column("version", Text, primary_key=True),  # hex SHA-256, as Issue.profiles holds it
    Column("edition", Text, primary_key=True),
    Column("language", Text, primary_key=True),
    Column("issue", Text, ForeignKey("issues.id"), nullable=False),  # the first one
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
    return [
        ProfileUse(
            version=row.version,
            edition=EditionId(row.edition),
            language=Language(row.language),
            issue=IssueId(row.issue),
        )
        for row in await tx.execute(query)
    ]
