"""The audit trail: who did what, when. It only grows: the database refuses anything else."""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from flows.store.columns import contains
from flows.store.tables import events


class Event(NamedTuple):
    """One act."""

    id: int
    at: datetime
    actor: str
    action: str
    subject: str
    facts: dict[str, Any]


async def record_event(
    tx: AsyncConnection, action: str, subject: str, *, actor: str, now: datetime, **facts: object
) -> None:
    """Write one act down. `facts` are small JSON values and never addresses."""
    await tx.execute(
        insert(events).values(at=now, actor=actor, action=action, subject=subject, facts=facts)
    )


async def last_actor(tx: AsyncConnection, action: str, subject: str) -> str:
    """Who did something to a subject last; empty if nobody did."""
    latest = (
        select(events.c.actor)
        .where(events.c.action == action, events.c.subject == subject)
        .order_by(events.c.id.desc())
        .limit(1)
    )
    return (await tx.execute(latest)).scalar() or ""


async def find_events(
    tx: AsyncConnection,
    *,
    actor: str = "",
    action: str = "",
    subject: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    before: int | None = None,
    limit: int,
) -> list[Event]:
    """The latest acts, newest first, `before` a number; texts are looked for anywhere within."""
    conditions: list[ColumnElement[bool]] = [
        contains(column, text)
        for column, text in (
            (events.c.actor, actor),
            (events.c.action, action),
            (events.c.subject, subject),
        )
        if text
    ]
    if since is not None:
        conditions.append(events.c.at >= since)
    if until is not None:
        conditions.append(events.c.at < until)
    if before is not None:
        conditions.append(events.c.id < before)
    rows = await tx.execute(
        select(events).where(*conditions).order_by(events.c.id.desc()).limit(limit)
    )
    return [Event(**row._mapping) for row in rows]  # noqa: SLF001 - SQLAlchemy's public name for it
