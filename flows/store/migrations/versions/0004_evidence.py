"""What a person signed off is kept with their decision: who wrote which word."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """One record for each approval; earlier ones have none."""
    op.create_table(
        "evidence",
        sa.Column("decision", sa.Integer(), nullable=False),
        sa.Column("record", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["decision"], ["decisions.id"], name=op.f("fk_evidence_decision")),
        sa.PrimaryKeyConstraint("decision", name=op.f("pk_evidence")),
    )


def downgrade() -> None:
    """Undo it."""
    op.drop_table("evidence")
