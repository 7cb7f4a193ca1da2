"""How often somebody tried lately, by scope: an account, a network, a browser."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from flows.store.desk_tables import login_attempts


async def attempts_since(
    tx: AsyncConnection, scopes: Mapping[str, int], since: datetime
) -> dict[str, tuple[int, datetime]]:
    """For each scope that was tried: how often, and when first.

    Whoever asks for the same scope waits until this transaction is over.
    """
    if tx.dialect.name == "postgresql":  # on SQLite a writer is alone already
        for scope in sorted(scopes):
            await tx.execute(select(func.pg_advisory_xact_lock(func.hashtext(scope))))
    rows = await tx.execute(
        select(login_attempts.c.scope, func.count(), func.min(login_attempts.c.at))
        .where(login_attempts.c.scope.in_(scopes), login_attempts.c.at > since)
        .group_by(login_attempts.c.scope)
    )
    return {row[0]: (row[1], row[2]) for row in rows}


async def note_attempts(tx: AsyncConnection, scopes: Mapping[str, int], *, now: datetime) -> None:
    """One more attempt in each scope."""
    await tx.execute(insert(login_attempts), [{"scope": scope, "at": now} for scope in scopes])


async def forget_attempts(tx: AsyncConnection, scope: str) -> None:
    """Begin to count anew."""
    await tx.execute(delete(login_attempts).where(login_attempts.c.scope == scope))


async def take_back_attempt(tx: AsyncConnection, scope: str, *, at: datetime) -> None:
    """Take one attempt back, which was none."""
    last = (
        select(func.max(login_attempts.c.id))
        .where(login_attempts.c.scope == scope, login_attempts.c.at == at)
        .scalar_subquery()
    )
    await tx.execute(delete(login_attempts).where(login_attempts.c.id == last))


async def sweep_attempts(tx: AsyncConnection, *, before: datetime) -> None:
    """Forget what is too old to count."""
    await tx.execute(delete(login_attempts).where(login_attempts.c.at <= before))
