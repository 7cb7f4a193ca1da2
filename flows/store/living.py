"""Who lives, as PostgreSQL tells every machine.

The connection on which a sender takes its turns holds an advisory lock under the sender's name.
The server lets go of it when the connection ends, and `pg_locks` shows it to everybody.
"""

from collections.abc import Collection
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

# A machine that lost its power says no goodbye: the server asks, and gives it a minute.
SHOW: Final = text(
    "SELECT pg_try_advisory_lock(hashtextextended(:owner, 0)),"
    " set_config('tcp_keepalives_idle', '30', false),"
    " set_config('tcp_keepalives_interval', '10', false),"
    " set_config('tcp_keepalives_count', '3', false)"
)
HIDE: Final = text("SELECT pg_advisory_unlock(hashtextextended(:owner, 0))")
# A lock of 64 bits is shown in two halves.
SHOWN: Final = text(
    "SELECT owner FROM (SELECT owner, hashtextextended(owner, 0) AS key"
    " FROM unnest(CAST(:owners AS text[])) AS owner) AS named WHERE EXISTS ("
    " SELECT 1 FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database"
    " WHERE locktype = 'advisory' AND objsubid = 1 AND granted AND datname = current_database()"
    " AND classid = CAST((key >> 32) & 4294967295 AS oid)"
    " AND objid = CAST(key & 4294967295 AS oid))"
)


class Shown:
    """The owners whom one connection after the other shows to be alive."""

    def __init__(self) -> None:
        self.owners = set[str]()
        self._now = set[str]()

    async def keep_up(self, connection: AsyncConnection) -> None:
        """Show whom this connection does not yet show.

        While another one still does, as one that was lost may for a moment, it is tried again.
        """
        for owner in self.owners - self._now:
            async with connection.begin():
                if await connection.scalar(SHOW, {"owner": owner}):
                    self._now.add(owner)

    async def hide(self, connection: AsyncConnection, owner: str) -> None:
        """Show no longer that `owner` lives."""
        if owner in self._now:
            self._now.discard(owner)
            async with connection.begin():
                await connection.execute(HIDE, {"owner": owner})

    async def end(self, connection: AsyncConnection) -> None:
        """Let a connection go, and with it what it shows: in a pool it would live on."""
        if self._now:
            self._now.clear()
            await connection.invalidate()
        await connection.close()


async def who_lives(tx: AsyncConnection, owners: Collection[str]) -> set[str] | None:
    """Those of the owners whose connections stand; `None` where the database does not tell."""
    if tx.dialect.name != "postgresql":
        return None
    return set(await tx.scalars(SHOWN, {"owners": list(owners)}))
