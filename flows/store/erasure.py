"""Forgetting a person: nothing is left but keyed hashes and what has no person in it."""

from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from flows.domain.delivery import DeliveryState
from flows.domain.optout import ERASURES
from flows.store.people import arrivals, consents, contact_changes, requests
from flows.store.tables import contacts, deliveries, issues, memberships, returns, suppressions

BLANK = {"mailbox": "", "name": "", "reply": ""}
"""What a delivery says of a person; the server's words often quote the address."""


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
        .where(theirs, deliveries.c.next_at.is_not(None))
        .values(state=DeliveryState.SUPPRESSED, claim=None, next_at=None, settled_at=now)
    )
    letters = select(deliveries.c.id).where(theirs)
    await tx.execute(update(returns).where(returns.c.delivery.in_(letters)).values(words=""))
    await tx.execute(
        update(deliveries)
        .where(theirs, deliveries.c.state != DeliveryState.CLAIMED)
        .values(**BLANK)
    )


async def cancel_waiting(tx: AsyncConnection, whose: ColumnElement[bool], *, now: datetime) -> None:
    """Let no letter go any more to somebody who is no contact now."""
    await tx.execute(
        update(deliveries)
        .where(_letters_of(whose), deliveries.c.next_at.is_not(None))
        .values(
            state=DeliveryState.CANCELLED,
            claim=None,
            next_at=None,
            settled_at=now,
            reply="is no contact any more",
        )
    )


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
