"""The pictures of editions, so that letters show what was approved whatever becomes of files."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """A table of pictures by their bytes."""
    op.create_table(
        "images",
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_images"),
    )


def downgrade() -> None:
    """Undo it. Letters whose pictures were in it show their texts instead."""
    op.drop_table("images")
