"""The newsroom's runner of flows, and what a newsroom before it left behind."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from flows.domain.issue import Issue, IssueId
from flows.newsroom.pages import STOP_TIMEOUT_SECONDS, Watch
from flows.operations.planning import plan_all, under_way
from flows.orchestration.server import PrefectServer
from flows.runtime.runtime import Runtime
from flows.runtime.stopping import ask_to_stop

if TYPE_CHECKING:
    from prefect import Flow
    from prefect.runner import Runner

QUERY_SECONDS = 3
GRACE_SECONDS = 8
DEPLOYMENTS = (
    "publish/publish",
    "translate/translate",
    "deliver/deliver",
    "bounces/bounces",
    "upkeep/upkeep",
)


@asynccontextmanager
async def running_flows(
    runtime: Runtime, server: PrefectServer, watch: Watch
) -> AsyncIterator[list[Issue]]:
    """Serve the deployments, unless workers do; what waits for a run gets it first.

    The issues that were given a run.
    """
    prefect = runtime.settings.prefect
    if prefect.api_url:
        going_on = await under_way(runtime.store, server)
    else:
        going_on = await _take_up()
    if not prefect.runner:
        await asyncio.to_thread(server.require_deployments, DEPLOYMENTS)
        yield await _plan(runtime, server, going_on)
        return
    runner = await _serve_deployments()
    planned = await _plan(runtime, server, going_on)
    running = asyncio.create_task(runner.start(), name="runner")
    running.add_done_callback(watch)
    await asyncio.sleep(1)
    try:
        yield planned
    finally:
        ask_to_stop(runtime.settings.var)
        if not prefect.api_url:
            await _let_finish()
        with contextlib.suppress(Exception):  # a runner that is gone cannot be stopped twice
            await runner.astop()
        await asyncio.wait([running], timeout=STOP_TIMEOUT_SECONDS)


async def _take_up() -> set[IssueId]:
    from prefect.client.orchestration import get_client

    from flows.newsroom.recovery import restart_orphans

    async with get_client() as client:
        return await restart_orphans(client)


async def _plan(
    runtime: Runtime, server: PrefectServer, going_on: Collection[IssueId]
) -> list[Issue]:
    return await plan_all(
        runtime.store,
        server,
        now=runtime.clock(),
        going_on=going_on,
        doubts_last=runtime.doubts_last,
    )


def flows_to_serve() -> list[Flow[..., Any]]:
    """Those that have deployments, here and in `prefect.yaml`."""
    from flows.bounces import bounces
    from flows.deliver import deliver
    from flows.publish import publish
    from flows.translate import translate
    from flows.upkeep import upkeep

    return [publish, translate, deliver, bounces, upkeep]


async def _serve_deployments() -> Runner:
    from prefect.runner import Runner
    from prefect.types.entrypoint import EntrypointType

    runner = Runner(name="newsletter", pause_on_shutdown=False, query_seconds=QUERY_SECONDS)
    for flow in flows_to_serve():
        await runner.aadd_deployment(
            await flow.ato_deployment(
                flow.name,
                entrypoint_type=EntrypointType.MODULE_PATH,
                description=flow.description,
                tags=["newsletter"],
            )
        )
    return runner


async def _let_finish() -> None:
    """Wait a little for the runs under way; what is left after that is cut off."""
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import FlowRunFilter

    under_way = FlowRunFilter.model_validate({"state": {"type": {"any_": ["RUNNING", "PENDING"]}}})
    deadline = time.monotonic() + GRACE_SECONDS
    async with get_client() as client:
        while await client.count_flow_runs(flow_run_filter=under_way):
            if time.monotonic() > deadline:
                return
            await asyncio.sleep(0.3)
