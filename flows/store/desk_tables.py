"""The tables of those who work at the desk: accounts, visits, attempts to sign in, review links."""

from sqlalchemy import JSON, Column, ForeignKey, Index, Integer, String, Table, Text

from flows.store.columns import Moment, metadata

users = Table(
    "users",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(120), nullable=False),
    Column("name_key", String(120), nullable=False, unique=True),
    Column("address", String(320), nullable=False, default=""),
    Column("address_key", String(320), unique=True),
    Column("roles", JSON, nullable=False),
    Column("languages", JSON, nullable=False),
    Column("locale", String(35), nullable=False, default=""),
    Column("password_hash", Text, nullable=False, default=""),
    Column("second_factor", Text, nullable=False, default=""),
    Column("last_step", Integer, nullable=False, default=0),
    Column("directory", String(600), unique=True),
    Column("created_at", Moment, nullable=False),
    Column("disabled_at", Moment),
)

sessions = Table(
    "sessions",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("csrf", String(64), nullable=False),
    Column("user", Integer, ForeignKey("users.id"), index=True),
    Column("guest", JSON, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("seen_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
)

login_attempts = Table(
    "login_attempts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("scope", String(120), nullable=False),
    Column("at", Moment, nullable=False),
    Index(None, "scope", "at"),
)

review_links = Table(
    "review_links",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", String(64), nullable=False, unique=True),
    Column("slug", String(200), nullable=False, index=True),
    Column("language", String(35), nullable=False),
    Column("name", String(120), nullable=False),
    Column("made_by", String(120), nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("used_at", Moment),
)

declined_terms = Table(
    "declined_terms",
    metadata,
    Column("language", String(35), primary_key=True),
    Column("term", String(200), primary_key=True),
    Column("wording", String(200), primary_key=True),
    Column("by", String(200), nullable=False),
    Column("at", Moment, nullable=False),
)
