"""Contacts and cities as whoever looks after them sees them."""

from collections.abc import AsyncIterator, Callable, Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from flows.domain.delivery import DeliveryState
from flows.store.columns import contains
from flows.store.scale_tables import tallies
from flows.store.tables import contacts, deliveries, issues, memberships, suppressions


class Listed(NamedTuple):
    """A contact in a list of contacts; `roles` have a line each."""

    contact: int
    address_hash: str
    address: str
    name: str
    city: str
    language: str
    roles: str
    opted_out: str
    lists: tuple[str, ...] = ()


class Wanted(NamedTuple):
    """Which contacts. Empty fields mean any; `cities` is whose contacts may be seen."""

    text: str = ""
    city: str = ""
    list: str = ""
    language: str = ""
    role: str = ""
    opted_out: bool | None = None
    off_lists: bool | None = None
    cities: Collection[str] | None = None
    silent_since: datetime | None = None


async def find_listed(
    tx: AsyncConnection,
    wanted: Wanted,
    *,
    limit: int | None = None,
    after: int = 0,
    at_once: int = 1000,
) -> AsyncIterator[list[Listed]]:
    """The contacts that fit, some at a time, in the order of their numbers from `after` on."""
    left = limit
    while left is None or left > 0:
        query = _listed(wanted).where(contacts.c.id > after).order_by(contacts.c.id)
        rows = (
            await tx.execute(query.limit(at_once if left is None else min(at_once, left)))
        ).all()
        if not rows:
            return
        on = await _lists_of(tx, [row.id for row in rows])
        yield [Listed(*row)._replace(lists=on.get(row.id, ())) for row in rows]
        after, left = rows[-1].id, None if left is None else left - len(rows)


async def count_listed(tx: AsyncConnection, wanted: Wanted) -> int:
    """How many contacts fit."""
    return await tx.scalar(select(func.count()).select_from(_listed(wanted).subquery())) or 0


async def _lists_of(tx: AsyncConnection, ids: Sequence[int]) -> dict[int, tuple[str, ...]]:
    rows = await tx.execute(
        select(memberships.c.contact, memberships.c.list)
        .where(memberships.c.contact.in_(ids))
        .order_by(memberships.c.contact, memberships.c.list)
    )
    found: dict[int, tuple[str, ...]] = {}
    for row in rows:
        found[row.contact] = (*found.get(row.contact, ()), row.list)
    return found


def _listed(wanted: Wanted) -> Select[Any]:
    return (
        select(
            contacts.c.id,
            contacts.c.address_hash,
            contacts.c.address,
            contacts.c.name,
            contacts.c.city,
            func.coalesce(contacts.c.language, ""),
            contacts.c.roles,
            func.coalesce(suppressions.c.reason, ""),
        )
        .outerjoin(suppressions, suppressions.c.address_hash == contacts.c.address_hash)
        .where(*_conditions(wanted))
    )


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    """What was asked for, one condition for each field that says something."""
    on_list = exists().where(memberships.c.contact == contacts.c.id)
    off = ~on_list
    out = suppressions.c.at.is_not(None)
    rules: list[tuple[object, Callable[[], ColumnElement[bool]]]] = [
        (wanted.cities is not None, lambda: contacts.c.city.in_(wanted.cities or ())),
        (wanted.text, lambda: _has_text(wanted.text)),
        (wanted.city, lambda: contacts.c.city == wanted.city),
        (wanted.language, lambda: contacts.c.language == wanted.language),
        (wanted.role, lambda: _has_role(wanted.role)),
        (wanted.list, lambda: on_list.where(memberships.c.list == wanted.list)),
        (wanted.off_lists is not None, lambda: off if wanted.off_lists else on_list),
        (wanted.opted_out is not None, lambda: out if wanted.opted_out else ~out),
        (wanted.silent_since, lambda: ~_reached(contacts.c.address_hash, wanted.silent_since)),
    ]
    return [condition() for asked, condition in rules if asked]


def _has_text(text: str) -> ColumnElement[bool]:
    columns = (contacts.c.address, contacts.c.mailbox, contacts.c.name, contacts.c.city)
    return or_(*(contains(one, text) for one in columns))


def _has_role(role: str) -> ColumnElement[bool]:
    lines = "\n" + contacts.c.roles + "\n"
    return lines.like(f"%\n{_literal(role)}\n%", escape="\\")


def _literal(text: str) -> str:
    """The text with what LIKE takes for a pattern made harmless."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _reached(address_hash: ColumnElement[str], since: datetime | None) -> ColumnElement[bool]:
    """Whether an address got a letter of an issue that began after a time."""
    begun = select(issues.c.id).where(issues.c.started_at >= since)
    return exists().where(
        deliveries.c.address_hash == address_hash,
        deliveries.c.issue.in_(begun),
        deliveries.c.state == DeliveryState.ACCEPTED,
    )


class CityCount(NamedTuple):
    """A city's contacts in figures: on a list, those who opted out, those without a letter."""

    contacts: int
    opted_out: int
    silent: int


NO_CITY = CityCount(0, 0, 0)
"""Of a city without contacts."""


async def count_cities(
    tx: AsyncConnection, *, since: datetime, cities: Collection[str] | None = None
) -> dict[str, CityCount]:
    """The contacts of every city, or of some, on a list; `silent` had no letter since then."""
    silent = and_(suppressions.c.at.is_(None), ~_reached(contacts.c.address_hash, since))
    rows = await tx.execute(
        select(
            contacts.c.city,
            func.count(),
            func.count(suppressions.c.at),
            func.count().filter(silent),
        )
        .outerjoin(suppressions, suppressions.c.address_hash == contacts.c.address_hash)
        .where(
            exists().where(memberships.c.contact == contacts.c.id), _among(contacts.c.city, cities)
        )
        .group_by(contacts.c.city)
    )
    return {row[0]: CityCount(*row[1:]) for row in rows}


async def last_letters(
    tx: AsyncConnection, *, cities: Collection[str] | None = None
) -> dict[str, datetime]:
    """When each city, or some, last got a letter, also of issues that are in the archive."""
    last: dict[str, datetime] = {}
    for letters in (tallies, deliveries):
        rows = await tx.execute(
            select(letters.c.city, func.max(issues.c.started_at))
            .join(issues, issues.c.id == letters.c.issue)
            .where(letters.c.state == DeliveryState.ACCEPTED, _among(letters.c.city, cities))
            .group_by(letters.c.city)
        )
        last.update({city: max(at, last.get(city, at)) for city, at in rows})
    return last


def _among(city: ColumnElement[str], cities: Collection[str] | None) -> ColumnElement[bool]:
    return true() if cities is None else city.in_(cities)
