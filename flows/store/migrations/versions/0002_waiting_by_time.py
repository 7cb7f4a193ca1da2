"""What waits has a time; rates belong to the database; letterheads are kept with editions."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

WAITS = sa.text("next_at IS NOT NULL")


def upgrade() -> None:
    """Everything that waits is due by its `next_at`, and nothing else has one."""
    op.create_table(
        "paces",
        sa.Column("scope", sa.String(length=255), nullable=False),
        sa.Column("per_minute", sa.Integer(), nullable=True),
        sa.Column("free_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("scope", name=op.f("pk_paces")),
    )
    with op.batch_alter_table("issue_editions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("letterhead", sa.JSON(), nullable=False, server_default="{}"))
    with op.batch_alter_table("issue_editions", schema=None) as batch_op:
        batch_op.alter_column("letterhead", server_default=None)
    _carry_over()
    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_deliveries_issue_state_id"))
        batch_op.create_index(
            "ix_deliveries_due",
            ["issue", "next_at", "id"],
            unique=False,
            sqlite_where=WAITS,
            postgresql_where=WAITS,
        )
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE deliveries SET (fillfactor = 75)")


def _carry_over() -> None:
    """Let rows of before mean the same: taking a letter and beginning it are one step now.

    What was taken and not begun waits. Of a doubt nobody wrote down when it arose; now is never too
    early, so that no relay's log is believed too soon.
    """
    op.execute(
        "UPDATE deliveries SET state = 'pending', claim = NULL, lease_until = NULL,"
        " attempt = attempt - 1 WHERE state = 'claimed' AND sending_at IS NULL"
    )
    op.execute("UPDATE deliveries SET next_at = NULL WHERE state != 'deferred'")
    op.execute(
        "UPDATE deliveries SET next_at = COALESCE((SELECT started_at FROM issues"
        " WHERE issues.id = deliveries.issue), CURRENT_TIMESTAMP) WHERE state = 'pending'"
    )
    op.execute(
        "UPDATE deliveries SET settled_at = CURRENT_TIMESTAMP"
        " WHERE state = 'unknown' AND settled_at IS NULL"
    )


def downgrade() -> None:
    """Undo it: what waited for its turn waits again without a time."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE deliveries RESET (fillfactor)")
    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.drop_index("ix_deliveries_due")
        batch_op.create_index(
            batch_op.f("ix_deliveries_issue_state_id"), ["issue", "state", "id"], unique=False
        )
    with op.batch_alter_table("issue_editions", schema=None) as batch_op:
        batch_op.drop_column("letterhead")
    op.drop_table("paces")
