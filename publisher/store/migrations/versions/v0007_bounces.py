"""What came back, tied to the delivery it is about."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the table."""
    words = ("kind", "reason", "weight", "status", "text", "recipient", "reporter", "fingerprint")
    op.create_table(
        "bounces",
        sa.Column("id", _SERIAL, nullable=False),
        sa.Column("delivery", _SERIAL, nullable=False),
        sa.Column("subscriber", _SERIAL, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in words),
        sa.Column("answered_at", sa.BigInteger()),
        sa.CheckConstraint(
            "kind IN ('bounce', 'delay', 'complaint', 'leave', 'reply', 'unread')",
            name=op.f("ck_bounces_kind_known"),
        ),
        sa.ForeignKeyConstraint(["delivery"], ["deliveries.id"], name=op.f("fk_bounces_delivery")),
        sa.ForeignKeyConstraint(
            ["subscriber"], ["subscribers.id"], name=op.f("fk_bounces_subscriber")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bounces")),
        sa.UniqueConstraint(
            "delivery", "fingerprint", name=op.f("uq_bounces_delivery_fingerprint")
        ),
    )
    op.create_index("ix_bounces_subscriber_at", "bounces", ["subscriber", "at"])
    op.create_index("ix_bounces_weight_at", "bounces", ["weight", "at"])
