"""The tables of other programs: their tokens, the answers they got, and what they are told."""

from sqlalchemy import (
    JSON,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from flows.domain.hook import HookState
from flows.store.columns import Moment, metadata, one_of

api_tokens = Table(
    "api_tokens",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", String(64), nullable=False, unique=True),
    Column("label", String(120), nullable=False),
    Column("user", Integer, ForeignKey("users.id"), nullable=False, index=True),
    Column("scopes", JSON, nullable=False),
    Column("made_by", String(200), nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("used_at", Moment),
    Column("revoked_at", Moment),
)

api_answers = Table(
    "api_answers",
    metadata,
    Column("token", Integer, ForeignKey("api_tokens.id"), primary_key=True),
    Column("key", String(255), primary_key=True),
    Column("request", String(64), nullable=False),
    Column("begun_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False, index=True),
    Column("status", Integer),
    Column("headers", JSON, nullable=False),
    Column("body", Text, nullable=False, default=""),
)

hook_events = Table(
    "hook_events",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("at", Moment, nullable=False, index=True),
    Column("kind", String(40), nullable=False),
    Column("body", Text, nullable=False),
    Column("spread_at", Moment, index=True),
)

hook_deliveries = Table(
    "hook_deliveries",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("event", String(40), ForeignKey("hook_events.id"), nullable=False),
    Column("url", String(500), nullable=False),
    Column("state", String(12), nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("begun_at", Moment, nullable=False, index=True),
    Column("next_at", Moment),
    Column("status", Integer, nullable=False, default=0),
    Column("words", Text, nullable=False, default=""),
    UniqueConstraint("event", "url"),
    Index(None, "state", "next_at"),
    one_of("state", HookState),
)
