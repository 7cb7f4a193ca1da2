"""FLOW: what is too old is forgotten, as the settings allow."""

from typing import Any

from prefect import flow, task
from prefect.artifacts import acreate_table_artifact

from flows.operations.retaining import apply_retention, preview_retention
from flows.operations.sweeping import sweep_leftovers
from flows.orchestration.retries import RETRIES
from flows.runtime.duties import spans_of
from flows.runtime.here import newsroom


@flow(name="upkeep", flow_run_name="upkeep")
async def upkeep() -> dict[str, Any]:
    """Forget visits, links and answers that are over; show, or forget, what retention names.

    Run it at any time, also twice at once.
    """
    swept = await sweep()
    due = await retain()
    return {"swept": swept, "due": due}


@task(name="sweep", task_run_name="sweep", **RETRIES)
async def sweep() -> dict[str, int]:
    """Forget what has run out and is of no more use; how many of each kind."""
    async with newsroom() as desk:
        idle = desk.settings.desk.idle_minutes
        return await sweep_leftovers(desk.store, idle_minutes=idle, now=desk.clock())


@task(name="retain", task_run_name="retain", **RETRIES)
async def retain() -> dict[str, int]:
    """What the clocks of `[retention]` have run out for; forgotten if `automatic` says so."""
    async with newsroom() as desk:
        spans, automatic = spans_of(desk), desk.settings.retention.automatic
        if automatic:
            clocks = await apply_retention(desk.store, spans, by="newsletter", now=desk.clock())
        else:
            clocks = await preview_retention(desk.store, spans, now=desk.clock())
    await acreate_table_artifact(
        [{"what": one.what, "after days": one.days, "due": one.due.many} for one in clocks],
        key="retention",
        description="Forgotten"
        if automatic
        else "To be forgotten: newsletter subscribers retention",
    )
    return {one.what: one.due.many for one in clocks}
