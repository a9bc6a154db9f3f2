"""What came back of Notices; which Notices an address was sent."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add a table and an index."""
    words = ("kind", "reason", "status", "text", "recipient", "reporter", "fingerprint")
    op.create_table(
        "notice_bounces",
        sa.Column("id", _SERIAL, nullable=False),
        sa.Column("notice", _SERIAL, nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in words),
        sa.CheckConstraint(
            "kind IN ('bounce', 'delay', 'complaint', 'leave', 'reply', 'unread')",
            name=op.f("ck_notice_bounces_kind_known"),
        ),
        sa.ForeignKeyConstraint(["notice"], ["notices.id"], name=op.f("fk_notice_bounces_notice")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice_bounces")),
        sa.UniqueConstraint(
            "notice", "fingerprint", name=op.f("uq_notice_bounces_notice_fingerprint")
        ),
    )
    op.create_index("ix_notice_bounces_address_at", "notice_bounces", ["address", "at"])
    op.create_index("ix_notices_address", "notices", ["address"])
