"""Forgetting what has run out by itself: visits, review links, answers to programs."""

from datetime import datetime, timedelta
from typing import Final

from flows.store.answers import sweep_answers
from flows.store.database import Store
from flows.store.sessions import sweep_review_links, sweep_sessions

KEPT_AFTER: Final = timedelta(days=30)
"""So long a link that was used or has run out can still be seen by whoever made it."""


async def sweep_leftovers(store: Store, *, idle_minutes: int, now: datetime) -> dict[str, int]:
    """Forget what is over; how many of each kind. Again, it finds nothing."""
    idle = timedelta(minutes=idle_minutes)
    async with store.writing() as tx:
        return {
            "visits": await sweep_sessions(tx, seen_after=now - idle, now=now),
            "review links": await sweep_review_links(tx, before=now - KEPT_AFTER),
            "answers to programs": await sweep_answers(tx, now=now),
        }
