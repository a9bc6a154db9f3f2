"""Notices with a ledger of their own; what waits is looked for issue by issue."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_WAITING = sa.text("status IN ('claimed', 'deferred', 'queued', 'sending')")
_STATUSES = (
    *("queued", "claimed", "sending", "accepted", "rejected"),
    *("uncertain", "deferred", "suppressed", "cancelled"),
)


def upgrade() -> None:
    """Add two tables, and the issue to the index of what waits."""
    op.drop_index("ix_deliveries_waiting", "deliveries")
    _index_waiting("deliveries", ["issue", "next_try_at", "id"])
    op.create_table(
        "notices",
        sa.Column("id", _serial(), nullable=False),
        *(
            sa.Column(name, sa.Text(), nullable=False)
            for name in ("key", "kind", "address", "name", "language")
        ),
        sa.Column("compiled", sa.LargeBinary(), nullable=False),
        *(
            sa.Column(name, sa.Text(), nullable=False)
            for name in ("leave_url", "leave_by_mail", "status")
        ),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("next_try_at", sa.BigInteger(), nullable=True),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        *(
            sa.Column(name, sa.Text(), nullable=True)
            for name in ("message_id", "reason", "claimed_by")
        ),
        sa.Column("claimed_until", sa.BigInteger(), nullable=True),
        _one_of("notices", "kind", ("confirmation", "change", "test", "alarm")),
        _one_of("notices", "status", _STATUSES),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
        sa.UniqueConstraint("key", name=op.f("uq_notices_key")),
    )
    _index_waiting("notices", ["next_try_at", "id"])
    op.create_table(
        "notice_attempts",
        sa.Column("id", _serial(), nullable=False),
        sa.Column("notice", _serial(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("phase", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("code", sa.Integer(), nullable=True),
        sa.Column("enhanced", sa.Text(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("relay", sa.Text(), nullable=False),
        _one_of("notice_attempts", "phase", ("connect", "mail", "rcpt", "data", "dot")),
        _one_of("notice_attempts", "outcome", ("accepted", "transient", "permanent", "uncertain")),
        sa.ForeignKeyConstraint(["notice"], ["notices.id"], name=op.f("fk_notice_attempts_notice")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice_attempts")),
    )
    op.create_index("ix_notice_attempts_notice", "notice_attempts", ["notice"])


def _serial() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _one_of(table: str, column: str, values: tuple[str, ...]) -> sa.CheckConstraint:
    listed = ", ".join(f"'{one}'" for one in values)
    return sa.CheckConstraint(f"{column} IN ({listed})", name=op.f(f"ck_{table}_{column}_known"))


def _index_waiting(table: str, columns: list[str]) -> None:
    op.create_index(
        f"ix_{table}_waiting", table, columns, sqlite_where=_WAITING, postgresql_where=_WAITING
    )
