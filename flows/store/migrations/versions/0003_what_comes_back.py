"""What comes back: bounces, complaints and opt-outs by mail, each message once."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """A row for each message that came back, known by its digest."""
    op.create_table(
        "returns",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("delivery", sa.Integer(), nullable=True),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("effect", sa.String(length=12), nullable=False),
        sa.CheckConstraint(
            "kind IN ('hard', 'soft', 'policy', 'complaint', 'unsubscribe', 'notice', 'auto_reply', 'forged', 'unreadable')",
            name=op.f("ck_returns_kind"),
        ),
        sa.CheckConstraint(
            "effect IN ('open', 'suppressed', 'held', 'none')", name=op.f("ck_returns_effect")
        ),
        sa.ForeignKeyConstraint(["delivery"], ["deliveries.id"], name=op.f("fk_returns_delivery")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_returns")),
        sa.UniqueConstraint("digest", name=op.f("uq_returns_digest")),
    )
    with op.batch_alter_table("returns", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_returns_delivery"), ["delivery"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_returns_effect_kind"), ["effect", "kind"], unique=False
        )


def downgrade() -> None:
    """Undo it."""
    with op.batch_alter_table("returns", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_returns_effect_kind"))
        batch_op.drop_index(batch_op.f("ix_returns_delivery"))
    op.drop_table("returns")
