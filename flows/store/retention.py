"""What is older than it may be: counted, named, and forgotten."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, delete, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from flows.domain.consent import Act, Basis
from flows.domain.contact import Membership
from flows.domain.delivery import DeliveryState
from flows.domain.history import Alteration, ImportState, Origin, RequestState
from flows.store.changes import BEFORE
from flows.store.erasure import BLANK, cancel_waiting
from flows.store.people import arrival_lists, arrivals, consents, contact_changes, imports, requests
from flows.store.requests import RENEWAL
from flows.store.tables import (
    cities,
    contacts,
    deliveries,
    issues,
    memberships,
    returns,
    suppressions,
)

ON_THE_WAY = (DeliveryState.CLAIMED, DeliveryState.UNKNOWN)


class Due(NamedTuple):
    """What one clock has run out for: how much, since when the oldest."""

    many: int
    oldest: datetime | None


def contacts_off_lists(before: datetime) -> Select[Any]:
    """The contacts that are on no list, and of whom nothing changed since."""
    since = exists().where(
        contact_changes.c.contact == contacts.c.id, contact_changes.c.at >= before
    )
    return _contacts(
        ~exists().where(memberships.c.contact == contacts.c.id),
        contacts.c.updated_at < before,
        ~since,
    )


def contacts_of_former_cities(before: datetime) -> Select[Any]:
    """The contacts of cities that ceased to be members before."""
    former = select(cities.c.name).where(
        cities.c.membership == Membership.FORMER, cities.c.since < before
    )
    return _contacts(contacts.c.city.in_(former))


def _contacts(*rules: ColumnElement[bool]) -> Select[Any]:
    return select(
        contacts.c.id, contacts.c.address_hash, contacts.c.address, contacts.c.updated_at
    ).where(*rules)


async def count_due(tx: AsyncConnection, whose: Select[Any]) -> Due:
    """How many contacts that are, and when the oldest last changed."""
    found = whose.subquery()
    row = (await tx.execute(select(func.count(), func.min(found.c.updated_at)))).one()
    return Due(*row)


async def forget_contacts(tx: AsyncConnection, whose: Select[Any], *, now: datetime) -> int:
    """Remove contacts and what they were before; no letter that waits goes to them.

    Their letters and consents have their own time.
    """
    found = whose.subquery()
    rows = (await tx.execute(select(found.c.id, found.c.address_hash))).all()
    await cancel_waiting(tx, deliveries.c.contact.in_(select(found.c.id)), now=now)
    for row in rows:
        await tx.execute(delete(memberships).where(memberships.c.contact == row.id))
        await tx.execute(
            update(contact_changes)
            .where(contact_changes.c.contact == row.id)
            .values(**dict.fromkeys(BEFORE))
        )
        await tx.execute(delete(requests).where(requests.c.address_hash == row.address_hash))
        await tx.execute(delete(contacts).where(contacts.c.id == row.id))
    return len(rows)


async def count_old_imports(tx: AsyncConnection, *, before: datetime) -> Due:
    """The imports that can still be taken back, and are too old for it."""
    row = (
        await tx.execute(select(func.count(), func.min(imports.c.at)).where(*_old_imports(before)))
    ).one()
    return Due(*row)


def _old_imports(before: datetime) -> list[ColumnElement[bool]]:
    return [imports.c.at < before, imports.c.state != ImportState.CLOSED]


async def close_imports(tx: AsyncConnection, *, before: datetime) -> int:
    """Forget what contacts were before old imports; these cannot be taken back any more."""
    old = select(imports.c.id).where(*_old_imports(before))
    await tx.execute(delete(arrival_lists).where(arrival_lists.c["import"].in_(old)))
    await tx.execute(delete(arrivals).where(arrivals.c["import"].in_(old)))
    await tx.execute(
        update(contact_changes)
        .where(
            contact_changes.c.act == Alteration.UPDATED,
            or_(contact_changes.c["import"].in_(old), contact_changes.c["import"].is_(None)),
            contact_changes.c.at < before,
        )
        .values(**dict.fromkeys(BEFORE))
    )
    closed = await tx.execute(
        update(imports).where(*_old_imports(before)).values(state=ImportState.CLOSED)
    )
    return closed.rowcount


def _old_letters(before: datetime) -> list[ColumnElement[bool]]:
    over = select(issues.c.id).where(issues.c.finished_at < before)
    return [
        deliveries.c.issue.in_(over),
        deliveries.c.mailbox != "",
        deliveries.c.state.not_in(ON_THE_WAY),
    ]


async def count_old_letters(tx: AsyncConnection, *, before: datetime) -> Due:
    """The letters of issues that ended before, with an address on them still."""
    row = (
        await tx.execute(
            select(func.count(), func.min(deliveries.c.settled_at)).where(*_old_letters(before))
        )
    ).one()
    return Due(*row)


async def blank_letters(tx: AsyncConnection, *, before: datetime) -> int:
    """Take addresses, names and servers' words off the letters of issues that ended before."""
    theirs = select(deliveries.c.id).where(*_old_letters(before))
    await tx.execute(update(returns).where(returns.c.delivery.in_(theirs)).values(words=""))
    blanked = await tx.execute(update(deliveries).where(*_old_letters(before)).values(**BLANK))
    return blanked.rowcount


class OldConsent(NamedTuple):
    """A contact whose consent to some lists is old, and when they were asked to renew it.

    `is_asked` is so from when the question is written down; `asked_at` is when its letter went.
    """

    contact: int
    address: str
    mailbox: str
    address_hash: str
    city: str
    language: str
    lists: Sequence[str]
    given_at: datetime
    text: str | None
    is_asked: bool
    asked_at: datetime | None


async def old_consents(tx: AsyncConnection, *, before: datetime) -> list[OldConsent]:
    """The readers who said yes before, never since, and are still on a list for it."""
    last = (
        select(func.max(consents.c.id).label("id"))
        .where(consents.c.list != "")
        .group_by(consents.c.address_hash, consents.c.list)
        .subquery()
    )
    question = (
        requests.c.address_hash == consents.c.address_hash,
        requests.c.kind == RENEWAL,
        requests.c.at > consents.c.at,
    )
    went = select(func.max(requests.c.asked_at)).where(
        *question, requests.c.state.in_((RequestState.ASKED, RequestState.CONFIRMED))
    )
    on_it = and_(
        memberships.c.contact == contacts.c.id,
        memberships.c.list == consents.c.list,
        memberships.c.origin == Origin.READER,
    )
    rows = await tx.execute(
        select(
            contacts.c.id,
            contacts.c.address,
            contacts.c.mailbox,
            contacts.c.address_hash,
            contacts.c.city,
            func.coalesce(contacts.c.language, cities.c.language),
            consents.c.list,
            consents.c.at,
            consents.c.text,
            exists().where(*question),
            went.scalar_subquery(),
        )
        .join(last, last.c.id == consents.c.id)
        .join(contacts, contacts.c.address_hash == consents.c.address_hash)
        .join(cities, cities.c.name == contacts.c.city)
        .join(memberships, on_it)
        .where(
            consents.c.act.in_((Act.GIVEN, Act.RENEWED)),
            consents.c.basis == Basis.CONSENT,
            consents.c.at < before,
            ~exists().where(suppressions.c.address_hash == contacts.c.address_hash),
        )
        .order_by(contacts.c.id, consents.c.list)
    )
    found: dict[int, OldConsent] = {}
    for row in rows:
        *_, name, given_at, text, is_asked, asked_at = tuple(row)
        known = found.get(row.id)
        if known is None:
            who = tuple(row)[:6]
            found[row.id] = OldConsent._make((*who, (name,), given_at, text, is_asked, asked_at))
        else:
            found[row.id] = known._replace(
                lists=(*known.lists, name), given_at=min(known.given_at, given_at)
            )
    return list(found.values())
