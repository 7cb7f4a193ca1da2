"""With the issue, and not only in the audit trail: when a person said that what is late leaves."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """A column of issues, filled from the times at which issues were resumed."""
    op.add_column("issues", sa.Column("let_go_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(
        "UPDATE issues SET let_go_at = (SELECT max(events.at) FROM events"
        " WHERE events.subject = issues.id AND events.action = 'issue.resumed')"
    )


def downgrade() -> None:
    """Undo it. The audit trail still tells who resumed what."""
    op.execute("ALTER TABLE issues DROP COLUMN let_go_at")
