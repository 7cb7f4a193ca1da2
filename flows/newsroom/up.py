"""`newsletter up`: Prefect's server, the runner of the deployments and the web pages."""

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from flows.domain.errors import TransientError
from flows.domain.issue import Issue
from flows.newsroom.answers import answering_forms
from flows.newsroom.clock import keeping_time
from flows.newsroom.hooks import telling_others
from flows.newsroom.pages import STOP_TIMEOUT_SECONDS, Watch, say_where, serving_pages
from flows.newsroom.returns import door_for_returns, reading_returns
from flows.newsroom.server import prefect_auth, prefect_server
from flows.operations.planning import plan_all
from flows.operations.times import show_time
from flows.orchestration.server import PrefectServer, announce_server
from flows.runtime.runtime import Runtime, open_runtime
from flows.runtime.stopping import ask_to_stop
from flows.settings.model import Settings

QUERY_SECONDS = 3
GRACE_SECONDS = 8


def run_newsroom(settings: Settings, *, say: Callable[[str], None]) -> None:
    """Run the newsroom until SIGTERM or SIGINT, then let go of everything.

    Raises `NotDoneError` if one is running in this workspace already.
    """
    os.environ["NEWSLETTER_WORKSPACE"] = str(settings.workspace)
    host, port = settings.prefect.host, settings.prefect.port
    ours = PrefectServer(f"http://{host}:{port}/api", prefect_auth(settings.var))
    with (
        announce_server(settings.var / "newsroom.json", ours),
        prefect_server(settings.var, host=host, port=port) as server,
    ):
        asyncio.run(_serve(settings, server, say=say))


async def _serve(settings: Settings, server: PrefectServer, *, say: Callable[[str], None]) -> None:
    stop, ended = asyncio.Event(), list[str]()

    def watch(task: asyncio.Task[None]) -> None:
        """A part that ends by itself ends the newsroom: half of one would only seem to work."""
        if not stop.is_set():
            ended.append(f"its {task.get_name()} stopped")
            stop.set()

    async with (
        open_runtime(settings) as runtime,
        serving_pages(runtime, watch),
        door_for_returns(settings),
        _runner(runtime, server, watch) as planned,
        reading_returns(runtime, server, watch),
        answering_forms(runtime, watch),
        telling_others(runtime, watch),
        keeping_time(runtime, server, watch),
    ):
        # Prefect and uvicorn take the signals when they start; from here on they are ours again.
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        now = runtime.clock()
        for issue in planned:
            say(f"Planned  {issue.id}: {show_time(issue, now=now) or 'goes on now'}")
        page = server.api_url.removesuffix("/api")
        say(f"Prefect  {page} (user: newsletter, password: var/prefect.key)")
        say_where(settings, say=say)
        listener = settings.bounces.listener
        if listener.protocol != "off":
            say(f"Returns  {listener.protocol} on {listener.host}:{listener.port}")
        if urls := settings.webhooks.urls:
            say(f"Telling  {len(urls)} other programs (newsletter webhooks list)")
        say("Ready. Stop with Ctrl-C.")
        await stop.wait()
        say("Stopping.")
    if ended:
        raise TransientError(f"the newsroom had to stop: {ended[0]}; start it again")


@asynccontextmanager
async def _runner(
    runtime: Runtime, server: PrefectServer, watch: Watch
) -> AsyncIterator[list[Issue]]:
    """Serve the deployments; what a dead newsroom left behind is taken up first.

    The issues that were given a run.
    """
    from prefect.client.orchestration import get_client
    from prefect.runner import Runner
    from prefect.types.entrypoint import EntrypointType

    from flows.bounces import bounces
    from flows.deliver import deliver
    from flows.newsroom.recovery import restart_orphans
    from flows.publish import publish
    from flows.translate import translate

    async with get_client() as client:
        going_on = await restart_orphans(client)
    runner = Runner(name="newsletter", pause_on_shutdown=False, query_seconds=QUERY_SECONDS)
    for flow in (publish, translate, deliver, bounces):
        await runner.aadd_deployment(
            await flow.ato_deployment(flow.name, entrypoint_type=EntrypointType.MODULE_PATH)
        )
    planned = await plan_all(
        runtime.store,
        server,
        now=runtime.clock(),
        going_on=going_on,
        doubts_last=runtime.doubts_last,
    )
    running = asyncio.create_task(runner.start(), name="runner")
    running.add_done_callback(watch)
    await asyncio.sleep(1)
    try:
        yield planned
    finally:
        ask_to_stop(runtime.settings.var)
        await _let_finish()
        with contextlib.suppress(Exception):  # a runner that is gone cannot be stopped twice
            await runner.astop()
        await asyncio.wait([running], timeout=STOP_TIMEOUT_SECONDS)


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
