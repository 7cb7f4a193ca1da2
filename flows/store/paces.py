"""How fast letters may leave: rates that a person sets, and the next free moment of each.

A pace belongs to the database, so that it holds for all senders of all issues together.
"""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from flows.store.database import insert_once
from flows.store.tables import paces

RELAY: Final = "*"
"""The scope of everything that leaves; any other scope is a recipient's domain."""

BURST: Final = timedelta(seconds=1)
"""What a pause of this length leaves unused may leave at once."""


def read_rates(tx: Connection) -> dict[str, int]:
    """The rates that somebody set, in letters a minute; 0 lifts the settings' limit."""
    rows = tx.execute(
        select(paces.c.scope, paces.c.per_minute).where(paces.c.per_minute.is_not(None))
    )
    return {row.scope: row.per_minute for row in rows}


async def set_rate(tx: AsyncConnection, scope: str, per_minute: int | None) -> None:
    """Set a rate for senders at work and to come; `None` gives it back to the settings."""
    if per_minute is None:
        await tx.execute(delete(paces).where(paces.c.scope == scope))
        return
    await tx.execute(insert_once(tx, paces).values(scope=scope, per_minute=per_minute))
    await tx.execute(update(paces).where(paces.c.scope == scope).values(per_minute=per_minute))


def reserve(
    tx: Connection, scope: str, *, per_minute: int, wanted: int, now: datetime
) -> tuple[int, datetime | None]:
    """How many of the `wanted` letters may leave now, and when the next one may if some wait."""
    if wanted <= 0:
        return 0, None
    step = timedelta(minutes=1) / per_minute
    known = select(paces.c.free_at).where(paces.c.scope == scope)
    tx.execute(insert_once(tx, paces).values(scope=scope))
    free_at = tx.scalar(known.with_for_update())
    start = max(free_at, now - BURST) if free_at else now
    if start > now:
        return 0, start
    allowed = min(wanted, int((now - start) / step) + 1)
    free_at = start + step * allowed
    tx.execute(update(paces).where(paces.c.scope == scope).values(free_at=free_at))
    return allowed, free_at if allowed < wanted else None


def give_up(tx: Connection, scope: str, *, per_minute: int, letters: int) -> None:
    """Give back what was reserved in this transaction for letters that do not leave after all."""
    unused = timedelta(minutes=1) / per_minute * letters
    held = select(paces.c.free_at).where(paces.c.scope == scope)
    free_at = tx.scalar(held)
    if free_at is not None:
        tx.execute(update(paces).where(paces.c.scope == scope).values(free_at=free_at - unused))
