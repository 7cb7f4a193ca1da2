"""The connection to SQLite or PostgreSQL, and what a transaction is."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Table, create_engine, event, func, make_url, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from flows.domain.errors import InputError, TransientError
from flows.domain.phrases import Phrase
from flows.store.lanes import KeptLane, Result, ThreadLane
from flows.store.seat import Seat

DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg"}

BUSY_TIMEOUT_SECONDS = 30
PASSING_CLASSES = frozenset({"08", "40", "53", "55", "57", "58"})
"""SQLSTATE classes of PostgreSQL: connection, rollback (deadlock), resources, locks, an operator's
hand, the system."""
READ_ONLY = "25006"
"""SQLSTATE of a write to a server that became a standby."""

Transaction = AsyncConnection
"""What `Store.writing` and `Store.reading` give, for those who only hand it on."""
TurnTransaction = Connection
"""What `Store.turn` gives."""


class Store:
    """One database. Reading and writing are `with` blocks; nobody else commits."""

    def __init__(self, engine: AsyncEngine, *, lane: ThreadLane | KeptLane) -> None:
        self.engine = engine
        self.seat = Seat(engine, connect=_connect, faults=_faults)
        self._lane = lane

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that is committed at the end of the block or, on an error, not at all.

        On SQLite it takes the write lock at once (`BEGIN IMMEDIATE`), so that it never has to
        be given up half-way. Raises `DatabaseUnusableError` when another try may mend it.
        """
        async with self._connected() as connection:
            await connection.execution_options(sqlite_begin="IMMEDIATE")
            async with connection.begin():
                yield connection

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """One consistent look at the database: what others commit meanwhile is not seen."""
        async with self._connected() as connection:
            if self.engine.dialect.name == "postgresql":
                await connection.execution_options(isolation_level="REPEATABLE READ")
            yield connection

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[AsyncConnection]:
        connection = await _connect(self.engine)
        try:
            with _faults():
                yield connection
        finally:
            await connection.close()

    async def turn(self, work: Callable[[Connection], Result]) -> Result:
        """Run `work` in one writing transaction, at the least cost that one can have.

        Turns come one after the other. Raises `DatabaseUnusableError`.
        """
        return await self._lane.turn(work)

    @asynccontextmanager
    async def seen_as(self, owner: str) -> AsyncIterator[None]:
        """Let every machine see an owner, from its first turn on; SQLite knows one machine."""
        self._lane.shown.owners.add(owner)
        try:
            yield
        finally:
            await self._lane.hide(owner)

    async def close(self) -> None:
        """Give the connections back."""
        await self.seat.leave()
        await self._lane.close()
        await self.engine.dispose()


async def _connect(engine: AsyncEngine) -> AsyncConnection:
    """A connection that is there. Raises `DatabaseUnusableError`."""
    connection = engine.connect()
    try:
        await connection.start()
    except OSError as error:
        raise DatabaseUnusableError(
            Phrase("the database does not answer: {reason}", reason=str(error))
        ) from None
    except DBAPIError as error:
        raise DatabaseUnusableError(
            Phrase("the database cannot be used: {reason}", reason=str(error.orig))
        ) from None
    return connection


def open_store(database_url: str, *, default: Path) -> Store:
    """The store at `database_url`, or the SQLite file `default` if that is empty.

    Nothing is connected yet. Raises `InputError` for an address of neither kind.
    """
    try:
        url = make_url(database_url or f"sqlite:///{default}")
        url = url.set(drivername=DRIVERS[url.get_backend_name()])
    except (ArgumentError, NoSuchModuleError, KeyError):
        raise InputError(
            "is not the address of a SQLite or PostgreSQL database",
            field="database_url",
            remedy="For example: postgresql://user@host/newsletter, or leave it out for SQLite.",
        ) from None
    # An address `file:…` is for SQLite to read: it is no path, and what it names is there already.
    if url.get_backend_name() == "sqlite" and url.database and not url.database.startswith("file:"):
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_async_engine(
        url,
        pool_pre_ping=url.get_backend_name() != "sqlite",
        hide_parameters=True,  # an error's text goes to logs, an address never does
    )
    if url.get_backend_name() != "sqlite":
        _prepare_postgresql(engine.sync_engine)
        return Store(engine, lane=KeptLane(engine, connect=_connect, faults=_faults))
    fast = create_engine(url.set(drivername="sqlite"), hide_parameters=True)
    for one in (engine.sync_engine, fast):
        _prepare_sqlite(one)
    return Store(engine, lane=ThreadLane(fast, faults=_faults))


@contextmanager
def _faults() -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        if not _passes(error):
            raise
        raise DatabaseUnusableError(
            Phrase("the database failed: {reason}", reason=str(error.orig))
        ) from None


def _passes(error: DBAPIError) -> bool:
    """Whether another try may mend it. Of PostgreSQL's errors the driver tells the class alone."""
    code = str(getattr(error.orig, "sqlstate", None) or "")
    passing = code[:2] in PASSING_CLASSES or code == READ_ONLY
    return error.connection_invalidated or isinstance(error, OperationalError) or passing


def _prepare_postgresql(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def wait_for_the_disk(connection: Any, record: object) -> None:
        del record
        # A claim that a crash of the server may forget would go out again. Other settings stay.
        cursor = connection.cursor()
        cursor.execute(
            "SELECT set_config('synchronous_commit', 'on', false)"
            " WHERE current_setting('synchronous_commit') = 'off'"
        )
        cursor.close()
        connection.commit()


def _prepare_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def set_pragmas(connection: Any, record: object) -> None:
        del record
        # The driver must not begin transactions by itself: `begin` below decides which kind.
        connection.isolation_level = None
        # Its own one knows the capitals of ASCII alone.
        connection.create_function("lower", 1, _lower, deterministic=True)
        cursor = connection.cursor()
        # A letter's fate must survive a power cut, so every commit reaches the disk.
        for pragma in (
            f"busy_timeout = {BUSY_TIMEOUT_SECONDS * 1000}",
            "journal_mode = WAL",
            "synchronous = FULL",
            "foreign_keys = ON",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        kind = connection.get_execution_options().get("sqlite_begin", "DEFERRED")
        connection.exec_driver_sql(f"BEGIN {kind}")


def _lower(text: object) -> object:
    return text.lower() if isinstance(text, str) else text


def insert_once(
    tx: AsyncConnection | Connection, table: Table
) -> sqlite.Insert | postgresql.Insert:
    """An INSERT of rows that may be there already, or be written by another at this moment."""
    if tx.dialect.name == "sqlite":
        return sqlite.insert(table).on_conflict_do_nothing()
    return postgresql.insert(table).on_conflict_do_nothing()


async def database_time(store: Store) -> datetime | None:
    """What time it is where the database is; `None` for one in this process."""
    if store.engine.dialect.name == "sqlite":
        return None
    async with store.reading() as tx:
        now: datetime | None = await tx.scalar(select(func.clock_timestamp()))
        return now


@contextmanager
def database_faults(database_url: str) -> Iterator[None]:
    """Turn what the driver says of an unusable database into the product's own words."""
    try:
        yield
    except DBAPIError as error:
        where = make_url(database_url).render_as_string() if database_url else "in var/"
        raise DatabaseUnusableError(
            Phrase(
                "the database {where} cannot be used: {reason}", where=where, reason=str(error.orig)
            )
        ) from None


class DatabaseUnusableError(TransientError):
    """The database does not answer, or not as it should."""
