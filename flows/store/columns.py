"""What all tables share: names of constraints, instants, and columns with few values."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    DateTime,
    Dialect,
    FunctionElement,
    MetaData,
    String,
    TypeDecorator,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Moment(TypeDecorator[datetime]):
    """An instant, in UTC. SQLite keeps no zone, so it is put back on reading."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a time without a zone: nobody knows when it is."""
        del dialect
        if value is not None and value.tzinfo is None:
            raise ValueError("a time without a zone")
        return value.astimezone(UTC) if value else None

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """The instant in UTC."""
        del dialect
        if value is None:
            return None
        moment: datetime = value if value.tzinfo else value.replace(tzinfo=UTC)
        return moment.astimezone(UTC)


def one_of(column: str, states: type[StrEnum]) -> CheckConstraint:
    """The rule that a column holds one of the states, as the database knows it."""
    listed = ", ".join(f"'{state}'" for state in states)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


class _Small(FunctionElement[str]):
    """A text in small letters, as Python has them, whatever the database's locale."""

    type = String()
    inherit_cache = True


@compiles(_Small)
def _as_sqlite(element: _Small, compiler: SQLCompiler, **given: Any) -> str:
    return f"lower({compiler.process(element.clauses, **given)})"


@compiles(_Small, "postgresql")
def _as_postgresql(element: _Small, compiler: SQLCompiler, **given: Any) -> str:
    # The locale C knows no letters but those of ASCII; ICU, which PostgreSQL brings, knows all.
    return f'lower({compiler.process(element.clauses, **given)} COLLATE "und-x-icu")'


def contains(column: ColumnElement[str], text: str) -> ColumnElement[bool]:
    """Whether a text is in a column, in capitals or not; `%` and `_` are signs like any other."""
    literal = text.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return _Small(column).like(f"%{literal}%", escape="\\")
