"""Indexes of deliveries that a claim and a start leave alone: half of what writing them cost."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """What waits is known by its hour, which changes seldom, and not by its state."""
    op.drop_index("ix_deliveries_waiting", "deliveries")
    op.drop_index("ix_deliveries_claimed_by", "deliveries")
    _index("waiting", ["issue", "next_try_at", "id"], "next_try_at IS NOT NULL")
    _index("claimed_by", ["claimed_by"], "claimed_by IS NOT NULL")


def _index(name: str, columns: list[str], where: str) -> None:
    condition = sa.text(where)
    op.create_index(
        f"ix_deliveries_{name}",
        "deliveries",
        columns,
        sqlite_where=condition,
        postgresql_where=condition,
    )
