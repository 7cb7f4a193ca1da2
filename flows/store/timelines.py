"""When letters were answered, counted by equal spans of time."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, Integer, and_, cast, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from flows.domain.delivery import DeliveryState
from flows.domain.issue import IssueId
from flows.store.tables import deliveries


class Span(NamedTuple):
    """How many letters were answered in one span of time, and how."""

    begins_at: datetime
    state: DeliveryState
    letters: int


class Extent(NamedTuple):
    """The first and the last answer to an issue's letters."""

    first: datetime
    last: datetime


async def extent_of(tx: AsyncConnection, issue: IssueId) -> Extent | None:
    """When an issue's letters were answered; `None` if none was."""
    row = (
        await tx.execute(
            select(func.min(deliveries.c.settled_at), func.max(deliveries.c.settled_at)).where(
                _answered(issue)
            )
        )
    ).one()
    return Extent(*row) if row[0] else None


async def count_by_time(tx: AsyncConnection, issue: IssueId, *, width: timedelta) -> list[Span]:
    """The answers to an issue's letters in spans of `width`, in order; empty ones are left out."""
    seconds = max(1, round(width.total_seconds()))
    if tx.dialect.name == "sqlite":
        epoch = cast(func.strftime("%s", deliveries.c.settled_at), Integer)
    else:
        epoch = cast(func.floor(func.extract("epoch", deliveries.c.settled_at)), Integer)
    number = (epoch // seconds).label("number")
    rows = await tx.execute(
        select(number, deliveries.c.state, func.count())
        .where(_answered(issue))
        .group_by(number, deliveries.c.state)
        .order_by(number, deliveries.c.state)
    )
    return [
        Span(datetime.fromtimestamp(row[0] * seconds, UTC), DeliveryState(row[1]), row[2])
        for row in rows
    ]


def _answered(issue: IssueId) -> ColumnElement[bool]:
    """What the relay answered, or failed to; not what a person settled long after."""
    return and_(
        deliveries.c.issue == issue,
        deliveries.c.settled_at.is_not(None),
        or_(deliveries.c.code > 0, deliveries.c.state == DeliveryState.UNKNOWN),
    )
