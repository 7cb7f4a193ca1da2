"""The tables of what comes again, and of what was said ahead of a sending."""

from sqlalchemy import JSON, Boolean, Column, Float, ForeignKey, Integer, String, Table, Text

from flows.domain.recurrence import OccurrenceState, RecurrenceState
from flows.domain.timing import Policy
from flows.store.columns import Moment, metadata, one_of

recurrences = Table(
    "recurrences",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(120), nullable=False, unique=True),
    Column("rule", Text, nullable=False),
    Column("zone", String(64), nullable=False),
    Column("lists", JSON, nullable=False),
    Column("articles", String(200), nullable=False),
    Column("policy", String(10), nullable=False),
    Column("each", Boolean, nullable=False),
    Column("titles", JSON, nullable=False),
    Column("sections", Boolean, nullable=False),
    Column("ahead_hours", Float, nullable=False),
    Column("state", String(10), nullable=False),
    Column("begins_at", Moment, nullable=False),
    Column("seen_until", Moment, nullable=False),
    Column("made_by", String(200), nullable=False),
    Column("made_at", Moment, nullable=False),
    one_of("policy", Policy),
    one_of("state", RecurrenceState),
)

# `until` is the end of the lease of whoever opens the occurrence at this moment.
occurrences = Table(
    "occurrences",
    metadata,
    Column("recurrence", Integer, ForeignKey("recurrences.id"), primary_key=True),
    Column("at", Moment, primary_key=True),
    Column("state", String(10), nullable=False),
    Column("digest", String(200)),
    Column("slugs", JSON, nullable=False),
    Column("issues", JSON, nullable=False),
    Column("until", Moment),
    Column("trouble", Text),
    one_of("state", OccurrenceState),
)

warnings = Table(
    "warnings",
    metadata,
    Column("issue", String(210), ForeignKey("issues.id"), primary_key=True),
    Column("language", String(35), primary_key=True),
    Column("hours", Float, primary_key=True),
    Column("leaves_at", Moment, primary_key=True),
    Column("at", Moment, nullable=False),
)
