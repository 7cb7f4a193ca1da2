"""The audit trail: who did what, when. It only grows."""

from datetime import datetime

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from flows.store.tables import events


async def record_event(
    tx: AsyncConnection, action: str, subject: str, *, actor: str, now: datetime, **facts: object
) -> None:
    """Write one act down. `facts` are small JSON values and never addresses."""
    await tx.execute(
        insert(events).values(at=now, actor=actor, action=action, subject=subject, facts=facts)
    )
