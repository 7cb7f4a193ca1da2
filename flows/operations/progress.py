"""How a sending goes, as it goes: what became of its letters, how fast, and when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from flows.domain.delivery import DeliveryState
from flows.domain.issue import IssueId, IssueState
from flows.operations.pacing import Speed, measure_speed
from flows.operations.reporting import Report, report_issue
from flows.store.database import Store
from flows.store.ledger import next_departure
from flows.store.timelines import Span, count_by_time, extent_of

UNTOUCHED: Final = {DeliveryState.PENDING, DeliveryState.SUPPRESSED, DeliveryState.CANCELLED}
SPANS: Final = 60
"""About so many bars fit into a picture of a sending."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """A sending at one moment. `departs_at` is when the next letter that was never tried may go."""

    report: Report
    speed: Speed | None
    departs_at: datetime | None
    at: datetime

    @property
    def begun(self) -> bool:
        """Whether any letter was begun."""
        return any(n for state, n in self.report.counts.total.items() if state not in UNTOUCHED)

    @property
    def undoable_for(self) -> timedelta | None:
        """How long everything can still be taken back, if it can."""
        issue, leaves = self.report.issue, self.departs_at
        if issue.state is not IssueState.SENDING or self.begun or leaves is None:
            return None
        return leaves - self.at if leaves > self.at else None


async def look_at_progress(
    store: Store, issue_id: IssueId, *, rate: int | None, now: datetime, limit: int = 20
) -> Progress:
    """Look at a sending. `rate` is the settings' limit in letters a minute."""
    report = await report_issue(store, issue_id, limit=limit)
    started = report.issue.started_at
    speed = None
    if started and report.issue.state is IssueState.SENDING:
        speed = await measure_speed(store, issue_id, started_at=started, limit=rate, now=now)
    async with store.reading() as tx:
        departs_at = await next_departure(tx, issue_id)
    return Progress(report=report, speed=speed, departs_at=departs_at, at=now)


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """The answers to an issue's letters in spans of `width`, from the first to the last."""

    width: timedelta
    first: datetime
    last: datetime
    spans: Sequence[Span]


async def history_of(store: Store, issue_id: IssueId) -> History | None:
    """When an issue's letters were answered; `None` if none was yet."""
    async with store.reading() as tx:
        extent = await extent_of(tx, issue_id)
        if extent is None:
            return None
        width = span_width(extent.last - extent.first)
        spans = await count_by_time(tx, issue_id, width=width)
    return History(width=width, first=extent.first, last=extent.last, spans=spans)


def span_width(duration: timedelta) -> timedelta:
    """A round width that cuts a duration into at most about sixty spans."""
    for seconds in (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200):
        if duration <= timedelta(seconds=seconds) * SPANS:
            return timedelta(seconds=seconds)
    return timedelta(days=max(1, round(duration / timedelta(days=SPANS))))
