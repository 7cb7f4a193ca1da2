"""Numbers for whoever watches the newsroom from outside."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Column, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from flows.domain.delivery import Tally
from flows.domain.hook import HookState
from flows.domain.issue import OPEN, Issue, IssueId, IssueState
from flows.store.api_tables import hook_deliveries
from flows.store.issues import find_issues
from flows.store.sums import add_up, find_sums
from flows.store.tables import contacts, deliveries, issues, suppressions


class Begun(NamedTuple):
    """An issue whose letters leave: its letters by state, and when the last was settled."""

    tally: Tally
    settled_at: datetime | None


async def count_by(tx: AsyncConnection, column: Column[str]) -> dict[str, int]:
    """How many rows have each value of a column."""
    return {
        row[0]: row[1] for row in await tx.execute(select(column, func.count()).group_by(column))
    }


async def count_issues(tx: AsyncConnection) -> Mapping[str, int]:
    """How many issues are in each state; every state is a key."""
    return dict.fromkeys(IssueState, 0) | await count_by(tx, issues.c.state)


async def count_hooks(tx: AsyncConnection) -> Mapping[str, int]:
    """How many deliveries to other programs are in each state; every state is a key."""
    return dict.fromkeys(HookState, 0) | await count_by(tx, hook_deliveries.c.state)


async def count_suppressions(tx: AsyncConnection) -> Mapping[str, int]:
    """How many addresses are never written to, for each reason."""
    return await count_by(tx, suppressions.c.reason)


async def count_contacts(tx: AsyncConnection) -> int:
    """How many contacts there are."""
    return await tx.scalar(select(func.count()).select_from(contacts)) or 0


async def planned_issues(tx: AsyncConnection) -> list[Issue]:
    """Those that have a time and have not begun."""
    return [
        one for one in await find_issues(tx, states=OPEN) if one.scheduled_at and not one.started_at
    ]


async def begun_issues(tx: AsyncConnection, *, now: datetime) -> dict[IssueId, Begun]:
    """The open issues whose letters leave or have left; of very many, as it was kept last."""
    begun = [one.id for one in await find_issues(tx, states=OPEN) if one.started_at]
    return {one: await _begun(tx, one, now) for one in begun}


async def _begun(tx: AsyncConnection, issue: IssueId, now: datetime) -> Begun:
    kept = await find_sums(tx, issue)
    if kept is not None:
        return Begun(kept.counts.total, kept.history.extent.last if kept.history else None)
    total = (await add_up(tx, issue, now=now)).counts.total
    return Begun(total, await _settled_at(tx, issue))


async def _settled_at(tx: AsyncConnection, issue: IssueId) -> datetime | None:
    last: datetime | None = await tx.scalar(
        select(func.max(deliveries.c.settled_at)).where(deliveries.c.issue == issue)
    )
    return last
