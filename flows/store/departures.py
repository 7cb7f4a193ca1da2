"""Letters that wait for their hour, or for their language."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from flows.domain.delivery import DeliveryState
from flows.domain.issue import IssueId
from flows.domain.language import Language
from flows.store.tables import cities, deliveries


class Awaited(NamedTuple):
    """Letters to one city that leave at a time to come."""

    at: datetime
    timezone: str
    city: str
    letters: int


async def held_letters(tx: AsyncConnection, issue: IssueId) -> dict[Language, int]:
    """How many letters wait for the approval of their language, by language."""
    rows = await tx.execute(
        select(deliveries.c.language, func.count())
        .where(_held(issue))
        .group_by(deliveries.c.language)
        .order_by(deliveries.c.language)
    )
    return {Language(row[0]): row[1] for row in rows}


def _held(issue: IssueId) -> ColumnElement[bool]:
    return and_(
        deliveries.c.issue == issue,
        deliveries.c.state == DeliveryState.PENDING,
        deliveries.c.next_at.is_(None),
    )


async def places_of_held(
    tx: AsyncConnection, issue: IssueId, languages: Collection[Language]
) -> dict[str, str]:
    """The cities of the letters that wait for these languages, each with its zone."""
    rows = await tx.execute(
        select(deliveries.c.city, func.coalesce(cities.c.timezone, ""))
        .outerjoin(cities, cities.c.name == deliveries.c.city)
        .where(_held(issue), deliveries.c.language.in_(languages))
        .distinct()
    )
    return {row[0]: row[1] for row in rows}


async def release_letters(
    tx: AsyncConnection,
    issue: IssueId,
    languages: Collection[Language],
    *,
    at: datetime,
    cities: Collection[str] | None = None,
) -> int:
    """Let letters that waited for these languages leave from a time on; how many those are."""
    where = [] if cities is None else [deliveries.c.city.in_(cities)]
    released = await tx.execute(
        update(deliveries)
        .where(_held(issue), deliveries.c.language.in_(languages), *where)
        .values(next_at=at)
    )
    return released.rowcount


async def awaited_letters(
    tx: AsyncConnection, issue: IssueId, *, after: datetime | None = None
) -> list[Awaited]:
    """The letters that were never tried and leave after a time, by time and city."""
    later = [] if after is None else [deliveries.c.next_at > after]
    rows = await tx.execute(
        select(
            deliveries.c.next_at,
            func.coalesce(cities.c.timezone, ""),
            deliveries.c.city,
            func.count(),
        )
        .outerjoin(cities, cities.c.name == deliveries.c.city)
        .where(
            deliveries.c.issue == issue,
            deliveries.c.state == DeliveryState.PENDING,
            deliveries.c.next_at.is_not(None),
            *later,
        )
        .group_by(deliveries.c.next_at, cities.c.timezone, deliveries.c.city)
        .order_by(deliveries.c.next_at, deliveries.c.city)
    )
    return [Awaited(*row) for row in rows]


async def overdue_cities(
    tx: AsyncConnection, issue: IssueId, *, before: datetime, let_go_at: datetime | None
) -> dict[str, datetime]:
    """The cities whose letters should have left before a time, and not before one was let go.

    None while letters of the issue have left since that time: a sending that takes long is not
    late.
    """
    begun = await tx.scalar(
        select(func.max(deliveries.c.sending_at)).where(deliveries.c.issue == issue)
    )
    if begun is not None and begun > before:
        return {}
    rows = await tx.execute(
        select(deliveries.c.city, func.min(deliveries.c.next_at))
        .where(
            deliveries.c.issue == issue,
            deliveries.c.state == DeliveryState.PENDING,
            deliveries.c.attempt == 0,
            deliveries.c.next_at < before,
            *([deliveries.c.next_at > let_go_at] if let_go_at else []),
        )
        .group_by(deliveries.c.city)
        .order_by(deliveries.c.city)
    )
    return {row[0]: row[1] for row in rows}
