"""The newsroom's part in its own upkeep: a run of `upkeep` each day.

Prefect's own schedules cannot be used: its scheduler fails under SQLAlchemy 2.1.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from flows.newsroom.chores import repeating
from flows.newsroom.pages import Watch
from flows.orchestration.server import PrefectServer
from flows.runtime.runtime import Runtime

LOOK_EVERY_SECONDS = 600


@asynccontextmanager
async def keeping_up(runtime: Runtime, server: PrefectServer, watch: Watch) -> AsyncIterator[None]:
    """Have `upkeep` run once on every day on which the newsroom is up."""

    async def have_it_run() -> None:
        today = runtime.clock().date().isoformat()
        # A day's key is the day's: asked again, also after a restart, there is one run.
        await asyncio.to_thread(
            server.create_run,
            "upkeep/upkeep",
            parameters={},
            name=f"upkeep-{today}",
            key=f"upkeep-{today}",
        )

    async with repeating(have_it_run, name="upkeep", every_seconds=LOOK_EVERY_SECONDS, watch=watch):
        yield
