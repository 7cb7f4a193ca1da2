"""Lists, consents, requests and imports; ids of contacts are never given twice."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

MEMBERSHIP = "'member', 'suspended', 'former'"
ORIGIN = "'file', 'reader', 'person'"
ACT = "'imported', 'given', 'renewed', 'withdrawn', 'ended'"
REQUEST = "'waiting', 'asked', 'confirmed', 'dropped'"
IMPORT = "'staged', 'done', 'undone', 'closed'"
OUTCOME = "'read', 'added', 'updated', 'unchanged', 'repeated', 'refused'"
ALTERATION = "'added', 'updated', 'joined', 'left', 'replaced', 'removed'"


def upgrade() -> None:
    """New tables; cities, contacts and memberships have new columns."""
    _cities()
    if op.get_bind().dialect.name == "sqlite":
        _contacts_on_sqlite()
    else:
        _contacts_on_postgresql()
    op.create_index(op.f("ix_contacts_city"), "contacts", ["city"])
    op.create_index(op.f("ix_memberships_contact"), "memberships", ["contact"])
    op.create_table(
        "correspondents",
        sa.Column("city", sa.String(length=120), nullable=False),
        sa.Column("person", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["city"], ["cities.name"], name=op.f("fk_correspondents_city")),
        sa.PrimaryKeyConstraint("city", "person", name=op.f("pk_correspondents")),
    )
    op.create_table(
        "lists",
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("public", sa.Boolean(), nullable=False),
        sa.Column("titles", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_lists")),
    )
    op.create_table(
        "leavings",
        sa.Column("address_hash", sa.String(length=64), nullable=False),
        sa.Column("list", sa.String(length=120), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("address_hash", "list", name=op.f("pk_leavings")),
    )
    _consents()
    _requests()
    _imports()


def _cities() -> None:
    op.execute(
        "ALTER TABLE cities ADD COLUMN membership VARCHAR(12) DEFAULT 'member' NOT NULL"
        f" CONSTRAINT ck_cities_membership CHECK (membership IN ({MEMBERSHIP}))"
    )
    op.add_column("cities", sa.Column("since", sa.DateTime(timezone=True), nullable=True))
    op.execute("ALTER TABLE cities ADD COLUMN names JSON DEFAULT '{}' NOT NULL")


def _contacts_on_sqlite() -> None:
    """SQLite gives the last id again unless the table says otherwise when it is made."""
    op.execute("CREATE TABLE kept_memberships AS SELECT list, contact FROM memberships")
    op.drop_table("memberships")
    op.rename_table("contacts", "kept_contacts")
    _contacts()
    op.execute(
        "INSERT INTO contacts"
        " (id, address, mailbox, address_hash, name, city, language, created_at, updated_at)"
        " SELECT id, address, mailbox, address_hash, name, city, language, created_at, updated_at"
        " FROM kept_contacts"
    )
    op.drop_table("kept_contacts")
    _memberships()
    op.execute("INSERT INTO memberships (list, contact) SELECT list, contact FROM kept_memberships")
    op.drop_table("kept_memberships")


def _contacts() -> None:
    op.create_table(
        "contacts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("address", sa.String(length=320), nullable=False),
        sa.Column("mailbox", sa.String(length=320), nullable=False),
        sa.Column("address_hash", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("city", sa.String(length=120), nullable=False),
        sa.Column("language", sa.String(length=35), nullable=True),
        sa.Column("roles", sa.Text(), server_default="", nullable=False),
        sa.Column("chosen", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["city"], ["cities.name"], name=op.f("fk_contacts_city")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contacts")),
        sa.UniqueConstraint("address_hash", name=op.f("uq_contacts_address_hash")),
        sqlite_autoincrement=True,
    )


def _memberships() -> None:
    op.create_table(
        "memberships",
        sa.Column("list", sa.String(length=120), nullable=False),
        sa.Column("contact", sa.Integer(), nullable=False),
        sa.Column("origin", sa.String(length=8), server_default="file", nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(f"origin IN ({ORIGIN})", name=op.f("ck_memberships_origin")),
        sa.ForeignKeyConstraint(["contact"], ["contacts.id"], name=op.f("fk_memberships_contact")),
        sa.PrimaryKeyConstraint("list", "contact", name=op.f("pk_memberships")),
    )


def _contacts_on_postgresql() -> None:
    op.execute("ALTER TABLE contacts ADD COLUMN roles TEXT DEFAULT '' NOT NULL")
    op.execute("ALTER TABLE contacts ADD COLUMN chosen BOOLEAN DEFAULT false NOT NULL")
    op.execute(
        "ALTER TABLE memberships ADD COLUMN origin VARCHAR(8) DEFAULT 'file' NOT NULL"
        f" CONSTRAINT ck_memberships_origin CHECK (origin IN ({ORIGIN}))"
    )
    op.execute("ALTER TABLE memberships ADD COLUMN joined_at TIMESTAMP WITH TIME ZONE")


def _consents() -> None:
    op.create_table(
        "consent_texts",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("language", sa.String(length=35), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_consent_texts")),
    )
    op.create_table(
        "consents",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("address_hash", sa.String(length=64), nullable=False),
        sa.Column("list", sa.String(length=120), nullable=False),
        sa.Column("act", sa.String(length=12), nullable=False),
        sa.Column("basis", sa.String(length=20), nullable=True),
        sa.Column("text", sa.String(length=64), nullable=True),
        sa.Column("language", sa.String(length=35), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(f"act IN ({ACT})", name=op.f("ck_consents_act")),
        sa.ForeignKeyConstraint(["text"], ["consent_texts.digest"], name=op.f("fk_consents_text")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consents")),
    )
    op.create_index(op.f("ix_consents_address_hash"), "consents", ["address_hash"])


def _requests() -> None:
    op.create_table(
        "requests",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("address", sa.String(length=320), nullable=False),
        sa.Column("mailbox", sa.String(length=320), nullable=False),
        sa.Column("address_hash", sa.String(length=64), nullable=False),
        sa.Column("city", sa.String(length=120), nullable=False),
        sa.Column("language", sa.String(length=35), nullable=False),
        sa.Column("lists", sa.JSON(), nullable=False),
        sa.Column("text", sa.String(length=64), nullable=True),
        sa.Column("challenge", sa.String(length=64), nullable=True),
        sa.Column("network", sa.String(length=64), nullable=False),
        sa.Column("worked", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(f"state IN ({REQUEST})", name=op.f("ck_requests_state")),
        sa.ForeignKeyConstraint(["text"], ["consent_texts.digest"], name=op.f("fk_requests_text")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_requests")),
        sa.UniqueConstraint("challenge", name=op.f("uq_requests_challenge")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_requests_address_hash"), "requests", ["address_hash"])
    op.create_index(op.f("ix_requests_due_at"), "requests", ["due_at"])
    op.create_index(op.f("ix_requests_network_at"), "requests", ["network", "at"])


def _imports() -> None:
    op.create_table(
        "imports",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("basis", sa.String(length=20), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.CheckConstraint(f"state IN ({IMPORT})", name=op.f("ck_imports_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_imports")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "arrivals",
        sa.Column("import", sa.Integer(), nullable=False),
        sa.Column("row", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(length=12), nullable=False),
        sa.Column("address_hash", sa.String(length=64), nullable=True),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("mailbox", sa.String(length=320), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("city", sa.String(length=120), nullable=True),
        sa.Column("language", sa.String(length=35), nullable=True),
        sa.Column("roles", sa.Text(), nullable=True),
        sa.Column("basis", sa.String(length=20), nullable=True),
        sa.Column("column", sa.Text(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("remedy", sa.Text(), nullable=False),
        sa.CheckConstraint(f"outcome IN ({OUTCOME})", name=op.f("ck_arrivals_outcome")),
        sa.ForeignKeyConstraint(["import"], ["imports.id"], name=op.f("fk_arrivals_import")),
        sa.PrimaryKeyConstraint("import", "row", name=op.f("pk_arrivals")),
    )
    op.create_index(op.f("ix_arrivals_import_address_hash"), "arrivals", ["import", "address_hash"])
    op.create_table(
        "arrival_lists",
        sa.Column("import", sa.Integer(), nullable=False),
        sa.Column("row", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("list", sa.String(length=120), nullable=False),
        sa.PrimaryKeyConstraint("import", "row", "list", name=op.f("pk_arrival_lists")),
    )
    op.create_table(
        "contact_changes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("import", sa.Integer(), nullable=True),
        sa.Column("contact", sa.Integer(), nullable=False),
        sa.Column("address_hash", sa.String(length=64), nullable=False),
        sa.Column("act", sa.String(length=12), nullable=False),
        sa.Column("list", sa.String(length=120), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("address", sa.String(length=320), nullable=True),
        sa.Column("mailbox", sa.String(length=320), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("city", sa.String(length=120), nullable=True),
        sa.Column("language", sa.String(length=35), nullable=True),
        sa.Column("roles", sa.Text(), nullable=True),
        sa.CheckConstraint(f"act IN ({ALTERATION})", name=op.f("ck_contact_changes_act")),
        sa.ForeignKeyConstraint(["import"], ["imports.id"], name=op.f("fk_contact_changes_import")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_changes")),
    )
    op.create_index(op.f("ix_contact_changes_import"), "contact_changes", ["import"])
    op.create_index(op.f("ix_contact_changes_address_hash"), "contact_changes", ["address_hash"])
    op.create_index(op.f("ix_contact_changes_contact_id"), "contact_changes", ["contact", "id"])


def downgrade() -> None:
    """Undo it; who left a list, what was consented to and what was imported is lost."""
    for table in (
        "contact_changes",
        "arrival_lists",
        "arrivals",
        "imports",
        "requests",
        "consents",
        "consent_texts",
        "leavings",
        "lists",
        "correspondents",
    ):
        op.drop_table(table)
    op.drop_index(op.f("ix_memberships_contact"), "memberships")
    op.drop_index(op.f("ix_contacts_city"), "contacts")
    with op.batch_alter_table("memberships", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_memberships_origin"), type_="check")
        batch_op.drop_column("joined_at")
        batch_op.drop_column("origin")
    for column in ("chosen", "roles"):
        op.execute(f"ALTER TABLE contacts DROP COLUMN {column}")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE cities DROP CONSTRAINT ck_cities_membership")
    for column in ("names", "since", "membership"):
        op.execute(f"ALTER TABLE cities DROP COLUMN {column}")
