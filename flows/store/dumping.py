"""Every row of a database, out of one engine and into another, in one transaction."""

from base64 import b64decode, b64encode
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Any, Final

from sqlalchemy import (
    Column,
    ColumnElement,
    DateTime,
    Integer,
    LargeBinary,
    MetaData,
    Select,
    Table,
    cast,
    column,
    func,
    insert,
    inspect,
    select,
    table,
    text,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import StatementError
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import TypeEngine

from flows.store.columns import Moment
from flows.store.schema import TABLES, build_schema

PASSING: Final = frozenset({"sessions", "login_attempts"})
"""Tables whose rows mean nothing in another database: who is signed in at this moment."""

ROWS_AT_ONCE: Final = 1_000
PICTURES_AT_ONCE: Final = 10
"""Rows with whole files in them."""

LEAP: Final = 1_000_000
"""How many ids a restore leaves out where none is given twice: letters sent after the backup carry
ids that it does not know."""

Record = dict[str, Any]
"""A row as JSON keeps it: instants are ISO 8601 text, bytes are base64."""


class UnfitRowsError(Exception):
    """Rows that a table does not take."""


def kept_tables() -> list[str]:
    """The tables that a backup holds, those that others refer to first."""
    return [one.name for one in TABLES.sorted_tables if one.name not in PASSING]


async def read_records(tx: AsyncConnection, name: str) -> AsyncIterator[list[Record]]:
    """The rows of a table, some at a time."""
    found = TABLES.tables[name]
    async with tx.stream(_in_order(found)) as rows:
        async for some in rows.mappings().partitions(_at_once(found)):
            yield [{key: _kept(value) for key, value in row.items()} for row in some]


def _in_order(found: Table) -> Select[Any]:
    return select(found).order_by(*found.primary_key.columns)


def _at_once(found: Table) -> int:
    heavy = any(isinstance(one.type, LargeBinary) for one in found.columns)
    return PICTURES_AT_ONCE if heavy else ROWS_AT_ONCE


def _kept(value: object) -> object:
    if isinstance(value, bytes):
        return b64encode(value).decode("ascii")
    return value.isoformat() if isinstance(value, datetime) else value


async def read_counters(tx: AsyncConnection) -> dict[str, int]:
    """The highest id that was ever given, of the tables in which none is given twice."""
    names = [one.name for one in _counted(TABLES.tables.values())]
    if tx.dialect.name == "sqlite":
        rows = await tx.execute(text("SELECT name, seq FROM sqlite_sequence"))
        given = {row.name: int(row.seq) for row in rows}
        return {name: given[name] for name in names if name in given}
    found = {}
    for name in names:
        last = await tx.scalar(select(func.pg_sequence_last_value(_sequence(name))))
        if last is not None:
            found[name] = int(last)
    return found


def _counted(tables: Iterable[Table]) -> list[Table]:
    return [one for one in tables if one.dialect_options["sqlite"]["autoincrement"]]


async def is_empty(tx: AsyncConnection) -> bool:
    """Whether a database holds nothing of a newsroom: no table of ours, or no row in any."""
    there = await _tables_there(tx)
    for one in TABLES.sorted_tables:
        if one.name in there and (await tx.execute(select(one).limit(1))).first():
            return False
    return True


async def wipe(tx: AsyncConnection) -> None:
    """Drop our tables with everything in them; those of others in the same database stay."""
    there = await _tables_there(tx)
    await tx.run_sync(TABLES.drop_all, checkfirst=True)
    if "alembic_version" in there:
        await tx.execute(text("DROP TABLE alembic_version"))
    if tx.dialect.name == "postgresql":
        await tx.execute(text("DROP FUNCTION IF EXISTS events_stay()"))


async def _tables_there(tx: AsyncConnection) -> set[str]:
    return set(await tx.run_sync(lambda connection: inspect(connection).get_table_names()))


async def load(
    tx: AsyncConnection,
    revision: str,
    records: Mapping[str, Iterable[Record]],
    counters: Mapping[str, int],
) -> dict[str, int]:
    """Build the schema of `revision`, put the records in and bring all to the newest schema.

    The database has no table of ours. How many rows each table got.
    """
    await tx.run_sync(build_schema, revision)
    schema = MetaData()
    await tx.run_sync(schema.reflect)
    loaded = {
        one.name: await _load_table(tx, one, records[one.name])
        for one in schema.sorted_tables
        if one.name in records
    }
    await _set_counters(tx, schema, counters)
    await tx.run_sync(build_schema)
    return loaded


async def _load_table(tx: AsyncConnection, there: Table, records: Iterable[Record]) -> int:
    types = {one.name: _type(there.name, one) for one in there.columns}
    readers = {name: reader for name, kind in types.items() if (reader := _reader(kind))}
    target = table(there.name, *(column(name, kind) for name, kind in types.items()))
    count = 0
    for some in _batches(records, _at_once(there)):
        try:
            await tx.execute(insert(target), [_read(record, readers) for record in some])
        except (StatementError, ValueError, TypeError) as error:
            # The driver's own words could hold an address.
            kind = type(error).__name__
            raise UnfitRowsError(f"rows of {there.name} do not fit ({kind})") from None
        count += len(some)
    return count


def _type(name: str, there: Column[Any]) -> TypeEngine[Any]:
    """What we know of a column says more than what a database tells of it."""
    ours = TABLES.tables.get(name)
    return ours.c[there.name].type if ours is not None and there.name in ours.c else there.type


def _batches(records: Iterable[Record], size: int) -> Iterator[list[Record]]:
    waiting = iter(records)
    while some := list(islice(waiting, size)):
        yield some


def _reader(kind: TypeEngine[Any]) -> Callable[[str], object] | None:
    """What makes of a text that JSON kept what it stands for."""
    if isinstance(kind, DateTime | Moment):
        return datetime.fromisoformat
    return partial(b64decode, validate=True) if isinstance(kind, LargeBinary) else None


def _read(record: Record, readers: Mapping[str, Callable[[str], object]]) -> Record:
    return record | {
        name: reader(record[name]) for name, reader in readers.items() if record.get(name)
    }


async def _set_counters(tx: AsyncConnection, schema: MetaData, counters: Mapping[str, int]) -> None:
    """Let no id be given a second time, neither one that is there nor one that was."""
    if tx.dialect.name == "sqlite":
        for name, last in counters.items():
            await tx.execute(text("DELETE FROM sqlite_sequence WHERE name = :name"), {"name": name})
            await tx.execute(
                text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :last)"),
                {"name": name, "last": last + LEAP},
            )
        return
    for one in schema.sorted_tables:
        key = one.c.get("id")
        if key is None or not isinstance(key.type, Integer | postgresql.BIGINT):
            continue
        last = counters[one.name] + LEAP if one.name in counters else 1
        highest = select(func.coalesce(func.max(key), 0)).scalar_subquery()
        await tx.execute(select(func.setval(_sequence(one.name), func.greatest(last, highest))))


def _sequence(name: str) -> ColumnElement[Any]:
    """PostgreSQL's sequence of a table's ids."""
    return cast(f"{name}_id_seq", postgresql.REGCLASS)
