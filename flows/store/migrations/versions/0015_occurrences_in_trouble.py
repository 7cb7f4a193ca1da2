"""What keeps an occurrence from being opened, for whoever looks at the schedule."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """A column of words."""
    op.add_column("occurrences", sa.Column("trouble", sa.Text(), nullable=True))


def downgrade() -> None:
    """Undo it. The log goes on saying it."""
    op.execute("ALTER TABLE occurrences DROP COLUMN trouble")
