"""The stamp remembers which PostgreSQL it stands in: a dump that is read in elsewhere is told."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add a column; where we are now is home."""
    op.add_column("stamps", sa.Column("home", sa.Text(), nullable=True))
