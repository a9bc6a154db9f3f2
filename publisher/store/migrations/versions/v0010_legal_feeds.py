"""Which versions of legal profiles feeds carried; from now on."""

import sqlalchemy as sa
from alembic import op

from publisher.store.tables import Instant

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table; feeds of before left no trace of theirs."""
    op.create_table(
        "legal_feed_uses",
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("profile", sa.Text(), nullable=False),
        sa.Column("since", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_legal_feed_uses")),
    )
