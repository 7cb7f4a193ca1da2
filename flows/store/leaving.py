"""Leaving while an audience is being fixed, which on PostgreSQL takes its time beside others.

Whoever leaves cancels the letters that wait, and cannot see those of an audience that is not there
yet; whoever fixes it has read who was on the lists before. So both take turns at the end.
"""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import exists, text, true, update
from sqlalchemy.ext.asyncio import AsyncConnection

from flows.domain.delivery import DeliveryState
from flows.domain.issue import IssueId
from flows.store.people import leavings
from flows.store.tables import contacts, deliveries, memberships


async def await_audiences(tx: AsyncConnection) -> None:
    """See from now on every audience that was about to be fixed, before letters are cancelled."""
    if tx.dialect.name == "postgresql":  # on SQLite a writer is alone already
        await tx.execute(text("SELECT pg_advisory_xact_lock_shared(hashtext('audiences'))"))


async def cancel_leavers(
    tx: AsyncConnection, issue: IssueId, *, lists: Collection[str], now: datetime
) -> int:
    """Cancel the letters of those who left since an audience was read; how many those are.

    Whoever leaves later waits until this transaction ends, and finds their letter.
    """
    if tx.dialect.name != "postgresql":
        return 0
    await tx.execute(text("SELECT pg_advisory_xact_lock(hashtext('audiences'))"))
    left = exists().where(
        leavings.c.address_hash == contacts.c.address_hash, leavings.c.list == memberships.c.list
    )
    stays = exists().where(
        memberships.c.contact == deliveries.c.contact,
        memberships.c.contact == contacts.c.id,
        memberships.c.list.in_(lists) if lists else true(),
        ~left.correlate(contacts, memberships),
    )
    gone = await tx.execute(
        update(deliveries)
        .where(
            deliveries.c.issue == issue,
            deliveries.c.state == DeliveryState.PENDING,
            ~stays.correlate(deliveries),
        )
        .values(state=DeliveryState.CANCELLED, next_at=None, settled_at=now, reply="left the list")
    )
    return gone.rowcount
