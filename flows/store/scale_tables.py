"""The tables of large sendings: what machines agree on, and sums that stand for many letters."""

from sqlalchemy import JSON, Boolean, Column, Float, ForeignKey, Integer, String, Table

from flows.domain.delivery import DeliveryState
from flows.store.columns import Moment, metadata, one_of

# There is one row at most.
accords = Table(
    "accords",
    metadata,
    Column("whose", String(20), primary_key=True),
    Column("terms", JSON, nullable=False),
    Column("at", Moment, nullable=False),
)

# `final` sums no longer change. Of an issue with `archived_at` they are all that is left.
sums = Table(
    "sums",
    metadata,
    Column("issue", String(210), ForeignKey("issues.id"), primary_key=True),
    Column("at", Moment, nullable=False),
    Column("seconds", Float, nullable=False),
    Column("final", Boolean, nullable=False),
    Column("answered", Integer, nullable=False),
    Column("next_attempt", Moment),
    Column("last_doubt", Moment),
    Column("due", Integer, nullable=False, default=0),
    Column("soon", Integer, nullable=False, default=0),
    Column("later", Integer, nullable=False, default=0),
    Column("soon_until", Moment),
    Column("troubles", JSON, nullable=False),
    Column("history", JSON, nullable=False),
    Column("archived_at", Moment),
    Column("bounced", Integer, nullable=False, default=0),
    Column("complained", Integer, nullable=False, default=0),
)

tallies = Table(
    "tallies",
    metadata,
    Column("issue", String(210), ForeignKey("issues.id"), primary_key=True),
    Column("language", String(35), primary_key=True),
    Column("city", String(120), primary_key=True),
    Column("state", String(12), primary_key=True),
    Column("code", Integer, primary_key=True, autoincrement=False),
    Column("letters", Integer, nullable=False),
    one_of("state", DeliveryState),
)
