"""Forgetting a person: nothing is left but keyed hashes and what has no person in it."""

from collections import defaultdict
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, and_, delete, exists, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from flows.domain.delivery import DeliveryState
from flows.domain.issue import FROZEN, IssueState
from flows.domain.optout import ERASURES
from flows.store.leaving import await_audiences
from flows.store.people import arrivals, consents, contact_changes, leavings, requests
from flows.store.tables import contacts, deliveries, issues, memberships, returns, suppressions

BLANK = {"mailbox": "", "name": "", "reply": ""}
"""What a delivery says of a person; the server's words often quote the address."""
WAITING: Final = (DeliveryState.PENDING, DeliveryState.DEFERRED)
"""What a sender may still take. Those that wait for their language have no `next_at` yet."""
AT_A_TIME: Final = 500
"""So many ids are named in one statement."""
UNDER_WAY: Final = FROZEN - {IssueState.SENT}
"""The states in which letters of an issue may wait."""


async def erase(tx: AsyncConnection, address_hash: str, *, now: datetime) -> None:
    """Remove a contact and whatever names the person behind it.

    A letter on its way is finished first: `sweep` takes its address away afterwards.
    """
    whose = contacts.c.address_hash == address_hash
    await tx.execute(
        delete(memberships).where(memberships.c.contact.in_(select(contacts.c.id).where(whose)))
    )
    await tx.execute(delete(contacts).where(whose))
    await tx.execute(delete(requests).where(requests.c.address_hash == address_hash))
    await tx.execute(
        update(arrivals)
        .where(arrivals.c.address_hash == address_hash)
        .values(address="", mailbox=None, name=None)
    )
    await tx.execute(
        update(contact_changes)
        .where(contact_changes.c.address_hash == address_hash)
        .values(address=None, mailbox=None, name=None, city=None, language=None, roles=None)
    )
    await tx.execute(update(consents).where(consents.c.address_hash == address_hash).values(why=""))
    theirs = _letters_of(deliveries.c.address_hash == address_hash)
    await tx.execute(
        update(deliveries)
        .where(theirs, deliveries.c.state.in_(WAITING))
        .values(state=DeliveryState.SUPPRESSED, claim=None, next_at=None, settled_at=now)
    )
    letters = select(deliveries.c.id).where(theirs)
    await tx.execute(update(returns).where(returns.c.delivery.in_(letters)).values(words=""))
    await tx.execute(
        update(deliveries)
        .where(theirs, deliveries.c.state != DeliveryState.CLAIMED)
        .values(**BLANK)
    )


async def cancel_waiting(
    tx: AsyncConnection,
    whose: ColumnElement[bool],
    *,
    now: datetime,
    because: str = "is no contact any more",
) -> None:
    """Let letters that wait, for their hour or for their language, not go any more."""
    await await_audiences(tx)
    await tx.execute(
        update(deliveries)
        .where(_letters_of(whose), deliveries.c.state.in_(WAITING))
        .values(
            state=DeliveryState.CANCELLED,
            claim=None,
            next_at=None,
            settled_at=now,
            reply=because,
        )
    )


async def cancel_unreached(
    tx: AsyncConnection, whose: ColumnElement[bool], *, now: datetime
) -> None:
    """Cancel the waiting letters of some people whom none of their issue's lists reaches now."""
    await await_audiences(tx)
    waits = and_(
        whose,
        deliveries.c.state.in_(WAITING),
        deliveries.c.issue == issues.c.id,
        issues.c.state.in_(UNDER_WAY),
    )
    waiting = (
        await tx.execute(
            select(deliveries.c.id, deliveries.c.address_hash, issues.c.lists).where(waits)
        )
    ).all()
    if not waiting:
        return
    left = exists().where(
        leavings.c.address_hash == contacts.c.address_hash, leavings.c.list == memberships.c.list
    )
    on: defaultdict[str, set[str]] = defaultdict(set)
    for hashed, name in await tx.execute(
        select(contacts.c.address_hash, memberships.c.list)
        .join(memberships, memberships.c.contact == contacts.c.id)
        .where(contacts.c.address_hash.in_(select(deliveries.c.address_hash).where(waits)), ~left)
    ):
        on[hashed].add(name)
    gone = [
        row.id
        for row in waiting
        if not on[row.address_hash].intersection(row.lists or on[row.address_hash])
    ]
    for start in range(0, len(gone), AT_A_TIME):
        some = deliveries.c.id.in_(gone[start : start + AT_A_TIME])
        await cancel_waiting(tx, some, now=now, because="left the list")


async def sweep(tx: AsyncConnection) -> int:
    """Take the address away from letters that were on their way when it was erased."""
    gone = select(suppressions.c.address_hash).where(suppressions.c.reason.in_(ERASURES))
    theirs = _letters_of(deliveries.c.address_hash.in_(gone))
    swept = await tx.execute(
        update(deliveries)
        .where(theirs, deliveries.c.mailbox != "", deliveries.c.state != DeliveryState.CLAIMED)
        .values(**BLANK)
    )
    return swept.rowcount


def _letters_of(whose: ColumnElement[bool]) -> ColumnElement[bool]:
    """By way of the issues, so that the index over issue and address is used."""
    return and_(deliveries.c.issue.in_(select(issues.c.id)), whose)
