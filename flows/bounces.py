"""FLOW: what came back is read, and those whom letters no longer reach are left alone."""

from typing import Any

from prefect import flow, task

from flows.domain.errors import TransientError
from flows.orchestration.retries import ONE_RETRY, RETRIES
from flows.runtime.here import newsroom
from flows.runtime.returning import judge_all_returns, read_all_returns


@flow(name="bounces", flow_run_name="bounces")
async def bounces() -> dict[str, Any]:
    """Read every box, then decide what the bounces mean.

    Run it at any time, also twice at once: each message counts once. A box that cannot be read
    fails the run after the others were read.
    """
    counts, troubles = await read()
    suppressed = await judge()
    if troubles:
        raise TransientError("; ".join(troubles))
    return {"read": counts, "suppressed": suppressed}


@task(name="read-returns", task_run_name="read-returns", **ONE_RETRY)
async def read() -> tuple[dict[str, int], list[str]]:
    """Record what came back, each message once; how many of each kind, and what went wrong."""
    async with newsroom() as desk:
        harvest = await read_all_returns(desk)
    return {kind.value: count for kind, count in harvest.counts.items()}, harvest.troubles


@task(name="judge-returns", task_run_name="judge-returns", **RETRIES)
async def judge() -> int:
    """Suppress those whom letters no longer reach; how many that gave up."""
    async with newsroom() as desk:
        return await judge_all_returns(desk)
