"""Unsubscribe links are signed for an address from now on; who is here already had others."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add a column, true for every reader there is."""
    column: sa.Column[bool] = sa.Column(
        "had_old_links", sa.Boolean(), server_default=sa.false(), nullable=False
    )
    op.add_column("subscribers", column)
    readers = sa.table("subscribers", sa.column("had_old_links", sa.Boolean()))
    op.execute(readers.update().values(had_old_links=sa.true()))
