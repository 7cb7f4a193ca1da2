"""The tables about people beside the contacts themselves: lists, consents, requests, imports."""

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
)

from flows.domain.consent import Act
from flows.domain.history import Alteration, ImportState, Outcome, RequestState
from flows.store.columns import Moment, metadata, one_of

correspondents = Table(
    "correspondents",
    metadata,
    Column("city", String(120), ForeignKey("cities.name"), primary_key=True),
    Column("person", String(200), primary_key=True),
)

lists = Table(
    "lists",
    metadata,
    Column("name", String(120), primary_key=True),
    Column("public", Boolean, nullable=False),
    Column("titles", JSON, nullable=False),
)

# Who left one list: no import puts them back. Kept by hash alone, like a suppression.
leavings = Table(
    "leavings",
    metadata,
    Column("address_hash", String(64), primary_key=True),
    Column("list", String(120), primary_key=True),
    Column("reason", String(40), nullable=False),
    Column("source", Text, nullable=False),
    Column("at", Moment, nullable=False),
)

consent_texts = Table(
    "consent_texts",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("language", String(35), nullable=False),
    Column("text", Text, nullable=False),
    Column("first_at", Moment, nullable=False),
)

consents = Table(
    "consents",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("address_hash", String(64), nullable=False, index=True),
    Column("list", String(120), nullable=False),
    Column("act", String(12), nullable=False),
    Column("basis", String(20)),
    Column("text", String(64), ForeignKey("consent_texts.digest")),
    Column("language", String(35), nullable=False),
    Column("source", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("at", Moment, nullable=False),
    one_of("act", Act),
)

# `challenge` is what a form carried: used once. `due_at` is set while something is to be mailed.
requests = Table(
    "requests",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", String(12), nullable=False),
    Column("address", String(320), nullable=False),
    Column("mailbox", String(320), nullable=False),
    Column("address_hash", String(64), nullable=False, index=True),
    Column("city", String(120), nullable=False),
    Column("language", String(35), nullable=False),
    Column("lists", JSON, nullable=False),
    Column("text", String(64), ForeignKey("consent_texts.digest")),
    Column("challenge", String(64), unique=True),
    Column("network", String(64), nullable=False),
    Column("worked", Boolean, nullable=False),
    Column("state", String(12), nullable=False),
    Column("at", Moment, nullable=False),
    Column("due_at", Moment, index=True),
    Column("attempt", Integer, nullable=False),
    Column("asked_at", Moment),
    Column("settled_at", Moment),
    Index(None, "network", "at"),
    one_of("state", RequestState),
    sqlite_autoincrement=True,
)

imports = Table(
    "imports",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("by", String(200), nullable=False),
    Column("name", Text, nullable=False),
    Column("state", String(12), nullable=False),
    Column("basis", String(20), nullable=False),
    Column("counts", JSON, nullable=False),
    one_of("state", ImportState),
    sqlite_autoincrement=True,
)

# What an import read, until it is done. An empty cell is '', one that no column gives is NULL.
arrivals = Table(
    "arrivals",
    metadata,
    Column("import", Integer, ForeignKey("imports.id"), primary_key=True),
    Column("row", Integer, primary_key=True, autoincrement=False),
    Column("file", Text, nullable=False),
    Column("line", Integer, nullable=False),
    Column("outcome", String(12), nullable=False),
    Column("address_hash", String(64)),
    Column("address", Text, nullable=False),
    Column("mailbox", String(320)),
    Column("name", Text),
    Column("city", String(120)),
    Column("language", String(35)),
    Column("roles", Text),
    Column("basis", String(20)),
    Column("column", Text, nullable=False),
    Column("problem", Text, nullable=False),
    Column("remedy", Text, nullable=False),
    Index(None, "import", "address_hash"),
    one_of("outcome", Outcome),
)

arrival_lists = Table(
    "arrival_lists",
    metadata,
    Column("import", Integer, primary_key=True),
    Column("row", Integer, primary_key=True, autoincrement=False),
    Column("list", String(120), primary_key=True),
)

# Each change of a contact; the columns from `address` on hold what was before an update.
contact_changes = Table(
    "contact_changes",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("by", String(200), nullable=False),
    Column("import", Integer, ForeignKey("imports.id"), index=True),
    Column("contact", Integer, nullable=False),
    Column("address_hash", String(64), nullable=False),
    Column("act", String(12), nullable=False),
    Column("list", String(120), nullable=False),
    Column("why", Text, nullable=False),
    Column("address", String(320)),
    Column("mailbox", String(320)),
    Column("name", Text),
    Column("city", String(120)),
    Column("language", String(35)),
    Column("roles", Text),
    Index(None, "contact", "id"),
    Index(None, "address_hash"),
    one_of("act", Alteration),
)
