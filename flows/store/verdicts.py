"""What the decided rows of an import do, counted and one by one."""

from collections.abc import AsyncIterator, Collection
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, exists, func, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from flows.domain.history import Outcome
from flows.domain.phrases import unpack
from flows.store.contacts import list_sizes
from flows.store.people import arrival_lists, arrivals
from flows.store.staging import kept_off, of_import, of_row
from flows.store.tables import suppressions


async def count_outcomes(tx: AsyncConnection, number: int) -> dict[Outcome, int]:
    """How many rows do what."""
    rows = await tx.execute(
        select(arrivals.c.outcome, func.count())
        .where(of_import(number))
        .group_by(arrivals.c.outcome)
    )
    return {Outcome(outcome): count for outcome, count in rows}


def told_of(*, scoped: bool) -> ColumnElement[bool]:
    """The rows of which it is told what their people said.

    To whoever looks after some cities, those of contacts whom they knew before.
    """
    known = (Outcome.UPDATED, Outcome.UNCHANGED)
    return arrivals.c.outcome.in_(known) if scoped else true()


async def count_silenced(
    tx: AsyncConnection, number: int, *, scoped: bool = False
) -> tuple[int, int]:
    """How many rows name somebody who opted out, and how many a list that its reader left."""
    opted_out = await tx.scalar(
        select(func.count())
        .select_from(arrivals)
        .join(suppressions, suppressions.c.address_hash == arrivals.c.address_hash)
        .where(
            of_import(number),
            arrivals.c.outcome != Outcome.REFUSED,
            told_of(scoped=scoped),
        )
    )
    off = await tx.scalar(
        select(func.count())
        .select_from(arrivals)
        .where(
            of_import(number),
            arrivals.c.outcome != Outcome.REFUSED,
            told_of(scoped=scoped),
            exists().where(
                arrival_lists.c["import"] == number,
                arrival_lists.c.row == arrivals.c.row,
                kept_off(),
            ),
        )
    )
    return opted_out or 0, off or 0


class Verdict(NamedTuple):
    """One row with what it does, for the report."""

    row: int
    file: str
    line: int
    outcome: str
    address: str
    name: str
    city: str
    language: str
    column: str
    problem: str
    remedy: str
    opted_out: datetime | None


async def verdicts(
    tx: AsyncConnection,
    number: int,
    *,
    only: Outcome | None = None,
    limit: int | None = None,
    at_once: int = 2000,
    scoped: bool = False,
) -> AsyncIterator[Verdict]:
    """The rows in their order, with what each does."""
    after, left = 0, limit
    while left is None or left > 0:
        query: Select[Any] = (
            select(
                arrivals.c.row,
                arrivals.c.file,
                arrivals.c.line,
                arrivals.c.outcome,
                arrivals.c.address,
                func.coalesce(arrivals.c.name, ""),
                func.coalesce(arrivals.c.city, ""),
                func.coalesce(arrivals.c.language, ""),
                arrivals.c.column,
                arrivals.c.problem,
                arrivals.c.remedy,
                suppressions.c.at,
            )
            .outerjoin(
                suppressions,
                and_(
                    suppressions.c.address_hash == arrivals.c.address_hash,
                    told_of(scoped=scoped),
                ),
            )
            .where(of_import(number), arrivals.c.row > after)
            .order_by(arrivals.c.row)
            .limit(at_once if left is None else min(at_once, left))
        )
        if only is not None:
            query = query.where(arrivals.c.outcome == only)
        found = [
            Verdict(*row)._replace(problem=unpack(row.problem), remedy=unpack(row.remedy))
            for row in await tx.execute(query)
        ]
        if not found:
            return
        for verdict in found:
            yield verdict
        after, left = found[-1].row, None if left is None else left - len(found)


async def new_lists(tx: AsyncConnection, number: int) -> list[str]:
    """The lists that an import would make: nobody is on them, and none of them is described."""
    named = (
        select(arrival_lists.c.list)
        .join(arrivals, of_row())
        .where(of_import(number), arrivals.c.outcome != Outcome.REFUSED)
        .distinct()
    )
    known = await list_sizes(tx)
    return sorted(name for name in await tx.scalars(named) if name not in known)


async def lists_left(
    tx: AsyncConnection, number: int, rows: Collection[int], *, scoped: bool = False
) -> dict[int, str]:
    """Of some rows, the list that their reader left and that they would have put them on."""
    found = await tx.execute(
        select(arrivals.c.row, arrival_lists.c.list)
        .join(arrival_lists, of_row())
        .where(of_import(number), arrivals.c.row.in_(rows), kept_off(), told_of(scoped=scoped))
    )
    return {one.row: one.list for one in found}
