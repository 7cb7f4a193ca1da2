"""What the machines that send have agreed on."""

from datetime import datetime
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from flows.domain.accord import Accord
from flows.store.database import insert_once
from flows.store.scale_tables import accords

ONLY: Final = "newsroom"


async def keep_accord(tx: AsyncConnection, accord: Accord, *, now: datetime) -> None:
    """Write down what holds from now on."""
    values = {"terms": accord.as_json(), "at": now}
    await tx.execute(insert_once(tx, accords).values(whose=ONLY, **values))
    await tx.execute(update(accords).where(accords.c.whose == ONLY).values(**values))


async def find_accord(tx: AsyncConnection) -> Accord | None:
    """What holds, if any newsroom has begun to send with this database."""
    terms = await tx.scalar(select(accords.c.terms).where(accords.c.whose == ONLY))
    return Accord.from_json(terms) if terms else None
