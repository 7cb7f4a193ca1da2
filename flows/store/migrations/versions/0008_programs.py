"""Tokens of programs, the answers to their requests, and proposals that were declined."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """The tables of the HTTP interface."""
    op.create_table(
        "api_tokens",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("label", sa.String(length=120), nullable=False),
        sa.Column("user", sa.Integer(), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("made_by", sa.String(length=200), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user"], ["users.id"], name=op.f("fk_api_tokens_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_tokens")),
        sa.UniqueConstraint("key", name=op.f("uq_api_tokens_key")),
    )
    op.create_index(op.f("ix_api_tokens_user"), "api_tokens", ["user"], unique=False)
    op.create_table(
        "api_answers",
        sa.Column("token", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("request", sa.String(length=64), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("headers", sa.JSON(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["token"], ["api_tokens.id"], name=op.f("fk_api_answers_token")),
        sa.PrimaryKeyConstraint("token", "key", name=op.f("pk_api_answers")),
    )
    op.create_index(op.f("ix_api_answers_expires_at"), "api_answers", ["expires_at"], unique=False)
    op.create_table(
        "declined_terms",
        sa.Column("language", sa.String(length=35), nullable=False),
        sa.Column("term", sa.String(length=200), nullable=False),
        sa.Column("wording", sa.String(length=200), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("language", "term", "wording", name=op.f("pk_declined_terms")),
    )
    _make_outbox()


def _make_outbox() -> None:
    op.create_table(
        "hook_events",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("spread_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hook_events")),
    )
    for column in ("at", "spread_at"):
        op.create_index(op.f(f"ix_hook_events_{column}"), "hook_events", [column], unique=False)
    op.create_table(
        "hook_deliveries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event", sa.String(length=40), nullable=False),
        sa.Column("url", sa.String(length=500), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "state IN ('waiting', 'delivered', 'given_up')", name=op.f("ck_hook_deliveries_state")
        ),
        sa.ForeignKeyConstraint(
            ["event"], ["hook_events.id"], name=op.f("fk_hook_deliveries_event")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hook_deliveries")),
        sa.UniqueConstraint("event", "url", name=op.f("uq_hook_deliveries_event_url")),
    )
    op.create_index(
        op.f("ix_hook_deliveries_begun_at"), "hook_deliveries", ["begun_at"], unique=False
    )
    op.create_index(
        op.f("ix_hook_deliveries_state_next_at"),
        "hook_deliveries",
        ["state", "next_at"],
        unique=False,
    )


def downgrade() -> None:
    """Undo it."""
    for table in ("hook_deliveries", "hook_events", "declined_terms"):
        op.drop_table(table)
    op.drop_table("api_answers")
    op.drop_table("api_tokens")
