"""FLOW: the whole way of an article, from the French source to the inboxes."""

from typing import Any

from prefect import flow, task

from flows.deliver import deliver, lead_to_desk
from flows.operations.issues import is_open_to_changes, open_issue
from flows.orchestration.retries import RETRIES
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

    Args:
        slug: The article, a folder of `content/`.
        lists: Who gets it; without any, every contact.
        engine: The engine that drafts first, if not that of the settings.
        issue: The issue, if it is open already.
    """
    issue = issue or await open_the_issue(slug, lists or [])
    await lead_to_desk(issue)
    reasons = await translate(slug, engine=engine) if await changes_count(issue) else {}
    return await deliver(issue) | {"engines": reasons}


@task(name="open-issue", task_run_name="open-{slug}", **RETRIES)
async def open_the_issue(slug: str, lists: list[str]) -> str:
    """The article's issue to these lists: the one there is, or a new one."""
    async with newsroom() as desk:
        issue = await open_issue(
            desk.library,
            desk.store,
            slug,
            lists=lists,
            now=desk.clock(),
            release=True,
            policy=desk.settings.schedule.policy,
        )
    return issue.id


@task(name="changes-count", task_run_name="changes-count-{issue}", **RETRIES)
async def changes_count(issue: str) -> bool:
    """Whether a new translation could still reach the issue's readers."""
    async with newsroom() as desk:
        return await is_open_to_changes(desk.store, issue)
