"""Local times and policies of issues, recurrences with their occurrences, warnings."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

POLICY = "policy IN ('hold', 'approved')"
RECURRENCE = "state IN ('active', 'paused', 'ended')"
OCCURRENCE = "state IN ('opening', 'opened', 'empty', 'late', 'skipped')"


def upgrade() -> None:
    """Two columns of issues, three tables."""
    op.add_column("issues", sa.Column("wall", sa.String(length=16), nullable=True))
    op.execute(
        "ALTER TABLE issues ADD COLUMN policy VARCHAR(10) DEFAULT 'hold' NOT NULL"
        f" CONSTRAINT ck_issues_policy CHECK ({POLICY})"
    )
    op.create_table(
        "recurrences",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("lists", sa.JSON(), nullable=False),
        sa.Column("articles", sa.String(length=200), nullable=False),
        sa.Column("policy", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("begins_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.String(length=200), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(POLICY, name=op.f("ck_recurrences_policy")),
        sa.CheckConstraint(RECURRENCE, name=op.f("ck_recurrences_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recurrences")),
        sa.UniqueConstraint("name", name=op.f("uq_recurrences_name")),
    )
    op.create_table(
        "occurrences",
        sa.Column("recurrence", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("slugs", sa.JSON(), nullable=False),
        sa.Column("issues", sa.JSON(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(OCCURRENCE, name=op.f("ck_occurrences_state")),
        sa.ForeignKeyConstraint(
            ["recurrence"], ["recurrences.id"], name=op.f("fk_occurrences_recurrence")
        ),
        sa.PrimaryKeyConstraint("recurrence", "at", name=op.f("pk_occurrences")),
    )
    op.create_table(
        "warnings",
        sa.Column("issue", sa.String(length=210), nullable=False),
        sa.Column("language", sa.String(length=35), nullable=False),
        sa.Column("hours", sa.Float(), nullable=False),
        sa.Column("leaves_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["issue"], ["issues.id"], name=op.f("fk_warnings_issue")),
        sa.PrimaryKeyConstraint(
            "issue", "language", "hours", "leaves_at", name=op.f("pk_warnings")
        ),
    )


def downgrade() -> None:
    """Undo it. What was planned for a local time keeps its first instant."""
    for table in ("warnings", "occurrences", "recurrences"):
        op.drop_table(table)
    for column in ("policy", "wall"):
        op.execute(f"ALTER TABLE issues DROP COLUMN {column}")
