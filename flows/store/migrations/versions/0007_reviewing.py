"""What people changed in passages, and what each of them saw last."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """The tables of the review page."""
    op.create_table(
        "passage_changes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(length=200), nullable=False),
        sa.Column("language", sa.String(length=35), nullable=False),
        sa.Column("passage", sa.String(length=12), nullable=False),
        sa.Column("act", sa.String(length=20), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("after", sa.JSON(), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passage_changes")),
    )
    op.create_index(
        op.f("ix_passage_changes_slug_language_by"),
        "passage_changes",
        ["slug", "language", "by"],
        unique=False,
    )
    op.create_table(
        "looks",
        sa.Column("person", sa.String(length=200), nullable=False),
        sa.Column("slug", sa.String(length=200), nullable=False),
        sa.Column("language", sa.String(length=35), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("known", sa.JSON(), nullable=False),
        sa.Column("latest", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("person", "slug", "language", name=op.f("pk_looks")),
    )


def downgrade() -> None:
    """Undo it."""
    op.drop_table("looks")
    op.drop_index(op.f("ix_passage_changes_slug_language_by"), table_name="passage_changes")
    op.drop_table("passage_changes")
