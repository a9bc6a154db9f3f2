"""What readers chose: sections and advertising; variants, corrections told, stories pinned."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add columns and tables; digests sealed before are all "all" and owe no corrections."""
    _add("issues", sa.Column("correction_of", sa.Text(), nullable=True))
    _add(
        "subscribers",
        sa.Column("advertising_at", sa.BigInteger(), nullable=True),
        sa.Column("advertising_left_at", sa.BigInteger(), nullable=True),
    )
    _add("subscriptions", sa.Column("sections", sa.Text(), nullable=True))
    _add("deliveries", sa.Column("variant", sa.Text(), server_default="all", nullable=False))
    op.create_table(
        "seats",
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("issue", "language", "sections")),
        sa.Column("owed", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("variant", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["issue"], ["issues.id"], name=op.f("fk_seats_issue")),
        sa.PrimaryKeyConstraint("issue", "language", "sections", "owed", name=op.f("pk_seats")),
    )
    op.create_table(
        "told",
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("digest", "article")),
        sa.Column("correction", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["digest"], ["digests.id"], name=op.f("fk_told_digest")),
        sa.PrimaryKeyConstraint("digest", "article", name=op.f("pk_told")),
    )
    op.create_index("ix_told_article", "told", ["article"])
    op.create_table(
        "pins",
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("edition", "story")),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["story"], ["stories.key"], name=op.f("fk_pins_story")),
        sa.PrimaryKeyConstraint("edition", "story", name=op.f("pk_pins")),
    )


def _add(table: str, *columns: sa.Column[object]) -> None:
    for column in columns:
        op.add_column(table, column)
