"""What a rule makes of its articles, what a digest carried as it left, how many letters wait."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0011"

WAITING = ("due", "soon", "later")


def upgrade() -> None:
    """Rules that there are go on opening an issue of each article."""
    for column in (
        sa.Column("each", sa.Boolean(), nullable=False, server_default=sa.true()),
        sa.Column("titles", sa.JSON(), nullable=False, server_default="{}"),
        sa.Column("sections", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("ahead_hours", sa.Float(), nullable=False, server_default="0"),
    ):
        op.add_column("recurrences", column)
    op.add_column("occurrences", sa.Column("digest", sa.String(200), nullable=True))
    op.add_column("issues", sa.Column("carries", sa.JSON(), nullable=True))
    for name in WAITING:
        op.add_column("sums", sa.Column(name, sa.Integer(), nullable=False, server_default="0"))
    op.add_column("sums", sa.Column("soon_until", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """Undo it. Rules that made digests rest: they would open an issue of each article."""
    op.execute("UPDATE recurrences SET state = 'paused' WHERE NOT \"each\" AND state = 'active'")
    for name in (*WAITING, "soon_until"):
        op.execute(f"ALTER TABLE sums DROP COLUMN {name}")
    op.execute("ALTER TABLE issues DROP COLUMN carries")
    op.execute("ALTER TABLE occurrences DROP COLUMN digest")
    for column in ("ahead_hours", "sections", "titles", "each"):
        op.execute(f'ALTER TABLE recurrences DROP COLUMN "{column}"')
