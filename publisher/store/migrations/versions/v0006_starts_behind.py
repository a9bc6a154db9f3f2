"""Which start a start stood behind: after a crash, what was only introduced is known from it."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the two numbers; what was SENDING before has none, and stood behind nothing."""
    for name in ("start_no", "behind_no"):
        op.add_column("deliveries", sa.Column(name, sa.BigInteger()))
