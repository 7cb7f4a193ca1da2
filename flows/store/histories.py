"""All that happened to one address: letters, what came back, changes."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from flows.domain.delivery import DeliveryState
from flows.domain.history import Alteration
from flows.store.people import contact_changes
from flows.store.tables import deliveries, issues, returns


class SentLetter(NamedTuple):
    """One letter of the ledger."""

    issue: str
    language: str
    state: DeliveryState
    at: datetime | None
    code: int
    reply: str


class ReturnedLetter(NamedTuple):
    """What came back of one."""

    issue: str
    at: datetime
    kind: str
    status: str
    words: str


class ChangeLine(NamedTuple):
    """One change of the contact; `before` is what an update replaced."""

    at: datetime
    by: str
    act: Alteration
    list: str
    why: str
    number: int | None
    before: dict[str, str]


async def letters_to(tx: AsyncConnection, address_hash: str) -> list[SentLetter]:
    """Every letter to an address, oldest issue first."""
    rows = await tx.execute(
        select(
            deliveries.c.issue,
            deliveries.c.language,
            deliveries.c.state,
            deliveries.c.sending_at,
            deliveries.c.code,
            deliveries.c.reply,
        )
        .join(issues, issues.c.id == deliveries.c.issue)
        .where(deliveries.c.address_hash == address_hash)
        .order_by(issues.c.created_at, issues.c.id)
    )
    return [SentLetter(row[0], row[1], DeliveryState(row[2]), *row[3:]) for row in rows]


async def returns_of(tx: AsyncConnection, address_hash: str) -> list[ReturnedLetter]:
    """What came back of the letters to an address, oldest first."""
    theirs = (
        select(deliveries.c.id)
        .join(issues, issues.c.id == deliveries.c.issue)
        .where(deliveries.c.address_hash == address_hash)
    )
    rows = await tx.execute(
        select(deliveries.c.issue, returns.c.at, returns.c.kind, returns.c.status, returns.c.words)
        .join(deliveries, deliveries.c.id == returns.c.delivery)
        .where(returns.c.delivery.in_(theirs))
        .order_by(returns.c.at, returns.c.id)
    )
    return [ReturnedLetter(*row) for row in rows]


async def changes_of(tx: AsyncConnection, address_hash: str) -> list[ChangeLine]:
    """Every change of an address's contact, oldest first."""
    rows = await tx.execute(
        select(contact_changes)
        .where(contact_changes.c.address_hash == address_hash)
        .order_by(contact_changes.c.id)
    )
    names = ("address", "name", "city", "language", "roles")
    return [
        ChangeLine(
            at=row.at,
            by=row.by,
            act=Alteration(row.act),
            list=row.list,
            why=row.why,
            number=getattr(row, "import"),
            before={name: getattr(row, name) for name in names if getattr(row, name) is not None},
        )
        for row in rows
    ]
