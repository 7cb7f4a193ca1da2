"""Looking through the audit trail."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from flows.store.database import Store
from flows.store.events import Event, find_events


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What is looked for: parts of names, and a span of time. What is empty does not count."""

    actor: str = ""
    action: str = ""
    subject: str = ""
    since: datetime | None = None
    until: datetime | None = None


class Found(NamedTuple):
    """Some events, newest first; with `more`, where the next ones begin."""

    events: list[Event]
    more: int | None


async def search_events(
    store: Store, search: Search, *, before: int | None = None, at_most: int
) -> Found:
    """One page of what was found."""
    async with store.reading() as tx:
        events = await find_events(
            tx,
            actor=search.actor,
            action=search.action,
            subject=search.subject,
            since=search.since,
            until=search.until,
            before=before,
            limit=at_most + 1,
        )
    more = events[at_most - 1].id if len(events) > at_most else None
    return Found(events[:at_most], more)


async def all_events(store: Store, search: Search, *, at_once: int = 500) -> AsyncIterator[Event]:
    """Everything that was found, in bounded memory."""
    before: int | None = None
    while True:
        found = await search_events(store, search, before=before, at_most=at_once)
        for event in found.events:
            yield event
        if found.more is None:
            return
        before = found.more
