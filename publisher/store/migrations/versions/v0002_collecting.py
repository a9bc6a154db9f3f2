"""What polite collecting remembers: moves, quiet hours, identity, hubs; addresses and traces."""

import json

import sqlalchemy as sa
from alembic import op

from publisher.addresses import plain_address

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_TRACES = ("trace_1", "trace_2", "trace_3")


def upgrade() -> None:
    """Widen what is there, add what is new; the version that stands is kept once, in its article.

    Nothing is asked of old sources but another look: what was read by older rules is read anew.
    """
    _widen_source_states()
    _widen_articles()
    op.execute(
        "DELETE FROM article_versions WHERE EXISTS (SELECT 1 FROM articles "
        "WHERE articles.id = article_versions.article "
        "AND articles.version = article_versions.version)"
    )
    op.create_table(
        "article_alternates",
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("article", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["article"], ["articles.id"], name=op.f("fk_article_alternates_article")
        ),
        sa.PrimaryKeyConstraint("address", "article", name=op.f("pk_article_alternates")),
    )
    op.create_index("ix_article_alternates_article", "article_alternates", ["article"])
    _create_hub_subscriptions()


def _widen_articles() -> None:
    with op.batch_alter_table("articles") as table:
        table.add_column(sa.Column("withdrawn_at", sa.BigInteger(), nullable=True))
        table.add_column(sa.Column("address", sa.Text(), nullable=True))
        for name in _TRACES:
            table.add_column(sa.Column(name, sa.BigInteger(), nullable=True))
    _note_addresses()
    with op.batch_alter_table("articles") as table:
        table.alter_column("address", existing_type=sa.Text(), nullable=False)
    for name in ("address", *_TRACES):
        op.create_index(f"ix_articles_{name}", "articles", [name])


def _note_addresses() -> None:
    """So that a story known before is known again under its address."""
    connection = op.get_bind()
    rows = connection.execute(sa.text("SELECT id, content FROM articles")).all()
    noted = [
        {"address": plain_address(json.loads(row.content)["noun"]["url"]), "article": row.id}
        for row in rows
    ]
    if noted:
        statement = "UPDATE articles SET address = :address WHERE id = :article"
        connection.execute(sa.text(statement), noted)


def _widen_source_states() -> None:
    with op.batch_alter_table("source_states") as table:
        for name in ("address", "moved_to", "moves", "hints", "hub", "topic"):
            table.add_column(sa.Column(name, sa.Text(), nullable=True))
        for name in ("not_before", "gone_at", "every", "gap", "newest_at"):
            table.add_column(sa.Column(name, sa.BigInteger(), nullable=True))
        table.add_column(sa.Column("identity", sa.Text(), server_default="guid", nullable=False))
        table.create_check_constraint(
            op.f("ck_source_states_identity_known"),
            "identity IN ('guid', 'link', 'link_and_date', 'content')",
        )
    op.execute("UPDATE source_states SET etag = NULL, last_modified = NULL, body_hash = NULL")


def _create_hub_subscriptions() -> None:
    op.create_table(
        "hub_subscriptions",
        *(
            sa.Column(name, sa.Text(), nullable=False)
            for name in ("source", "hub", "topic", "token", "secret", "status")
        ),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        *(
            sa.Column(name, sa.BigInteger(), nullable=True)
            for name in ("verified_at", "expires_at", "told_at")
        ),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "status IN ('asked', 'verified', 'denied', 'failed')",
            name=op.f("ck_hub_subscriptions_status_known"),
        ),
        sa.PrimaryKeyConstraint("source", name=op.f("pk_hub_subscriptions")),
        sa.UniqueConstraint("token", name=op.f("uq_hub_subscriptions_token")),
    )
