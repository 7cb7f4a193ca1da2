"""The tables of articles, readers and letters. `migrations/` builds the same; a test compares."""

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from flows.domain.contact import Membership
from flows.domain.delivery import DeliveryState
from flows.domain.history import Origin
from flows.domain.issue import IssueState
from flows.domain.returned import Effect, ReturnKind
from flows.domain.timing import Policy
from flows.store.columns import Moment, metadata, one_of

# `since` is when the membership last changed.
cities = Table(
    "cities",
    metadata,
    Column("name", String(120), primary_key=True),
    Column("country", String(2), nullable=False),
    Column("language", String(35), nullable=False),
    Column("timezone", String(64), nullable=False),
    Column("membership", String(12), nullable=False, default=Membership.MEMBER),
    Column("since", Moment),
    Column("names", JSON, nullable=False, default={}),
    one_of("membership", Membership),
)

# `chosen` tells that the reader decided on language and city: no import changes these. An id is
# never given twice: letters carry it in their links, and the ledger for ever.
contacts = Table(
    "contacts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("address", String(320), nullable=False),
    Column("mailbox", String(320), nullable=False),
    Column("address_hash", String(64), nullable=False, unique=True),
    Column("name", Text, nullable=False, default=""),
    Column("city", String(120), ForeignKey("cities.name"), nullable=False),
    Column("language", String(35)),
    Column("roles", Text, nullable=False, default=""),
    Column("chosen", Boolean, nullable=False, default=False),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Index(None, "city"),
    sqlite_autoincrement=True,
)

memberships = Table(
    "memberships",
    metadata,
    Column("list", String(120), primary_key=True),
    Column("contact", Integer, ForeignKey("contacts.id"), primary_key=True, index=True),
    Column("origin", String(8), nullable=False, default=Origin.FILE),
    Column("joined_at", Moment),
    one_of("origin", Origin),
)

suppressions = Table(
    "suppressions",
    metadata,
    Column("address_hash", String(64), primary_key=True),
    Column("reason", String(40), nullable=False),
    Column("source", Text, nullable=False),
    Column("at", Moment, nullable=False),
)

editions = Table(
    "editions",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("slug", String(200), nullable=False),
    Column("language", String(35), nullable=False),
    Column("subject", Text, nullable=False),
    Column("preheader", Text, nullable=False),
    Column("html", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
)

decisions = Table(
    "decisions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("slug", String(200), nullable=False),
    Column("language", String(35), nullable=False),
    Column("digest", String(64)),
    Column("verdict", String(10), nullable=False),
    Column("by", String(200), nullable=False),
    Column("because", Text, nullable=False, default=""),
    Column("at", Moment, nullable=False),
    CheckConstraint("verdict IN ('approved', 'rejected')", name="verdict"),
    Index(None, "slug", "language"),
)

evidence = Table(
    "evidence",
    metadata,
    Column("decision", Integer, ForeignKey("decisions.id"), primary_key=True),
    Column("record", JSON, nullable=False),
)

issues = Table(
    "issues",
    metadata,
    Column("id", String(210), primary_key=True),
    Column("slug", String(200), nullable=False, index=True),
    Column("state", String(12), nullable=False),
    Column("lists", JSON, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("scheduled_at", Moment),
    Column("zone", String(64)),
    Column("started_at", Moment),
    Column("finished_at", Moment),
    Column("reason", Text, nullable=False, default=""),
    Column("flow_run", String(36)),
    Column("released_at", Moment),
    Column("wall", String(16)),
    Column("let_go_at", Moment),
    Column("policy", String(10), nullable=False, default=Policy.HOLD),
    Column("carries", JSON),
    one_of("state", IssueState),
    one_of("policy", Policy),
)

issue_editions = Table(
    "issue_editions",
    metadata,
    Column("issue", String(210), ForeignKey("issues.id"), primary_key=True),
    Column("language", String(35), primary_key=True),
    Column("digest", String(64), ForeignKey("editions.digest"), nullable=False),
    Column("letterhead", JSON, nullable=False),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("issue", String(210), ForeignKey("issues.id"), nullable=False),
    Column("contact", Integer, nullable=False),
    Column("mailbox", String(320), nullable=False),
    Column("address_hash", String(64), nullable=False),
    Column("name", Text, nullable=False),
    Column("city", String(120), nullable=False),
    Column("language", String(35), nullable=False),
    Column("message_id", String(200), nullable=False, unique=True),
    Column("state", String(12), nullable=False),
    Column("attempt", Integer, nullable=False, default=0),
    Column("next_at", Moment),
    Column("claim", String(120)),
    Column("lease_until", Moment),
    Column("sending_at", Moment),
    Column("code", Integer, nullable=False, default=0),
    Column("reply", Text, nullable=False, default=""),
    Column("settled_at", Moment),
    UniqueConstraint("issue", "contact"),
    UniqueConstraint("issue", "address_hash"),
    # Only what waits has a `next_at`: the head of this index is what goes next. There is none over
    # the state, which changes twice for each letter: PostgreSQL settles within a page then.
    Index(
        "ix_deliveries_due",
        "issue",
        "next_at",
        "id",
        sqlite_where=text("next_at IS NOT NULL"),
        postgresql_where=text("next_at IS NOT NULL"),
    ),
    one_of("state", DeliveryState),
    postgresql_with={"fillfactor": 75},
)

returns = Table(
    "returns",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("digest", String(64), nullable=False, unique=True),
    Column("at", Moment, nullable=False),
    Column("kind", String(12), nullable=False),
    Column("delivery", Integer, ForeignKey("deliveries.id"), index=True),
    Column("status", String(12), nullable=False, default=""),
    Column("words", Text, nullable=False, default=""),
    Column("effect", String(12), nullable=False),
    Index(None, "effect", "kind"),
    one_of("kind", ReturnKind),
    one_of("effect", Effect),
)

paces = Table(
    "paces",
    metadata,
    Column("scope", String(255), primary_key=True),
    Column("per_minute", Integer),
    Column("free_at", Moment),
)

events = Table(
    "events",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("actor", String(200), nullable=False),
    Column("action", String(60), nullable=False),
    Column("subject", String(210), nullable=False),
    Column("facts", JSON, nullable=False),
)
