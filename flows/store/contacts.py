"""Contacts as an audience, and suppressions."""

from collections.abc import AsyncIterator, Collection
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, delete, exists, func, select, true, update
from sqlalchemy.ext.asyncio import AsyncConnection

from flows.domain.contact import Membership
from flows.domain.delivery import DeliveryState
from flows.domain.issue import IssueId
from flows.domain.language import Language
from flows.domain.optout import BOUNCED, ERASED, STANDING, as_erased, weaker_than
from flows.store.database import insert_once
from flows.store.people import leavings
from flows.store.people import lists as described_lists
from flows.store.tables import cities, contacts, deliveries, memberships, suppressions

NOT_WRITTEN_TO = (DeliveryState.CANCELLED, DeliveryState.REFUSED, DeliveryState.SUPPRESSED)
"""The states in which a contact had nothing of an issue and will not get it."""


class Change(StrEnum):
    """What an import did to one contact."""

    ADDED = "added"
    UPDATED = "updated"
    UNCHANGED = "unchanged"


class Reader(NamedTuple):
    """One contact of an audience, with what decides the language of the letter."""

    contact: int
    mailbox: str
    address_hash: str
    name: str
    city: str
    language: Language | None
    city_language: Language
    suppressed: bool
    timezone: str


async def list_members(tx: AsyncConnection, list_name: str) -> set[int]:
    """The contacts on one list."""
    rows = await tx.scalars(select(memberships.c.contact).where(memberships.c.list == list_name))
    return set(rows)


async def list_sizes(tx: AsyncConnection) -> dict[str, int]:
    """Every list with its number of contacts; nobody need be on one that is described."""
    described = dict.fromkeys(await tx.scalars(select(described_lists.c.name)), 0)
    rows = await tx.execute(select(memberships.c.list, func.count()).group_by(memberships.c.list))
    return dict(sorted((described | {row[0]: row[1] for row in rows}).items()))


async def lists_within(tx: AsyncConnection, within: Collection[str]) -> set[str]:
    """The public lists, and those that contacts of some cities are on."""
    public = await tx.scalars(select(described_lists.c.name).where(described_lists.c.public))
    used = await tx.scalars(
        select(memberships.c.list)
        .join(contacts, contacts.c.id == memberships.c.contact)
        .where(contacts.c.city.in_(within))
        .distinct()
    )
    return {*public, *used}


async def suppress(
    tx: AsyncConnection, address_hash: str, *, reason: str, source: str, now: datetime
) -> bool:
    """Never mail this address again. False if that was so already, for a reason of this weight.

    Whatever a reader says takes the place of a bounce; a complaint and our own word take that of
    an unsubscription, and are kept beside an erasure.
    """
    values = {"reason": reason, "source": source, "at": now}
    added = await tx.execute(
        insert_once(tx, suppressions).values(address_hash=address_hash, **values)
    )
    if added.rowcount > 0 or reason == BOUNCED:
        return added.rowcount > 0
    whose = suppressions.c.address_hash == address_hash
    said = await tx.execute(
        update(suppressions)
        .where(whose, suppressions.c.reason.in_(weaker_than(reason)))
        .values(**values)
    )
    if said.rowcount > 0 or reason not in STANDING:
        return said.rowcount > 0
    beside = await tx.execute(
        update(suppressions)
        .where(whose, suppressions.c.reason == ERASED)
        .values(reason=as_erased(reason), source=suppressions.c.source + f"; {source}")
    )
    return beside.rowcount > 0


async def lift_suppression(tx: AsyncConnection, address_hash: str, *, reason: str) -> bool:
    """Undo a suppression made for this very reason; any other stands."""
    lifted = await tx.execute(
        delete(suppressions).where(
            suppressions.c.address_hash == address_hash, suppressions.c.reason == reason
        )
    )
    return lifted.rowcount > 0


async def audience(
    tx: AsyncConnection,
    lists: Collection[str],
    *,
    except_of: Collection[IssueId] = (),
    at_once: int = 2000,
) -> AsyncIterator[list[Reader]]:
    """Everybody on the lists (all lists if none is named), each once, some at a time.

    Letters go to member cities alone: the contacts of others are left out.
    Whoever the issues `except_of` wrote to, or still may, is left out. The order is that of the
    address hashes, which mixes cities, languages and mail providers.
    """
    after = ""
    while readers := [
        Reader(*row)
        for row in await tx.execute(
            _readers(lists, except_of)
            .where(contacts.c.address_hash > after, cities.c.membership == Membership.MEMBER)
            .order_by(contacts.c.address_hash)
            .limit(at_once)
        )
    ]:
        yield readers
        after = readers[-1].address_hash


class Place(NamedTuple):
    """A city of an audience, with how many of its readers would get a letter."""

    city: str
    timezone: str
    readers: int


async def places_of_audience(
    tx: AsyncConnection, lists: Collection[str], *, except_of: Collection[IssueId] = ()
) -> list[Place]:
    """The cities of an audience, by name; whoever opted out is not counted."""
    readers = (
        _readers(lists, except_of)
        .where(cities.c.membership == Membership.MEMBER, suppressions.c.at.is_(None))
        .subquery()
    )
    rows = await tx.execute(
        select(readers.c.city, readers.c.timezone, func.count())
        .group_by(readers.c.city, readers.c.timezone)
        .order_by(readers.c.city)
    )
    return [Place(*row) for row in rows]


async def count_newcomers(
    tx: AsyncConnection, lists: Collection[str], *, since: Collection[IssueId]
) -> int:
    """How many on the lists would get letters, and were in the audience of none of these issues."""
    meant = exists().where(
        deliveries.c.address_hash == contacts.c.address_hash, deliveries.c.issue.in_(since)
    )
    newcomers = _readers(lists, ()).where(
        cities.c.membership == Membership.MEMBER, suppressions.c.at.is_(None), ~meant
    )
    return await tx.scalar(select(func.count()).select_from(newcomers.subquery())) or 0


async def find_contact(tx: AsyncConnection, address_hash: str) -> Reader | None:
    """The contact with this address, if it is on a list."""
    row = (
        await tx.execute(_readers((), ()).where(contacts.c.address_hash == address_hash))
    ).first()
    return Reader(*row) if row else None


async def contact_numbered(tx: AsyncConnection, number: int) -> Reader | None:
    """The contact with this number, if it is on a list."""
    row = (await tx.execute(_readers((), ()).where(contacts.c.id == number))).first()
    return Reader(*row) if row else None


def _readers(lists: Collection[str], except_of: Collection[IssueId]) -> Select[Any]:
    # An import that began before somebody left a list may still put them on it.
    left = (
        select(leavings.c.list)
        .where(
            leavings.c.address_hash == contacts.c.address_hash,
            leavings.c.list == memberships.c.list,
        )
        .correlate(contacts, memberships)
    )
    on_a_list = exists().where(memberships.c.contact == contacts.c.id, ~left.exists())
    named: ColumnElement[bool] = memberships.c.list.in_(lists) if lists else true()
    had = exists().where(
        deliveries.c.address_hash == contacts.c.address_hash,
        deliveries.c.issue.in_(except_of),
        deliveries.c.state.not_in(NOT_WRITTEN_TO),
    )
    return (
        select(
            contacts.c.id,
            contacts.c.mailbox,
            contacts.c.address_hash,
            contacts.c.name,
            contacts.c.city,
            contacts.c.language,
            cities.c.language.label("city_language"),
            suppressions.c.at.is_not(None).label("suppressed"),
            cities.c.timezone,
        )
        .join(cities, cities.c.name == contacts.c.city)
        .outerjoin(suppressions, suppressions.c.address_hash == contacts.c.address_hash)
        .where(on_a_list.where(named), ~had if except_of else true())
    )
