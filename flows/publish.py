"""FLOW: the whole way of an article, from the French source to the inboxes."""

from typing import Any

from prefect import flow, task

from flows.deliver import deliver
from flows.operations.issues import is_due, open_issue
from flows.orchestration.retries import RETRIES
from flows.review import review
from flows.runtime.here import newsroom
from flows.translate import translate


@flow(name="publish", flow_run_name="publish-{slug}")
async def publish(
    slug: str,
    lists: list[str] | None = None,
    engine: str | None = None,
    issue: str | None = None,
) -> dict[str, Any]:
    """Translate what is missing, ask for approvals, and send what is approved and due.

    Whoever opened the issue names it: one that was cancelled meanwhile must not be opened anew.
    """
    issue = issue or await open_the_issue(slug, lists or [])
    reasons = await translate(slug, engine=engine)
    waits = await review(issue)
    if waits:
        return {"issue": issue, "waiting_for": waits, "engines": reasons}
    if not await due(issue):
        return {"issue": issue, "waiting_for": []}
    return await deliver(issue)


@task(name="open-issue", task_run_name="open-{slug}", **RETRIES)
async def open_the_issue(slug: str, lists: list[str]) -> str:
    """The article's issue to these lists: the one there is, or a new one."""
    async with newsroom() as desk:
        issue = await open_issue(desk.library, desk.store, slug, lists=lists, now=desk.clock())
    return issue.id


@task(name="due", task_run_name="due-{issue}", **RETRIES)
async def due(issue: str) -> bool:
    """Whether the issue's time has come; one without a time is due at once, a cancelled never."""
    async with newsroom() as desk:
        return await is_due(desk.store, issue, now=desk.clock())
