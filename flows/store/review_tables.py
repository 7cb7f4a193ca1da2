"""The tables of what people see and judge: changes, what each saw last, pictures of editions."""

from sqlalchemy import JSON, Column, Index, Integer, LargeBinary, String, Table

from flows.store.columns import Moment, metadata

passage_changes = Table(
    "passage_changes",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("slug", String(200), nullable=False),
    Column("language", String(35), nullable=False),
    Column("passage", String(12), nullable=False),
    Column("act", String(20), nullable=False),
    Column("by", String(200), nullable=False),
    Column("at", Moment, nullable=False),
    Column("before", JSON, nullable=False),
    Column("after", JSON, nullable=False),
    Column("undone_at", Moment),
    Index(None, "slug", "language", "by"),
)

looks = Table(
    "looks",
    metadata,
    Column("person", String(200), primary_key=True),
    Column("slug", String(200), primary_key=True),
    Column("language", String(35), primary_key=True),
    Column("since", Moment, nullable=False),
    Column("at", Moment, nullable=False),
    Column("known", JSON, nullable=False),
    Column("latest", JSON, nullable=False),
)

# An edition names its pictures in its HTML; one that two editions show is there once.
images = Table(
    "images",
    metadata,
    Column("name", String(80), primary_key=True),
    Column("content", LargeBinary, nullable=False),
    Column("created_at", Moment, nullable=False),
)
