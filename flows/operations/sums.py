"""What an issue's letters come to: added up, or as it was kept of an issue with very many."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from flows.domain.delivery import SETTLED, DeliveryState
from flows.domain.issue import Issue, IssueId, IssueState
from flows.store.counts import first_ids, has_many
from flows.store.database import Store, Transaction
from flows.store.issues import get_issue
from flows.store.sums import History, Sums, add_up, find_sums, keep_sums
from flows.store.timelines import count_by_time, extent_of

LARGE: Final = 50_000
"""From so many letters on, adding them up takes longer than a look should."""
FRESH: Final = timedelta(minutes=1)
"""So long what was kept is as good as new, while letters leave."""
EVERY: Final = timedelta(seconds=20)
"""How often those who send add up."""
DUTY: Final = 20
"""Adding up takes one part of so many of the time at most; what is kept lasts twice as long."""
OVER: Final = frozenset({IssueState.SENT, IssueState.CANCELLED})
NAMED: Final = 50
TROUBLED: Final = (
    DeliveryState.UNKNOWN,
    DeliveryState.REFUSED,
    DeliveryState.DEFERRED,
    DeliveryState.SUPPRESSED,
)
SPANS: Final = 60
"""About so many bars fit into a picture of a sending."""


async def sums_of(tx: Transaction, issue: IssueId, *, now: datetime) -> Sums:
    """What was kept while that is good enough, else added up now."""
    kept = await find_sums(tx, issue)
    if kept is not None and (kept.final or now - kept.at <= max(FRESH, _seconds(kept, 2 * DUTY))):
        return kept
    start = time.perf_counter()
    found = await add_up(tx, issue, now=now)
    return found._replace(seconds=time.perf_counter() - start)


def _seconds(kept: Sums, times: float) -> timedelta:
    return timedelta(seconds=kept.seconds * times)


async def keep_if_large(store: Store, issue: Issue, found: Sums) -> None:
    """Keep the sums of an issue with very many letters for whoever looks next."""
    if found.kept or found.letters < LARGE:
        return
    start = time.perf_counter()
    async with store.reading() as tx:
        whole = await _with_details(tx, issue, found)
    spent = found.seconds + time.perf_counter() - start
    async with store.writing() as tx:
        await keep_sums(tx, issue.id, whole._replace(seconds=spent))


async def keep_in(tx: Transaction, issue: Issue, found: Sums) -> None:
    """The same within a transaction that has added up."""
    if found.letters >= LARGE:
        await keep_sums(tx, issue.id, await _with_details(tx, issue, found))


async def _with_details(tx: Transaction, issue: Issue, found: Sums) -> Sums:
    open_ones = sum(line.letters for line in found.lines if line.state not in SETTLED)
    return found._replace(
        final=issue.state in OVER and not open_ones,
        troubles=await first_ids(tx, issue.id, TROUBLED, limit=NAMED),
        history=await add_history_up(tx, issue.id),
    )


async def add_history_up(tx: Transaction, issue: IssueId) -> History | None:
    """When an issue's letters were answered; `None` if none was yet."""
    extent = await extent_of(tx, issue)
    if extent is None:
        return None
    width = span_width(extent.last - extent.first)
    return History(width, extent, await count_by_time(tx, issue, width=width))


def span_width(duration: timedelta) -> timedelta:
    """A round width that cuts a duration into at most about sixty spans."""
    for seconds in (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200):
        if duration <= timedelta(seconds=seconds) * SPANS:
            return timedelta(seconds=seconds)
    return timedelta(days=max(1, round(duration / timedelta(days=SPANS))))


async def keep_up(store: Store, issue_id: IssueId, *, clock: Callable[[], datetime]) -> None:
    """Add up what is being sent, when that is due again; small issues are not worth it."""
    async with store.reading() as tx:
        issue, kept = await get_issue(tx, issue_id), await find_sums(tx, issue_id)
        if kept is not None and clock() - kept.at < max(EVERY, _seconds(kept, DUTY)):
            return
        if kept is None and not await has_many(tx, issue_id, LARGE):
            return
        start, now = time.perf_counter(), clock()
        found = await add_up(tx, issue_id, now=now)
    await keep_if_large(store, issue, found._replace(seconds=time.perf_counter() - start))
