"""Keeping the orchestrator's planned runs in step with the issues in our database."""

from datetime import datetime

from flows.domain.issue import Issue, IssueId
from flows.operations.issues import remember_run, scheduled_issues
from flows.orchestration.server import PrefectServer
from flows.store.database import Store
from flows.store.issues import get_issue


async def plan_delivery(store: Store, server: PrefectServer, issue: Issue, *, now: datetime) -> str:
    """Have an issue delivered at its time, or now if that has passed; the run's id.

    A run planned before is cancelled first: an issue has one planned run at most.
    """
    if issue.flow_run:
        server.cancel_run(issue.flow_run)
    run = server.create_run(
        "deliver/deliver",
        parameters={"issue": issue.id},
        name=f"deliver-{issue.id}",
        # A key is for ever, even after a cancellation: each planning is an attempt of its own.
        key=f"deliver-{issue.id}-{now.timestamp():.3f}",
        tags=(f"issue:{issue.id}",),
        at=issue.scheduled_at if issue.scheduled_at and issue.scheduled_at > now else None,
    )
    await remember_run(store, issue.id, run)
    return run


async def unplan_delivery(store: Store, server: PrefectServer | None, issue_id: IssueId) -> None:
    """Take an issue's planned run back, if there is one."""
    async with store.reading() as tx:
        issue = await get_issue(tx, issue_id)
    if issue.flow_run and server is not None:
        server.cancel_run(issue.flow_run)
        await remember_run(store, issue.id, None)


async def plan_all(store: Store, server: PrefectServer, *, now: datetime) -> list[Issue]:
    """Give every scheduled issue a run: after a start, the database knows better than Prefect."""
    issues = await scheduled_issues(store)
    for issue in issues:
        await plan_delivery(store, server, issue, now=now)
    return issues
