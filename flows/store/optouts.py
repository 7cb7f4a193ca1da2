"""Who left, for good or one list, by address hash alone: no import, merge or restore undoes it."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, delete, exists, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from flows.domain.optout import ERASED, ERASURES, as_erased
from flows.store.contacts import suppress
from flows.store.database import insert_once
from flows.store.erasure import cancel_unreached
from flows.store.people import leavings
from flows.store.tables import contacts, deliveries, memberships, suppressions

LEFT = "left"
REPLACED = "replaced"
"""Why somebody is off a list: the reader's own word, or another address has their place."""


class OptOut(NamedTuple):
    """One opt-out; `list` is empty for all letters."""

    address_hash: str
    list: str
    reason: str
    source: str
    at: datetime


async def opt_out_of(tx: AsyncConnection, address_hash: str) -> OptOut | None:
    """Since when and why an address is never written to."""
    row = (
        await tx.execute(select(suppressions).where(suppressions.c.address_hash == address_hash))
    ).first()
    return OptOut(row.address_hash, "", row.reason, row.source, row.at) if row else None


async def leavings_of(tx: AsyncConnection, address_hash: str) -> list[OptOut]:
    """The single lists that an address is kept off."""
    rows = await tx.execute(
        select(leavings).where(leavings.c.address_hash == address_hash).order_by(leavings.c.list)
    )
    return [OptOut(row.address_hash, row.list, row.reason, row.source, row.at) for row in rows]


async def leave_list(
    tx: AsyncConnection, address_hash: str, name: str, *, reason: str, source: str, now: datetime
) -> None:
    """Take an address off a list, and let no import put it back; the reader's word weighs most.

    Upon that word letters of the list that wait are cancelled, too, unless another list of their
    issue still reaches the reader.
    """
    await tx.execute(
        insert_once(tx, leavings).values(
            address_hash=address_hash, list=name, reason=reason, source=source, at=now
        )
    )
    if reason == LEFT:
        await tx.execute(
            update(leavings)
            .where(
                leavings.c.address_hash == address_hash,
                leavings.c.list == name,
                leavings.c.reason != LEFT,
            )
            .values(reason=LEFT, source=source, at=now)
        )
    await tx.execute(delete(memberships).where(memberships.c.list == name, _of(address_hash)))
    if reason == LEFT:
        await cancel_unreached(tx, deliveries.c.address_hash == address_hash, now=now)


async def return_to_list(
    tx: AsyncConnection, address_hash: str, name: str, *, reason: str | None = None
) -> None:
    """Forget that an address left a list; for one reason alone, or for any."""
    gone = delete(leavings).where(leavings.c.address_hash == address_hash, leavings.c.list == name)
    await tx.execute(gone.where(leavings.c.reason == reason) if reason else gone)


async def suppress_as_erased(
    tx: AsyncConnection, address_hash: str, *, source: str, now: datetime, reason: str = ERASED
) -> None:
    """Never write to an address again, and never keep anything else of it.

    A reason that stands is kept beside the erasure; `reason` is one of `ERASURES`.
    """
    before = await opt_out_of(tx, address_hash)
    if before is None:
        await suppress(tx, address_hash, reason=reason, source=source, now=now)
    elif before.reason not in ERASURES:
        words = f"{source}; {before.reason} since {before.at:%Y-%m-%d} ({before.source})"
        kept = as_erased(before.reason)
        await _reword(tx, address_hash, reason=reason if kept == ERASED else kept, source=words)
    elif before.reason == ERASED != reason:
        await _reword(tx, address_hash, reason=reason, source=f"{before.source}; {source}")


async def _reword(tx: AsyncConnection, address_hash: str, **values: str) -> None:
    await tx.execute(
        update(suppressions).where(suppressions.c.address_hash == address_hash).values(**values)
    )


async def all_opt_outs(tx: AsyncConnection) -> list[OptOut]:
    """Every opt-out, for good ones first."""
    whole = await tx.execute(select(suppressions).order_by(suppressions.c.address_hash))
    single = await tx.execute(select(leavings).order_by(leavings.c.address_hash, leavings.c.list))
    return [
        *(OptOut(row.address_hash, "", row.reason, row.source, row.at) for row in whole),
        *(OptOut(row.address_hash, row.list, row.reason, row.source, row.at) for row in single),
    ]


async def bring_in_opt_outs(tx: AsyncConnection, found: Iterable[OptOut]) -> list[str]:
    """Add opt-outs to those there are; the address hashes whose contacts are to be erased.

    None is ever taken away or made weaker.
    """
    erased = []
    for one in found:
        if one.list:
            await leave_list(
                tx,
                one.address_hash,
                one.list,
                reason=one.reason,
                source=one.source,
                now=one.at,
            )
            continue
        if one.reason in ERASURES:
            erased.append(one.address_hash)
            await suppress_as_erased(
                tx, one.address_hash, source=one.source, now=one.at, reason=one.reason
            )
        else:
            await suppress(tx, one.address_hash, reason=one.reason, source=one.source, now=one.at)
    return erased


def _of(address_hash: str) -> ColumnElement[bool]:
    return exists().where(
        contacts.c.id == memberships.c.contact, contacts.c.address_hash == address_hash
    )
