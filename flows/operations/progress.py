"""How a sending goes, as it goes: what became of its letters, how fast, and when."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from flows.domain.delivery import DeliveryState
from flows.domain.issue import IssueId, IssueState
from flows.operations.pacing import Speed, measure_speed
from flows.operations.reporting import Report, report_issue
from flows.operations.sums import add_history_up
from flows.store.database import Store
from flows.store.ledger import next_departure
from flows.store.sums import History, find_sums

UNTOUCHED: Final = {DeliveryState.PENDING, DeliveryState.SUPPRESSED, DeliveryState.CANCELLED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """A sending at one moment. `departs_at` is when the first letter may go, if none was begun."""

    report: Report
    speed: Speed | None
    departs_at: datetime | None
    at: datetime

    @property
    def begun(self) -> bool:
        """Whether any letter was begun."""
        return _has_begun(self.report)

    @property
    def undoable_for(self) -> timedelta | None:
        """How long everything can still be taken back, if it can."""
        issue, leaves = self.report.issue, self.departs_at
        if issue.state is not IssueState.SENDING or self.begun or leaves is None:
            return None
        return leaves - self.at if leaves > self.at else None


def _has_begun(report: Report) -> bool:
    return any(n for state, n in report.counts.total.items() if state not in UNTOUCHED)


async def look_at_progress(
    store: Store, issue_id: IssueId, *, rate: int | None, now: datetime, limit: int = 20
) -> Progress:
    """Look at a sending. `rate` is the settings' limit in letters a minute."""
    report = await report_issue(store, issue_id, now=now, limit=limit)
    started = report.issue.started_at
    speed = None
    if started and report.issue.state is IssueState.SENDING:
        speed = await measure_speed(store, issue_id, started_at=started, limit=rate, now=now)
    departs_at = None
    if not _has_begun(report):
        # Later it is of no use, and of a large issue slow: what left stays in its index a while.
        async with store.reading() as tx:
            departs_at = await next_departure(tx, issue_id)
    return Progress(report=report, speed=speed, departs_at=departs_at, at=now)


async def history_of(store: Store, issue_id: IssueId) -> History | None:
    """When an issue's letters were answered, as it was kept of very many; `None` if none was."""
    async with store.reading() as tx:
        kept = await find_sums(tx, issue_id)
        return kept.history if kept is not None else await add_history_up(tx, issue_id)
