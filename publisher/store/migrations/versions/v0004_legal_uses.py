"""Which versions of legal profiles sealed issues carried; filled from the issues there are."""

import json
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table, and what was sealed before."""
    made = op.create_table(
        "legal_uses",
        *(
            sa.Column(name, sa.Text(), nullable=False)
            for name in ("version", "edition", "language", "issue")
        ),
        sa.ForeignKeyConstraint(["issue"], ["issues.id"], name=op.f("fk_legal_uses_issue")),
        sa.PrimaryKeyConstraint("version", "edition", "language", name=op.f("pk_legal_uses")),
    )
    rows = list(_uses(op.get_bind()))
    if rows:
        op.bulk_insert(made, rows)


def _uses(connection: Any) -> Iterator[dict[str, str]]:
    """One row per version, edition and language: the first issue that carried it."""
    seen: set[tuple[str, str, str]] = set()
    sealed = connection.execute(
        sa.text(
            "SELECT id, edition, content FROM issues WHERE sealed_at IS NOT NULL ORDER BY due_at"
        )
    )
    for issue, edition, content in sealed:
        for language, version in json.loads(content)["noun"].get("profiles", {}).items():
            if (version, edition, language) not in seen:
                seen.add((version, edition, language))
                yield {
                    "version": version,
                    "edition": edition,
                    "language": language,
                    "issue": issue,
                }
