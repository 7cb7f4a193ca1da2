"""The newsroom's part in what has died: a look at runs and sendings every few seconds."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from flows.newsroom.chores import repeating
from flows.newsroom.pages import Watch
from flows.operations.retrying import retry_dead_runs
from flows.operations.reviving import Watched, watch_over_sendings
from flows.orchestration.server import PrefectServer
from flows.runtime.runtime import Runtime

LOOK_EVERY_SECONDS = 10


@asynccontextmanager
async def reviving_runs(
    runtime: Runtime, server: PrefectServer, watch: Watch
) -> AsyncIterator[None]:
    """Have dead runs begin again, and dead sendings get new ones."""
    watched = Watched(since=runtime.clock())

    async def look() -> None:
        nonlocal watched
        await retry_dead_runs(server, now=runtime.clock())
        watched = await watch_over_sendings(
            runtime.store, server, watched, is_alive=runtime.is_alive, now=runtime.clock()
        )

    async with repeating(look, name="revival", every_seconds=LOOK_EVERY_SECONDS, watch=watch):
        yield
