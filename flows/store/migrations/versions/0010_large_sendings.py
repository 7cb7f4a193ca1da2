"""What machines that send agree on, and sums that stand for many letters."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

STATES = (
    "'pending', 'claimed', 'accepted', 'deferred', 'refused', 'suppressed', 'unknown', 'cancelled'"
)


def upgrade() -> None:
    """The tables of large sendings."""
    op.create_table(
        "accords",
        sa.Column("whose", sa.String(length=20), nullable=False),
        sa.Column("terms", sa.JSON(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("whose", name=op.f("pk_accords")),
    )
    op.create_table(
        "sums",
        sa.Column("issue", sa.String(length=210), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("final", sa.Boolean(), nullable=False),
        sa.Column("answered", sa.Integer(), nullable=False),
        sa.Column("next_attempt", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_doubt", sa.DateTime(timezone=True), nullable=True),
        sa.Column("troubles", sa.JSON(), nullable=False),
        sa.Column("history", sa.JSON(), nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("bounced", sa.Integer(), nullable=False),
        sa.Column("complained", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["issue"], ["issues.id"], name=op.f("fk_sums_issue")),
        sa.PrimaryKeyConstraint("issue", name=op.f("pk_sums")),
    )
    op.create_table(
        "tallies",
        sa.Column("issue", sa.String(length=210), nullable=False),
        sa.Column("language", sa.String(length=35), nullable=False),
        sa.Column("city", sa.String(length=120), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("code", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("letters", sa.Integer(), nullable=False),
        sa.CheckConstraint(f"state IN ({STATES})", name=op.f("ck_tallies_state")),
        sa.ForeignKeyConstraint(["issue"], ["issues.id"], name=op.f("fk_tallies_issue")),
        sa.PrimaryKeyConstraint(
            "issue", "language", "city", "state", "code", name=op.f("pk_tallies")
        ),
    )


def downgrade() -> None:
    """Undo it. Of issues in the archive nothing is left then but their names."""
    for table in ("tallies", "sums", "accords"):
        op.drop_table(table)
