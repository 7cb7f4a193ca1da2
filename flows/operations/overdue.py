"""Issues whose time has passed, that nothing keeps, and that nobody sends."""

from datetime import datetime, timedelta
from typing import Final

from flows.domain.issue import Issue
from flows.domain.waiting import Need, Wait
from flows.store.database import Store
from flows.store.events import find_events
from flows.store.reviews import last_decisions

BEGUN_WITHIN: Final = timedelta(minutes=3)
"""So long the run of an issue that is to leave may take until the issue has begun."""


async def nobody_sends(store: Store, issue: Issue, *, now: datetime) -> list[Wait]:
    """That an issue which nothing keeps has been to leave for minutes, and has not begun."""
    if not issue.is_to_leave(now):
        return []
    if now - await _to_leave_since(store, issue) < BEGUN_WITHIN:
        return []
    return [
        Wait(
            need=Need.OVERDUE,
            what="its time has passed, nobody sends it",
            command=f"newsletter send {issue.id}",
        )
    ]


async def _to_leave_since(store: Store, issue: Issue) -> datetime:
    """The latest of its time, a person's last act on it, and its last approval."""
    async with store.reading() as tx:
        acts = await find_events(tx, subject=issue.id, limit=20)
        decisions = await last_decisions(tx, issue.slug)
    moments = [
        issue.scheduled_at or issue.released_at or issue.created_at,
        *(act.at for act in acts if act.subject == issue.id),
        *(one.at for one in decisions.values()),
    ]
    return max(moments)
