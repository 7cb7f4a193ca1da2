"""The connection on which a sender takes its turns, one after the other, at the least cost."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from typing import TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from flows.domain.errors import TransientError
from flows.store.living import Shown

Result = TypeVar("Result")
Connect = Callable[[AsyncEngine], Awaitable[AsyncConnection]]
Faults = Callable[[], AbstractContextManager[None]]
"""What turns a driver's errors into the store's own."""


class KeptLane:
    """One connection to PostgreSQL that is kept: fetching one for a turn costs as much again."""

    def __init__(self, engine: AsyncEngine, *, connect: Connect, faults: Faults) -> None:
        self._engine = engine
        self._connect = connect
        self._faults = faults
        self._lock = asyncio.Lock()
        self._connection: AsyncConnection | None = None
        self.shown = Shown()

    async def turn(self, work: Callable[[Connection], Result]) -> Result:
        """Run `work` in one transaction; after a fault the next turn has a new connection."""
        async with self._lock:
            connection = self._connection or await self._connect(self._engine)
            self._connection = None
            try:
                with self._faults():
                    await self.shown.keep_up(connection)
                    async with connection.begin():
                        result = await connection.run_sync(work)
            except BaseException:
                await self.shown.end(connection)
                raise
            self._connection = connection
            return result

    async def hide(self, owner: str) -> None:
        """Show an owner no longer. If that fails, the connection has ended and shows nobody."""
        async with self._lock:
            self.shown.owners.discard(owner)
            connection, self._connection = self._connection, None
            if connection is None:
                return
            try:
                with self._faults():
                    await self.shown.hide(connection, owner)
            except TransientError:
                await self.shown.end(connection)
            else:
                self._connection = connection

    async def close(self) -> None:
        """Give the connection back."""
        if self._connection is not None:
            await self.shown.end(self._connection)


class ThreadLane:
    """One connection to SQLite in a thread of its own.

    A turn enters the thread once, where a `writing` block enters one for each statement.
    """

    def __init__(self, engine: Engine, *, faults: Faults) -> None:
        self._engine = engine
        self._faults = faults
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="ledger")
        self._connection: Connection | None = None
        self.shown = Shown()

    async def hide(self, owner: str) -> None:
        """Nobody elsewhere could see them."""
        self.shown.owners.discard(owner)

    async def turn(self, work: Callable[[Connection], Result]) -> Result:
        """Run `work` in one transaction. What it began is finished, also when nobody waits."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._run, work)

    def _run(self, work: Callable[[Connection], Result]) -> Result:
        with self._faults():
            if self._connection is None:
                connection = self._engine.connect()
                self._connection = connection.execution_options(sqlite_begin="IMMEDIATE")
            with self._connection.begin():
                return work(self._connection)

    async def close(self) -> None:
        """Wait for what is under way and close."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._dispose)
        self._thread.shutdown()

    def _dispose(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._engine.dispose()
