"""Keeping the orchestrator's planned runs in step with the issues in our database."""

import asyncio
from collections.abc import Collection
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

from flows.domain.delivery import DeliveryState
from flows.domain.issue import Issue, IssueId, IssueState
from flows.operations.issues import remember_run, scheduled_issues
from flows.operations.reporting import Report, report_issue
from flows.orchestration.server import FINAL, ISSUE_TAG, PrefectServer, UnknownToPrefectError
from flows.store.database import Store
from flows.store.issues import find_issues, get_issue

RELAY_PATIENCE: Final = timedelta(minutes=5)
"""After how long a relay that could not be used is tried again."""


async def plan_delivery(store: Store, server: PrefectServer, issue: Issue, *, now: datetime) -> str:
    """Have an issue delivered at its time, or now if that has passed; the run's id.

    A run planned before is cancelled first: an issue has one planned run at most.
    """
    if issue.flow_run:
        await asyncio.to_thread(server.cancel_run, issue.flow_run)
    run = await asyncio.to_thread(
        server.create_run,
        "deliver/deliver",
        parameters={"issue": issue.id},
        name=f"deliver-{issue.id}",
        # A key is for ever, even after a cancellation: each planning is an attempt of its own.
        key=f"deliver-{issue.id}-{now.timestamp():.3f}",
        tags=(f"{ISSUE_TAG}{issue.id}",),
        at=issue.scheduled_at if issue.scheduled_at and issue.scheduled_at > now else None,
    )
    await remember_run(store, issue.id, run)
    return run


async def unplan_delivery(store: Store, server: PrefectServer | None, issue_id: IssueId) -> None:
    """Take an issue's planned run back, if there is one."""
    async with store.reading() as tx:
        issue = await get_issue(tx, issue_id)
    if issue.flow_run and server is not None:
        await asyncio.to_thread(server.cancel_run, issue.flow_run)
        await remember_run(store, issue.id, None)


def next_try(
    report: Report, *, now: datetime, doubts_last: timedelta | None = None
) -> datetime | None:
    """When an issue can be gone on with by itself; `None` if a person must act, or others do.

    `doubts_last` is how long after a doubt arose the relay can be asked for the last time.
    """
    to_come = [one.at for one in report.to_come(now)]
    state = report.issue.state
    if state is not IssueState.INCOMPLETE and not (to_come and state is IssueState.SENDING):
        return None
    claimed = report.counts.total[DeliveryState.CLAIMED]
    if state is IssueState.INCOMPLETE and (report.overdue(now) > 0 or claimed):
        return now + RELAY_PATIENCE
    moments = [*to_come, *([report.next_attempt] if report.next_attempt else [])]
    if report.last_doubt and doubts_last and report.last_doubt + doubts_last > now:
        moments.append(report.last_doubt + doubts_last)
    return min(moments, default=None)


def plan_next_try(server: PrefectServer, issue: IssueId, *, at: datetime) -> str:
    """Have what is left of an issue delivered at a time; the run's id. Twice is once."""
    return server.create_run(
        "deliver/deliver",
        parameters={"issue": issue},
        name=f"deliver-{issue}",
        key=f"deliver-{issue}-{at.isoformat()}",
        tags=(f"{ISSUE_TAG}{issue}",),
        at=at,
    )


async def plan_all(
    store: Store,
    server: PrefectServer,
    *,
    now: datetime,
    going_on: Collection[IssueId] = (),
    doubts_last: timedelta | None = None,
) -> list[Issue]:
    """Give a run to every issue that is scheduled, was cut off, or has letters to try again.

    After a start the database knows better than Prefect. Those `going_on` have their run.
    """
    async with store.reading() as tx:
        cut_off = await find_issues(tx, states={IssueState.SENDING})
        incomplete = await find_issues(tx, states={IssueState.INCOMPLETE})
    reports = {
        one.id: await report_issue(store, one.id, now=now, limit=0)
        for one in (*cut_off, *incomplete)
    }
    at_rest = {one.id for one in cut_off if _is_at_rest(reports[one.id], now)}
    leave = {*going_on, *at_rest}
    issues = [one for one in cut_off if one.id not in leave] + await scheduled_issues(store)
    for issue in issues:
        await plan_delivery(store, server, issue, now=now)
    for issue_id, report in reports.items():
        if report.issue.state is IssueState.SENDING and issue_id not in at_rest:
            continue
        if at := next_try(report, now=now, doubts_last=doubts_last):
            plan_next_try(server, issue_id, at=max(at, now))
    return issues


def _is_at_rest(report: Report, now: datetime) -> bool:
    """Whether all that is left of a sending has its time to come."""
    claimed = report.counts.total[DeliveryState.CLAIMED]
    return bool(report.to_come(now)) and not claimed and report.overdue(now) <= 0


async def under_way(store: Store, server: PrefectServer) -> set[IssueId]:
    """The issues that are being sent by a run which is not over; elsewhere, perhaps."""
    async with store.reading() as tx:
        issues = await find_issues(tx, states={IssueState.SENDING})
    found = set()
    for issue in issues:
        with suppress(UnknownToPrefectError):
            if issue.flow_run and await asyncio.to_thread(server.run_state, issue.flow_run) not in (
                FINAL
            ):
                found.add(issue.id)
    return found
