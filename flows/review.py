"""FLOW: whether a person's approval stands behind every language, exactly as it is now."""

from dataclasses import asdict
from typing import Any

from prefect import flow, task
from prefect.artifacts import acreate_markdown_artifact

from flows.domain.issue import IssueId
from flows.operations.gating import pass_gate
from flows.operations.tables import waits_as_markdown
from flows.orchestration.retries import RETRIES
from flows.runtime.here import newsroom


@flow(name="review", flow_run_name="review-{issue}")
async def review(issue: str) -> list[dict[str, Any]]:
    """Move an issue on if nothing blocks it; otherwise what it waits for, and for whom."""
    waits = await look_at_approvals(IssueId(issue))
    await acreate_markdown_artifact(
        waits_as_markdown(issue, waits), key=f"review-{issue}", description="What it waits for"
    )
    return waits


@task(name="look-at-approvals", task_run_name="approvals-{issue}", **RETRIES)
async def look_at_approvals(issue: IssueId) -> list[dict[str, Any]]:
    """The truth is in our database: the last verdict on each language, bound to its hash."""
    async with newsroom() as desk:
        waits = await pass_gate(
            desk.library,
            desk.store,
            issue,
            now=desk.clock(),
            late_hours=desk.settings.schedule.late_hours,
        )
    return [asdict(wait) for wait in waits]
