"""The one newsroom of a database: PostgreSQL keeps its seat for as long as its connection stands.

SQLite is one machine's, where a file in the workspace says who is the newsroom.
"""

from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from typing import Final

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

# A machine that lost its power says no goodbye: the server asks, and gives it a minute.
TAKE: Final = text(
    "SELECT pg_try_advisory_lock(hashtextextended('newsroom', 0)),"
    " set_config('tcp_keepalives_idle', '30', false),"
    " set_config('tcp_keepalives_interval', '10', false),"
    " set_config('tcp_keepalives_count', '3', false)"
)


class Seat:
    """A newsroom's claim to a database; two would take each other's runs for dead."""

    def __init__(
        self,
        engine: AsyncEngine,
        *,
        connect: Callable[[AsyncEngine], Awaitable[AsyncConnection]],
        faults: Callable[[], AbstractContextManager[None]],
    ) -> None:
        self._engine = engine
        self._connect = connect
        self._faults = faults
        self._connection: AsyncConnection | None = None

    async def is_ours(self) -> bool:
        """Take the seat, or make sure that it is still ours; false if another has it.

        Raises `DatabaseUnusableError`: then it is lost, and must be taken again.
        """
        if self._engine.dialect.name != "postgresql":
            return True
        if self._connection is not None:
            return await self._asked(self._connection, text("SELECT true"))
        connection = await self._connect(self._engine)
        if await self._asked(connection, TAKE):
            self._connection = connection
            return True
        await connection.close()
        return False

    async def _asked(self, connection: AsyncConnection, question: TextClause) -> bool:
        try:
            with self._faults():
                async with connection.begin():
                    return bool(await connection.scalar(question))
        except BaseException:
            self._connection = None
            await _end(connection)
            raise

    async def leave(self) -> None:
        """Let another newsroom have it."""
        if self._connection is not None:
            connection, self._connection = self._connection, None
            await _end(connection)


async def _end(connection: AsyncConnection) -> None:
    """Close a connection for good: in a pool it would go on holding the seat."""
    await connection.invalidate()
    await connection.close()
