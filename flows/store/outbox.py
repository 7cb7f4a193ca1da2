"""What other programs shall be told: written with what happened, in the same transaction.

Whoever delivers spreads each event over the addresses of the moment, and settles each delivery.
"""

import json
import uuid
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Row, Select, delete, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from flows.domain.hook import Hook, HookId, HookKind, HookState
from flows.domain.issue import Issue, IssueState
from flows.store.api_tables import hook_deliveries, hook_events
from flows.store.database import insert_once

KEPT: Final = timedelta(days=30)
"""So long an event can be delivered once more."""
REPORTED: Final = {IssueState.SENT, IssueState.INCOMPLETE}
"""The states in which there is a report to read."""


async def announce(tx: AsyncConnection, kind: HookKind, *, now: datetime, **facts: object) -> None:
    """Write an event down for whoever listens; `facts` are small JSON values, never addresses."""
    await tx.execute(delete(hook_deliveries).where(hook_deliveries.c.begun_at < now - KEPT))
    spoken_for = select(hook_deliveries.c.event)
    old = (hook_events.c.at < now - KEPT) & hook_events.c.id.not_in(spoken_for)
    await tx.execute(delete(hook_events).where(old))
    body = {"type": kind, "timestamp": now.isoformat(), "data": facts}
    await tx.execute(
        insert(hook_events).values(
            id=f"evt_{uuid.uuid4().hex}", at=now, kind=kind, body=json.dumps(body)
        )
    )


async def announce_move(
    tx: AsyncConnection, issue: Issue, state: IssueState, *, now: datetime
) -> None:
    """An issue went from its state to another one."""
    about = {"issue": issue.id, "slug": issue.slug, "state": state}
    await announce(tx, HookKind.ISSUE_STATE, now=now, **about, before=issue.state)
    if state in REPORTED:
        await announce(tx, HookKind.REPORT_READY, now=now, **about)


async def has_work(tx: AsyncConnection, *, now: datetime) -> bool:
    """Whether anything is to be spread or tried: looking costs no writer its turn."""
    due = (hook_deliveries.c.state == HookState.WAITING) & (hook_deliveries.c.next_at <= now)
    fresh = select(hook_events.c.id).where(hook_events.c.spread_at.is_(None)).exists()
    waiting = select(hook_deliveries.c.id).where(due).exists()
    return bool(await tx.scalar(select(or_(fresh, waiting))))


async def spread_events(tx: AsyncConnection, urls: Collection[str], *, now: datetime) -> None:
    """Make a delivery to each address of every event that has none yet."""
    fresh = select(hook_events.c.id).where(hook_events.c.spread_at.is_(None))
    events = (await tx.scalars(fresh.order_by(hook_events.c.at).with_for_update())).all()
    for event in events:
        for url in urls:
            await tx.execute(
                insert_once(tx, hook_deliveries).values(
                    event=event, url=url, state=HookState.WAITING, begun_at=now, next_at=now
                )
            )
    if events:
        spread = update(hook_events).where(hook_events.c.id.in_(events))
        await tx.execute(spread.values(spread_at=now))


async def take_due(
    tx: AsyncConnection, *, now: datetime, lease: timedelta, at_most: int
) -> list[Hook]:
    """The deliveries whose time has come; nobody else takes them for the length of the lease."""
    due = (
        select(hook_deliveries.c.id)
        .where(hook_deliveries.c.state == HookState.WAITING, hook_deliveries.c.next_at <= now)
        .order_by(hook_deliveries.c.next_at, hook_deliveries.c.id)
        .limit(at_most)
        .with_for_update(skip_locked=True)
    )
    ids = (await tx.scalars(due)).all()
    taken = update(hook_deliveries).where(hook_deliveries.c.id.in_(ids))
    await tx.execute(taken.values(next_at=now + lease))
    return await _hooks(tx, _joined().where(hook_deliveries.c.id.in_(ids)))


async def settle_hook(
    tx: AsyncConnection,
    hook: HookId,
    state: HookState,
    *,
    next_at: datetime | None,
    status: int,
    words: str,
) -> None:
    """What became of an attempt."""
    await tx.execute(
        update(hook_deliveries)
        .where(hook_deliveries.c.id == hook)
        .values(
            state=state,
            next_at=next_at,
            status=status,
            words=words,
            attempts=hook_deliveries.c.attempts + 1,
        )
    )


async def list_hooks(
    tx: AsyncConnection, *, states: Collection[HookState], limit: int
) -> list[Hook]:
    """Deliveries in some states, newest first."""
    query = _joined().where(hook_deliveries.c.state.in_(states))
    return await _hooks(tx, query.order_by(hook_deliveries.c.id.desc()).limit(limit))


async def begin_again(tx: AsyncConnection, hook: HookId, *, now: datetime) -> bool:
    """Deliver once more, from the first attempt on; false if there is no such delivery."""
    begun = await tx.execute(
        update(hook_deliveries)
        .where(hook_deliveries.c.id == hook)
        .values(state=HookState.WAITING, attempts=0, begun_at=now, next_at=now)
    )
    return begun.rowcount == 1


def _joined() -> Select[Any]:
    return select(hook_deliveries, hook_events.c.kind, hook_events.c.at, hook_events.c.body).join(
        hook_events, hook_events.c.id == hook_deliveries.c.event
    )


async def _hooks(tx: AsyncConnection, query: Select[Any]) -> list[Hook]:
    rows: Sequence[Row[Any]] = (await tx.execute(query)).all()
    return [
        Hook(
            id=HookId(row.id),
            event=row.event,
            kind=HookKind(row.kind),
            happened_at=row.at,
            body=row.body,
            url=row.url,
            state=HookState(row.state),
            attempts=row.attempts,
            begun_at=row.begun_at,
            next_at=row.next_at,
            status=row.status,
            words=row.words,
        )
        for row in rows
    ]
