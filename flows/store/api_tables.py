"""The tables of programs that talk to the newsroom: their tokens, and the answers they got."""

from sqlalchemy import JSON, Column, ForeignKey, Integer, String, Table, Text

from flows.store.columns import Moment, metadata

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
